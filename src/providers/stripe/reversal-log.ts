import type Stripe from 'stripe';
import type { RemoteReversals } from '../provider-objects.js';
import { idOf, secondsOf, type StripeContext } from './context.js';
import { told } from './errors.js';
import { readDispute, readRefund, REVERSING_EVENTS } from './reversals.js';

/**
 * From the log of events, newest first, so the first word on a refund or dispute is the last that was said of it. One
 * call for a hundred events; what has no payment intent is none of ours.
 */
export async function* listReversed(
  ctx: StripeContext,
  since: Date,
): AsyncIterable<{ readonly remotePaymentId: string; readonly reversals: RemoteReversals }> {
  const seen = new Set<string>();
  const events = ctx.stripe.events.list({
    types: REVERSING_EVENTS,
    created: { gte: secondsOf(since) },
    limit: 100,
  });
  try {
    for await (const event of events) {
      const object = event.data.object as Stripe.Refund | Stripe.Dispute;
      const remotePaymentId = idOf(object.payment_intent);
      if (remotePaymentId === undefined || seen.has(object.id)) continue;
      seen.add(object.id);
      const reversals =
        object.object === 'refund'
          ? { refunds: [readRefund(ctx, object)], disputes: [] }
          : { refunds: [], disputes: [readDispute(object)] };
      yield { remotePaymentId, reversals };
    }
  } catch (error) {
    await told(Promise.reject(error as Error));
  }
}
