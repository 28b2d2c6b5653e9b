import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Queue } from 'bull';
import { WallClock } from '../clock/clock.js';
import type { JobTransport } from './job.js';

export const BULL_QUEUE = 'billing-jobs';
const CONCURRENCY = 16;

const CLOSE_PATIENCE_MS = 2_000;
const DISCONNECT_ROUNDS = 20;
const DISCONNECT_PAUSE_MS = 50;

interface RedisClient {
  readonly status: string;
  disconnect(): void;
}

interface Announcement {
  readonly id: string;
}

/** Announces jobs through Bull on Redis: many workers on many machines. Only this folder knows Bull. */
export class BullTransport implements JobTransport {
  readonly delivers = true;
  private readonly logger = new Logger(BullTransport.name);
  private announcing: Promise<unknown> = Promise.resolve();
  private failing = false;

  constructor(
    private readonly queue: Queue<Announcement>,
    private readonly clock: WallClock,
  ) {
    // Without a listener a lost connection would end the process.
    queue.on('error', (error) => {
      this.report(error);
    });
    // The module closes its queues without a limit; `stop` closes this one with one.
    (queue as { onApplicationShutdown?: unknown }).onApplicationShutdown = undefined;
  }

  announce(jobs: readonly { readonly id: string; readonly runAt: Date }[]): void {
    const now = this.clock.now().getTime();
    this.announcing = this.queue
      .addBulk(
        jobs.map(({ id, runAt }) => ({
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
    // Not waited for: with Redis away, Bull may never say that it is ready.
    this.queue.resume(true).catch(() => undefined);
    // process() settles only when the queue closes.
    this.queue
      .process('run', CONCURRENCY, async (message) => run(message.data.id))
      .catch((error: unknown) => {
        this.report(error);
      });
    return Promise.resolve();
  }

  /** Waits for the jobs that run here; but not for a Redis that is away. */
  async stop(): Promise<void> {
    const closed = this.announcing
      .then(() => this.queue.close())
      .catch((error: unknown) => {
        this.report(error);
      });
    await (this.failing ? Promise.race([closed, delay(CLOSE_PATIENCE_MS)]) : closed);
    await this.disconnect();
  }

  /** A client whose Redis is away goes on trying to reach it, also after one `disconnect`, and keeps the process alive. */
  private async disconnect(): Promise<void> {
    const { clients = [] } = this.queue as unknown as { clients?: RedisClient[] };
    for (let round = 0; round < DISCONNECT_ROUNDS; round++) {
      const open = clients.filter((client) => client.status !== 'end');
      if (open.length === 0) return;
      for (const client of open) client.disconnect();
      await delay(DISCONNECT_PAUSE_MS);
    }
  }

  /** Redis being away is said once, not once a job: the sweeper announces everything again when it is back. */
  private report(error: unknown): void {
    if (this.failing) return;
    this.failing = true;
    this.logger.warn({ event: 'jobs.redis_unavailable', error: String(error) });
  }
}
