import type Stripe from 'stripe';
import type { DecidedPayment } from '../provider-lists.js';
import { secondsOf, type StripeContext } from './context.js';
import { told } from './errors.js';
import { MARK, readMark } from './marks.js';

const SAID: Readonly<Record<string, DecidedPayment['status']>> = {
  'checkout.session.completed': 'succeeded',
  'checkout.session.async_payment_succeeded': 'succeeded',
  'checkout.session.async_payment_failed': 'failed',
  'checkout.session.expired': 'failed',
  'payment_intent.processing': 'processing',
  'payment_intent.succeeded': 'succeeded',
  'payment_intent.payment_failed': 'failed',
  'payment_intent.canceled': 'failed',
};

/**
 * From the log of events, newest first, so the first word on an object is the last that was said of it. One call for a
 * hundred events; whose a payment is stands on it, so that nothing is asked for that is none of ours.
 */
export async function* listDecided(ctx: StripeContext, since: Date): AsyncIterable<DecidedPayment> {
  const seen = new Set<string>();
  const events = ctx.stripe.events.list({
    types: Object.keys(SAID),
    created: { gte: secondsOf(since) },
    limit: 100,
  });
  try {
    for await (const event of events) {
      const object = event.data.object as Stripe.Checkout.Session | Stripe.PaymentIntent;
      const status = SAID[event.type];
      if (status === undefined || seen.has(object.id)) continue;
      seen.add(object.id);
      const isPage = object.object === 'checkout.session';
      const isSetup = isPage && object.mode === 'setup';
      const { id } = readMark(object.metadata, isSetup ? MARK.customer : MARK.payment, ctx.environmentId);
      if (id === undefined) continue;
      yield {
        of: isPage ? 'checkout' : 'payment',
        remoteId: object.id,
        paymentId: isSetup ? undefined : id,
        // A bank debit completes its page before it is decided.
        status:
          isPage && status === 'succeeded' && object.payment_status === 'unpaid' ? 'processing' : status,
      };
    }
  } catch (error) {
    await told(Promise.reject(error as Error));
  }
}
