import { fullPeriodAt, periodsFrom, type BillingSchedule } from '../billing-period.js';
import { elapsedFraction, WHOLE, type Fraction } from '../fraction.js';
import {
  clip,
  contains,
  earlierOf,
  laterOf,
  makePeriod,
  without,
  type OpenPeriod,
  type Period,
} from '../period.js';
import type { InvoiceCadence, PriceType } from '../rating/price-kinds.js';

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
  /**
   * In advance only: service until then is paid already, by the line that this one replaces.
   * Without it, a price changed in the middle of a paid period would charge the rest of that period twice.
   */
  readonly paidUntil?: Date | null;
  /** When the line was made, if that was after the subscription began: nothing can have been charged for it before. */
  readonly madeAt?: Date;
}

/** A pause that has begun; `end: null` while it lasts. */
export interface Pause extends OpenPeriod {
  /** Left out: before it began. */
  readonly askedAt?: Date;
}

/** The pauses of a subscription, and the schedule that it is billed on. */
export interface PausedTime {
  readonly pauses: readonly Pause[];
  readonly billing: BillingSchedule;
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
  /** The part of it in which the line is charged for, from its first instant to its last. */
  readonly effective: Period;
  /** Of usage: the stretches of that without pauses, in which it is measured. */
  readonly served: readonly Period[];
  /** Of usage: the stretch in which the line is there, pauses or not. */
  readonly present: Period;
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
 * Paused time is not charged. In arrear, each stretch between pauses is a fixed charge of its own; usage has one charge for
 * all of them. In advance, what was paid for
 * before a pause began stays paid and is not given back; a service period that begins during a pause is charged for from
 * its end, in the billing period in which that falls.
 *
 * @param subscription from where billing starts to the end date, when there is one
 */
export function linesDue<L extends ChargeableLine>(
  moment: BillingMoment,
  subscription: OpenPeriod,
  lines: readonly L[],
  paused?: PausedTime,
): DueCharge<L>[] {
  const pauses = paused?.pauses ?? [];
  const closing = moment.type === 'subscription_start' ? undefined : moment.closing;
  const next = moment.type === 'cancel' ? undefined : moment.next;
  const last = closing !== undefined && next === undefined;
  const life: OpenPeriod = {
    start: subscription.start,
    end: last ? earlierOf(closing.end, subscription.end ?? closing.end) : subscription.end,
  };
  return lines.flatMap((line) => {
    if (line.schedule.interval.unit === 'ONETIME')
      return next === undefined ? [] : oneTimeCharge(line, next, pauses);
    if (line.priceType === 'USAGE' || line.cadence === 'ARREAR')
      return closing === undefined ? [] : arrearCharges(line, life, closing, pauses);
    return next === undefined ? [] : advanceCharges(line, life, next, paused);
  });
}

/** Charged when its time comes, or when the pause is over into which that falls; not at all when its line has ended by then. */
function oneTimeCharge<L extends ChargeableLine>(
  line: L,
  next: Period,
  pauses: readonly OpenPeriod[],
): DueCharge<L>[] {
  if (line.window.start.getTime() >= next.end.getTime()) return [];
  const [served] = without(makePeriod(line.window.start, next.end), pauses);
  if (served === undefined || !contains(next, served.start) || !contains(line.window, served.start))
    return [];
  return [
    {
      line,
      servicePeriod: served,
      effective: served,
      served: [served],
      present: served,
      fraction: WHOLE,
      fullPeriod: served,
    },
  ];
}

function advanceCharges<L extends ChargeableLine>(
  line: L,
  life: OpenPeriod,
  next: Period,
  paused: PausedTime | undefined,
): DueCharge<L>[] {
  const charges: DueCharge<L>[] = [];
  const unpaid = { ...line.window, start: laterOf(line.window.start, line.paidUntil ?? line.window.start) };
  for (const own of ownPeriods(line.schedule, life, next.start)) {
    if (own.start.getTime() >= next.end.getTime()) break;
    const part = clip(own, unpaid);
    if (part === undefined) continue;
    const [served] = without(part, pausesKnown(part.start, life, paused, line.madeAt));
    if (served === undefined || !contains(next, served.start)) continue;
    charges.push(charge(line, own, makePeriod(served.start, part.end)));
  }
  return charges;
}

/**
 * The pauses that had begun when service from that instant on was charged for. One that began later put nothing off: a
 * line that joins in the middle of a month is charged with that month, and would be again when the pause is over. So it is
 * with a pause that is asked for in the instant of that charge: what was due came first.
 */
export function pausesKnown(
  serviceStart: Date,
  life: OpenPeriod,
  paused: PausedTime | undefined,
  madeAt?: Date,
): readonly Pause[] {
  if (paused === undefined || paused.pauses.length === 0) return [];
  const period = laterOf(fullPeriodAt(paused.billing, serviceStart).start, life.start);
  const charged = laterOf(period, madeAt ?? period);
  return paused.pauses.filter(
    ({ start, askedAt }) =>
      start.getTime() < charged.getTime() ||
      (start.getTime() === charged.getTime() &&
        (askedAt === undefined || askedAt.getTime() < start.getTime())),
  );
}

function arrearCharges<L extends ChargeableLine>(
  line: L,
  life: OpenPeriod,
  closing: Period,
  pauses: readonly OpenPeriod[],
): DueCharge<L>[] {
  const charges: DueCharge<L>[] = [];
  for (const own of ownPeriods(line.schedule, life, closing.start)) {
    if (own.end.getTime() > closing.end.getTime()) break;
    const part = clip(own, line.window);
    if (part === undefined) continue;
    const served = without(part, pauses);
    if (line.priceType === 'USAGE') charges.push(...usageCharge(line, own, part, served));
    else for (const stretch of served) charges.push(charge(line, own, stretch));
  }
  return charges;
}

/** Usage is measured once over all the stretches of a period: a pause does not make two quantities of it. */
function usageCharge<L extends ChargeableLine>(
  line: L,
  own: Period,
  present: Period,
  served: readonly Period[],
): DueCharge<L>[] {
  const [first, last] = [served[0], served.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [{ ...charge(line, own, makePeriod(first.start, last.end)), served, present }];
}

const charge = <L extends ChargeableLine>(
  line: L,
  servicePeriod: Period,
  effective: Period,
): DueCharge<L> => ({
  line,
  servicePeriod,
  effective,
  served: [effective],
  present: effective,
  fraction: line.priceType === 'USAGE' ? WHOLE : elapsedFraction(effective, servicePeriod),
  fullPeriod: fullPeriodAt(line.schedule, servicePeriod.start),
});

/** The periods of a schedule within a life, from the one that holds the instant on. */
function ownPeriods(
  schedule: BillingSchedule,
  life: OpenPeriod,
  instant: Date,
): Generator<Period, void, undefined> {
  return periodsFrom(schedule, laterOf(fullPeriodAt(schedule, instant).start, life.start), life.end);
}
