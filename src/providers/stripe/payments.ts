import type Stripe from 'stripe';
import type { PaymentOperations } from '../provider-adapter.js';
import type { RemotePayment, RemoteSetup } from '../provider-objects.js';
import { charge } from './charges.js';
import { createCheckout, createSetup, expireCheckout, fetchCheckout } from './checkout.js';
import { idOf, objectOf, type StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { MARK, readMark } from './marks.js';
import { listMethods, setDefaultMethod } from './methods.js';
import { listDecided } from './payment-log.js';
import { INTENT_EXPAND, readMethod, readPayment } from './payment-reader.js';
import { listReversed } from './reversal-log.js';
import { refund, REVERSALS_EXPAND, reversalsOf } from './reversals.js';

export const stripePayments = (ctx: StripeContext): PaymentOperations => ({
  createCheckout: (request, attempt) => createCheckout(ctx, request, attempt),
  fetchCheckout: (remoteId) => fetchCheckout(ctx, remoteId),
  expireCheckout: (remoteId) => expireCheckout(ctx, remoteId),
  createSetup: (request, attempt) => createSetup(ctx, request, attempt),
  fetchSetup: (remoteId) => fetchSetup(ctx, remoteId),
  setDefaultMethod: (customerId, methodId) => setDefaultMethod(ctx, customerId, methodId),
  charge: (request, attempt) => charge(ctx, request, attempt),
  fetch: (remoteId) => fetchPayment(ctx, remoteId),
  refund: (request, attempt) => refund(ctx, request, attempt),
  listReversed: (since) => listReversed(ctx, since),
  listFinalized: (since) => listDecided(ctx, since),
  listMethods: (customerId) => listMethods(ctx, customerId),
  fetchMethodOwner: async (id) => {
    const found = await toldOrNull(ctx.stripe.paymentMethods.retrieve(id));
    return found === null ? null : { remoteCustomerId: idOf(found.customer) };
  },
});

/** The payment of an invoice carries nothing of ours and does not name its invoice: another list ties the two. */
async function fetchPayment(ctx: StripeContext, id: string): Promise<RemotePayment | null> {
  const expand = [...INTENT_EXPAND, REVERSALS_EXPAND];
  const intent = await toldOrNull(ctx.stripe.paymentIntents.retrieve(id, { expand }));
  if (intent === null) return null;
  const payment = { type: 'payment_intent' as const, payment_intent: id };
  const ties = await told(ctx.stripe.invoicePayments.list({ payment, limit: 1 }));
  const read = readPayment(ctx, intent, idOf(ties.data[0]?.invoice));
  return { ...read, reversals: await reversalsOf(ctx, intent) };
}

async function fetchSetup(ctx: StripeContext, id: string): Promise<RemoteSetup | null> {
  const setup = await toldOrNull(
    ctx.stripe.setupIntents.retrieve(id, { expand: ['payment_method', 'customer'] }),
  );
  if (setup === null) return null;
  const customer = objectOf<Stripe.Customer | Stripe.DeletedCustomer>(setup.customer);
  const defaultId =
    customer === undefined || customer.deleted === true
      ? undefined
      : idOf(customer.invoice_settings.default_payment_method);
  return {
    remoteId: setup.id,
    remoteCustomerId: idOf(setup.customer),
    status: setupStatusOf(setup),
    method: readMethod(setup.payment_method, defaultId),
    setDefault: setup.metadata?.[MARK.setDefault] === 'true',
    foreign: readMark(setup.metadata, MARK.customer, ctx.environmentId).foreign,
  };
}

function setupStatusOf({ status, last_setup_error: error }: Stripe.SetupIntent): RemoteSetup['status'] {
  if (status === 'succeeded') return 'succeeded';
  if (status === 'canceled') return 'canceled';
  return status === 'requires_payment_method' && error ? 'failed' : 'pending';
}
