import { Injectable } from '@nestjs/common';
import { laterOf } from '../../domain/period.js';
import type { Ctx } from '../../platform/context.js';
import type { AppliedCoupon } from '../../plans/coupons.types.js';
import type { MeteredPrice } from '../../plans/plans.types.js';
import { PricesService } from '../../plans/prices.service.js';
import { lineCommitmentInput } from '../../subscriptions/commitments.types.js';
import { SubscriptionAddonsService } from '../../subscriptions/subscription-addons.service.js';
import { SubscriptionLinesService, type LineInput } from '../../subscriptions/subscription-lines.service.js';
import { SubscriptionTermsService } from '../../subscriptions/subscription-terms.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';
import { GrantCarry } from '../../wallets/grant-carry.service.js';
import { subjectOf } from '../../subscriptions/subscription-grants.service.js';

/** What is a subscription's own and not its plan's goes on with the one that takes its place. */
@Injectable()
export class PlanChangeCarry {
  constructor(
    private readonly prices: PricesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly lines: SubscriptionLinesService,
    private readonly addons: SubscriptionAddonsService,
    private readonly terms: SubscriptionTermsService,
    private readonly grants: GrantCarry,
  ) {}

  /** Lines that are not the old plan's; one-time charges have been charged. In the order of {@link ownOf}. */
  async ownLines(ctx: Ctx, lines: readonly SubscriptionLineItem[]): Promise<LineInput[]> {
    const own = ownOf(lines);
    const prices = await this.prices.byIds(
      ctx,
      own.map((line) => line.priceId),
    );
    return own.map((line): LineInput => {
      const priced = prices.get(line.priceId) as MeteredPrice;
      return {
        price:
          priced.price.entityType === 'SUBSCRIPTION'
            ? { input: this.lines.priceAnew(priced, ctx.now) }
            : { id: line.priceId, isKept: true },
        quantity: line.priceType === 'USAGE' ? undefined : line.quantity.toFixed(),
        endDate: line.endDate ?? undefined,
        displayName: line.displayName,
        metadata: line.metadata,
        commitment: lineCommitmentInput(line.commitment),
      };
    });
  }

  /** Addons, credit grants, coupons, taxes, entitlements. Answers the coupons that end with their lines. */
  async rest(
    ctx: Ctx,
    before: Subscription,
    lines: readonly SubscriptionLineItem[],
    created: Subscription,
  ): Promise<AppliedCoupon[]> {
    const moved = await this.moveAddons(ctx, before, created);
    await this.grants.carryOver(ctx, subjectOf(before), subjectOf(created), moved);
    const all = await this.subscriptions.linesOf(ctx, [before.id]);
    const next = await this.subscriptions.linesOf(ctx, [created.id]);
    const places = successors(lines, next);
    const lineOf = (lineId: string): string | undefined => {
      const replacement = all.find(({ replacesId }) => replacesId === lineId);
      return places.get(lineId) ?? (replacement === undefined ? undefined : lineOf(replacement.id));
    };
    return this.terms.carryOver(ctx, before, created, lineOf);
  }

  /**
   * Addons go on with the new subscription, by their prices as they are now. What they grant is not granted anew: that goes on
   * too. Answers which association stands for which of the old.
   */
  private async moveAddons(
    ctx: Ctx,
    before: Subscription,
    created: Subscription,
  ): Promise<ReadonlyMap<string, string>> {
    const moved = new Map<string, string>();
    for (const association of await this.addons.of(ctx, [before.id])) {
      if (association.addonStatus !== 'active') continue;
      await this.addons.detach(ctx, association, 'moved by a change of plan');
      const { association: next } = await this.addons.attach(ctx, created, {
        addonId: association.addonId,
        startDate: laterOf(association.startDate, created.startDate),
        metadata: association.metadata,
      });
      moved.set(association.id, next.id);
    }
    return moved;
  }
}

const ownOf = (lines: readonly SubscriptionLineItem[]): SubscriptionLineItem[] =>
  lines.filter((line) => line.entityType === 'subscription' && line.billingPeriod !== 'ONETIME');

/** Which line of the new subscription stands for one of the old: its own by their order, those of addons by their prices. */
function successors(
  before: readonly SubscriptionLineItem[],
  next: readonly SubscriptionLineItem[],
): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const own = next.filter((line) => line.entityType === 'subscription');
  for (const [index, line] of ownOf(before).entries()) {
    const successor = own[index];
    if (successor !== undefined) places.set(line.id, successor.id);
  }
  const taken = new Set<string>();
  for (const line of before.filter(({ entityType }) => entityType === 'addon')) {
    const successor = next.find(
      (one) => one.entityType === 'addon' && one.priceId === line.priceId && !taken.has(one.id),
    );
    if (successor === undefined) continue;
    taken.add(successor.id);
    places.set(line.id, successor.id);
  }
  return places;
}
