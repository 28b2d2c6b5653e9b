import {
  BILLING_PERIOD_UNITS,
  calendarAnchor,
  periodsFrom,
  fullPeriodAt,
  type BillingSchedule,
} from '../billing-period.js';
import { laterOf, makePeriod, type OpenPeriod, type Period } from '../period.js';
import { Rate, ZERO } from '../rate.js';
import { lineSchedule } from '../subscribing/line-schedule.js';

/** How often a free quantity begins anew. Source: wire contract, entitlement quota. */
export const QUOTA_RESETS = [...BILLING_PERIOD_UNITS.filter((unit) => unit !== 'ONETIME'), 'NEVER'] as const;
export type QuotaReset = (typeof QUOTA_RESETS)[number];

/** What one plan, addon or subscription grants of a metered feature. */
export interface QuotaSource {
  /** Null is unlimited. */
  readonly limit: Rate | null;
  readonly isEnabled: boolean;
  /** Only informs: what goes beyond is billed either way. */
  readonly isSoftLimit: boolean;
  /** Null is the subscription's own billing period. */
  readonly reset: QuotaReset | null;
}

/** Sources that begin anew at the same time, as one. */
export interface Quota {
  readonly reset: QuotaReset | null;
  readonly limit: Rate | null;
  readonly isSoftLimit: boolean;
}

/** What a meter has measured in one window of a quota. */
export interface QuotaWindow {
  /** From the window's start to its end, or to the end of the billing period if that comes first. Negative counts as nothing. */
  readonly used: Rate;
  /** For a window that began before the billing period. */
  readonly earlier?: {
    /** From the window's start to the start of the billing period. */
    readonly used: Rate;
    /**
     * How much of that earlier invoices have billed. When left out, what went beyond the limit: late usage of an invoiced
     * period then spends the quota and is not billed afterwards. Give it where corrections may take usage back.
     */
    readonly billed?: Rate;
  };
}

export interface QuotaUsage {
  readonly quota: Quota;
  /** Those that {@link quotaWindows} names; one without usage may be left out. */
  readonly windows: readonly QuotaWindow[];
}

export interface QuotaOutcome {
  /** What is left to be priced: the line's `quantity`. */
  readonly billable: Rate;
  /** What the quota gives: the line's `adjusted_entitlement_quantity`. Both together are what was used in the period. */
  readonly free: Rate;
}

/**
 * The sources of one feature by when they begin anew: limits add up, and one without limit makes all of them unlimited.
 * Empty when none is enabled: then nothing is free.
 */
export function combineQuotas(sources: readonly QuotaSource[]): Quota[] {
  const quotas: Quota[] = [];
  for (const source of sources.filter(({ isEnabled }) => isEnabled)) {
    const { limit, isSoftLimit, reset } = source;
    if (limit?.lessThan(0)) throw new RangeError('a usage limit must not be negative');
    const index = quotas.findIndex((quota) => quota.reset === reset);
    const same = quotas[index];
    if (same === undefined) quotas.push({ reset, limit, isSoftLimit });
    else
      quotas[index] = {
        reset,
        limit: same.limit === null || limit === null ? null : same.limit.plus(limit),
        isSoftLimit: same.isSoftLimit || isSoftLimit,
      };
  }
  return quotas;
}

/**
 * The windows of a quota that a billing period has a part of, whole: from where the quota began anew, which may be before the
 * period, until it does so again or the period ends. They turn with the subscription's own anchor, so that a month's quota
 * is the billing month; days turn at midnight of the zone, like every day that usage is shown by.
 *
 * @param life of the subscription; no window begins before it
 */
export function quotaWindows(
  reset: QuotaReset | null,
  subscription: BillingSchedule,
  life: OpenPeriod,
  period: Period,
): Period[] {
  if (reset === 'NEVER') return [makePeriod(life.start, period.end)];
  const schedule = reset === null ? subscription : quotaSchedule(reset, subscription, life.start);
  const first = laterOf(fullPeriodAt(schedule, period.start).start, life.start);
  return [...periodsFrom(schedule, first, period.end)];
}

function quotaSchedule(
  reset: Exclude<QuotaReset, 'NEVER'>,
  subscription: BillingSchedule,
  start: Date,
): BillingSchedule {
  const interval = { unit: reset, count: 1 };
  return reset === 'DAILY'
    ? {
        interval,
        cycle: 'calendar',
        anchor: calendarAnchor(start, 'DAILY', subscription.timeZone),
        timeZone: subscription.timeZone,
      }
    : lineSchedule(subscription, start, interval);
}

/**
 * Takes the free quantity off what was used in a billing period, before it is priced. In every window what goes beyond the
 * limit is billed once: a window that began in an earlier period is reckoned whole, less what earlier invoices have billed
 * of it. So a quota over a year, or over the whole life, is spent once and not in every period anew.
 * Quotas that begin anew at different times each give their own share, together never more than was used.
 * RangeError for a negative limit.
 */
export function applyQuotas(usages: readonly QuotaUsage[]): QuotaOutcome {
  const each = usages.map(({ quota, windows }) => {
    const parts = windows.map((window) => windowOutcome(quota.limit, window));
    return {
      billable: parts.reduce((sum, part) => sum.plus(part.billable), ZERO),
      free: parts.reduce((sum, part) => sum.plus(part.free), ZERO),
    };
  });
  const [first, ...others] = each;
  if (first === undefined) throw new RangeError('without a quota there is nothing to take off');
  return others.reduce((outcome, { free }) => {
    const more = Rate.min(free, outcome.billable);
    return { billable: outcome.billable.minus(more), free: outcome.free.plus(more) };
  }, first);
}

function windowOutcome(limit: Rate | null, window: QuotaWindow): QuotaOutcome {
  if (limit?.lessThan(0)) throw new RangeError('a usage limit must not be negative');
  const beyond = (used: Rate): Rate => (limit === null ? ZERO : floored(floored(used).minus(limit)));
  const before = floored(window.earlier?.used ?? ZERO);
  const billed = window.earlier?.billed ?? beyond(before);
  const billable = floored(beyond(window.used).minus(billed));
  const usedNow = floored(floored(window.used).minus(before));
  return { billable, free: floored(usedNow.minus(billable)) };
}

const floored = (value: Rate): Rate => (value.lessThan(0) ? ZERO : value);
