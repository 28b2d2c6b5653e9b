import { Injectable } from '@nestjs/common';
import { periodFrom } from '../domain/billing-period.js';
import { earlierOf, laterOf, makePeriod, type Period } from '../domain/period.js';
import { currentPeriodEndOf, inTrial } from '../domain/subscribing/subscription-life.js';
import type { Ctx } from '../platform/context.js';
import {
  ImportedSubscriptionsService,
  type ImportInput,
} from '../subscriptions/imported-subscriptions.service.js';
import { SubscriptionLinesService } from '../subscriptions/subscription-lines.service.js';
import { SubscriptionPausesService } from '../subscriptions/subscription-pauses.service.js';
import {
  ended,
  SubscriptionsService,
  type SubscriptionChange,
} from '../subscriptions/subscriptions.service.js';
import { scheduleOf, type Subscription } from '../subscriptions/subscriptions.types.js';
import { ImmediateBilling } from '../billing/immediate-billing.service.js';
import { PlanChangeTransfer } from './plan-change/plan-change-transfer.service.js';
import { SubscriptionLifecycleService } from './subscription-lifecycle.service.js';
import { SubscriptionGrants } from '../subscriptions/subscription-grants.service.js';

/** Where a provider's subscription stands. */
export interface ImportedStatus {
  readonly status: 'active' | 'trialing' | 'incomplete';
  readonly anchor: Date;
  readonly current: Period;
  readonly trial: Period | undefined;
}

/** Makes subscriptions that live at a provider follow it, and bills what is metered here on the way. */
@Injectable()
export class ImportedSubscriptionLife {
  constructor(
    private readonly imported: ImportedSubscriptionsService,
    private readonly subscriptions: SubscriptionsService,
    private readonly lines: SubscriptionLinesService,
    private readonly pauses: SubscriptionPausesService,
    private readonly changes: SubscriptionLifecycleService,
    private readonly carry: PlanChangeTransfer,
    private readonly now: ImmediateBilling,
    private readonly grants: SubscriptionGrants,
  ) {}

  async begin(ctx: Ctx, input: ImportInput): Promise<Subscription> {
    const subscription = await this.imported.insert(ctx, input);
    if (input.status !== 'incomplete') await this.grants.applyDue(ctx, [subscription.id]);
    return subscription;
  }

  /** Locked, with what has come due billed. */
  current(ctx: Ctx, id: string): Promise<Subscription> {
    return this.changes.current(ctx, id);
  }

  /** Another plan: what was used so far is billed, the old subscription ends, and another one begins now. */
  async startAnew(ctx: Ctx, before: Subscription, input: ImportInput): Promise<Subscription> {
    const lines = (await this.subscriptions.linesOf(ctx, [before.id])).filter(
      (line) => line.billedBy === null && line.startDate <= ctx.now && (line.endDate ?? ctx.now) >= ctx.now,
    );
    const { now: startDate } = ctx;
    const { interval, anchor, current } = input;
    const isOpen = before.subscriptionStatus !== 'cancelled';
    const next = await this.imported.insert(ctx, {
      ...input,
      carriesTerms: true,
      continues: isOpen ? before : undefined,
      startDate,
      // A provider whose clock is behind is in a period that is over here.
      current:
        current.end > startDate
          ? makePeriod(laterOf(current.start, startDate), current.end)
          : periodFrom({ interval, anchor, cycle: 'anniversary', timeZone: 'UTC' }, startDate, null),
    });
    if (next.subscriptionStatus !== 'incomplete')
      for (const line of await this.carry.ownLines(ctx, lines)) await this.lines.add(ctx, next, line);
    const moved = await this.carry.moveAddons(ctx, before, next);
    if (isOpen) {
      await this.carry.continueUsage(ctx, before, lines, next);
      await this.end(ctx, before, ctx.now, next.id);
    }
    await this.carry.rest(ctx, before, lines, next, moved);
    if (input.status !== 'incomplete') await this.grants.applyDue(ctx, [next.id]);
    return next;
  }

  /** Over at that instant, or at the beginning of the current period if that is later: earlier ones are billed. */
  async end(
    ctx: Ctx,
    before: Subscription,
    endedAt: Date,
    successorId: string | null = null,
  ): Promise<Subscription> {
    // Told in whole seconds: what was used in the second in which it ended counts.
    const lastInstant = new Date(endedAt.getTime() + 999);
    const at = laterOf(earlierOf(lastInstant, ctx.now), before.currentPeriodStart);
    const begun = before.subscriptionStatus !== 'incomplete' && before.currentPeriodStart < at;
    const subscription = await this.subscriptions.save(
      ctx,
      before,
      { ...ended(at), continuedById: successorId },
      'subscription.cancelled',
    );
    await this.pauses.closeAt(ctx, [before.id], at);
    if (begun && !inTrial(before))
      await this.now.bill(ctx, {
        subscription,
        moment: { type: 'cancel', closing: makePeriod(before.currentPeriodStart, at) },
        reason: 'PRORATION',
      });
    return subscription;
  }

