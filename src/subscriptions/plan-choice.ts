import { isMultipleOf, type BillingInterval } from '../domain/billing-period.js';
import { validationError } from '../domain/errors.js';
import type { MeteredPrice, Plan } from '../plans/plans.types.js';

export interface SubscribedPrices {
  readonly currency: string;
  readonly interval: BillingInterval;
  readonly prices: readonly MeteredPrice[];
}

/**
 * Which of a plan's prices a subscription takes: those in its currency whose period is the subscription's, or a
 * longer multiple of it. What the request leaves open is taken from the prices when they leave no choice.
 */
export function choosePrices(
  plan: Plan,
  all: readonly MeteredPrice[],
  wanted: {
    currency?: string | undefined;
    unit?: BillingInterval['unit'] | undefined;
    count?: number | undefined;
  },
  startsAt: Date,
): SubscribedPrices {
  const open = all.filter(({ price }) => price.endDate === null || price.endDate > startsAt);
  if (open.length === 0)
    throw validationError(`plan ${plan.name} has no prices to subscribe to`, { plan_id: plan.id });
  const currency =
    wanted.currency ??
    onlyOne(
      'currency',
      plan,
      open.map(({ price }) => price.currency),
    );
  const inCurrency = open.filter(({ price }) => price.currency === currency);
  if (inCurrency.length === 0)
    throw validationError(
      `plan ${plan.name} has no prices in ${currency}: use one of ${unique(open.map(({ price }) => price.currency)).join(', ')}`,
      { plan_id: plan.id },
    );
  const recurring = inCurrency.filter(({ price }) => price.billingPeriod !== 'ONETIME');
  const unit =
    wanted.unit ??
    onlyOne(
      'billing_period',
      plan,
      recurring.map(({ price }) => price.billingPeriod),
    );
  const count =
    wanted.count ??
    (wanted.unit === undefined
      ? onlyOne(
          'billing_period_count',
          plan,
          recurring.map(({ price }) => price.billingPeriodCount),
        )
      : 1);
  const interval = { unit, count };
  const fitting = inCurrency.filter(({ price }) =>
    isMultipleOf({ unit: price.billingPeriod, count: price.billingPeriodCount }, interval),
  );
  const prices = fitting.filter((one) => !isLaterVersion(one, all, fitting));
  if (prices.length === 0)
    throw validationError(
      `plan ${plan.name} has no prices in ${currency} that are charged every ${count} × ${unit}: it has ` +
        unique(inCurrency.map(({ price }) => `${price.billingPeriodCount} × ${price.billingPeriod}`)).join(
          ', ',
        ),
      { plan_id: plan.id },
    );
  return { currency, interval, prices };
}

/**
 * Whether a price is to take the place of another that the subscription takes: it is not taken as well. Later versions reach
 * a subscription when a price sync is asked for.
 */
function isLaterVersion(
  { price }: MeteredPrice,
  all: readonly MeteredPrice[],
  taken: readonly MeteredPrice[],
): boolean {
  const before = all.find((one) => one.price.id === price.replacesPriceId);
  return before !== undefined && (taken.includes(before) || isLaterVersion(before, all, taken));
}

function onlyOne<T extends string | number>(field: string, plan: Plan, values: readonly T[]): T {
  const choices = unique(values);
  const [only] = choices;
  if (only === undefined || choices.length > 1)
    throw validationError(
      choices.length === 0
        ? `${field} is required: plan ${plan.name} has no recurring prices to take it from`
        : `${field} is required: the prices of plan ${plan.name} leave a choice between ${choices.join(', ')}`,
      { fields: { [field]: 'is required' }, choices },
    );
  return only;
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
