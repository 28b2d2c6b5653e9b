import type Stripe from 'stripe';
import { ProviderError } from '../provider-error.js';
import type { Attempt, ChargeRequest, ChargeResult } from '../provider-objects.js';
import { toStripeAmount } from './amounts.js';
import { idOf, type StripeContext } from './context.js';
import { Declined, NO_DEFAULT_METHOD, readDecline, throwDecline } from './declines.js';
import { told, toldOrNull } from './errors.js';
import { MARK, metadataWith, readMark } from './marks.js';
import { setDefaultMethod } from './methods.js';
import { madeSince, mayHaveRun, once } from './once.js';
import { INTENT_EXPAND, readPayment } from './payment-reader.js';

/**
 * Charges a saved method off-session. Each intent carries our payment id and the key of the attempt that made it: a
 * later try of the same attempt finds its outcome, a new attempt at a declined payment does not take the old decline
 * for its own, and no attempt charges a payment that any other has brought through.
 */
export async function charge(
  ctx: StripeContext,
  request: ChargeRequest,
  attempt: Attempt,
): Promise<ChargeResult> {
  const amount = toStripeAmount(request.amount);
  const earlier = mayHaveRun(attempt) ? await findEarlier(ctx, request, attempt) : undefined;
  if (earlier !== undefined) return outcomeOf(ctx, request, earlier);
  const method = request.remotePaymentMethodId ?? (await defaultMethodOf(ctx, request.remoteCustomerId));
  if (method === undefined) return { outcome: 'declined', decline: NO_DEFAULT_METHOD, payment: undefined };
  const params: Stripe.PaymentIntentCreateParams = {
    amount,
    currency: request.amount.currency,
    customer: request.remoteCustomerId,
    payment_method: method,
    off_session: true,
    confirm: true,
    // Nobody is there to be sent anywhere, and a method that redirects would need an address to come back to.
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    description: request.description,
    metadata: paymentMarks(ctx, request, attempt),
    expand: INTENT_EXPAND,
  };
  try {
    const { value } = await once(ctx, attempt, 'charge', {
      movesMoney: true,
      call: (idempotencyKey) =>
        ctx.stripe.paymentIntents.create(params, { idempotencyKey }).catch(throwDecline),
      look: (recorded) =>
        recorded === undefined
          ? findEarlier(ctx, request, attempt)
          : told(ctx.stripe.paymentIntents.retrieve(recorded.id, { expand: INTENT_EXPAND })),
    });
    return await outcomeOf(ctx, request, value);
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    const payment = error.intent === undefined ? undefined : readPayment(ctx, error.intent);
    return { outcome: 'declined', decline: error.decline, payment };
  }
}

export const paymentMarks = (
  ctx: StripeContext,
  request: {
    readonly paymentId: string;
    readonly invoiceId: string | undefined;
    readonly saveCardAndMakeDefault: boolean;
    readonly metadata: Readonly<Record<string, string>>;
  },
  attempt: Attempt,
): Readonly<Record<string, string>> =>
  metadataWith(
    {
      [MARK.payment]: request.paymentId,
      [MARK.invoice]: request.invoiceId,
      [MARK.environment]: ctx.environmentId,
      [MARK.attempt]: attempt.key,
      [MARK.source]: 'flexprice',
      [MARK.setDefault]: request.saveCardAndMakeDefault ? 'true' : undefined,
    },
    request.metadata,
  );

/** Money that has moved or is moving for this payment, else what this very attempt has left. */
async function findEarlier(
  ctx: StripeContext,
  request: ChargeRequest,
  attempt: Attempt,
): Promise<Stripe.PaymentIntent | undefined> {
  const found: Stripe.PaymentIntent[] = [];
  await told(
    ctx.stripe.paymentIntents
      .list({
        customer: request.remoteCustomerId,
        created: madeSince(attempt),
        limit: 100,
        expand: INTENT_EXPAND.map((path) => `data.${path}`),
      })
      .autoPagingEach((intent: Stripe.PaymentIntent) => {
        const { id } = readMark(intent.metadata, MARK.payment, ctx.environmentId);
        if (id === request.paymentId) found.push(intent);
      }),
  );
  return (
    found.find(({ status }) => status === 'succeeded') ??
    found.find(({ status }) => status === 'processing') ??
    found.find(({ metadata }) => metadata[MARK.attempt] === attempt.key)
  );
}

async function outcomeOf(
  ctx: StripeContext,
  request: ChargeRequest,
  intent: Stripe.PaymentIntent,
): Promise<ChargeResult> {
  const payment = readPayment(ctx, intent);
  if (payment.status === 'requires_action')
    return { outcome: 'declined', decline: readDecline({ code: 'authentication_required' }), payment };
  if (payment.status === 'failed' || payment.status === 'canceled')
    return { outcome: 'declined', decline: payment.decline ?? readDecline({}), payment };
  const method = idOf(intent.payment_method);
  if (request.saveCardAndMakeDefault && method !== undefined)
    // The money has moved: that the card did not become the default must not make an unknown outcome of it.
    await setDefaultMethod(ctx, request.remoteCustomerId, method).catch(ignoreProviderErrors);
  return { outcome: 'accepted', payment };
}

function ignoreProviderErrors(error: unknown): void {
  if (!(error instanceof ProviderError)) throw error;
}

async function defaultMethodOf(ctx: StripeContext, customerId: string): Promise<string | undefined> {
  const customer = await toldOrNull<Stripe.Customer | Stripe.DeletedCustomer>(
    ctx.stripe.customers.retrieve(customerId),
  );
  if (customer === null || customer.deleted === true)
    throw new ProviderError('not_found', `there is no customer ${customerId} at Stripe`, {
      code: 'resource_missing',
      param: 'customer',
    });
  return idOf(customer.invoice_settings.default_payment_method);
}
