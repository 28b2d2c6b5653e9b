import { currencyExponent, type Currency } from './currency.js';
import { formatRate, Rate } from './rate.js';

/** An amount that is owed or paid: whole minor units of one currency. Never a rate, never a float. */
export interface Money {
  readonly amount: bigint;
  readonly currency: Currency;
}

export const money = (amount: bigint, currency: Currency): Money => ({ amount, currency });
export const zeroMoney = (currency: Currency): Money => money(0n, currency);
export const isZeroMoney = (value: Money): boolean => value.amount === 0n;
/** The amount, or zero where it is negative. */
export const floorAtZero = (value: Money): Money => (value.amount < 0n ? zeroMoney(value.currency) : value);

/** What a `bigint` column keeps. Sums on the way may be larger; what is stored may not. */
const MOST_MINOR_UNITS = 2n ** 63n - 1n;

export const isStorable = (minorUnits: bigint): boolean =>
  minorUnits <= MOST_MINOR_UNITS && minorUnits >= -MOST_MINOR_UNITS;

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new RangeError(`cannot combine ${a.currency} with ${b.currency}`);
}

export function addMoney(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.amount + b.amount, a.currency);
}

export function subtractMoney(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.amount - b.amount, a.currency);
}

export const sumMoney = (amounts: readonly Money[], currency: Currency): Money =>
  amounts.reduce(addMoney, zeroMoney(currency));

export function compareMoney(a: Money, b: Money): -1 | 0 | 1 {
  sameCurrency(a, b);
  return a.amount < b.amount ? -1 : a.amount > b.amount ? 1 : 0;
}

export const minMoney = (a: Money, b: Money): Money => (compareMoney(a, b) <= 0 ? a : b);
export const maxMoney = (a: Money, b: Money): Money => (compareMoney(a, b) >= 0 ? a : b);

/**
 * Rounds an exact amount in major units half away from zero to the currency's minor unit. The only rounding there is.
 * RangeError when the amount is not finite or the currency unknown.
 */
export function roundToMoney(majorUnits: Rate, currency: Currency): Money {
  return toMinorUnits(majorUnits, currency, Rate.ROUND_HALF_UP);
}

/**
 * Rounds amounts that belong together so that they add up to what their sum is rounded to: each is the difference that it
 * makes to the rounded sum so far. What was cut in parts costs what the whole costs, to the minor unit.
 */
export function roundTogether(majorUnits: readonly Rate[], currency: Currency): Money[] {
  let sum: Rate = new Rate(0);
  let rounded = zeroMoney(currency);
  return majorUnits.map((amount) => {
    sum = sum.plus(amount);
    const before = rounded;
    rounded = roundToMoney(sum, currency);
    return subtractMoney(rounded, before);
  });
}

/** Whole minor units that an exact amount in major units is enough for, rounded toward zero: for balances, never for charges. */
export function truncateToMoney(majorUnits: Rate, currency: Currency): Money {
  return toMinorUnits(majorUnits, currency, Rate.ROUND_DOWN);
}

function toMinorUnits(
  majorUnits: Rate,
  currency: Currency,
  rounding: typeof Rate.ROUND_HALF_UP | typeof Rate.ROUND_DOWN,
): Money {
  if (!majorUnits.isFinite()) throw new RangeError(`not a finite amount: ${majorUnits.toString()}`);
  const minor = majorUnits.times(new Rate(10).pow(currencyExponent(currency)));
  return money(BigInt(minor.toDecimalPlaces(0, rounding).toFixed(0)), currency);
}

/** Reads an amount in major units that must already be whole minor units; undefined when it has a finer fraction. */
export function exactMoney(majorUnits: Rate, currency: Currency): Money | undefined {
  return majorUnits.decimalPlaces() > currencyExponent(currency)
    ? undefined
    : roundToMoney(majorUnits, currency);
}

/** The amount in major units, exactly. */
export const moneyToRate = (value: Money): Rate =>
  new Rate(value.amount.toString()).div(new Rate(10).pow(currencyExponent(value.currency)));

/** Wire form: decimal string in major units, trailing zeros trimmed (`"118.5"`). */
export const formatMoney = (value: Money): string => formatRate(moneyToRate(value));

/**
 * Splits an amount in proportion to the weights so that the parts add up to it exactly: everyone gets the
 * floor of their share, and the minor units left over go to the largest remainders, ties to the earlier part.
 * Weights must not be negative; when all are zero the first part takes everything.
 */
export function allocateMoney(total: Money, weights: readonly bigint[]): Money[] {
  if (weights.length === 0) throw new RangeError('cannot allocate to nobody');
  if (weights.some((weight) => weight < 0n)) throw new RangeError('weights must not be negative');
  const sum = weights.reduce((a, b) => a + b, 0n);
  if (sum === 0n) return weights.map((_, i) => money(i === 0 ? total.amount : 0n, total.currency));
  const sign = total.amount < 0n ? -1n : 1n;
  const magnitude = total.amount * sign;
  const shares = weights.map((weight, index) => ({
    index,
    floor: (magnitude * weight) / sum,
    remainder: (magnitude * weight) % sum,
  }));
  let left = magnitude - shares.reduce((a, share) => a + share.floor, 0n);
  const order = [...shares].sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const share of order) {
    if (left === 0n) break;
    share.floor += 1n;
    left -= 1n;
  }
  return shares.map((share) => money(share.floor * sign, total.currency));
}
