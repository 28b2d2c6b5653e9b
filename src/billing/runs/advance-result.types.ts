import type { DueAction } from '../../domain/subscribing/subscription-life.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';

/** What one step has made of one subscription. */
export interface AdvanceResult {
  readonly before: Subscription;
  readonly after: Subscription;
  readonly action: DueAction['type'];
  /** The invoice that the step has made, SKIPPED ones too. */
  readonly invoice: Invoice | undefined;
}
