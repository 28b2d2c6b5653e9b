import { Injectable } from '@nestjs/common';
import { earlierOf, laterOf, makePeriod } from '../../domain/period.js';
import type { Ctx } from '../../platform/context.js';
import { PlansService } from '../../plans/plans.service.js';
import type { Plan } from '../../plans/plans.types.js';
import { PlanLinesService, type PlanLineChanges } from '../../subscriptions/plan-lines.service.js';
import { SubscriptionPausesService } from '../../subscriptions/subscription-pauses.service.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';
import { ImmediateBilling } from '../../billing/immediate-billing.service.js';
import { BilledLinesQueries } from '../../invoices/billed-lines.queries.js';
import { paidUntil } from '../paid-until.js';
import { ProrationsService } from '../../billing/prorations.service.js';
import { SubscriptionLifecycleService } from '../subscription-lifecycle.service.js';

type Added = PlanLineChanges['added'][number];

/** Lets the prices that a plan has now reach a subscription that began with others. */
@Injectable()
export class PlanPriceSync {
  constructor(
    private readonly plans: PlansService,
    private readonly lines: PlanLinesService,
    private readonly pauses: SubscriptionPausesService,
    private readonly changes: SubscriptionLifecycleService,
    private readonly prorations: ProrationsService,
    private readonly now: ImmediateBilling,
    private readonly billedLines: BilledLinesQueries,
  ) {}

  /** The next live subscriptions of a plan, and which of them lack something. Nothing is locked by looking. */
  async next(
    ctx: Ctx,
    planId: string,
    after: string,
    limit: number,
  ): Promise<{ readonly seen: readonly string[]; readonly outdated: readonly string[] }> {
    const live = await this.lines.live(ctx, planId, after, limit);
    const changes = await this.lines.changes(ctx, planId, live);
    return {
      seen: live.map(({ id }) => id),
      outdated: live.filter((_, index) => !isNothing(changes[index] as PlanLineChanges)).map(({ id }) => id),
    };
  }

  /**
   * Walked to the present first, so that its current period is met. What new lines charge in advance for the rest of that
   * is billed at once; what was paid by a line whose place they take stays paid. Doing it twice does it once.
   */
  async apply(ctx: Ctx, planId: string, subscriptionId: string): Promise<void> {
    const subscription = await this.changes.current(ctx, subscriptionId);
    if (subscription.planId !== planId || subscription.subscriptionStatus === 'cancelled') return;
    const [found] = await this.lines.changes(ctx, planId, [subscription]);
    const changes = found as PlanLineChanges;
    if (isNothing(changes)) return;
    const plan = await this.plans.getPlan(ctx, planId);
    for (const { line, at } of changes.ended) await this.lines.end(ctx, line, at);
    const made: SubscriptionLineItem[] = [];
    for (const added of changes.added) {
      const { replaces } = added;
      const over = changes.ended.find(({ line }) => line.id === replaces?.id);
      const before =
        made.find(({ priceId }) => priceId === added.priced.price.replacesPriceId) ??
        (replaces === null || over === undefined ? replaces : { ...replaces, endDate: over.at });
      made.push(await this.add(ctx, subscription, plan, added, before));
    }
    await this.bill(ctx, subscription, made);
    const replaced = new Set(made.map(({ replacesId }) => replacesId));
    for (const { line, at } of changes.ended)
      if (!replaced.has(line.id))
        await this.prorations.record(
          ctx,
          subscription,
          await this.prorations.unused(ctx, subscription, at, subscription.prorationBehavior, line.id),
        );
    await this.lines.announce(ctx, subscription.id);
  }

  private async add(
    ctx: Ctx,
    subscription: Subscription,
    plan: Plan,
    { priced, from, until }: Added,
    before: SubscriptionLineItem | null,
  ): Promise<SubscriptionLineItem> {
    if (before === null) return this.lines.insert(ctx, subscription, plan, priced, { from, until }, null);
    const paid = await this.paidUntil(ctx, subscription, before, from);
    const line = await this.lines.insert(
      ctx,
      subscription,
      plan,
      priced,
      { from, until },
      {
        of: before,
        paidUntil: paid,
      },
    );
    if (subscription.prorationBehavior === 'create_prorations' && paid !== null && paid > from)
      await this.prorations.settleChange(ctx, subscription, before, line, paid);
    return line;
  }

  /** Until when the line before has been charged in advance beyond `from`: by its invoices, where they say so. */
  private async paidUntil(
    ctx: Ctx,
    subscription: Subscription,
    before: SubscriptionLineItem,
    from: Date,
  ): Promise<Date | null> {
    if (before.invoiceCadence !== 'ADVANCE' || before.priceType === 'USAGE') return null;
    const until = await this.billedLines.chargedUntil(ctx, {
      subscriptionId: subscription.id,
      lineItemId: before.id,
      after: subscription.currentPeriodStart,
    });
    if (until !== null) return until > from ? until : before.paidUntil;
    // What was charged nothing is on no invoice, and was charged all the same if it was there when the period began.
    const over = before.endDate !== null && before.endDate <= subscription.currentPeriodStart;
    if (over) return before.paidUntil;
    const pauses = (await this.pauses.pausedTimes(ctx, [subscription.id])).get(subscription.id) ?? [];
    return paidUntil(subscription, before, from, pauses);
  }

  private async bill(
    ctx: Ctx,
    subscription: Subscription,
    made: readonly SubscriptionLineItem[],
  ): Promise<void> {
    const { activatedAt, currentPeriodStart, currentPeriodEnd } = subscription;
    const [first, ...others] = made.map(({ startDate }) => startDate);
    if (activatedAt === null || first === undefined) return;
    const from = laterOf(others.reduce(earlierOf, first), currentPeriodStart);
    if (from >= currentPeriodEnd) return;
    await this.now.bill(ctx, {
      subscription,
      moment: { type: 'subscription_start', next: makePeriod(from, currentPeriodEnd) },
      reason: 'SUBSCRIPTION_UPDATE',
      lineIds: made.map(({ id }) => id),
    });
  }
}

const isNothing = ({ ended, added }: PlanLineChanges): boolean => ended.length === 0 && added.length === 0;
