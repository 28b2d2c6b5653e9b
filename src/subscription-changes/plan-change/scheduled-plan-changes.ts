import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BillingError } from '../../domain/errors.js';
import type { Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import type { OutboxEvent } from '../../platform/outbox/outbox-event.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { OutboxSubscribers } from '../../platform/outbox/outbox-subscribers.js';
import { SubscriptionSchedulesService } from '../../subscriptions/subscription-schedules.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription, SubscriptionSchedule } from '../../subscriptions/subscriptions.types.js';
import { PlanChangeScheduling } from './plan-change-scheduling.service.js';
import { ScheduledEnds } from '../../billing/runs/scheduled-ends.service.js';
import type { AdvanceResult } from '../../billing/runs/advance-result.types.js';

const JOB = 'subscription.scheduled_change';

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'subscription.scheduled_change': OutboxEvent<'subscription.cancelled'>;
  }
}

/**
 * The end of a subscription and the beginning of the one that is to follow it are one: both happen, or it goes on as it
 * was. Were the end committed first, a plan that is gone by then would leave the customer without any.
 */
@Injectable()
export class ScheduledPlanChanges implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly outbox: Outbox,
    private readonly subscriptions: SubscriptionsService,
    private readonly schedules: SubscriptionSchedulesService,
    private readonly changes: PlanChangeScheduling,
    private readonly ends: ScheduledEnds,
  ) {}

  onModuleInit(): void {
    this.ends.register((ctx, before, schedule, step) => this.atEnd(ctx, before, schedule, step));
    this.subscribers.register({ jobKind: JOB, eventTypes: ['subscription.cancelled'] });
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        await this.uow.run(caller, (ctx) => this.afterEnd(ctx, payload.entityId));
        return undefined;
      },
    });
  }

  private async atEnd(
    ctx: Ctx,
    before: Subscription,
    schedule: SubscriptionSchedule,
    step: (subscription: Subscription) => Promise<AdvanceResult>,
  ): Promise<AdvanceResult> {
    await ctx.em.query('SAVEPOINT scheduled_change');
    // What fails here is the billing of the period that ends, and says nothing against the change.
    const ended = await step(before);
    try {
      await this.execute(ctx, schedule);
      await ctx.em.query('RELEASE SAVEPOINT scheduled_change');
      return ended;
    } catch (error) {
      // What may not be done now may not be done later either: it is said, not tried again and again.
      if (!(error instanceof BillingError)) throw error;
      await ctx.em.query('ROLLBACK TO SAVEPOINT scheduled_change');
      const goingOn = await this.subscriptions.withdrawEnd(ctx, before);
      await this.fail(ctx, schedule, error.message);
      return { ...(await step(goingOn)), before };
    }
  }

  /** It has ended otherwise than by its own time: by its provider, or at another instant than was scheduled for. */
  private async afterEnd(ctx: Ctx, subscriptionId: string): Promise<void> {
    const { subscriptionStatus } = await this.subscriptions.lock(ctx, subscriptionId);
    const schedule = await this.schedules.pendingOf(ctx, subscriptionId);
    if (schedule === null || subscriptionStatus !== 'cancelled') return;
    await this.schedules.settle(ctx, schedule.id, { scheduleStatus: 'cancelled', cancelledAt: ctx.now });
  }

  private async execute(ctx: Ctx, schedule: SubscriptionSchedule): Promise<void> {
    const { next, invoice } = await this.changes.runScheduled(ctx, schedule);
    await this.schedules.settle(ctx, schedule.id, {
      scheduleStatus: 'executed',
      executedAt: ctx.now,
      executionResult: {
        old_subscription_id: schedule.subscriptionId,
        new_subscription_id: next.id,
        invoice_id: invoice?.id ?? null,
      },
    });
  }

  private async fail(ctx: Ctx, schedule: SubscriptionSchedule, errorMessage: string): Promise<void> {
    await this.schedules.settle(ctx, schedule.id, { scheduleStatus: 'failed', errorMessage });
    await this.outbox.append(ctx, {
      type: 'subscription.plan_change_failed',
      entityType: 'subscription',
      entityId: schedule.subscriptionId,
    });
  }
}
