import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { BillingError } from '../../domain/errors.js';
import { TimeTriggers, type TimeTrigger } from '../../platform/clock/time-triggers.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { isDatabaseFailure } from '../../platform/database/errors.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { BillingRunsService, type BillingRunRow } from './billing-runs.service.js';
import { SubscriptionAdvancer } from './subscription-advancer.service.js';
import type { AdvanceResult } from './advance-result.types.js';

/** Subscriptions billed in one transaction: few enough to be short, many enough to share their queries. */
const BATCH = 400;
/** Transactions at a time: while the database works on one, this process reckons the other. */
const WALKERS = 2;
const JOB = 'billing.run';
const HOUR_MS = 3_600_000;
const LONGEST_WAIT_HOURS = 24;

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'billing.run': { readonly run_id: string };
  }
}

/** One walk over what is due: its record, and what it has met. */
interface Walk {
  readonly runId: string;
  /** Also what an earlier run has put off after a failure. */
  readonly retrying: boolean;
  readonly failed: Set<string>;
  readonly seen: Set<string>;
}

/**
 * Lets happen to subscriptions what time brings: bills every period that has ended and moves the subscription on, in one
 * transaction for many. However many periods are due, each is billed, in order. Two runs at once share the work: a
 * subscription is locked while it is billed, and the unique index on the invoice's period is there for the day that it
 * should not be. A subscription that cannot be billed is put off, with the reason on the run, and stops no other.
 */
@Injectable()
export class BillingRun implements TimeTrigger, OnModuleInit {
  readonly name = 'billing';
  private readonly logger = new Logger(BillingRun.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly triggers: TimeTriggers,
    private readonly handlers: JobHandlers,
    private readonly queue: JobQueue,
    private readonly subscriptions: SubscriptionsService,
    private readonly steps: SubscriptionAdvancer,
    private readonly runs: BillingRunsService,
  ) {}

  onModuleInit(): void {
    this.triggers.register(this);
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        await this.byHand(caller, payload.run_id);
        return undefined;
      },
    });
  }

  nextDueAt(ctx: Ctx): Promise<Date | null> {
    return this.subscriptions.nextDueAt(ctx);
  }

  /** The clock's run; without anything due there is none. */
  async run(caller: Caller): Promise<void> {
    const run = await this.uow.run(caller, async (ctx) => {
      const due = await this.subscriptions.nextDueAt(ctx);
      if (due === null || due > ctx.now) return undefined;
      await this.runs.closeSilent(ctx);
      return this.runs.create(ctx, 'clock');
    });
    if (run !== undefined) await this.walk(caller, run.id, false);
  }

  /** Writes a run down, which a worker begins as soon as the caller's transaction is committed. */
  async request(ctx: Ctx): Promise<BillingRunRow> {
    const run = await this.runs.create(ctx, 'manual');
    await this.queue.enqueue(ctx, { kind: JOB, key: run.id, payload: { run_id: run.id } });
    return run;
  }

  private async byHand(caller: Caller, runId: string): Promise<void> {
    await this.uow.run(caller, (ctx) => this.runs.start(ctx, runId));
    await this.walk(caller, runId, true);
  }

  private async walk(caller: Caller, runId: string, retrying: boolean): Promise<void> {
    const walk: Walk = { runId, retrying, failed: new Set(), seen: new Set() };
    const walkers = await Promise.allSettled(
      Array.from({ length: WALKERS }, () => this.walker(caller, walk)),
    );
    for (const walker of walkers) if (walker.status === 'rejected') throw walker.reason;
    const steps = walkers.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0), 0);
    await this.uow.run(caller, (ctx) => this.runs.finish(ctx, runId));
    this.logger.log({
      event: 'billing.run',
      run_id: runId,
      environment_id: caller.scope.environmentId,
      steps,
      failed: walk.failed.size,
    });
  }

  /** Chunk after chunk until nothing is due any more that no other walker has. */
  private async walker(caller: Caller, walk: Walk): Promise<number> {
    let steps = 0;
    for (;;) {
      const count = await this.chunk(caller, walk);
      if (count === 0) return steps;
      steps += count;
    }
  }

  /** Up to {@link BATCH} subscriptions, together; one by one when together they fail. Answers how many it has dealt with. */
  private async chunk(caller: Caller, walk: Walk): Promise<number> {
    let due: readonly Subscription[] = [];
    try {
      return await this.uow.run(caller, async (ctx) => {
        due = await this.subscriptions.lockDue(ctx, BATCH, {
          retrying: walk.retrying,
          except: [...walk.failed],
        });
        return this.stepAll(ctx, walk, due);
      });
    } catch (error) {
      // Without the database nothing goes on, and it is nobody's fault in particular.
      if (isDatabaseFailure(error) || due.length === 0) throw error;
      for (const { id } of due) await this.alone(caller, walk, id);
      return due.length;
    }
  }

  private async alone(caller: Caller, walk: Walk, id: string): Promise<void> {
    try {
      await this.uow.run(caller, async (ctx) => {
        const due = await this.subscriptions.lockDue(ctx, 1, { retrying: walk.retrying, only: [id] });
        return this.stepAll(ctx, walk, due);
      });
    } catch (error) {
      if (isDatabaseFailure(error)) throw error;
      walk.failed.add(id);
      this.logger.error({ event: 'billing.failed', run_id: walk.runId, subscription_id: id, err: error });
      await this.uow.run(caller, (ctx) => this.putOff(ctx, walk, id, error));
    }
  }

  private async stepAll(ctx: Ctx, walk: Walk, due: readonly Subscription[]): Promise<number> {
    if (due.length === 0) return 0;
    const stepped = await this.steps.advance(ctx, due);
    const fresh = due.filter(({ id }) => !walk.seen.has(id)).map(({ id }) => id);
    await this.runs.progress(ctx, walk.runId, { subscriptions: fresh.length, ...countsOf(stepped) });
    ctx.afterCommit(() => {
      for (const id of fresh) walk.seen.add(id);
    });
    return stepped.length;
  }

  /** Tried again later, after each failure twice as late: without that, time would stand still at what cannot be billed. */
  private async putOff(ctx: Ctx, walk: Walk, id: string, error: unknown): Promise<void> {
    const before = await this.subscriptions.lock(ctx, id);
    const hours = Math.min(2 ** Math.min(before.billingFailures, 10), LONGEST_WAIT_HOURS);
    const retryAt = new Date(ctx.now.getTime() + hours * HOUR_MS);
    await this.subscriptions.save(ctx, before, {
      nextActionAt: retryAt,
      billingFailures: before.billingFailures + 1,
    });
    await this.runs.fail(ctx, walk.runId, {
      subscription_id: id,
      code: error instanceof BillingError ? error.code : 'internal_error',
      message: (error instanceof Error ? error.message : String(error)).slice(0, 500),
      failed_at: ctx.now.toISOString(),
      retry_at: retryAt.toISOString(),
    });
  }
}

function countsOf(stepped: readonly AdvanceResult[]): {
  periods: number;
  invoices: number;
  invoicesSkipped: number;
} {
  const made = stepped.flatMap(({ invoice }) => invoice ?? []);
  const skipped = made.filter(({ invoiceStatus }) => invoiceStatus === 'SKIPPED').length;
  return {
    periods: stepped.filter(({ action }) => action === 'period_end').length,
    invoices: made.length - skipped,
    invoicesSkipped: skipped,
  };
}
