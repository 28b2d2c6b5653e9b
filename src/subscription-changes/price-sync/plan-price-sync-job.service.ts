import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { BillingError } from '../../domain/errors.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { newId } from '../../platform/ids.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { PlansService } from '../../plans/plans.service.js';
import { PlanPriceSync } from './plan-price-sync.service.js';

const JOB = 'plan.sync_prices';
/** Subscriptions that one job looks at: the next job goes on behind them, so that none is long. */
const BATCH = 100;

interface Progress {
  readonly plan_id: string;
  readonly run_id: string;
  /** The last subscription that was looked at. */
  readonly after: string;
  readonly changed: number;
  readonly failed: number;
}

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'plan.sync_prices': Progress;
  }
}

/** Carries a plan's prices to its live subscriptions, batch by batch, each subscription in a transaction of its own. */
@Injectable()
export class PlanPriceSyncJob implements OnModuleInit {
  private readonly logger = new Logger(PlanPriceSyncJob.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly queue: JobQueue,
    private readonly outbox: Outbox,
    private readonly plans: PlansService,
    private readonly sync: PlanPriceSync,
  ) {}

  onModuleInit(): void {
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        await this.batch(caller, payload);
        return undefined;
      },
    });
  }

  /** Writes it down, which a worker begins as soon as the caller's transaction is committed. Answers the run's id. */
  async request(ctx: Ctx, planId: string): Promise<string> {
    await this.plans.getPlan(ctx, planId);
    const runId = newId('job');
    await this.enqueue(ctx, { plan_id: planId, run_id: runId, after: '', changed: 0, failed: 0 });
    return runId;
  }

  private async batch(caller: Caller, before: Progress): Promise<void> {
    const { seen, outdated } = await this.uow.run(caller, (ctx) =>
      this.sync.next(ctx, before.plan_id, before.after, BATCH),
    );
    let failed = 0;
    for (const id of outdated) if (!(await this.one(caller, before, id))) failed += 1;
    const changed = before.changed + outdated.length - failed;
    await this.uow.run(caller, (ctx) => {
      const after = { ...before, changed, failed: before.failed + failed };
      const last = seen.at(-1);
      return seen.length < BATCH || last === undefined
        ? this.finish(ctx, after)
        : this.enqueue(ctx, { ...after, after: last });
    });
  }

  /** False when it cannot be changed: said, and no other waits for it. */
  private async one(caller: Caller, { plan_id: planId, run_id }: Progress, id: string): Promise<boolean> {
    try {
      await this.uow.run(caller, (ctx) => this.sync.apply(ctx, planId, id));
      return true;
    } catch (error) {
      if (!(error instanceof BillingError)) throw error;
      this.logger.error({
        event: 'plan.sync_failed',
        run_id,
        plan_id: planId,
        subscription_id: id,
        err: error,
      });
      return false;
    }
  }

  /** A batch that is run again after a crash writes the same key: the next one is there once. */
  private enqueue(ctx: Ctx, progress: Progress): Promise<void> {
    return this.queue.enqueue(ctx, {
      kind: JOB,
      key: `${progress.run_id}:${progress.after}`,
      payload: progress,
    });
  }

  private finish(ctx: Ctx, { plan_id: planId, run_id, changed, failed }: Progress): Promise<void> {
    return this.outbox.append(ctx, {
      type: 'plan.prices_synced',
      entityType: 'plan',
      entityId: planId,
      payload: { run_id, changed, failed },
    });
  }
}
