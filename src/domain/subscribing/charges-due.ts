import { fullPeriodAt, periodsFrom, type BillingSchedule } from '../billing-period.js';
import { WHOLE, type Fraction } from '../fraction.js';
import { contains, earlierOf, laterOf, makePeriod, type OpenPeriod, type Period } from '../period.js';
import type { InvoiceCadence, PriceType } from '../rating/price-kinds.js';
import { effectivePart } from './line-window.js';

/** A subscription line as far as the calendar is concerned. */
export interface ChargeableLine {
  readonly key: string;
  readonly priceType: PriceType;
  /** USAGE is charged in arrear and ONETIME in advance whatever is said here: neither can be otherwise. */
  readonly cadence: InvoiceCadence;
  /** The line's own schedule: the subscription's, or one whose interval is a longer multiple of it. */
  readonly schedule: BillingSchedule;
  /** See `lineWindow`. */
  readonly window: OpenPeriod;
}

/**
 * What makes an invoice, and the billing periods of the subscription that it closes and opens. A period end without `next`
 * is the last one. The moment `subscription_start` also serves lines that are added later: `next` is then what remains of
 * the current period.
 */
export type BillingMoment =
  | { readonly type: 'subscription_start'; readonly next: Period }
  | { readonly type: 'period_end'; readonly closing: Period; readonly next?: Period | undefined }
  | { readonly type: 'cancel'; readonly closing: Period };

export interface DueCharge<L extends ChargeableLine = ChargeableLine> {
  readonly line: L;
  /** The line's own period within the subscription's life: what the charge is for when the line is present throughout. */
  readonly servicePeriod: Period;
  /** The part of it in which the line is present: usage is measured over this. */
  readonly effective: Period;
  /** effective ÷ servicePeriod, to multiply a FIXED amount with. Always whole for USAGE (what is measured is what is billed) and ONETIME. */
  readonly fraction: Fraction;
  /** The whole period of the schedule that the service period is cut from: what `create_prorations` measures a stub against. */
  readonly fullPeriod: Period;
}

/**
 * The lines that a moment charges, and for which service period. Over the life of a subscription, every instant in which a
 * line is present is charged exactly once. Source: wire contract, lines of an invoice, proration.
 *
 * In advance: charged with the billing period in which service begins. In arrear: with the one in which (or at whose end) the
 * line's own period ends; the end of the subscription ends it too.
 *
 * @param subscription from where billing starts to the end date, when there is one
 */
export function linesDue<L extends ChargeableLine>(
  moment: BillingMoment,
  subscription: OpenPeriod,
  lines: readonly L[],
): DueCharge<L>[] {
  const closing = moment.type === 'subscription_start' ? undefined : moment.closing;
  const next = moment.type === 'cancel' ? undefined : moment.next;
  const last = closing !== undefined && next === undefined;
  const life: OpenPeriod = {
    start: subscription.start,
    end: last ? earlierOf(closing.end, subscription.end ?? closing.end) : subscription.end,
  };
  return lines.flatMap((line) => {
    if (line.schedule.interval.unit === 'ONETIME') return next === undefined ? [] : oneTimeCharge(line, next);
    if (line.priceType === 'USAGE' || line.cadence === 'ARREAR')
      return closing === undefined ? [] : arrearCharges(line, life, closing);
    return next === undefined ? [] : advanceCharges(line, life, next);
  });
}

function oneTimeCharge<L extends ChargeableLine>(line: L, next: Period): DueCharge<L>[] {
  if (!contains(next, line.window.start)) return [];
  const period = makePeriod(line.window.start, next.end);
  return [{ line, servicePeriod: period, effective: period, fraction: WHOLE, fullPeriod: period }];
}

function advanceCharges<L extends ChargeableLine>(line: L, life: OpenPeriod, next: Period): DueCharge<L>[] {
  const charges: DueCharge<L>[] = [];
  for (const own of ownPeriods(line.schedule, life, next.start)) {
    if (own.start.getTime() >= next.end.getTime()) break;
    charges.push(...charge(line, own).filter(({ effective }) => contains(next, effective.start)));
  }
  return charges;
}

function arrearCharges<L extends ChargeableLine>(line: L, life: OpenPeriod, closing: Period): DueCharge<L>[] {
  const charges: DueCharge<L>[] = [];
  for (const own of ownPeriods(line.schedule, life, closing.start)) {
    if (own.end.getTime() > closing.end.getTime()) break;
    charges.push(...charge(line, own));
  }
  return charges;
}

function charge<L extends ChargeableLine>(line: L, servicePeriod: Period): DueCharge<L>[] {
  const part = effectivePart(line.window, servicePeriod);
  if (part === undefined) return [];
  return [
    {
      line,
      servicePeriod,
      effective: part.period,
      fraction: line.priceType === 'USAGE' ? WHOLE : part.fraction,
      fullPeriod: fullPeriodAt(line.schedule, servicePeriod.start),
    },
  ];
}

/** The periods of a schedule within a life, from the one that holds the instant on. */
function ownPeriods(
  schedule: BillingSchedule,
  life: OpenPeriod,
  instant: Date,
): Generator<Period, void, undefined> {
  return periodsFrom(schedule, laterOf(fullPeriodAt(schedule, instant).start, life.start), life.end);
}
