import type { Currency } from '../currency.js';
import { amountOutOfRange } from '../errors.js';
import {
  addMoney,
  floorAtZero,
  formatMoney,
  isStorable,
  roundToMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../money.js';
import { formatRate, type Rate } from '../rate.js';
import type { PriceType } from '../rating/price-kinds.js';

/** A charge as it was rated: exact. */
export interface DraftLineInput {
  /** Names the line within the invoice; unique there. */
  readonly key: string;
  /** What people call it, for whoever has to find it again. */
  readonly name?: string;
  /** Which prepaid credits pay for it. */
  readonly priceType: PriceType;
  /** Exact amount in major units; rounded once, when the invoice is drafted. */
  readonly amount: Rate;
  readonly quantity: Rate;
  /**
   * A settled figure: what was billed before and is given back, or what was paid out. No discount touches it, and the tax on
   * it is its own, signed like the amount. Left out: a charge, discounted and taxed with the invoice.
   */
  readonly settled?: { readonly tax: Money };
  /** A charge that is net of its discounts already: what was given back and is charged again. */
  readonly undiscounted?: boolean;
  /** Service period; null where there is none (a one-off line). */
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
}

export interface DraftLine extends Omit<DraftLineInput, 'amount'> {
  readonly amount: Money;
  /** What coupons on this very line take off. */
  readonly lineItemDiscount: Money;
  /** The line's share of the coupons on the whole invoice. */
  readonly invoiceLevelDiscount: Money;
  readonly prepaidCreditsApplied: Money;
}

/** One coupon's effect on one line, or on the whole invoice. */
export interface AppliedDiscount {
  readonly couponKey: string;
  readonly lineKey: string | null;
  readonly originalPrice: Money;
  readonly amount: Money;
  readonly finalPrice: Money;
}

/** What one balance pays of one line, or of the tax. */
export interface AppliedCredit {
  readonly balanceKey: string;
  /** Null: the tax. */
  readonly lineKey: string | null;
  readonly amount: Money;
}

export interface AppliedTax {
  readonly taxKey: string;
  readonly taxableAmount: Money;
  readonly amount: Money;
}

/**
 * An invoice as figures: every one whole minor units, every total the sum of its parts.
 * total = subtotal − totalDiscount − totalPrepaidCredits + totalTax, never below zero. Source: wire contract, from lines to total.
 */
export interface DraftInvoice {
  readonly currency: Currency;
  readonly lines: readonly DraftLine[];
  readonly discounts: readonly AppliedDiscount[];
  readonly credits: readonly AppliedCredit[];
  readonly taxes: readonly AppliedTax[];
  readonly subtotal: Money;
  readonly totalDiscount: Money;
  readonly totalPrepaidCredits: Money;
  readonly totalTax: Money;
  readonly total: Money;
}

/**
 * Rounds every line once and adds them up: the first of four steps, before discounts, credits and taxes. RangeError for a
 * repeated key; `amount_out_of_range`, with the line's name, for what cannot be kept.
 */
export function draftInvoice(input: {
  readonly currency: Currency;
  readonly lines: readonly DraftLineInput[];
}): DraftInvoice {
  const { currency } = input;
  const keys = new Set(input.lines.map((line) => line.key));
  if (keys.size !== input.lines.length) throw new RangeError('line keys must be unique within an invoice');
  const zero = zeroMoney(currency);
  const lines = input.lines.map((line) => ({
    ...line,
    amount: amountOf(line, currency),
    lineItemDiscount: zero,
    invoiceLevelDiscount: zero,
    prepaidCreditsApplied: zero,
  }));
  return withTotals({ currency, lines, discounts: [], credits: [], taxes: [] });
}

function amountOf({ key, name = key, amount, quantity }: DraftLineInput, currency: Currency): Money {
  const rounded = roundToMoney(amount, currency);
  if (isStorable(rounded.amount)) return rounded;
  const money = `${formatMoney(rounded)} ${currency}`;
  throw amountOutOfRange(
    `the line "${name}" comes to ${money} for a quantity of ${formatRate(quantity)}, which`,
    {
      line: name,
      amount: formatMoney(rounded),
      quantity: formatRate(quantity),
      currency,
    },
  );
}

/** Adds up what the steps have put into the lines and lists. Every step ends with it, so that no total can be out of date. */
export function withTotals(
  parts: Pick<DraftInvoice, 'currency' | 'lines' | 'discounts' | 'credits' | 'taxes'>,
): DraftInvoice {
  const { currency, lines, discounts, credits, taxes } = parts;
  const sumOf = (amounts: readonly Money[]): Money => sumMoney(amounts, currency);
  const subtotal = sumOf(lines.map((line) => line.amount));
  const totalDiscount = sumOf(lines.flatMap((line) => [line.lineItemDiscount, line.invoiceLevelDiscount]));
  const totalPrepaidCredits = sumOf(credits.map(({ amount }) => amount));
  const totalTax = sumOf([
    ...taxes.map((tax) => tax.amount),
    ...lines.flatMap((line) => line.settled?.tax ?? []),
  ]);
  const owed = addMoney(subtractMoney(subtractMoney(subtotal, totalDiscount), totalPrepaidCredits), totalTax);
  for (const [name, total] of Object.entries({ subtotal, tax: totalTax, total: owed }))
    if (!isStorable(total.amount))
      throw amountOutOfRange(`the invoice's ${name} of ${formatMoney(total)} ${currency}`, {
        [name]: formatMoney(total),
        currency,
      });
  return {
    currency,
    lines,
    discounts,
    credits,
    taxes,
    subtotal,
    totalDiscount,
    totalPrepaidCredits,
    totalTax,
    total: floorAtZero(owed),
  };
}

/** What is left of a line after its discounts; never below zero. */
export const discountedAmount = (line: DraftLine): Money =>
  floorAtZero(subtractMoney(subtractMoney(line.amount, line.lineItemDiscount), line.invoiceLevelDiscount));

/** Whether discounts can bear on a line: what is given back or paid out is net of them already. */
export const isDiscountable = (line: DraftLine): boolean =>
  line.settled === undefined && line.undiscounted !== true && line.amount.amount > 0n;

/** What credits may pay for at most: subtotal − discounts, never below zero. */
export const netOfDiscounts = (draft: DraftInvoice): Money =>
  floorAtZero(subtractMoney(draft.subtotal, draft.totalDiscount));

/** What the invoice's taxes are levied on: its charges less their discounts, never below zero. */
export const taxableNet = (draft: DraftInvoice): Money =>
  floorAtZero(
    sumMoney(
      draft.lines
        .filter((line) => line.settled === undefined)
        .map((line) =>
          subtractMoney(subtractMoney(line.amount, line.lineItemDiscount), line.invoiceLevelDiscount),
        ),
      draft.currency,
    ),
  );
