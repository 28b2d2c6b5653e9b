import { periodsFrom, type BillingSchedule } from '../../src/domain/billing-period.js';
import { applyFraction } from '../../src/domain/fraction.js';
import { biggestFirst, type CreditBalance } from '../../src/domain/invoicing/credits.js';
import type { DraftInvoice, DraftLineInput } from '../../src/domain/invoicing/draft-invoice.js';
import type { PercentageOrFixed } from '../../src/domain/invoicing/percentage.js';
import { priceInvoice } from '../../src/domain/invoicing/price-invoice.js';
import { isSkippable } from '../../src/domain/invoicing/zero-rules.js';
import { exactMoney, moneyToRate } from '../../src/domain/money.js';
import { makePeriod, type OpenPeriod, type Period } from '../../src/domain/period.js';
import { formatRate, rate, ZERO, type Rate } from '../../src/domain/rate.js';
import { lineQuantity } from '../../src/domain/rating/line-quantity.js';
import type { PricingTerms } from '../../src/domain/rating/pricing-terms.js';
import { rateBuckets } from '../../src/domain/rating/rate-buckets.js';
import { ratePrice } from '../../src/domain/rating/rate-price.js';
import {
  linesDue,
  type BillingMoment,
  type ChargeableLine,
  type DueCharge,
} from '../../src/domain/subscribing/charges-due.js';
import { lineWindow } from '../../src/domain/subscribing/line-window.js';
import { aggregate, billableQuantity } from '../../src/domain/usage/aggregate.js';
import type { UsageEvent } from '../../src/domain/usage/aggregation.js';
import { applyQuotas, combineQuotas, quotaWindows } from '../../src/domain/usage/entitlement-quota.js';
import type {
  Engine,
  Figures,
  History,
  HistoryCoupon,
  HistoryEvent,
  HistoryLine,
  HistoryPrice,
  InvoiceFigures,
  UsageLine,
} from './history.js';

/** Bills a history with the pure functions of `src/domain`, in the order in which the services call them. */
export const domainEngine: Engine = { invoice: (history) => Promise.resolve(billHistory(history)) };

interface Line extends ChargeableLine {
  readonly given: HistoryLine;
}

interface Rated {
  readonly line: DraftLineInput;
  readonly free: Rate;
}

export function billHistory(history: History): Figures {
  const start = new Date(history.start);
  const schedule: BillingSchedule = {
    interval: { unit: 'MONTHLY', count: 1 },
    cycle: 'anniversary',
    anchor: start,
    timeZone: 'UTC',
  };
  const periods: Period[] = [];
  for (const period of periodsFrom(schedule, start)) {
    if (periods.length === history.months) break;
    periods.push(period);
  }
  const life: OpenPeriod = { start, end: periods.at(-1)!.end };
  const lines = history.lines.flatMap((line) => chargeable(line, life, schedule));
  let wallets = history.wallets.map((balance, index): CreditBalance => ({
    key: String(index),
    amount: rate(balance),
    priceTypes: ['USAGE'],
    paysTax: false,
  }));
  const invoices: InvoiceFigures[] = [];
  for (const moment of momentsOf(periods)) {
    const rated = linesDue(moment, life, lines).map((due) => rateDue(due, schedule, life));
    const draft = priceInvoice({
      currency: history.currency,
      lines: rated.map(({ line }) => line),
      lineCoupons: couponsOfLines(history, rated),
      invoiceCoupons: history.coupons.map((coupon, index) => ({
        key: String(index),
        ...ruleOf(coupon, history.currency),
      })),
      credits: biggestFirst(wallets),
      taxes: history.taxes.map((tax, index) => ({ key: String(index), ...ruleOf(tax, history.currency) })),
    });
    invoices.push(figuresOf(draft, rated));
    wallets = wallets.map((wallet) => spent(wallet, draft));
  }
  return { invoices, walletsLeft: wallets.map(({ amount }) => formatRate(amount)) };
}

const momentsOf = (periods: readonly Period[]): BillingMoment[] =>
  [undefined, ...periods].map((closing, index) => {
    const next = periods[index];
    return closing === undefined
      ? { type: 'subscription_start', next: next! }
      : { type: 'period_end', closing, next };
  });

function chargeable(given: HistoryLine, life: OpenPeriod, schedule: BillingSchedule): Line[] {
  const date = (text: string | null): Date | null => (text === null ? null : new Date(text));
  const window = lineWindow({
    subscriptionStart: life.start,
    subscriptionEnd: life.end,
    lineStart: given.kind === 'fixed' ? (date(given.from) ?? life.start) : life.start,
    lineEnd: given.kind === 'fixed' ? date(given.until) : null,
  });
  if (window === undefined) return [];
  return [
    {
      key: given.key,
      priceType: given.kind === 'fixed' ? 'FIXED' : 'USAGE',
      cadence: given.kind === 'fixed' ? given.cadence : 'ARREAR',
      schedule,
      window,
      given,
    },
  ];
}

function rateDue(due: DueCharge<Line>, schedule: BillingSchedule, life: OpenPeriod): Rated {
  const { given, key, priceType } = due.line;
  const terms = termsOf(given.price);
  const rated = (quantity: Rate, amount: Rate, free: Rate = ZERO): Rated => ({
    line: {
      key,
      priceType,
      amount,
      quantity,
      periodStart: due.effective.start,
      periodEnd: due.effective.end,
    },
    free,
  });
  if (given.kind === 'fixed') {
    const quantity = lineQuantity(
      given.quantity === null ? null : rate(given.quantity),
      given.minQuantity === null ? null : rate(given.minQuantity),
    );
    return rated(quantity, applyFraction(ratePrice(terms, quantity), due.fraction));
  }
  if (given.bucket !== null) {
    const buckets = rateBuckets(terms, bucketsOf(given.events, due.effective));
    return rated(buckets.quantity, buckets.amount);
  }
  const { billable, free } = quotaOf(given, due.effective, schedule, life);
  return rated(billable, ratePrice(terms, billable), free);
}

