import { Injectable } from '@nestjs/common';
import { applyFraction, type Fraction } from '../domain/fraction.js';
import type { Period } from '../domain/period.js';
import { ZERO } from '../domain/rate.js';
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
import { SubscriptionChainsService } from '../subscriptions/subscription-chains.service.js';
import { earlierTasks, withCommitments, type ExactLine } from './commitment-rating.js';
import { invoicePeriod, type BillingTask } from './billing-task.types.js';
import { contractOf, type Contract } from '../subscriptions/contract.types.js';
import { pricedLine, type PricedLine } from './priced-line.types.js';
import { meteredCharge, relatedCharges, type ChargesOf } from './related-charges.js';
import type { RatedLine } from './rated-line.types.js';
import {
  UsageRatingService,
  type MeteredCharge,
  type PreparedUsage,
  type RatedUsage,
} from './usage-rating.service.js';
import { inLineage, rootsOf } from './usage-runs.js';

type Charge = DueCharge<PricedLine>;

/** Tasks with what they charge for. */
export interface PreparedRating {
  readonly tasks: readonly BillingTask[];
  readonly contracts: readonly Contract[];
  /** Of the tasks, and after them of the earlier ones that their commitments look back on. */
  readonly charges: readonly (readonly Charge[])[];
  readonly earlier: readonly { readonly index: number; readonly before: BillingTask }[];
  /** Those whose usage is asked for, in the order of `usage`. */
  readonly metered: readonly { readonly charge: Charge; readonly asked: MeteredCharge }[];
  readonly usage: PreparedUsage;
}

const NOTHING: Fraction = { numerator: 0n, denominator: 1n };

/** What moments of subscriptions come to, before anything is drafted. Whatever their number, the queries are as many as for one. */
@Injectable()
export class SubscriptionRatingService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly chains: SubscriptionChainsService,
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
   * that `rated-rows.queries.ts` names.
   */
  async prepare(ctx: Ctx, tasks: readonly BillingTask[]): Promise<PreparedRating> {
    const chains = await this.chains.of(ctx, [...new Set(tasks.map(({ subscription }) => subscription))]);
    const contractFor = ({ subscription }: BillingTask): Contract =>
      contractOf(chains.of(subscription.id), subscription);
    const contracts = tasks.map(contractFor);
    const known = await this.chargesOf(ctx, contracts);
    const charges = tasks.map((task) => known(task));
    const earlier = tasks.flatMap((task, index) =>
      earlierTasks(
        task,
        contracts[index] as Contract,
        (charges[index] ?? []).map(({ line }) => line.item),
      ).map((before) => ({ index, before })),
    );
    charges.push(...earlier.map(({ before }) => known(before)));
    const all = [...tasks, ...earlier.map(({ before }) => before)];
    const metered = charges.flatMap((list, bill) => {
      const task = all[bill] as BillingTask;
      const related = relatedCharges(task, contractFor(task), known);
      return list
        .filter(({ line }) => line.priceType === 'USAGE')
        .map((charge) => ({
          charge,
          asked: { ...meteredCharge(charge, task, bill), related: related(charge) },
        }));
    });
    const usage = await this.usage.prepare(
      ctx,
      metered.map(({ asked }) => asked),
    );
    return { tasks, contracts, charges, earlier, metered, usage };
  }

  /** What prepared tasks come to with what was used by now, in their order. */
  async measure(ctx: Ctx, prepared: PreparedRating): Promise<RatedLine[][]> {
    const { tasks, contracts, charges, earlier, metered } = prepared;
    const rated = await this.usage.measure(ctx, prepared.usage);
    const usage = new Map(
      metered.map(({ charge, asked }, index) => [charge, { asked, rated: rated[index] as RatedUsage }]),
    );
    const exact = charges.map((list) =>
      list.map((charge): ExactLine => {
        const found = usage.get(charge);
        return {
          line: ratedLine(charge, found?.rated),
          charge,
          root: charge.line.root,
          buckets: found?.rated.buckets ?? null,
          before: found?.rated.before ?? ZERO,
          related: found?.asked.related,
        };
      }),
    );
    const past = tasks.map(() => new Map<number, readonly ExactLine[]>());
    for (const [n, { index, before }] of earlier.entries())
      past[index]?.set(invoicePeriod(before.moment).start.getTime(), exact[tasks.length + n] ?? []);
    return tasks.map((task, index) => [
      ...withCommitments({
        task,
        contract: contracts[index] as Contract,
        lines: exact[index] ?? [],
        earlier: past[index] ?? new Map(),
      }),
      ...(task.charges ?? []),
    ]);
  }

  /** What any moment of the contracts' subscriptions charges, from rows that are read once. */
  private async chargesOf(ctx: Ctx, contracts: readonly Contract[]): Promise<ChargesOf> {
    const subscriptionIds = [
      ...new Set(
        contracts.flatMap(({ earlier, last, later }) => [...earlier, last, ...later].map(({ id }) => id)),
      ),
    ];
    const items = inLineage(await this.subscriptions.linesOf(ctx, subscriptionIds));
    const pauses = await this.pauses.pausedTimes(ctx, subscriptionIds);
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
    return ({ subscription, moment, lineIds, linesSince }) => {
      const paused = pauses.get(subscription.id) ?? [];
      const lines = (bySubscription.get(subscription.id) ?? [])
        .filter((item) => lineIds === undefined || lineIds.includes(item.id))
        .filter((item) => linesSince === undefined || item.createdAt >= linesSince)
        .flatMap((item) => pricedLine(subscription, item, prices.get(item.priceId), rootOf(item), paused));
      if (moment.type === 'trial_start') return lines.flatMap((line) => freeCharge(line, moment.trial));
      const billing = scheduleOf(subscription);
      return proratedCharges(
        linesDue(moment, chargedLife(subscription), lines, { pauses: paused, billing }),
        ({ servicePeriod }) => prorationBehaviorAt(subscription, servicePeriod),
      );
    };
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
  const amount =
    usage?.amount ?? applyFraction(ratePrice(pricingTermsOf(priced.price), quantity), charge.fraction);
  return {
    displayName: item.displayName,
    amount,
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
    origin: { kind: 'charge', charge, exact: amount, ...(usage?.origin && { usage: usage.origin }) },
  };
}
