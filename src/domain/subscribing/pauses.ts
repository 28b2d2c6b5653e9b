import { addDays } from '../billing-period.js';
import { BillingError, fieldErrors, invalidOperation } from '../errors.js';
import type { OpenPeriod } from '../period.js';
import { inTrial, lifeEnd, type SubscriptionLife } from './subscription-life.js';

/** Source: wire contract, enums. */
export const PAUSE_MODES = ['immediate', 'scheduled', 'period_end'] as const;
export type PauseMode = (typeof PAUSE_MODES)[number];
export const RESUME_MODES = ['immediate', 'scheduled', 'auto'] as const;
export type ResumeMode = (typeof RESUME_MODES)[number];
export type PauseStatus = 'none' | 'active' | 'scheduled' | 'completed' | 'cancelled';

export interface RequestedPause {
  readonly mode: PauseMode;
  readonly start?: Date | undefined;
  readonly end?: Date | undefined;
  readonly days?: number | undefined;
}

/**
 * When a pause that is asked for now begins and ends. BillingError: validation_error for dates that do not fit each other,
 * invalid_operation `subscription_not_active` or `subscription_already_paused` for a subscription that cannot be paused.
 */
export function planPause(
  life: SubscriptionLife,
  wish: RequestedPause,
  now: Date,
  timeZone: string,
): OpenPeriod {
  assertPausable(life);
  if (wish.mode === 'scheduled' && wish.start === undefined)
    throw fieldErrors({ pause_start: 'pause_start is required with pause_mode scheduled' });
  if (wish.mode !== 'scheduled' && wish.start !== undefined)
    throw fieldErrors({ pause_start: `pause_start goes with pause_mode scheduled, not ${wish.mode}` });
  if (wish.end !== undefined && wish.days !== undefined)
    throw fieldErrors({ pause_days: 'pause_days and pause_end cannot be used together' });
  const start =
    wish.mode === 'immediate'
      ? now
      : wish.mode === 'period_end'
        ? life.currentPeriodEnd
        : (wish.start ?? now);
  if (start.getTime() < now.getTime())
    throw fieldErrors({ pause_start: 'pause_start must not lie in the past' });
  const ends = lifeEnd(life);
  if (ends !== null && start.getTime() >= ends.getTime())
    throw fieldErrors({
      pause_start: `the subscription ends at ${ends.toISOString()}, before the pause begins`,
    });
  const end = wish.days === undefined ? (wish.end ?? null) : addDays(start, wish.days, timeZone);
  if (end !== null && end.getTime() <= start.getTime())
    throw fieldErrors({ pause_end: 'pause_end must be after the start of the pause' });
  return { start, end };
}

function assertPausable(life: SubscriptionLife): void {
  const { subscriptionStatus: status } = life;
  if (status === 'paused') throw alreadyPaused('subscription is already paused');
  if (life.pauseAt !== null)
    throw alreadyPaused(`a pause is already scheduled for ${life.pauseAt.toISOString()}`);
  if ((status !== 'active' && status !== 'trialing') || life.activatedAt === null)
    throw invalidOperation(
      status === 'cancelled'
        ? 'subscription is already cancelled'
        : `subscription is not active: ${life.activatedAt === null ? 'it has not begun' : `it is ${status}`}`,
      status === 'cancelled' ? 'subscription_already_cancelled' : 'subscription_not_active',
    );
}

const alreadyPaused = (message: string): BillingError =>
  invalidOperation(message, 'subscription_already_paused');

/** What a subscription is once its pause is over. */
export const statusAfterPause = (life: SubscriptionLife): 'active' | 'trialing' =>
  inTrial(life) ? 'trialing' : 'active';
