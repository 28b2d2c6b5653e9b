import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { laterOf } from '../../domain/period.js';
import type { Ctx } from '../../platform/context.js';
import type { AppliedCoupon } from '../../plans/coupons.types.js';
import { notEnded, type MeteredPrice } from '../../plans/plans.types.js';
import { PlansService } from '../../plans/plans.service.js';
import { PricesService } from '../../plans/prices.service.js';
import { lineCommitmentInput, type LineCommitmentInput } from '../../subscriptions/commitments.types.js';
import { SubscriptionAddonsService } from '../../subscriptions/subscription-addons.service.js';
import { SubscriptionLinesService, type LineInput } from '../../subscriptions/subscription-lines.service.js';
import { SubscriptionTermsService } from '../../subscriptions/subscription-terms.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';
import { GrantTransfer } from '../../wallets/grant-transfer.service.js';
import { subjectOf } from '../../subscriptions/subscription-grants.service.js';

/** What is a subscription's own and not its plan's goes on with the one that takes its place. */
@Injectable()
export class PlanChangeTransfer {
  constructor(
    private readonly plans: PlansService,
    private readonly prices: PricesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly lines: SubscriptionLinesService,
    private readonly addons: SubscriptionAddonsService,
    private readonly terms: SubscriptionTermsService,
    private readonly grants: GrantTransfer,
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

  /** Commitments of the plan's lines, by the new plan's prices of the same usage. */
  async commitments(
    ctx: Ctx,
    before: Subscription,
    lines: readonly SubscriptionLineItem[],
    planId: string,
  ): Promise<Record<string, LineCommitmentInput>> {
    const promised = (await this.withLife(ctx, before, lines, ctx.now)).filter(
      (line) => line.entityType === 'plan' && line.commitment !== null,
    );
    if (promised.length === 0) return {};
    const next = notEnded((await this.plans.get(ctx, planId)).prices, ctx.now);
    const prices = await this.prices.byIds(
      ctx,
      promised.map((line) => line.priceId),
    );
    return Object.fromEntries(
      promised.flatMap((line) => {
        const same = next.find((priced) => isSameUsage(priced, prices.get(line.priceId)));
        const commitment = lineCommitmentInput(line.commitment);
        return same === undefined || commitment === undefined ? [] : [[same.price.id, commitment] as const];
      }),
    );
  }

  /** Which line of the new subscription goes on with the usage that one of the old has charged for. */
  async continueUsage(
    ctx: Ctx,
    before: Subscription,
    lines: readonly SubscriptionLineItem[],
    created: Subscription,
  ): Promise<void> {
    const metered = ({ priceType, meterId }: SubscriptionLineItem): boolean =>
      priceType === 'USAGE' && meterId !== null;
    const old = (await this.withLife(ctx, before, lines, created.startDate)).filter(metered);
    const next = (await this.subscriptions.linesOf(ctx, [created.id])).filter(metered);
    const prices = await this.prices.byIds(
      ctx,
      [...old, ...next].map((line) => line.priceId),
    );
    const taken = new Set<string>();
    for (const line of next) {
      const same = old.find(
        (one) =>
          !taken.has(one.id) &&
          isSameUsage(prices.get(one.priceId) as MeteredPrice, prices.get(line.priceId)),
      );
      if (same === undefined) continue;
      taken.add(same.id);
      await this.lines.continue(ctx, line, same);
    }
  }

  /**
   * The lines of a subscription at an instant. A plan that is changed again at once has charged for nothing: those that it
   * had taken the place of stand for its own.
   */
  private async withLife(
    ctx: Ctx,
    before: Subscription,
    lines: readonly SubscriptionLineItem[],
    at: Date,
  ): Promise<readonly SubscriptionLineItem[]> {
    if (before.startDate < at || before.continuesId === null) return lines;
    const earlier = await this.subscriptions.linesOf(ctx, [before.continuesId]);
    return this.withLife(
      ctx,
      await this.subscriptions.get(ctx, before.continuesId),
      earlier.filter(({ endDate }) => endDate === null || endDate >= at),
      at,
    );
  }

  /** Credit grants, coupons, taxes, entitlements. Answers the coupons that end with their lines. */
  async rest(
    ctx: Ctx,
    before: Subscription,
    lines: readonly SubscriptionLineItem[],
    created: Subscription,
    moved: ReadonlyMap<string, string>,
  ): Promise<AppliedCoupon[]> {
    await this.grants.transfer(ctx, subjectOf(before), subjectOf(created), moved);
    const all = await this.subscriptions.linesOf(ctx, [before.id]);
    const next = await this.subscriptions.linesOf(ctx, [created.id]);
    const places = successors(lines, next);
    const lineOf = (lineId: string): string | undefined => {
      const replacement = all.find(({ replacesId }) => replacesId === lineId);
      return places.get(lineId) ?? (replacement === undefined ? undefined : lineOf(replacement.id));
    };
    return this.terms.transfer(ctx, before, created, lineOf);
  }

  /**
   * Addons go on with the new subscription, by their prices as they are now. What they grant is not granted anew: that goes on
   * too. Answers which association stands for which of the old.
   */
  async moveAddons(
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

/** Whether two prices charge for the same events: of one meter, with the same filters. */
const isSameUsage = ({ price, meter }: MeteredPrice, other: MeteredPrice | undefined): boolean =>
  meter !== null &&
  meter.id === other?.meter?.id &&
  isDeepStrictEqual(price.filterValues, other.price.filterValues);

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