function quotaOf(
  line: UsageLine,
  period: Period,
  schedule: BillingSchedule,
  life: OpenPeriod,
): { billable: Rate; free: Rate } {
  const events = line.events.map(usageEvent);
  const usedIn = (start: Date, end: Date): Rate =>
    aggregate({ type: 'SUM', field: 'value' }, events, makePeriod(start, end));
  const { reset, sources } = line.quota ?? { reset: null, sources: [] };
  const quotas = combineQuotas(
    sources.map(({ limit, enabled }) => ({
      limit: limit === null ? null : rate(limit),
      isEnabled: enabled,
      isSoftLimit: false,
      reset,
    })),
  );
  if (quotas.length === 0)
    return { billable: billableQuantity(usedIn(period.start, period.end)), free: ZERO };
  return applyQuotas(
    quotas.map((quota) => ({
      quota,
      windows: quotaWindows(quota.reset, schedule, life, period).map(({ start, end }) => ({
        used: usedIn(start, end),
        ...(start.getTime() < period.start.getTime()
          ? { earlier: { used: usedIn(start, period.start) } }
          : {}),
      })),
    })),
  );
}

const usageEvent = ({ at, quantity }: HistoryEvent, index: number): UsageEvent => ({
  id: String(index),
  occurredAt: new Date(at),
  properties: { value: quantity },
});

const DAY = 86_400_000;

function bucketsOf(
  events: readonly HistoryEvent[],
  period: Period,
): { start: Date; group: string; quantity: Rate }[] {
  const cells = new Map<string, { day: number; group: string }>();
  for (const { at, group } of events) {
    const day = Math.floor(Date.parse(at) / DAY);
    cells.set(`${day} ${group}`, { day, group });
  }
  return [...cells.values()].flatMap(({ day, group }) => {
    const bucket = makePeriod(new Date(day * DAY), new Date((day + 1) * DAY));
    const start = Math.max(bucket.start.getTime(), period.start.getTime());
    const end = Math.min(bucket.end.getTime(), period.end.getTime());
    if (start >= end) return [];
    const quantity = aggregate(
      { type: 'SUM', field: 'value' },
      events.filter((event) => event.group === group).map(usageEvent),
      makePeriod(new Date(start), new Date(end)),
    );
    return [{ start: bucket.start, group, quantity }];
  });
}

function termsOf(price: HistoryPrice): PricingTerms {
  switch (price.model) {
    case 'FLAT_FEE':
      return { model: 'FLAT_FEE', amount: rate(price.amount) };
    case 'PACKAGE':
      return { ...price, amount: rate(price.amount), divideBy: rate(price.divideBy) };
    case 'TIERED':
      return {
        model: 'TIERED',
        mode: price.mode,
        tiers: price.tiers.map(({ upTo, unitAmount, flatAmount }) => ({
          upTo: upTo === null ? null : rate(upTo),
          unitAmount: rate(unitAmount),
          flatAmount: rate(flatAmount),
        })),
      };
  }
}

const couponsOfLines = (
  history: History,
  rated: readonly Rated[],
): { lineKey: string; coupon: PercentageOrFixed & { key: string } }[] =>
  history.lines
    .filter(({ key }) => rated.some(({ line }) => line.key === key))
    .flatMap(({ key, coupons }) =>
      coupons.map((coupon, index) => ({
        lineKey: key,
        coupon: { key: `${key} ${index}`, ...ruleOf(coupon, history.currency) },
      })),
    );

const ruleOf = ({ type, value }: HistoryCoupon, currency: string): PercentageOrFixed =>
  type === 'percentage'
    ? { type, percentage: rate(value) }
    : { type, amount: exactMoney(rate(value), currency)! };

const spent = (wallet: CreditBalance, draft: DraftInvoice): CreditBalance => ({
  ...wallet,
  amount: draft.credits
    .filter(({ balanceKey }) => balanceKey === wallet.key)
    .reduce((left, { amount }) => left.minus(moneyToRate(amount)), wallet.amount),
});

const figuresOf = (draft: DraftInvoice, rated: readonly Rated[]): InvoiceFigures => ({
  status: isSkippable(draft.lines, { type: 'SUBSCRIPTION', billingReason: 'SUBSCRIPTION_CYCLE' })
    ? 'SKIPPED'
    : 'FINALIZED',
  lines: draft.lines.map((line, index) => ({
    key: line.key,
    quantity: formatRate(line.quantity),
    free: formatRate(rated[index]!.free),
    amount: String(line.amount.amount),
    lineDiscount: String(line.lineItemDiscount.amount),
    invoiceDiscount: String(line.invoiceLevelDiscount.amount),
    credits: String(line.prepaidCreditsApplied.amount),
  })),
  subtotal: String(draft.subtotal.amount),
  discount: String(draft.totalDiscount.amount),
  credits: String(draft.totalPrepaidCredits.amount),
  taxes: draft.taxes.map(({ amount }) => String(amount.amount)),
  tax: String(draft.totalTax.amount),
  total: String(draft.total.amount),
});
