import { Injectable } from '@nestjs/common';
import { applyFraction, type Fraction } from '../domain/fraction.js';
import type { OpenPeriod, Period } from '../domain/period.js';
import { ratePrice } from '../domain/rating/rate-price.js';
import { linesDue, type DueCharge } from '../domain/subscribing/charges-due.js';
import { proratedCharges } from '../domain/subscribing/proration.js';
import type { Ctx } from '../platform/context.js';
import { PricesService } from '../plans/prices.service.js';
import { pricingTermsOf } from '../plans/plans.types.js';
import { SubscriptionPausesService } from '../subscriptions/subscription-pauses.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import {
  chargedLife,
  prorationBehaviorAt,
  scheduleOf,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';
import { earlierTasks, withCommitments, type ExactLine } from './commitment-rating.js';
import { invoicePeriod, type BillingTask } from './billing-task.types.js';
import { pricedLine, type PricedLine } from './priced-line.types.js';
import type { RatedLine } from './rated-line.types.js';
import {
  UsageRatingService,
  type MeteredCharge,
  type PreparedUsage,
  type RatedUsage,
} from './usage-rating.service.js';
import { rootsOf } from './usage-runs.js';

type Charge = DueCharge<PricedLine>;

/** Tasks with what they charge for. */
export interface PreparedRating {
  readonly tasks: readonly BillingTask[];
  /** Of the tasks, and after them of the earlier ones that their commitments look back on. */
  readonly charges: readonly (readonly Charge[])[];
  readonly earlier: readonly { readonly index: number; readonly before: BillingTask }[];
  /** Those whose usage is asked for, in the order of `usage`. */
  readonly metered: readonly Charge[];
  readonly usage: PreparedUsage;
}

const NOTHING: Fraction = { numerator: 0n, denominator: 1n };

