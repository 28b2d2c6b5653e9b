import { fullPeriodAt } from '../../domain/billing-period.js';
import { applyFraction, elapsedFraction, WHOLE, type Fraction } from '../../domain/fraction.js';
import { money, moneyToRate, roundToMoney } from '../../domain/money.js';
import { laterOf, type Period } from '../../domain/period.js';
import { ZERO, type Rate } from '../../domain/rate.js';
import { priceSteps } from '../../domain/rating/price-steps.js';
import { ratePrice } from '../../domain/rating/rate-price.js';
import { lineSchedule } from '../../domain/subscribing/line-schedule.js';
import { chargedAgain } from '../../domain/subscribing/proration.js';
import type { InvoiceLineItem } from '../../invoices/invoices.types.js';
import { pricingTermsOf, type MeteredPrice } from '../../plans/plans.types.js';
import {
  chargedLife,
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
  type SubscriptionPause,
} from '../../subscriptions/subscriptions.types.js';
import type { StepLedger } from './step-ledger.js';

/** What a fixed line of a subscription was charged from. */
export interface FixedCharge {
  readonly line: InvoiceLineItem;
  readonly subscription: Subscription;
  readonly item: SubscriptionLineItem;
  /** Whose place the item took. */
  readonly before: SubscriptionLineItem | undefined;
  readonly prices: ReadonlyMap<string, MeteredPrice>;
  readonly pauses: readonly SubscriptionPause[];
}

const NOTHING: Fraction = { numerator: 0n, denominator: 1n };

/** The whole price, or its share of the time. Read from the line, not from the subscription, which may have ended since. */
export function fixedSteps(ledger: StepLedger, charge: FixedCharge): void {
  const { line, prices } = charge;
  const priced = prices.get(line.priceId ?? '');
  const amount = moneyToRate(money(line.amount, line.currency));
  if (priced === undefined) {
    ledger.add('as_billed', amount);
    return;
  }
  const terms = pricingTermsOf(priced.price);
  const price = ratePrice(terms, line.quantity);
  if (againSteps(ledger, charge)) return;
  const share = shareOf(charge, price);
  if (share === undefined) {
    ledger.add('as_billed', amount);
    return;
  }
  ledger.price(priceSteps(terms, ZERO, line.quantity), { reference: { type: 'price', id: priced.price.id } });
  ledger.to('time_share', applyFraction(price, share), { share, period: periodOf(line) });
}

/** The share that makes the amount of the price; parts of one fee are rounded together, and differ by a minor unit. */
function shareOf(charge: FixedCharge, price: Rate): Fraction | undefined {
  const { line } = charge;
  const full = fullPeriodOf(charge);
  const period = periodOf(line);
  const shares = [
    WHOLE,
    ...(full === undefined || period === undefined ? [] : [elapsedFraction(period, full)]),
    NOTHING,
  ];
  const off = (share: Fraction): bigint => {
    const difference = roundToMoney(applyFraction(price, share), line.currency).amount - line.amount;
    return difference < 0n ? -difference : difference;
  };
  return shares.find((share) => off(share) === 0n) ?? shares.slice(0, 2).find((share) => off(share) <= 1n);
}

function fullPeriodOf({ line, subscription, item }: FixedCharge, at?: Date): Period | undefined {
  const { start } = chargedLife(subscription);
  const from = at ?? line.periodStart;
  if (from === null || item.billingPeriod === 'ONETIME') return undefined;
  const schedule = lineSchedule(scheduleOf(subscription), start, {
    unit: item.billingPeriod,
    count: item.billingPeriodCount,
  });
  return fullPeriodAt(schedule, from);
}

/** What a change of quantity or price costs for the rest of a period that is paid: the difference of the two prices. */
export function changeSteps(ledger: StepLedger, charge: FixedCharge): void {
  const { line, item, before, prices, subscription } = charge;
  const [now, then] = [prices.get(item.priceId), prices.get(before?.priceId ?? '')];
  const period = periodOf(line);
  const full = period && fullPeriodOf(charge, laterOf(period.start, chargedLife(subscription).start));
  if (
    now === undefined ||
    then === undefined ||
    before === undefined ||
    full === undefined ||
    period === undefined
  ) {
    ledger.add('as_billed', moneyToRate(money(line.amount, line.currency)));
    return;
  }
  ledger.price(priceSteps(pricingTermsOf(now.price), ZERO, item.quantity), {
    reference: { type: 'price', id: now.price.id },
  });
  ledger.add('price_before_change', ratePrice(pricingTermsOf(then.price), before.quantity).negated(), {
    quantity: before.quantity,
    reference: { type: 'price', id: then.price.id },
  });
  const share = elapsedFraction(period, full);
  ledger.to('time_share', applyFraction(ledger.total, share), { share, period });
}

/** What a pause gave back, and that is charged again because the pause ended before the time that was paid. */
function againSteps(ledger: StepLedger, { line, item, pauses }: FixedCharge): boolean {
  const period = periodOf(line);
  if (period === undefined) return false;
  for (const { givenBack } of pauses)
    for (const given of givenBack) {
      const paid = { start: new Date(given.start), end: new Date(given.end) };
      if (given.line_item_id !== item.id || period.start < paid.start || period.end > paid.end) continue;
      const net = money(BigInt(given.net), line.currency);
      const again = chargedAgain(net, paid, period);
      if (again.amount !== line.amount) continue;
      ledger.add('given_back_at_pause', moneyToRate(net), { period: paid });
      ledger.to('time_share', moneyToRate(again), { share: elapsedFraction(period, paid), period });
      return true;
    }
  return false;
}

const periodOf = ({ periodStart: start, periodEnd: end }: InvoiceLineItem): Period | undefined =>
  start === null || end === null || start >= end ? undefined : { start, end };
