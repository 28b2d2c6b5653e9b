import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BillingError } from '../domain/errors.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { OutboxSubscribers } from '../platform/outbox/outbox-subscribers.js';
import { SubscriptionSchedulesService } from '../subscriptions/subscription-schedules.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import { PlanChangeScheduling } from './plan-change-scheduling.service.js';

const JOB = 'subscription.scheduled_change';

/** A subscription has ended where a change of plan was scheduled for: the new one begins there. */
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
  ) {}

  onModuleInit(): void {
    this.subscribers.register({ jobKind: JOB, eventTypes: ['subscription.cancelled'] });
    this.handlers.register({
      kind: JOB,
      handle: async ({ caller, payload }) => {
        await this.run(caller, payload.entityId as string);
        return undefined;
      },
    });
  }

  private async run(caller: Caller, subscriptionId: string): Promise<void> {
    try {
      await this.uow.run(caller, (ctx) => this.execute(ctx, subscriptionId));
    } catch (error) {
      // What may not be done now may not be done later either: it is said, not tried again and again.
      if (!(error instanceof BillingError)) throw error;
      await this.uow.run(caller, (ctx) => this.fail(ctx, subscriptionId, error.message));
    }
  }

  private async execute(ctx: Ctx, subscriptionId: string): Promise<void> {
    const ended = await this.subscriptions.lock(ctx, subscriptionId);
    const schedule = await this.schedules.pendingOf(ctx, subscriptionId);
    if (schedule === null || ended.subscriptionStatus !== 'cancelled') return;
    if (ended.endDate?.getTime() !== schedule.scheduledAt.getTime()) {
      await this.schedules.settle(ctx, schedule.id, { scheduleStatus: 'cancelled', cancelledAt: ctx.now });
      return;
    }
    const { next, invoice } = await this.changes.runScheduled(ctx, schedule);
    await this.schedules.settle(ctx, schedule.id, {
      scheduleStatus: 'executed',
      executedAt: ctx.now,
      executionResult: {
        old_subscription_id: subscriptionId,
        new_subscription_id: next.id,
        invoice_id: invoice?.id ?? null,
      },
    });
  }

  private async fail(ctx: Ctx, subscriptionId: string, errorMessage: string): Promise<void> {
    await this.subscriptions.lock(ctx, subscriptionId);
    const schedule = await this.schedules.pendingOf(ctx, subscriptionId);
    if (schedule === null) return;
    await this.schedules.settle(ctx, schedule.id, { scheduleStatus: 'failed', errorMessage });
    await this.outbox.append(ctx, {
      type: 'subscription.plan_change_failed',
      entityType: 'subscription',
      entityId: subscriptionId,
    });
  }
}
