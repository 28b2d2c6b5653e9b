import { setTimeout as delay } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { Ticker } from '../clock/ticker.js';
import { clientConfig, DATA_SOURCE } from '../database/data-source.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';
import { OUTBOX_CHANNEL, OutboxSignal } from '../outbox/outbox-signal.js';
import { JOB_TRANSPORT, type JobTransport } from '../jobs/job.js';
import { JobRunner } from '../jobs/job-runner.js';
import { PeriodicTasks } from '../jobs/periodic-tasks.js';
import { Sweeper } from '../jobs/sweeper.js';

export const WORKER_OPTIONS = Symbol('WorkerOptions');

export interface WorkerOptions {
  /** False: this process serves HTTP only, and others do the work. */
  readonly enabled: boolean;
  /** How often to look for lost announcements and unrelayed events. */
  readonly sweepEveryMs: number;
  /** How often to look whether time has triggered something. */
  readonly tickEveryMs: number;
  /** How long an advance of a test environment's clock waits in all for work that does not go on. */
  readonly clockPatienceMs: number;
}

const PURGE_EVERY_MS = 60 * 60 * 1000;
const RECONNECT_MS = 1000;
const LONGEST_STOP_MS = 24_000;

/** The working half of a process: runs jobs, relays events, sweeps, ticks. */
@Injectable()
export class Worker implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(Worker.name);
  private readonly loops: Loop[] = [];
  private listener: pg.Client | undefined;
  private stopping = false;
  private stopped: Promise<void> = Promise.resolve();

  constructor(
    @Inject(WORKER_OPTIONS) private readonly options: WorkerOptions,
    @Inject(JOB_TRANSPORT) private readonly transport: JobTransport,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly runner: JobRunner,
    private readonly relay: OutboxRelay,
    private readonly signal: OutboxSignal,
    private readonly sweeper: Sweeper,
    private readonly ticker: Ticker,
    private readonly periodic: PeriodicTasks,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.options.enabled) return;
    await this.transport.start((jobId) => this.runner.run(jobId));
    this.signal.connect(() => {
      this.relay.wake();
    });
    await this.listen();
    this.loops.push(
      new Loop(this.options.sweepEveryMs, async () => {
        await this.relay.drain();
        await this.sweeper.sweep();
      }),
      new Loop(this.options.tickEveryMs, () => this.ticker.tick()),
      new Loop(PURGE_EVERY_MS, () => this.sweeper.purge()),
      ...this.periodic.all().map((task) => new Loop(task.everyMs, () => task.run())),
    );
    for (const loop of this.loops) loop.start(this.logger);
  }

  /** From now on nothing is taken on; what is running goes on beside the requests that are being answered. */
  onModuleDestroy(): void {
    this.stopping = true;
    this.signal.connect(undefined);
    this.stopped = this.stopAll();
    this.stopped.catch(() => undefined);
  }

  /**
   * Waits for what is running, before anything that it needs is closed. What takes longer than any of its calls may is left to
   * its lease.
   */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.race([this.stopped, delay(LONGEST_STOP_MS, undefined, { ref: false })]);
    await this.listener?.end().catch(() => undefined);
  }

  private async stopAll(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await this.transport.stop();
  }

  /** Hears of events that processes without a relay of their own have written. */
  private async listen(): Promise<void> {
    // The timer of a lost listener may fire when the process is stopping, or has stopped.
    if (this.stopping) return;
    const client = new pg.Client({
      ...clientConfig(this.dataSource),
      application_name: 'flexprice-nest listener',
    });
    client.on('notification', () => {
      this.relay.wake();
    });
    client.on('error', (error) => {
      this.logger.warn({ event: 'outbox.listener_lost', error: String(error) });
      this.listener = undefined;
      if (!this.stopping) setTimeout(() => void this.listen(), RECONNECT_MS).unref();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
      this.listener = client;
    } catch (error) {
      // The sweep loop relays too, only later.
      client.emit('error', error);
    }
  }
}

/** Runs a task again and again, never twice at once, and waits for it when it is stopped. */
class Loop {
  private timer: NodeJS.Timeout | undefined;
  private current: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly everyMs: number,
    private readonly task: () => Promise<unknown>,
  ) {}

  start(logger: Logger): void {
    const round = (): void => {
      this.current = this.task()
        .then(() => undefined)
        .catch((error: unknown) => {
          logger.error({ event: 'worker.loop_failed', err: error });
        })
        .finally(() => {
          if (!this.stopped) this.timer = setTimeout(round, this.everyMs);
        });
    };
    round();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.current;
  }
}
