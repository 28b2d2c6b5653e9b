import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import { addMoney, formatMoney, sumMoney, type Money } from '../../domain/money.js';
import { earlierOf, laterOf, type Period } from '../../domain/period.js';
import { formatRate, parseRate } from '../../domain/rate.js';
import { ProviderError } from '../provider-error.js';
import type { InvoicePush } from '../provider-objects.js';
import { fitsStripe, toStripeAmount } from './amounts.js';
import { secondsOf } from './context.js';
import { MARK, metadataWith } from './marks.js';

/** Stripe's limit for one invoice, and what one call may add. */
export const MOST_LINES = 250;
const LONGEST_DESCRIPTION = 500;

interface Entry {
  readonly id: string;
  readonly description: string;
  readonly amount: Money;
  readonly quantity: string | undefined;
  readonly period: Period | undefined;
  readonly priceId: string | undefined;
}

/** A line as it must stand on the remote invoice; the id is carried in its metadata, to know it again. */
export interface WantedLine {
  readonly id: string;
  readonly amount: number;
  readonly params: Stripe.InvoiceAddLinesParams.Line;
}

/**
 * The lines of a push: ours, and the adjustments as lines of their own, because discounts and taxes worked out here
 * must not be worked out again there. Amounts are sent whole; quantity and price are for reading only. The same
 * invoice always gives the same lines with the same ids.
 */
export function wantedLines(invoice: InvoicePush): WantedLine[] {
  const entries = [...linesOf(invoice), ...adjustmentsOf(invoice)];
  checkSum(entries, invoice.amountDue);
  return withinLimit(merged(entries)).map(toWanted);
}

const linesOf = (invoice: InvoicePush): Entry[] =>
  invoice.lines.map(({ lineId, ...line }) => ({ id: lineId, ...line }));

function adjustmentsOf(invoice: InvoicePush): Entry[] {
  const seen = new Map<string, number>();
  return invoice.adjustments.map(({ kind, description, amount }) => {
    const ordinal = seen.get(kind) ?? 0;
    seen.set(kind, ordinal + 1);
    const id = `adjustment:${kind}:${ordinal}`;
    return { id, description, amount, quantity: undefined, period: undefined, priceId: undefined };
  });
}

function checkSum(entries: readonly Entry[], amountDue: Money): void {
  const odd = entries.find(({ amount }) => amount.currency !== amountDue.currency);
  if (odd !== undefined)
    throw new ProviderError('invalid', `the line ${odd.id} is in ${odd.amount.currency}`, {
      code: 'currency_mismatch',
    });
  const amounts = entries.map(({ amount }) => amount);
  const sum = sumMoney(amounts, amountDue.currency);
  if (sum.amount === amountDue.amount) return;
  const [expected, actual] = [formatMoney(amountDue), formatMoney(sum)];
  throw new ProviderError('invalid', `the lines add up to ${actual} where ${expected} is owed`, {
    code: 'total_mismatch',
    details: { expected, actual, currency: amountDue.currency },
  });
}

/** Lines in fractions that Stripe does not count (1.005 KWD) become one line, which the exact total makes fit again. */
function merged(entries: readonly Entry[]): Entry[] {
  const [fit, misfit] = [entries.filter(fits), entries.filter((entry) => !fits(entry))];
  return misfit.length === 0 ? fit : [...fit, group(misfit, 'Charges in fractions')];
}

const fits = ({ amount }: Entry): boolean => fitsStripe(amount);

/** Too many lines are put together by price and description, then by price alone, then the rest in one. */
function withinLimit(entries: readonly Entry[]): Entry[] {
  if (entries.length <= MOST_LINES) return [...entries];
  const similar = groupBy(entries, ({ id, priceId, description }) =>
    isAdjustment(id) ? id : JSON.stringify([priceId, description]),
  );
  if (similar.length <= MOST_LINES) return similar;
  const priced = groupBy(entries, ({ id, priceId, description }) =>
    isAdjustment(id) ? id : JSON.stringify(priceId === undefined ? [description] : [priceId, null]),
  );
  if (priced.length <= MOST_LINES) return priced;
  return [...priced.slice(0, MOST_LINES - 1), group(priced.slice(MOST_LINES - 1), 'Other charges')];
}

const isAdjustment = (id: string): boolean => id.startsWith('adjustment:');

function groupBy(entries: readonly Entry[], keyOf: (entry: Entry) => string): Entry[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((members) => group(members));
}

function group(members: readonly Entry[], title?: string): Entry {
  const [first, ...rest] = members;
  if (first === undefined) throw new RangeError('a group of no lines');
  if (rest.length === 0) return first;
  const digest = createHash('sha256').update(members.map(({ id }) => id).join('\n'));
  return {
    id: `group:${digest.digest('hex').slice(0, 32)}`,
    description: `${title ?? first.description} (${members.length} lines)`,
    amount: rest.reduce((sum, { amount }) => addMoney(sum, amount), first.amount),
    quantity: title === undefined ? sumOfQuantities(members) : undefined,
    period: hull(members.flatMap(({ period }) => (period === undefined ? [] : [period]))),
    priceId: title === undefined ? first.priceId : undefined,
  };
}

function sumOfQuantities(members: readonly Entry[]): string | undefined {
  const quantities = members.map(({ quantity }) => parseRate(quantity));
  const sum = quantities.reduce((a, b) => (a === undefined || b === undefined ? undefined : a.plus(b)));
  return sum === undefined ? undefined : formatRate(sum);
}

function hull(periods: readonly Period[]): Period | undefined {
  if (periods.length === 0) return undefined;
  return periods.reduce((all, one) => ({
    start: earlierOf(all.start, one.start),
    end: laterOf(all.end, one.end),
  }));
}

function toWanted(entry: Entry): WantedLine {
  const amount = toStripeAmount(entry.amount);
  return {
    id: entry.id,
    amount,
    params: {
      amount,
      description: entry.description.slice(0, LONGEST_DESCRIPTION),
      discountable: false, // a coupon that the customer has at Stripe would make another total of it
      ...(entry.period === undefined
        ? {}
        : { period: { start: secondsOf(entry.period.start), end: secondsOf(entry.period.end) } }),
      metadata: metadataWith({ [MARK.line]: entry.id, quantity: entry.quantity }),
    },
  };
}
