import { periodFrom } from '../domain/billing-period.js';
import type { Period } from '../domain/period.js';
import type { BillingMoment } from '../domain/subscribing/charges-due.js';
import { scheduleOf, type Subscription } from '../subscriptions/subscriptions.types.js';

/** The moment that a period and a reason tell of. */
export function momentOf(subscription: Subscription, period: Period, reason: string): BillingMoment {
  if (reason === 'SUBSCRIPTION_CREATE') return { type: 'subscription_start', next: period };
  if (reason === 'PRORATION') return { type: 'cancel', closing: period };
  return periodEnd(subscription, period);
}

function periodEnd(subscription: Subscription, closing: Period): BillingMoment {
  const { endDate } = subscription;
  const next =
    endDate !== null && endDate <= closing.end
      ? undefined
      : periodFrom(scheduleOf(subscription), closing.end, endDate);
  return { type: 'period_end', closing, next };
}
