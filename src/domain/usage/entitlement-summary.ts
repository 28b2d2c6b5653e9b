import type { BillingSchedule } from '../billing-period.js';
import { makePeriod, type OpenPeriod, type Period } from '../period.js';
import { quotaWindows, type QuotaReset } from './entitlement-quota.js';

/** What one plan, addon or subscription says about a feature. */
export interface EntitlementPart {
  readonly isEnabled: boolean;
  /** Null is unlimited; of a feature that is not metered it says nothing. */
  readonly limit: number | null;
  readonly isSoftLimit: boolean;
  readonly reset: QuotaReset | null;
  readonly staticValue: string | null;
  readonly configValue: Readonly<Record<string, unknown>> | null;
}

export interface EntitlementTotal {
  readonly isEnabled: boolean;
  readonly limit: number | null;
  readonly isSoftLimit: boolean;
  /** Null: with the billing period, or the parts begin anew at different times. */
  readonly reset: QuotaReset | null;
  readonly hasOneReset: boolean;
  readonly staticValues: readonly string[];
  readonly configValues: readonly Readonly<Record<string, unknown>>[];
}

/** All parts as one: limits add up, one that is unlimited makes all of it so, and those that are disabled give nothing. */
export function totalEntitlement(parts: readonly EntitlementPart[]): EntitlementTotal {
  const enabled = parts.filter(({ isEnabled }) => isEnabled);
  const [first] = enabled;
  const hasOneReset = enabled.every(({ reset }) => reset === first?.reset);
  return {
    isEnabled: first !== undefined,
    limit: enabled.reduce<number | null>(
      (sum, { limit }) => (sum === null || limit === null ? null : sum + limit),
      0,
    ),
    isSoftLimit: enabled.some(({ isSoftLimit }) => isSoftLimit),
    reset: hasOneReset ? (first?.reset ?? null) : null,
    hasOneReset,
    staticValues: [...new Set(enabled.flatMap(({ staticValue }) => staticValue ?? []))],
    configValues: enabled.flatMap(({ configValue }) => (configValue === null ? [] : [configValue])),
  };
}

const LONGER_THAN_ANY_WINDOW = 3 * 366 * 86_400_000;

/** The window of a quota that an instant falls into, whole; `end: null` when it never begins anew. */
export function quotaWindowAt(
  reset: QuotaReset,
  schedule: BillingSchedule,
  life: OpenPeriod,
  instant: Date,
): OpenPeriod {
  if (reset === 'NEVER') return { start: life.start, end: null };
  const ahead: Period = makePeriod(instant, new Date(instant.getTime() + LONGER_THAN_ANY_WINDOW));
  return quotaWindows(reset, schedule, life, ahead)[0] as Period;
}
