import { isMultipleOf, type BillingPeriodUnit } from '../domain/billing-period.js';
import { parseCurrency } from '../domain/currency.js';
import { fieldErrors } from '../domain/errors.js';
import { exactMoney } from '../domain/money.js';
import { rate } from '../domain/rate.js';
import type { MeteredPrice } from '../plans/plans.types.js';
import type {
  CommitmentInput,
  LineCommitmentInput,
  StoredCommitment,
  StoredLineCommitment,
} from './commitments.types.js';
import type { Subscription } from './subscriptions.types.js';

type Base = Pick<Subscription, 'billingPeriod' | 'billingPeriodCount' | 'currency'>;

/** Null where none is asked for. Refuses what would mean nothing without one, or cannot be held. */
export function storedCommitment(input: CommitmentInput | undefined, base: Base): StoredCommitment | null {
  const errors: Record<string, string> = {};
  const { amount, overageFactor = '1', trueUp = false, duration } = input ?? {};
  if (amount === undefined || rate(amount).isZero()) {
    const rest = {
      overage_factor: overageFactor !== '1',
      enable_true_up: trueUp,
      commitment_duration: duration,
    };
    for (const [field, given] of Object.entries(rest))
      if (given !== undefined && given !== false) errors[field] = `${field} goes with commitment_amount`;
    if (Object.keys(errors).length > 0) throw fieldErrors(errors);
    return null;
  }
  assertAmount(amount, base, 'commitment_amount', errors);
  assertDuration(duration, base, 'commitment_duration', errors);
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  return { amount, overage_factor: overageFactor, true_up: trueUp, duration: duration ?? null };
}

/** The same of one line. `path` leads to its fields in the body. */
export function storedLineCommitment(
  input: LineCommitmentInput | undefined,
  base: Base,
  { price, meter }: MeteredPrice,
  path: string,
): StoredLineCommitment | null {
  if (input === undefined) return null;
  const { amount, quantity, overageFactor = '1', trueUp = false, windowed = false, duration } = input;
  const given = (value: string | undefined): value is string => value !== undefined && !rate(value).isZero();
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const type = input.type ?? (given(quantity) ? 'quantity' : 'amount');
  const value = type === 'amount' ? amount : quantity;
  const errors: Record<string, string> = {};
  const name = at(`commitment_${type}`);
  if (!given(value)) {
    const says =
      input.type !== undefined || overageFactor !== '1' || trueUp || windowed || duration !== undefined;
    if (says) throw fieldErrors({ [name]: `${name} is required for a commitment` });
    return null;
  }
  if (price.type !== 'USAGE') errors[name] = `${name} goes with a usage price`;
  if (given(amount) && given(quantity))
    errors[name] = 'a commitment is of an amount or of a quantity, not of both';
  if (type === 'amount') assertAmount(value, base, name, errors);
  if (windowed && !meter?.aggregation.bucketSize)
    errors[at('commitment_windowed')] = `${at('commitment_windowed')} goes with a meter that has buckets`;
  if (windowed && duration !== undefined)
    errors[at('commitment_duration')] = `${at('commitment_duration')} does not go with commitment_windowed`;
  assertDuration(duration, base, at('commitment_duration'), errors);
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  return {
    type,
    value,
    overage_factor: overageFactor,
    true_up: trueUp,
    windowed,
    duration: duration ?? null,
  };
}

function assertAmount(amount: string, base: Base, field: string, errors: Record<string, string>): void {
  const currency = parseCurrency(base.currency);
  if (currency !== undefined && exactMoney(rate(amount), currency) === undefined)
    errors[field] = `${field} has more decimal places than ${base.currency}`;
}

function assertDuration(
  duration: BillingPeriodUnit | undefined,
  base: Base,
  field: string,
  errors: Record<string, string>,
): void {
  const billing = { unit: base.billingPeriod, count: base.billingPeriodCount };
  if (duration !== undefined && !isMultipleOf({ unit: duration, count: 1 }, billing))
    errors[field] = `${field} must be a multiple of the billing period, ${billing.count} × ${billing.unit}`;
}
