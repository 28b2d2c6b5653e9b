import type { Currency } from '../currency.js';
import { applyFraction, elapsedFraction, type Fraction } from '../fraction.js';
import { takeFrom } from '../invoicing/line-account.js';
import {
  allocateMoney,
  floorAtZero,
  isZeroMoney,
  minMoney,
  money,
  moneyToRate,
  roundToMoney,
  subtractMoney,
  sumMoney,
  type Money,
} from '../money.js';
import { clip, durationMs, makePeriod, type Period } from '../period.js';
import { Rate, ZERO } from '../rate.js';
import type { PricingTerms } from '../rating/pricing-terms.js';
import { ratePrice } from '../rating/rate-price.js';
import type { ChargeableLine, DueCharge } from './charges-due.js';

/** Source: wire contract, proration. Time is shared out in milliseconds; nothing here counts days. */
export const PRORATION_BEHAVIORS = ['create_prorations', 'none'] as const;
export type ProrationBehavior = (typeof PRORATION_BEHAVIORS)[number];

/**
 * The stretch of time that the full price of a charge stands for. With `create_prorations` the whole period of the schedule,
 * so that a stub costs its share; without, the service period as it is, so that a stub costs the full price.
 */
export const pricedPeriod = (due: DueCharge, behavior: ProrationBehavior): Period =>
  behavior === 'create_prorations' && isShared(due.line) ? due.fullPeriod : due.servicePeriod;

/**
 * What the rated price of a charge is multiplied with. A line that is there for a part of its service period costs that part
 * whatever the behavior says. Usage and one-time charges are never shared out.
 */
export const chargeFraction = (due: DueCharge, behavior: ProrationBehavior): Fraction =>
  isShared(due.line) ? elapsedFraction(due.effective, pricedPeriod(due, behavior)) : due.fraction;

/** Charges as the behavior of each shares them out. */
export const proratedCharges = <L extends ChargeableLine>(
  charges: readonly DueCharge<L>[],
  behaviorOf: (due: DueCharge<L>) => ProrationBehavior,
): DueCharge<L>[] => charges.map((due) => ({ ...due, fraction: chargeFraction(due, behaviorOf(due)) }));

const isShared = (line: ChargeableLine): boolean =>
  line.priceType === 'FIXED' && line.schedule.interval.unit !== 'ONETIME';

/** Exact: the quantity goes through the price's own model first, then the share is taken. */
export const proratedPrice = (terms: PricingTerms, quantity: Rate, fraction: Fraction): Rate =>
  applyFraction(ratePrice(terms, quantity), fraction);

/**
 * Shares an amount for a period out to parts of it, by elapsed time and largest remainder: parts that make up the whole
 * period get the whole amount to the minor unit, and any others never more. RangeError when a part lies outside of
 * the period or parts overlap.
 */
export function prorateOver(amount: Money, whole: Period, parts: readonly Period[]): Money[] {
  const ordered = [...parts].sort((a, b) => a.start.getTime() - b.start.getTime());
  ordered.forEach((part, index) => {
    const previous = ordered[index - 1]?.end ?? whole.start;
    if (part.start.getTime() < previous.getTime() || part.end.getTime() > whole.end.getTime())
      throw new RangeError('the parts of a period must lie within it and not overlap');
  });
  const lengths = parts.map((part) => BigInt(durationMs(part)));
  const rest = BigInt(durationMs(whole)) - lengths.reduce((sum, length) => sum + length, 0n);
  return allocateMoney(amount, [...lengths, rest]).slice(0, parts.length);
}

/** Something billed in advance for a period, net of its discounts; or, negative, credited for what was left of it. */
export interface AdvanceEntry {
  /** The invoice line that billed it, or whose charge was credited. */
  readonly key: string;
  readonly amount: Money;
  readonly period: Period;
}

/** A subscription line with what was billed for its current service period, and credited since. */
export interface BilledLine {
  readonly line: ChargeableLine;
  readonly entries: readonly AdvanceEntry[];
}

export interface ProrationLine {
  readonly type: 'credit' | 'charge';
  readonly lineKey: string;
  /** Never negative; the type says which way it goes. */
  readonly amount: Money;
  /** For a credit what was billed less earlier credits; for a charge the full price. */
  readonly originalAmount: Money;
  readonly period: Period;
  /** Of a credit: what each invoice line gives back of it. Together it is the amount. */
  readonly from: readonly { readonly key: string; readonly amount: Money }[];
}

/** What of the entries lies after an instant, by elapsed time. Exact, never below zero. */
export function unusedValue(entries: readonly AdvanceEntry[], at: Date): Rate {
  const value = entries.reduce((sum, { amount, period }) => {
    const left = clip(period, { start: at, end: null });
    return left === undefined
      ? sum
      : sum.plus(applyFraction(moneyToRate(amount), elapsedFraction(left, period)));
  }, ZERO);
  return value.lessThan(0) ? ZERO : value;
}

/** Of an amount that was given back for a stretch of time, what a part of that costs again; never more. */
export const chargedAgain = (net: Money, given: Period, part: Period): Money =>
  minMoney(net, roundToMoney(applyFraction(moneyToRate(net), elapsedFraction(part, given)), net.currency));

/** Billed less credited. */
const balanceOf = (entries: readonly AdvanceEntry[], currency: Currency): Money =>
  floorAtZero(
    sumMoney(
      entries.map(({ amount }) => amount),
      currency,
    ),
  );

