import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Queue } from 'bull';
import { WallClock } from '../time/clock.js';
import type { Announcement, JobQueueName, JobTransport } from './job.js';

export const BULL_QUEUES: Readonly<Record<JobQueueName, string>> = {
  main: 'billing-jobs',
  'outbound-http': 'billing-outbound-http',
};

const CLOSE_PATIENCE_MS = 2_000;
const DISCONNECT_ROUNDS = 5;
const DISCONNECT_PAUSE_MS = 50;

interface RedisClient {
  readonly status: string;
  disconnect(): void;
}

/** What goes through Redis. */
export interface JobMessage {
  readonly id: string;
}

/**
 * Announces jobs through Bull on Redis: many workers on many machines. What a worker itself makes due it does itself while
 * it has concurrency free, without the way through Redis; the rest is anybody's. Only this folder knows Bull.
 */
export class BullTransport implements JobTransport {
  readonly delivers = true;
  private readonly logger = new Logger(BullTransport.name);
  private announcing: Promise<unknown> = Promise.resolve();
  private failing = false;
  /** In a process that works. */
  private run: ((jobId: string) => Promise<void>) | undefined;
  private readonly atWork = new Set<Promise<void>>();

  constructor(
    private readonly queue: Queue<JobMessage>,
    private readonly clock: WallClock,
    private readonly concurrency: number,
  ) {
    // Without a listener a lost connection would end the process.
    queue.on('error', (error) => {
      this.report(error);
    });
    // Bull names its connection without waiting to hear of it: a Redis that never answered would end the process then.
    const naming = queue as unknown as { setWorkerName(): Promise<unknown> };
    const setWorkerName = naming.setWorkerName.bind(queue);
    naming.setWorkerName = () => setWorkerName().catch(() => undefined);
    // The module closes its queues without a limit; `stop` closes this one with one.
    (queue as { onApplicationShutdown?: unknown }).onApplicationShutdown = undefined;
  }

  announce(jobs: readonly Announcement[]): void {
    const now = this.clock.now().getTime();
    const others = jobs.filter(({ id, runAt }) => runAt.getTime() > now || !this.takeOn(id));
    if (others.length === 0) return;
    this.announcing = this.queue
      .addBulk(
        others.map(({ id, runAt }) => ({
          name: 'run',
          data: { id },
          opts: {
            // The same row at the same time announced twice is one message while the first one waits.
            jobId: `${id}@${runAt.getTime()}`,
            delay: Math.max(0, runAt.getTime() - now),
            attempts: 1,
            removeOnComplete: true,
            removeOnFail: true,
          },
        })),
      )
      .then(() => {
        this.failing = false;
      })
      .catch((error: unknown) => {
        this.report(error);
      });
  }

  start(run: (jobId: string) => Promise<void>): Promise<void> {
    this.run = run;
    // Not waited for: with Redis away, Bull may never say that it is ready.
    this.queue.resume(true).catch(() => undefined);
    // process() settles only when the queue closes.
    this.queue
      .process('run', this.concurrency, (message) => this.work(run, message.data.id))
      .catch((error: unknown) => {
        this.report(error);
      });
    return Promise.resolve();
  }

  /** Waits for the jobs that run here; but not for a Redis that is away. */
  async stop(): Promise<void> {
    this.run = undefined;
    // Bull's own end waits for a Redis that is away, and leaves a rejection behind that ends the process.
    if (this.clients().every(({ status }) => status === 'ready')) {
      const closed = this.announcing
        .then(() => this.queue.close())
        .catch((error: unknown) => {
          this.report(error);
        });
      await Promise.race([closed, delay(CLOSE_PATIENCE_MS, undefined, { ref: false })]);
    }
    await Promise.allSettled(this.atWork);
    await this.disconnect();
  }

  /** False without a free hand, and in a process that does not work. */
  private takeOn(jobId: string): boolean {
    if (this.run === undefined || this.atWork.size >= this.concurrency) return false;
    this.work(this.run, jobId).catch((error: unknown) => {
      // The row is still there and due: the sweeper announces it again.
      this.logger.error({ event: 'job.not_run', job_id: jobId, err: error });
    });
    return true;
  }

  private async work(run: (jobId: string) => Promise<void>, jobId: string): Promise<void> {
    const work = run(jobId);
    this.atWork.add(work);
    try {
      await work;
    } finally {
      this.atWork.delete(work);
    }
  }

  /** A client whose Redis is away goes on trying to reach it, also after one `disconnect`, and keeps the process alive. */
  private async disconnect(): Promise<void> {
    for (let round = 0; round < DISCONNECT_ROUNDS; round++) {
      const open = this.clients().filter((client) => client.status !== 'end');
      if (open.length === 0) return;
      for (const client of open) client.disconnect();
      await delay(DISCONNECT_PAUSE_MS * 2 ** round);
    }
  }

  private clients(): readonly RedisClient[] {
    return (this.queue as unknown as { clients?: RedisClient[] }).clients ?? [];
  }

  /** Redis being away is said once, not once a job: the sweeper announces everything again when it is back. */
  private report(error: unknown): void {
    if (this.failing) return;
    this.failing = true;
    this.logger.warn({ event: 'jobs.redis_unavailable', error: String(error) });
  }
}
