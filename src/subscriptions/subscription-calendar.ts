import {
  addDays,
  calendarAnchor,
  periodFrom,
  type BillingCycle,
  type BillingInterval,
} from '../domain/billing-period.js';
import { fieldErrors } from '../domain/errors.js';
import { earlierOf, makePeriod, type Period } from '../domain/period.js';
import { periodsBehind, type SubscriptionLife } from '../domain/subscribing/subscription-life.js';
import type { BillingSchedule } from '../domain/billing-period.js';

/** A hundred years of months, three years of days. */
const MOST_PERIODS_BACK = 1_200;

/** When a subscription begins, is charged from, and turns. */
export interface Calendar {
  readonly startDate: Date;
  readonly trialEnd: Date | null;
  readonly anchor: Date;
  readonly current: Period;
}

/** The first periods of a life. A trial is a period of its own; unless the anchor says otherwise, the grid begins at its end. */
export function calendarOf(of: {
  readonly interval: BillingInterval;
  readonly cycle: BillingCycle;
  readonly anchor: Date | undefined;
  readonly timeZone: string;
  readonly start: Date;
  readonly end: Date | null;
  readonly trialDays: number;
  readonly trialEnd?: Date | undefined;
}): Calendar {
  const { interval, cycle, timeZone, start, end } = of;
  if (end !== null && end <= start) throw fieldErrors({ end_date: 'end_date must be after start_date' });
  const trialEnd = of.trialEnd ?? (of.trialDays > 0 ? addDays(start, of.trialDays, timeZone) : null);
  const chargedFrom = trialEnd ?? start;
  const anchor =
    cycle === 'calendar' ? calendarAnchor(chargedFrom, interval.unit, timeZone) : (of.anchor ?? chargedFrom);
  const current =
    trialEnd === null
      ? periodFrom({ interval, cycle, anchor, timeZone }, start, end)
      : makePeriod(start, end === null ? trialEnd : earlierOf(trialEnd, end));
  return { startDate: start, trialEnd, anchor, current };
}

interface TrialInput {
  readonly draft?: boolean | undefined;
  readonly trialPeriodDays?: number | undefined;
  readonly trialEnd?: Date | undefined;
}

export function assertTrial(input: TrialInput, start: Date): void {
  const { trialEnd } = input;
  if (trialEnd === undefined) return;
  if (input.trialPeriodDays !== undefined)
    throw fieldErrors({ trial_end: 'trial_end and trial_period_days cannot be used together' });
  // A draft begins when it is activated: a date that is fixed now would say nothing about the length of its trial.
  if (input.draft === true)
    throw fieldErrors({ trial_end: 'a draft takes trial_period_days, not trial_end' });
  if (trialEnd <= start) throw fieldErrors({ trial_end: 'trial_end must be after start_date' });
}

/** Every period since the start is billed: more than a run should have to walk through is a mistake in the date. */
export function assertNotTooFarBack(life: SubscriptionLife, schedule: BillingSchedule, now: Date): void {
  const behind = periodsBehind(life, schedule, now);
  if (behind > MOST_PERIODS_BACK)
    throw fieldErrors({
      start_date: `start_date lies ${behind} billing periods back, of at most ${MOST_PERIODS_BACK}`,
    });
}
