import type { InvoiceBillingReason } from '../domain/invoicing/zero-rules.js';
import type { Period } from '../domain/period.js';
import type { BillingMoment } from '../domain/subscribing/charges-due.js';
import type { Subscription } from '../subscriptions/subscriptions.types.js';
import type { RatedLine } from './rated-line.types.js';

/** A trial has an invoice of its own, over nothing: it documents what is free, and until when. */
export type TaskMoment = BillingMoment | { readonly type: 'trial_start'; readonly trial: Period };

/** A moment in a subscription's life that is to be billed. */
export interface BillingTask {
  readonly subscription: Subscription;
  readonly moment: TaskMoment;
  readonly reason: InvoiceBillingReason;
  /** Only these lines; all, when left out. */
  readonly lineIds?: readonly string[];
  /** Only lines that were made then or later. */
  readonly linesSince?: Date;
  /**
   * Of a period that a change of plan has cut, billed before: until when the period that goes on with it has been billed
   * since. What the stretch comes to depends on all of it.
   */
  readonly runsUntil?: Date | undefined;
  /** What goes onto the invoice besides: what a change costs, or gives back. */
  readonly charges?: readonly RatedLine[];
}

/** The stretch of time that an invoice is for: the period it closes, or the one that it opens. */
export function invoicePeriod(moment: TaskMoment): Period {
  switch (moment.type) {
    case 'subscription_start':
      return moment.next;
    case 'trial_start':
      return moment.trial;
    case 'period_end':
    case 'cancel':
      return moment.closing;
  }
}
