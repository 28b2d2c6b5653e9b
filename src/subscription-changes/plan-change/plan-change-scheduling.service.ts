import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import type { PlanChangeType } from '../../domain/subscribing/plan-change.js';
import type { Ctx } from '../../platform/context.js';
import { SubscriptionSchedulesService } from '../../subscriptions/subscription-schedules.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription, SubscriptionSchedule } from '../../subscriptions/subscriptions.types.js';
import { inputOfWire, wireOf, type PlanChangeInput, type PlanChangeWire } from './plan-change-rules.js';
import { PlanChangeService, type PlanChanged } from './plan-change.service.js';
import { SubscriptionLifecycleService } from '../subscription-lifecycle.service.js';
import { SubscriptionAdvancer } from '../../billing/runs/subscription-advancer.service.js';

export interface PlanChangeScheduled {
  readonly type: PlanChangeType;
  readonly old: Subscription;
  readonly schedule: SubscriptionSchedule;
}

/** Changes of plan at the end of a period: written down, taken back, done when it has come. */
@Injectable()
export class PlanChangeScheduling {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly schedules: SubscriptionSchedulesService,
    private readonly changes: SubscriptionLifecycleService,
    private readonly planChanges: PlanChangeService,
    private readonly steps: SubscriptionAdvancer,
  ) {}

  /** Schedules it for the end of the current period: there the subscription ends, and another takes its place. */
  async schedule(ctx: Ctx, id: string, input: PlanChangeInput): Promise<PlanChangeScheduled> {
    const before = await this.changes.current(ctx, id);
    // Whatever forbids it is found now, not when nobody looks.
    const type = await this.planChanges.preview(ctx, id, { ...input, atPeriodEnd: true }, ({ type: of }) =>
      Promise.resolve(of),
    );
    const scheduledAt = before.currentPeriodEnd;
    const old = await this.subscriptions.scheduleEnd(ctx, before, scheduledAt, { atPeriodEnd: true });
    const schedule = await this.schedules.add(ctx, {
      subscriptionId: id,
      scheduledAt,
      configuration: { ...wireOf(input), end_date: before.endDate },
      metadata: input.metadata,
    });
    return { type, old, schedule };
  }

  /** Takes a change back that lies ahead: the subscription goes on. */
  async cancelSchedule(ctx: Ctx, scheduleId: string): Promise<SubscriptionSchedule> {
    const { subscriptionId } = await this.schedules.get(ctx, scheduleId);
    const subscription = await this.changes.current(ctx, subscriptionId);
    const { scheduleStatus } = await this.schedules.get(ctx, scheduleId);
    if (scheduleStatus !== 'pending' || subscription.subscriptionStatus === 'cancelled')
      throw invalidOperation(
        `the schedule is already ${scheduleStatus === 'pending' ? 'being executed' : scheduleStatus}`,
        'schedule_not_pending',
        { schedule_status: scheduleStatus },
      );
    await this.subscriptions.withdrawEnd(ctx, subscription);
    return this.schedules.settle(ctx, scheduleId, { scheduleStatus: 'cancelled', cancelledAt: ctx.now });
  }

  /** What was scheduled for the end of a subscription that has come. The schedule's subscription is locked. */
  async runScheduled(ctx: Ctx, schedule: SubscriptionSchedule): Promise<PlanChanged> {
    const old = await this.subscriptions.get(ctx, schedule.subscriptionId);
    const { end_date: end, ...asked } = schedule.configuration as unknown as PlanChangeWire & {
      readonly end_date: string | null;
    };
    // As if it had been done on time, however long ago that was.
    const then = { ...ctx, now: schedule.scheduledAt };
    const changed = await this.planChanges.afterEnd(
      then,
      old,
      inputOfWire(asked),
      end === null ? null : new Date(end),
    );
    await this.steps.catchUp(ctx, changed.next);
    return changed;
  }
}