/** What moments of subscriptions come to, before anything is drafted. Whatever their number, the queries are as many as for one. */
@Injectable()
export class SubscriptionRatingService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly prices: PricesService,
    private readonly pauses: SubscriptionPausesService,
    private readonly usage: UsageRatingService,
  ) {}

  /** What the tasks would be charged for, rated exactly, in their order. */
  async rate(ctx: Ctx, tasks: readonly BillingTask[]): Promise<RatedLine[][]> {
    return this.measure(ctx, await this.prepare(ctx, tasks));
  }

  /**
   * All that is needed to rate the tasks but what was used. It holds as long as the rows do that it was read from: those
   * that `rated-rows.ts` names.
   */
  async prepare(ctx: Ctx, tasks: readonly BillingTask[]): Promise<PreparedRating> {
    const pauses = await this.pauses.pausedTimes(ctx, [
      ...new Set(tasks.map((task) => task.subscription.id)),
    ]);
    const charges = await this.chargesOf(ctx, tasks, pauses);
    const earlier = tasks.flatMap((task, index) =>
      earlierTasks(
        task,
        (charges[index] ?? []).map(({ line }) => line.item),
      ).map((before) => ({ index, before })),
    );
    if (earlier.length > 0)
      charges.push(
        ...(await this.chargesOf(
          ctx,
          earlier.map(({ before }) => before),
          pauses,
        )),
      );
    const all = [...tasks, ...earlier.map(({ before }) => before)];
    const metered = charges.flatMap((list, index) =>
      list
        .filter(({ line }) => line.priceType === 'USAGE')
        .map((charge) => ({
          charge,
          subscription: (all[index] as BillingTask).subscription,
          bill: index,
        })),
    );
    const usage = await this.usage.prepare(
      ctx,
      metered.map(({ charge, subscription, bill }): MeteredCharge => ({
        subscription,
        line: charge.line.item,
        priced: charge.line.priced,
        served: charge.served,
        present: charge.present,
        servicePeriod: charge.servicePeriod,
        fullPeriod: charge.fullPeriod,
        root: charge.line.root,
        pauses: pauses.get(subscription.id) ?? [],
        bill,
      })),
    );
    return { tasks, charges, earlier, metered: metered.map(({ charge }) => charge), usage };
  }

  /** What prepared tasks come to with what was used by now, in their order. */
  async measure(ctx: Ctx, prepared: PreparedRating): Promise<RatedLine[][]> {
    const { tasks, charges, earlier, metered } = prepared;
    const rated = await this.usage.measure(ctx, prepared.usage);
    const usage = new Map(metered.map((charge, index) => [charge, rated[index]]));
    const exact = charges.map((list) =>
      list.map((charge) => ({
        line: ratedLine(charge, usage.get(charge)),
        charge,
        root: charge.line.root,
        buckets: usage.get(charge)?.buckets ?? null,
      })),
    );
    const past = tasks.map(() => new Map<number, readonly ExactLine[]>());
    for (const [n, { index, before }] of earlier.entries())
      past[index]?.set(invoicePeriod(before.moment).start.getTime(), exact[tasks.length + n] ?? []);
    return tasks.map((task, index) => [
      ...withCommitments({ task, lines: exact[index] ?? [], earlier: past[index] ?? new Map() }),
      ...(task.charges ?? []),
    ]);
  }

  private async chargesOf(
    ctx: Ctx,
    tasks: readonly BillingTask[],
    pauses: ReadonlyMap<string, readonly OpenPeriod[]>,
  ): Promise<Charge[][]> {
    const subscriptionIds = [...new Set(tasks.map((task) => task.subscription.id))];
    const items = await this.subscriptions.linesOf(ctx, subscriptionIds);
    const prices = await this.prices.byIds(
      ctx,
      items.map((item) => item.priceId),
    );
    const rootOf = rootsOf(items);
    const bySubscription = new Map<string, SubscriptionLineItem[]>();
    for (const item of items) {
      const own = bySubscription.get(item.subscriptionId);
      if (own === undefined) bySubscription.set(item.subscriptionId, [item]);
      else own.push(item);
    }
    return tasks.map(({ subscription, moment, lineIds, linesSince }) => {
      const lines = (bySubscription.get(subscription.id) ?? [])
        .filter((item) => lineIds === undefined || lineIds.includes(item.id))
        .filter((item) => linesSince === undefined || item.createdAt >= linesSince)
        .flatMap((item) => pricedLine(subscription, item, prices.get(item.priceId), rootOf(item)));
      return moment.type === 'trial_start'
        ? lines.flatMap((line) => freeCharge(line, moment.trial))
        : proratedCharges(
            linesDue(moment, chargedLife(subscription), lines, {
              pauses: pauses.get(subscription.id) ?? [],
              billing: scheduleOf(subscription),
            }),
            prorationBehaviorAt(subscription, invoicePeriod(moment)),
          );
    });
  }
}

/** What a trial gives for nothing: the fees that would be charged in advance. */
const freeCharge = (line: PricedLine, trial: Period): Charge[] =>
  line.priceType === 'FIXED' && line.cadence === 'ADVANCE' && line.schedule.interval.unit !== 'ONETIME'
    ? [
        {
          line,
          servicePeriod: trial,
          effective: trial,
          served: [trial],
          present: trial,
          fraction: NOTHING,
          fullPeriod: trial,
        },
      ]
    : [];

function ratedLine(charge: Charge, usage: RatedUsage | undefined): RatedLine {
  const { item, priced } = charge.line;
  const quantity = usage?.quantity ?? item.quantity;
  return {
    displayName: item.displayName,
    amount:
      usage?.amount ?? applyFraction(ratePrice(pricingTermsOf(priced.price), quantity), charge.fraction),
    quantity,
    adjustedEntitlementQuantity: usage?.free ?? null,
    priceType: item.priceType,
    period: charge.effective,
    subscriptionLineItemId: item.id,
    entityType: item.entityType,
    entityId: item.entityId,
    priceId: item.priceId,
    meterId: item.meterId,
    planDisplayName: item.planDisplayName,
    meterDisplayName: item.meterDisplayName,
  };
}
