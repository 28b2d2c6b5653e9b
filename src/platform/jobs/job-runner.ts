import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Histogram } from 'prom-client';
import { WallClock } from '../time/clock.js';
import { SYSTEM_ACTOR } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { Metrics } from '../metrics/metrics.js';
import { nextRetry } from './backoff.js';
import { JOB_TRANSPORT, type JobOutcome, type JobRun, type JobTransport } from './job.js';
import { JobHandlers } from './job-handlers.js';

const LEASE_MS = 60_000;
const HEARTBEAT_MS = 20_000;

interface ClaimedRow {
  id: string;
  tenant_id: string;
  environment_id: string;
  kind: string;
  /** As the queue has taken it for the kind. */
  payload: JobRun['payload'];
  attempts: number;
  /** Names this lease: a row that another worker has taken over since is not ours to settle. */
  claims: number;
  /** As text: to the microsecond. Another one when it is settled was asked for meanwhile. */
  run_at: string;
  retry_window_start: Date;
}

/**
 * Runs one job row: claims it under a lease, calls its handler outside of any transaction, writes the outcome.
 * However often and wherever a row is announced, one worker at a time holds it.
 */
@Injectable()
export class JobRunner {
  private readonly logger = new Logger(JobRunner.name);
  private readonly durations: Histogram<'kind' | 'outcome'>;
  private running = 0;
  private idle: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    @Inject(JOB_TRANSPORT) private readonly transport: JobTransport,
    metrics: Metrics,
  ) {
    this.durations = metrics.histogram({
      name: 'job_duration_seconds',
      help: 'Time that jobs have taken, by kind and by what came of them',
      labels: ['kind', 'outcome'],
    });
  }

  /** Jobs that this process is working on right now. */
  get active(): number {
    return this.running;
  }

  /** Resolves when the jobs of this process have ended, the next time that it works on none. */
  whenIdle(): Promise<void> {
    if (this.idle === undefined) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((resolved) => (resolve = resolved));
      this.idle = { promise, resolve };
    }
    return this.idle.promise;
  }

  async run(jobId: string): Promise<void> {
    this.running += 1;
    try {
      await this.runClaimed(jobId);
    } finally {
      this.running -= 1;
      // A transport begins the next job when this one has ended: only then it is told whether there is one.
      if (this.running === 0) setImmediate(() => this.tellIdle());
    }
  }

  private tellIdle(): void {
    if (this.running > 0) return;
    this.idle?.resolve();
    this.idle = undefined;
  }

  private async runClaimed(jobId: string): Promise<void> {
    const row = await this.claim(jobId);
    if (row === undefined) return;
    const heartbeat = setInterval(() => void this.extendLease(row), HEARTBEAT_MS);
    const ended = this.durations.startTimer({ kind: row.kind });
    try {
      const outcome = await this.handle(row);
      ended({ outcome: wordOf(outcome) });
      await this.settle(row, outcome);
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async claim(jobId: string): Promise<ClaimedRow | undefined> {
    const now = this.clock.now();
    const [row] = await this.uow.callFunction<ClaimedRow>(
      `SELECT id, tenant_id, environment_id, kind, payload, attempts, claims, run_at::text, retry_window_start
         FROM billing.claim_job($1, $2, $3)`,
      [jobId, new Date(now.getTime() + LEASE_MS), now],
    );
    return row;
  }

  private async handle(row: ClaimedRow): Promise<JobOutcome | undefined> {
    const handler = this.handlers.find(row.kind);
    if (handler === undefined) return { park: true, reason: `no handler for jobs of kind ${row.kind}` };
    const scope = { tenantId: row.tenant_id, environmentId: row.environment_id };
    const run: JobRun = {
      jobId: row.id,
      scope,
      caller: { scope, actor: SYSTEM_ACTOR, requestId: row.id },
      payload: row.payload,
      attempt: row.attempts,
      retryingSince: row.retry_window_start,
    };
    try {
      return await handler.handle(run);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const retryAt = nextRetry(this.clock.now(), row.retry_window_start, row.attempts);
      this.logger.error({
        event: retryAt ? 'job.failed' : 'job.parked',
        job_id: row.id,
        kind: row.kind,
        attempt: row.attempts,
        retry_at: retryAt,
        err: error,
      });
      return retryAt ? { retryAt, reason, failed: true } : { park: true, reason };
    }
  }

  private async settle(row: ClaimedRow, outcome: JobOutcome | undefined): Promise<void> {
    const now = this.clock.now();
    const state = outcome === undefined ? 'done' : 'park' in outcome ? 'parked' : 'queued';
    const again = outcome !== undefined && 'retryAt' in outcome ? outcome : undefined;
    const rows = await this.uow.callFunction<{ state: string; run_at: Date }>(
      `SELECT state, run_at FROM billing.settle_job($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        row.id,
        row.claims,
        row.run_at,
        state,
        again?.failed === true,
        again?.retryAt ?? null,
        outcome?.reason.slice(0, 2000) ?? null,
        this.transport.delivers ? now : null,
        state === 'queued' ? null : now,
        now,
      ],
    );
    const due = rows.filter((settled) => settled.state === 'queued');
    if (due.length > 0)
      this.transport.announce(due.map((settled) => ({ id: row.id, kind: row.kind, runAt: settled.run_at })));
  }

  private async extendLease(row: ClaimedRow): Promise<void> {
    try {
      await this.uow.executeSystem(
        `UPDATE jobs SET lease_until = $3 WHERE id = $1 AND state = 'running' AND claims = $2`,
        [row.id, row.claims, new Date(this.clock.now().getTime() + LEASE_MS)],
      );
    } catch (error) {
      this.logger.warn({ event: 'job.heartbeat_failed', job_id: row.id, error: String(error) });
    }
  }
}

const wordOf = (outcome: JobOutcome | undefined): 'done' | 'parked' | 'again' =>
  outcome === undefined ? 'done' : 'park' in outcome ? 'parked' : 'again';
