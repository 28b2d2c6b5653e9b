import { durationMs, type Period } from '../period.js';
import { Rate, ZERO } from '../rate.js';
import type { PricingTerms } from './pricing-terms.js';
import { ratePrice } from './rate-price.js';

/**
 * What a usage line costs in a period that something has cut: a pause, another price, another plan. The parts in which it
 * charges are its stretches. However the period is cut, its usage is measured once over all stretches and priced once;
 * cutting it where nothing changes changes no amount.
 */
export interface Stretch {
  /** Whose amount it is: the subscription line. A line may have several. */
  readonly key: string;
  readonly terms: PricingTerms;
  readonly period: Period;
}

/** A stretch with what has been used up to its end, from the beginning of the first one. */
export interface MeasuredStretch extends Stretch {
  /** To be priced: without what is free. Corrections may make it less than at the end of the stretch before. */
  readonly billable: Rate;
  /** What was given for nothing; null where no entitlement speaks of the feature. */
  readonly free: Rate | null;
}

/** What one line charges in the period. */
export interface LineCost {
  readonly key: string;
  readonly quantity: Rate;
  readonly free: Rate | null;
  /** Exact, in major units. */
  readonly amount: Rate;
}

/**
 * Quantities that add up: each stretch prices its own units by its own terms, but tiers, packages and flat amounts go on
 * where the stretch before ended. So a stretch costs price(q1 + q2) - price(q1), and stretches of one price cost what the
 * whole costs. RangeError as `ratePrice`.
 */
export function costOfAdded(stretches: readonly MeasuredStretch[]): LineCost[] {
  let before: { billable: Rate; free: Rate | null } = { billable: ZERO, free: null };
  return mergeLines(
    stretches.map(({ key, terms, billable, free }) => {
      const cost = {
        key,
        quantity: billable.minus(before.billable),
        free: free === null ? null : free.minus(before.free ?? ZERO),
        amount: ratePrice(terms, billable).minus(ratePrice(terms, before.billable)),
      };
      before = { billable, free: free ?? before.free };
      return cost;
    }),
  );
}

/**
 * A level (a maximum, an average, the latest value): the quantity of all stretches together is priced at each price, each
 * taken for its share of the time in which the line charges. RangeError as `ratePrice`.
 *
 * @param rest milliseconds of the period that are still to come and will be charged by somebody else
 */
export function costOfLevel(
  stretches: readonly Stretch[],
  measured: { readonly billable: Rate; readonly free: Rate | null },
  rest = 0,
): LineCost[] {
  const total = stretches.reduce((sum, { period }) => sum + durationMs(period), rest);
  const lines = new Map<string, { readonly terms: PricingTerms; length: number }>();
  // Shares of one line are added up before they are taken: a third and two thirds of an amount may not make all of it.
  for (const { key, terms, period } of stretches) {
    const line = lines.get(key) ?? { terms, length: 0 };
    line.length += durationMs(period);
    lines.set(key, line);
  }
  return [...lines].map(([key, { terms, length }]) => {
    const price = ratePrice(terms, measured.billable);
    return {
      key,
      quantity: measured.billable,
      free: measured.free,
      amount: length === total ? price : price.times(length).div(total),
    };
  });
}

/** The costs of several runs of the same lines (of buckets), added up line by line in the order in which they come. */
export function addCosts(costs: readonly LineCost[]): LineCost[] {
  const lines = new Map<string, LineCost>();
  for (const cost of costs) {
    const sum = lines.get(cost.key);
    lines.set(
      cost.key,
      sum === undefined
        ? cost
        : {
            key: cost.key,
            quantity: sum.quantity.plus(cost.quantity),
            free: sum.free === null && cost.free === null ? null : (sum.free ?? ZERO).plus(cost.free ?? ZERO),
            amount: sum.amount.plus(cost.amount),
          },
    );
  }
  return [...lines.values()];
}

export const totalOf = (costs: readonly LineCost[]): Rate =>
  costs.reduce((sum, { amount }) => sum.plus(amount), ZERO);

/**
 * One cost for each line. A correction, or a volume price that all units have reached, can make a stretch cost less than
 * nothing: what it takes back lowers the lines before it, and after them those behind, and never the sum. A line shows a
 * quantity of nothing at least.
 */
function mergeLines(costs: readonly LineCost[]): LineCost[] {
  const lines = addCosts(costs);
  const amounts = lines.map(({ amount }) => amount);
  const push = (from: number, to: number): void => {
    const own = amounts[from] as Rate;
    if (!own.lessThan(0) || amounts[to] === undefined) return;
    amounts[to] = amounts[to].plus(own);
    amounts[from] = ZERO;
  };
  for (let index = lines.length - 1; index > 0; index--) push(index, index - 1);
  for (let index = 0; index < lines.length - 1; index++) push(index, index + 1);
  return lines.map((line, index) => ({
    ...line,
    quantity: Rate.max(line.quantity, ZERO),
    amount: Rate.max(amounts[index] as Rate, ZERO),
  }));
}
