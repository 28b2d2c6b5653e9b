import type { Attempt, InvoicePush } from '../provider-objects.js';
import type { StripeContext } from './context.js';
import type { WantedLine } from './invoice-lines.js';

/** One push of an invoice, with what has been worked out before the first call. */
export interface PushJob {
  readonly ctx: StripeContext;
  readonly invoice: InvoicePush;
  /** Its key is another one for each version of the content: what was asked for before says nothing of it. */
  readonly attempt: Attempt;
  readonly customerId: string;
  /** What Stripe must make of it, in its minor units. */
  readonly total: number;
  readonly lines: readonly WantedLine[];
}