/** Empty when there is nothing to give back. */
function creditLine(billed: BilledLine, value: Rate, at: Date, currency: Currency): ProrationLine[] {
  const balance = balanceOf(billed.entries, currency);
  // the cap holds by itself but for the rounding of earlier credits, which must not add up to more than was billed
  const amount = minMoney(roundToMoney(value, currency), balance);
  const end = billed.entries.reduce((latest, { period }) => Math.max(latest, period.end.getTime()), 0);
  if (isZeroMoney(amount)) return [];
  return [
    {
      type: 'credit',
      lineKey: billed.line.key,
      amount,
      originalAmount: balance,
      period: makePeriod(at, new Date(end)),
      from: sharesOf(billed.entries, amount, at),
    },
  ];
}

/** Which invoice lines a credit is of: each by what is unused of it, and never more than is left of what it billed. */
function sharesOf(entries: readonly AdvanceEntry[], amount: Money, at: Date): ProrationLine['from'] {
  const { currency } = amount;
  const keys = [...new Set(entries.map(({ key }) => key))];
  const lines = keys.map((key) => {
    const own = entries.filter((entry) => entry.key === key);
    return { key, holds: balanceOf(own, currency), unused: unusedValue(own, at) };
  });
  const unused = lines.reduce((sum, line) => sum.plus(line.unused), ZERO);
  const taken = takeFrom(
    amount,
    lines.map(({ key, holds, unused: own }) => ({
      key,
      holds,
      ...(unused.isZero()
        ? {}
        : { wanted: roundToMoney(moneyToRate(amount).times(own).div(unused), currency) }),
    })),
  );
  return [...taken].map(([key, part]) => ({ key, amount: part }));
}

/**
 * What an immediate end gives back: of every fixed line that was billed in advance the share of the time that is left, of what
 * was really billed (discounts taken off), less earlier credits. A one-time charge is not given back.
 * It goes to the customer's prepaid balance; an invoice never becomes negative by it.
 */
export function unusedCredits(
  lines: readonly BilledLine[],
  at: Date,
  behavior: ProrationBehavior,
  currency: Currency,
): ProrationLine[] {
  if (behavior === 'none') return [];
  return lines
    .filter(({ line }) => isShared(line) && line.cadence === 'ADVANCE')
    .flatMap((billed) => creditLine(billed, unusedValue(billed.entries, at), at, currency));
}

export interface QuantityChange {
  readonly billed: BilledLine;
  readonly terms: PricingTerms;
  /** When the price changes too; the same, when left out. */
  readonly newTerms?: PricingTerms;
  readonly from: Rate;
  readonly to: Rate;
  readonly at: Date;
  /** Until when the line was billed. */
  readonly until: Date;
  /** See {@link pricedPeriod}. */
  readonly priced: Period;
}

/**
 * What a change of quantity or price within a period costs or gives back, each quantity taken through its price's model. A credit is
 * the share of what was billed and not used yet that the price falls by: capped like the credit of a cancellation.
 */
export function quantityChange(
  change: QuantityChange,
  behavior: ProrationBehavior,
  currency: Currency,
): ProrationLine[] {
  const { billed, at, until } = change;
  if (behavior === 'none' || !isShared(billed.line) || billed.line.cadence !== 'ADVANCE') return [];
  const before = ratePrice(change.terms, change.from);
  const after = ratePrice(change.newTerms ?? change.terms, change.to);
  if (after.lessThan(before)) {
    const value = unusedValue(billed.entries, at).times(before.minus(after)).div(before);
    return creditLine(billed, value, at, currency);
  }
  if (at.getTime() >= until.getTime()) return [];
  const period = makePeriod(at, until);
  const share = elapsedFraction(period, change.priced);
  return chargeLine(billed.line.key, after.minus(before), share, period, currency);
}

function chargeLine(
  lineKey: string,
  price: Rate,
  share: Fraction,
  period: Period,
  currency: Currency,
): ProrationLine[] {
  const amount = roundToMoney(applyFraction(price, share), currency);
  if (isZeroMoney(amount)) return [];
  const originalAmount = roundToMoney(price, currency);
  return [{ type: 'charge', lineKey, amount, originalAmount, period, from: [] }];
}

export interface NewCharge {
  /** Of the new subscription's first advance invoice. */
  readonly due: DueCharge;
  readonly terms: PricingTerms;
  readonly quantity: Rate;
}

export interface PlanChange {
  readonly at: Date;
  readonly old: readonly BilledLine[];
  readonly next: readonly NewCharge[];
}

/**
 * What a change of plan gives back of the old lines and charges for the new ones, every line against its own period: they
 * need not share one. Without proration nothing is given back and the new lines cost what a new subscription costs.
 */
export function planChange(
  change: PlanChange,
  behavior: ProrationBehavior,
  currency: Currency,
): ProrationLine[] {
  const credits = unusedCredits(change.old, change.at, behavior, currency);
  const charges = change.next.flatMap(({ due, terms, quantity }) =>
    chargeLine(
      due.line.key,
      ratePrice(terms, quantity),
      chargeFraction(due, behavior),
      due.effective,
      currency,
    ),
  );
  return [...credits, ...charges];
}

/** Charges less credits: what is owed when positive, what goes to the prepaid balance when negative. */
export const netOfProrations = (lines: readonly ProrationLine[], currency: Currency): Money =>
  lines.reduce(
    (net, { type, amount }) =>
      type === 'charge' ? money(net.amount + amount.amount, currency) : subtractMoney(net, amount),
    money(0n, currency),
  );

/** New entries for the line's account, so that the next credit knows of this one. */
export const entriesOf = ({ type, lineKey, amount, period, from }: ProrationLine): AdvanceEntry[] =>
  type === 'charge'
    ? [{ key: lineKey, amount, period }]
    : from.map((part) => ({
        key: part.key,
        amount: money(-part.amount.amount, part.amount.currency),
        period,
      }));

const DAY = 86_400_000;

/** Begun days, for answers that show some. Never reckoned with. */
export const prorationDays = (period: Period): number => Math.ceil(durationMs(period) / DAY);
