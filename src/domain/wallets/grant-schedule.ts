import {
  boundariesBetween,
  nextPeriodEnd,
  periodFrom,
  type BillingInterval,
  type BillingPeriodUnit,
  type BillingSchedule,
} from '../billing-period.js';
import { earlierOf, laterOf } from '../period.js';

export const GRANT_CADENCES = ['ONETIME', 'RECURRING'] as const;
export type GrantCadence = (typeof GRANT_CADENCES)[number];

export const GRANT_PERIODS = [
  'DAILY',
  'WEEKLY',
  'MONTHLY',
  'QUARTERLY',
  'HALF_YEARLY',
  'ANNUAL',
] as const satisfies readonly BillingPeriodUnit[];
export type GrantPeriod = (typeof GRANT_PERIODS)[number];

export const GRANT_EXPIRY_TYPES = ['NEVER', 'DURATION', 'BILLING_CYCLE'] as const;
export type GrantExpiryType = (typeof GRANT_EXPIRY_TYPES)[number];

export const GRANT_DURATION_UNITS = ['DAY', 'WEEK', 'MONTH', 'YEAR'] as const;
export type GrantDurationUnit = (typeof GRANT_DURATION_UNITS)[number];

export type GrantExpiry =
  | { readonly type: 'NEVER' }
  | { readonly type: 'BILLING_CYCLE' }
  | { readonly type: 'DURATION'; readonly unit: GrantDurationUnit; readonly count: number };

export interface GrantTerms {
  /** Null for ONETIME. */
  readonly interval: BillingInterval | null;
  readonly expiry: GrantExpiry;
  /** Not before this; null: from the start of the subscription. */
  readonly startDate: Date | null;
  /** Not at or after this; null: as long as the subscription lives. */
  readonly endDate: Date | null;
  /** Its periods are counted from here, whatever the subscription's are; null or left out: see {@link nextGrantDate}. */
  readonly anchor?: Date | null;
}

/** The subscription that receives the grant, as far as the calendar is concerned. */
export interface GrantedSubscription {
  readonly schedule: BillingSchedule;
  readonly startDate: Date;
  readonly endDate: Date | null;
}

/** One application: when, for which period of the grant, and until when its credits last. */
export interface GrantDate {
  readonly start: Date;
  /** Null for ONETIME. */
  readonly end: Date | null;
  readonly expiresAt: Date | null;
}

const DURATIONS: Readonly<Record<GrantDurationUnit, BillingPeriodUnit>> = {
  DAY: 'DAILY',
  WEEK: 'WEEKLY',
  MONTH: 'MONTHLY',
  YEAR: 'ANNUAL',
};

/**
 * The application that follows the one at `after`, or the first one. A grant with the subscription's own interval turns with its
 * billing periods; any other counts from its first application. Undefined when there is none. Source: wire contract, grants.
 */
export function nextGrantDate(
  terms: GrantTerms,
  subscription: GrantedSubscription,
  after: Date | null,
): GrantDate | undefined {
  const first = terms.startDate ? laterOf(terms.startDate, subscription.startDate) : subscription.startDate;
  const schedule =
    terms.interval === null
      ? null
      : scheduleOf(terms.interval, terms.anchor ?? null, subscription.schedule, first);
  if (after !== null && schedule === null) return undefined;
  const start = after === null || schedule === null ? first : nextPeriodEnd(schedule, after);
  const until = earliest(terms.endDate, subscription.endDate);
  if (until !== null && start.getTime() >= until.getTime()) return undefined;
  return {
    start,
    end: schedule === null ? null : periodFrom(schedule, start, until).end,
    expiresAt: expiryOf(terms, subscription, start),
  };
}

/** How many applications follow the one at `after` by an instant, about; it reckons, and walks nowhere. */
export function grantsAfter(
  terms: GrantTerms,
  subscription: GrantedSubscription,
  after: Date,
  until: Date,
): number {
  if (terms.interval === null) return 0;
  const first = terms.startDate ? laterOf(terms.startDate, subscription.startDate) : subscription.startDate;
  const schedule = scheduleOf(terms.interval, terms.anchor ?? null, subscription.schedule, first);
  const end = earliest(terms.endDate, subscription.endDate);
  return boundariesBetween(schedule, after, end === null ? until : earlierOf(end, until));
}

function scheduleOf(
  interval: BillingInterval,
  anchor: Date | null,
  own: BillingSchedule,
  first: Date,
): BillingSchedule {
  if (anchor !== null) return { interval, cycle: 'anniversary', anchor, timeZone: own.timeZone };
  return isSame(interval, own.interval)
    ? own
    : { interval, cycle: 'anniversary', anchor: first, timeZone: own.timeZone };
}

function expiryOf(terms: GrantTerms, subscription: GrantedSubscription, start: Date): Date | null {
  const { expiry } = terms;
  switch (expiry.type) {
    case 'NEVER':
      return null;
    case 'BILLING_CYCLE':
      return periodFrom(cycleOf(terms, subscription), start, subscription.endDate).end;
    case 'DURATION':
      return nextPeriodEnd(
        {
          interval: { unit: DURATIONS[expiry.unit], count: expiry.count },
          cycle: 'anniversary',
          anchor: start,
          timeZone: subscription.schedule.timeZone,
        },
        start,
      );
  }
}

/** The billing cycle. A grant that comes with each of them on days of its own lasts until it comes again. */
function cycleOf(
  { interval, anchor = null }: GrantTerms,
  { schedule }: GrantedSubscription,
): BillingSchedule {
  if (interval === null || anchor === null || !isSame(interval, schedule.interval)) return schedule;
  return { ...schedule, cycle: 'anniversary', anchor };
}

const isSame = (a: BillingInterval, b: BillingInterval): boolean => a.unit === b.unit && a.count === b.count;

const earliest = (a: Date | null, b: Date | null): Date | null =>
  a === null ? b : b === null ? a : earlierOf(a, b);
