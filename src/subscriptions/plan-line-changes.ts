import { isMultipleOf } from '../domain/billing-period.js';
import { laterOf } from '../domain/period.js';
import { lifeEnd } from '../domain/subscribing/subscription-life.js';
import type { MeteredPrice, Price } from '../plans/plans.types.js';
import type { Subscription, SubscriptionLineItem } from './subscriptions.types.js';

/** What a subscription's lines lack to be those of its plan as it is now. */
export interface PlanLineChanges {
  /** Their price is over. */
  readonly ended: readonly { readonly line: SubscriptionLineItem; readonly at: Date }[];
  readonly added: readonly {
    readonly priced: MeteredPrice;
    readonly from: Date;
    /** Where a later version that is added here too takes its place; null: nowhere. */
    readonly until: Date | null;
    /** The line of the version before, whose place it takes; null too when that one is added here as well. */
    readonly replaces: SubscriptionLineItem | null;
  }[];
}

/**
 * What a subscription has otherwise than its plan is its own: a price that it overrides, a line that it has removed, and
 * whatever another provider bills stay as they are, whichever versions of the price follow. One-time prices are for those
 * who begin: they reach nobody later. Nothing begins before the current period, because earlier ones are billed.
 *
 * @param prices of the plan, ended and deleted ones that lines still have among them, oldest first
 * @param priceOf the price of each line
 */
export function planLineChanges(
  subscription: Subscription,
  lines: readonly SubscriptionLineItem[],
  prices: readonly MeteredPrice[],
  priceOf: ReadonlyMap<string, MeteredPrice>,
): PlanLineChanges {
  if (lines.some(({ billedBy }) => billedBy !== null)) return { ended: [], added: [] };
  const ofPlan = lines.filter((line) => line.entityType === 'plan');
  const replaced = new Set(lines.map(({ replacesId }) => replacesId));
  const byId = new Map(lines.map((line) => [line.id, line]));
  /** The plan's price that a line is for, through what it has overridden. */
  const rootOf = (line: SubscriptionLineItem): string => {
    const price = priceOf.get(line.priceId)?.price;
    if (price?.entityType !== 'SUBSCRIPTION') return line.priceId;
    const before = line.replacesId === null ? undefined : byId.get(line.replacesId);
    return price.parentPriceId ?? (before === undefined ? line.priceId : rootOf(before));
  };
  const leafOf = new Map(
    ofPlan.filter(({ id }) => !replaced.has(id)).map((line) => [rootOf(line), line] as const),
  );
  const known = new Set(ofPlan.map(rootOf));
  const all = new Map(prices.map((priced) => [priced.price.id, priced.price]));
  const added: PlanLineChanges['added'][number][] = [];
  const isNew = (before: Price): boolean => added.some(({ priced }) => priced.price.id === before.id);
  for (const priced of prices) {
    const { price } = priced;
    if (price.status !== 'published' || known.has(price.id) || !fits(subscription, price)) continue;
    const before = nearest(price, all, known);
    const leaf = before === undefined ? undefined : leafOf.get(before.id);
    if (before !== undefined && !isNew(before) && (leaf === undefined || !runsOut(leaf, before))) continue;
    const from = [leaf?.startDate, subscription.startDate, earliestOf(subscription)].reduce<Date>(
      (latest, date) => (date ? laterOf(latest, date) : latest),
      price.startDate,
    );
    const end = lifeEnd(subscription);
    if ((price.endDate !== null && price.endDate <= from) || (end !== null && end <= from)) continue;
    added.push({ priced, from, until: null, replaces: leaf ?? null });
    known.add(price.id);
  }
  const ended = ofPlan.flatMap((line) => {
    const end = priceOf.get(line.priceId)?.price;
    const over = end !== undefined && end.entityType === 'PLAN' ? end.endDate : null;
    return over !== null && !replaced.has(line.id) && (line.endDate === null || line.endDate > over)
      ? [{ line, at: [line.startDate, earliestOf(subscription) ?? over].reduce(laterOf, over) }]
      : [];
  });
  return { ended, added: added.map((one) => ({ ...one, until: successorStart(one.priced.price, added) })) };
}

const successorStart = (price: Price, added: PlanLineChanges['added']): Date | null =>
  added.find(({ priced }) => priced.price.replacesPriceId === price.id)?.from ?? null;

const earliestOf = (subscription: Subscription): Date | undefined =>
  subscription.activatedAt === null ? undefined : subscription.currentPeriodStart;

const fits = (subscription: Subscription, price: Price): boolean =>
  price.billingPeriod !== 'ONETIME' &&
  price.currency === subscription.currency &&
  isMultipleOf(
    { unit: price.billingPeriod, count: price.billingPeriodCount },
    { unit: subscription.billingPeriod, count: subscription.billingPeriodCount },
  );

/** The last version before this one that the subscription has had. */
function nearest(
  price: Price,
  all: ReadonlyMap<string, Price>,
  known: ReadonlySet<string>,
): Price | undefined {
  const before = price.replacesPriceId === null ? undefined : all.get(price.replacesPriceId);
  return before === undefined || known.has(before.id) ? before : nearest(before, all, known);
}

/** Whether a line has its plan's price to that price's end: one that ends sooner was removed. */
const runsOut = (line: SubscriptionLineItem, price: Price): boolean =>
  line.priceId === price.id &&
  price.endDate !== null &&
  (line.endDate === null || line.endDate >= price.endDate);