  /** The provider's period, trial and first payment become ours. */
  async follow(ctx: Ctx, before: Subscription, to: ImportedStatus): Promise<Subscription> {
    const status = before.subscriptionStatus === 'paused' ? before.subscriptionStatus : to.status;
    const change: SubscriptionChange = {
      ...(status === before.subscriptionStatus ? {} : { subscriptionStatus: status }),
      ...(sameInstant(before.trialEnd, to.trial?.end ?? null)
        ? {}
        : { trialStart: to.trial?.start ?? null, trialEnd: to.trial?.end ?? null }),
      ...this.period(ctx, before, to),
    };
    if (Object.keys(change).length === 0) return before;
    if (change.currentPeriodStart !== undefined && !inTrial(before))
      await this.close(ctx, before, change.currentPeriodStart);
    const begins = before.subscriptionStatus === 'incomplete' && status !== 'incomplete';
    const after = await this.subscriptions.save(
      ctx,
      before,
      change,
      begins ? 'subscription.activated' : 'subscription.updated',
    );
    if (begins) await this.grants.applyDue(ctx, [after.id]);
    return after;
  }

  /** A cancellation that lies ahead, or none. */
  async followEnd(
    ctx: Ctx,
    before: Subscription,
    cancelAt: Date | undefined,
    atPeriodEnd: boolean,
  ): Promise<Subscription> {
    const at = cancelAt ?? null;
    if (sameInstant(before.cancelAt, at) && before.cancelAtPeriodEnd === atPeriodEnd) return before;
    const full = currentPeriodEndOf({ ...before, cancelAt: null }, scheduleOf(before));
    return this.subscriptions.save(
      ctx,
      before,
      {
        cancelAt: at,
        cancelAtPeriodEnd: atPeriodEnd,
        currentPeriodEnd: at !== null && at > before.currentPeriodStart ? earlierOf(at, full) : full,
      },
      'subscription.updated',
    );
  }

  /** Paused, until then if that is known, or not. */
  async followPause(
    ctx: Ctx,
    before: Subscription,
    wanted: { readonly resumesAt: Date | undefined } | undefined,
  ): Promise<Subscription> {
    const resumesAt = wanted?.resumesAt !== undefined && wanted.resumesAt > ctx.now ? wanted.resumesAt : null;
    const isPaused = before.subscriptionStatus === 'paused';
    if (wanted !== undefined && isPaused && sameInstant(before.resumeAt, resumesAt)) return before;
    if (before.activePauseId !== null) await this.changes.resume(ctx, before.id);
    if (wanted === undefined || before.subscriptionStatus === 'incomplete')
      return this.subscriptions.lock(ctx, before.id);
    const { subscription } = await this.changes.pause(ctx, before.id, {
      mode: 'immediate',
      end: resumesAt ?? undefined,
    });
    return subscription;
  }

  /**
   * Periods turn here by themselves, and at the provider too. They differ where it counts from another instant now, and
   * for a moment around a boundary, which whoever is behind passes alone: what is charged then is the billing run's.
   */
  private period(ctx: Ctx, before: Subscription, { anchor, current }: ImportedStatus): SubscriptionChange {
    const ahead = current.start.getTime() - ctx.now.getTime();
    if (current.start < before.currentPeriodStart || ahead > CLOCK_DIFFERENCE_MS) return {};
    if (sameInstant(before.currentPeriodEnd, current.start)) return {};
    const sameStart = sameInstant(before.currentPeriodStart, current.start);
    const ownEnd = before.cancelAt === null ? before.currentPeriodEnd : undefined;
    const end =
      before.cancelAt !== null && before.cancelAt > current.start
        ? earlierOf(before.cancelAt, current.end)
        : current.end;
    return {
      ...(sameInstant(before.billingAnchor, anchor) ? {} : { billingAnchor: anchor }),
      ...(sameStart ? {} : { currentPeriodStart: current.start }),
      ...(sameInstant(ownEnd ?? before.currentPeriodEnd, end) ? {} : { currentPeriodEnd: end }),
    };
  }

  private async close(ctx: Ctx, before: Subscription, at: Date): Promise<void> {
    if (at <= before.currentPeriodStart) return;
    await this.now.bill(ctx, {
      subscription: before,
      moment: { type: 'cancel', closing: makePeriod(before.currentPeriodStart, at) },
      reason: 'SUBSCRIPTION_UPDATE',
    });
  }
}

/** Two clocks are not the same to the second. What lies further ahead is another clock's time: one that a test has moved. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;

const sameInstant = (a: Date | null, b: Date | null): boolean => a?.getTime() === b?.getTime();
