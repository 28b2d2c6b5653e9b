import { Logger } from '@nestjs/common';
import { WallClock } from '../time/clock.js';
import type { Announcement, JobTransport } from './job.js';

/** Later than this is left to the sweeper: a timer each would only cost memory. */
const TIMER_HORIZON_MS = 60_000;

/** Runs jobs in this process: no Redis, one process, the embedded default. */
export class InProcessTransport implements JobTransport {
  readonly delivers: boolean;
  private readonly logger = new Logger(InProcessTransport.name);
  private readonly waiting: string[] = [];
  private readonly known = new Set<string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly inFlight = new Set<Promise<void>>();
  private run: ((jobId: string) => Promise<void>) | undefined;

  /** A process that only serves HTTP has nobody to announce to: `worker` is false and rows wait for another's sweeper. */
  constructor(
    private readonly clock: WallClock,
    worker: boolean,
    private readonly concurrency: number,
  ) {
    this.delivers = worker;
  }

  announce(jobs: readonly Announcement[]): void {
    if (!this.delivers) return;
    const now = this.clock.now().getTime();
    for (const { id, runAt } of jobs) {
      const delay = runAt.getTime() - now;
      if (delay <= 0) this.push(id);
      else if (delay <= TIMER_HORIZON_MS) this.schedule(id, delay);
    }
    this.pump();
  }

  start(run: (jobId: string) => Promise<void>): Promise<void> {
    this.run = run;
    this.pump();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.run = undefined;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    await Promise.all(this.inFlight);
  }

  private schedule(id: string, delay: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.set(
      id,
      // One millisecond late on purpose: timers may fire early, and the row's run_at has microseconds.
      setTimeout(() => {
        this.timers.delete(id);
        this.push(id);
        this.pump();
      }, delay + 1),
    );
  }

  private push(id: string): void {
    if (this.known.has(id)) return;
    this.known.add(id);
    this.waiting.push(id);
  }

  private pump(): void {
    const run = this.run;
    if (run === undefined) return;
    while (this.inFlight.size < this.concurrency) {
      const id = this.waiting.shift();
      if (id === undefined) return;
      this.known.delete(id);
      const work = run(id)
        .catch((error: unknown) => {
          // The row is still there and due: the sweeper announces it again.
          this.logger.error({ event: 'job.not_run', job_id: id, err: error });
        })
        .finally(() => {
          this.inFlight.delete(work);
          this.pump();
        });
      this.inFlight.add(work);
    }
  }
}
