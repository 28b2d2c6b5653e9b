import { assertNever } from '../assert-never.js';
import { boundariesBetween, periodFrom, type BillingSchedule } from '../billing-period.js';
import { earlierOf, type Period } from '../period.js';
import type { SubscriptionStatus } from './subscription-states.js';

/** As much of a subscription as decides what time makes of it. */
export interface SubscriptionLife {
  readonly subscriptionStatus: SubscriptionStatus;
  readonly startDate: Date;
  /** Where billing ends by contract; once it is cancelled, where it has ended. */
  readonly endDate: Date | null;
  /** Where a cancellation that lies ahead takes effect. */
  readonly cancelAt: Date | null;
  readonly trialEnd: Date | null;
  /** When its start was billed; null before: a draft, or a start that lies in the future. */
  readonly activatedAt: Date | null;
  readonly currentPeriodStart: Date;
  readonly currentPeriodEnd: Date;
  /** Where the pause begins that lies ahead, or has begun that lasts. */
  readonly pauseAt: Date | null;
  /** Where the pause ends by itself. */
  readonly resumeAt: Date | null;
}

/** What time makes happen to a subscription next. `lapse`: it ends with nothing to bill. */
export interface DueAction {
  readonly type: 'start' | 'pause' | 'resume' | 'period_end' | 'lapse';
  readonly at: Date;
}

/** The earlier of its end date and of its cancellation; null when it goes on for ever. */
export const lifeEnd = ({ endDate, cancelAt }: SubscriptionLife): Date | null =>
  endDate === null || cancelAt === null ? (endDate ?? cancelAt) : earlierOf(endDate, cancelAt);

/** A trial is not charged for, neither fixed fees nor usage: charges begin where it ends. */
export const billingStart = ({ startDate, trialEnd }: SubscriptionLife): Date => trialEnd ?? startDate;

/** Whether the current period is the trial. */
export const inTrial = ({ trialEnd, currentPeriodStart }: SubscriptionLife): boolean =>
  trialEnd !== null && currentPeriodStart.getTime() < trialEnd.getTime();

/**
 * The next thing that time makes of it, possibly long due; null when nothing will ever happen by itself. A pause that
 * begins or ends together with a period goes first, so that the billing of the period knows of it.
 */
export function nextAction(life: SubscriptionLife): DueAction | null {
  const { subscriptionStatus: status, currentPeriodEnd, pauseAt, resumeAt } = life;
  const end = lifeEnd(life);
  switch (status) {
    case 'draft':
    case 'cancelled':
      return null;
    case 'incomplete':
      // Nothing more is billed until the first invoice is paid.
      return end === null ? null : { type: 'lapse', at: end };
    case 'active':
    case 'trialing':
    case 'paused':
      break;
    default:
      return assertNever(status);
  }
  if (life.activatedAt === null)
    return end !== null && end.getTime() <= life.startDate.getTime()
      ? { type: 'lapse', at: end }
      : { type: 'start', at: life.startDate };
  const within = (instant: Date | null): instant is Date =>
    instant !== null && instant.getTime() <= currentPeriodEnd.getTime();
  if (status !== 'paused' && within(pauseAt)) return { type: 'pause', at: pauseAt };
  if (status === 'paused' && within(resumeAt)) return { type: 'resume', at: resumeAt };
  return { type: 'period_end', at: currentPeriodEnd };
}

/** The period that follows the current one; undefined when the current one is the last. */
export function nextPeriod(life: SubscriptionLife, schedule: BillingSchedule): Period | undefined {
  const end = lifeEnd(life);
  if (end !== null && end.getTime() <= life.currentPeriodEnd.getTime()) return undefined;
  return periodFrom(schedule, life.currentPeriodEnd, end);
}

/** How many periods have ended by an instant and are still to be billed, about: a pause is not looked at. */
export function periodsBehind(life: SubscriptionLife, schedule: BillingSchedule, now: Date): number {
  const action = nextAction(life);
  if (action === null || action.at > now || action.type === 'lapse') return 0;
  const end = lifeEnd(life);
  const until = end === null ? now : earlierOf(now, end);
  return 1 + boundariesBetween(schedule, life.currentPeriodEnd, until);
}

/** Where the current period ends when its end is counted anew: the trial's end or the next boundary, cut off at the life's end. */
export function currentPeriodEndOf(life: SubscriptionLife, schedule: BillingSchedule): Date {
  const end = lifeEnd(life);
  const start = life.currentPeriodStart;
  if (life.trialEnd !== null && inTrial(life))
    return end === null ? life.trialEnd : earlierOf(life.trialEnd, end);
  return periodFrom(schedule, start, end).end;
}
