import type Stripe from 'stripe';
import { ProviderError } from '../provider-error.js';
import type {
  Attempt,
  CheckoutRequest,
  RemoteCheckout,
  RemoteSessionStatus,
  SetupRequest,
} from '../provider-objects.js';
import { toStripeAmount } from './amounts.js';
import { paymentMarks } from './charges.js';
import { idOf, objectOf, secondsOf, type StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { MARK, metadataWith, readMark } from './marks.js';
import { madeSince, mayHaveRun, once } from './once.js';
import { readPayment } from './payment-reader.js';

const EXPAND = ['payment_intent.payment_method', 'payment_intent.latest_charge', 'setup_intent'];
const SHORTEST_LIFE_SECONDS = 30 * 60;
const LONGEST_LIFE_SECONDS = 24 * 60 * 60;
/** For the way of the request, so that the shortest is not too short on arrival. */
const ON_THE_WAY_SECONDS = 60;

/**
 * A hosted page to pay on. `payment_method_types` is gone from this API version: what is offered is decided by the
 * account's settings. Metadata is not passed on from a session to its payment, so it is set on both.
 */
export function createCheckout(
  ctx: StripeContext,
  request: CheckoutRequest,
  attempt: Attempt,
): Promise<RemoteCheckout> {
  const metadata = paymentMarks(ctx, request, attempt);
  return create(ctx, request.remoteCustomerId, attempt, {
    mode: 'payment',
    ui_mode: 'hosted_page',
    customer: request.remoteCustomerId,
    client_reference_id: request.paymentId,
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: request.amount.currency,
          unit_amount: toStripeAmount(request.amount),
          // Stripe makes a product of it, which is not to come back as a plan.
          product_data: { name: request.description, metadata },
        },
      },
    ],
    success_url: request.successUrl,
    cancel_url: request.cancelUrl,
    ...(request.expiresAt === undefined ? {} : { expires_at: expiry(ctx, request.expiresAt) }),
    metadata,
    payment_intent_data: {
      metadata,
      description: request.description,
      ...(request.saveCardAndMakeDefault ? { setup_future_usage: 'off_session' } : {}),
    },
    expand: EXPAND,
  });
}

/** A hosted page to save a method on. It makes its own set-up intent; one made here would be an orphan. */
export function createSetup(
  ctx: StripeContext,
  request: SetupRequest,
  attempt: Attempt,
): Promise<RemoteCheckout> {
  const metadata = metadataWith(
    {
      [MARK.customer]: request.customerId,
      [MARK.environment]: ctx.environmentId,
      [MARK.attempt]: attempt.key,
      [MARK.source]: 'flexprice',
      [MARK.setDefault]: String(request.setDefault),
      usage: request.usage,
    },
    request.metadata,
  );
  const types = request.paymentMethodTypes ?? [];
  return create(ctx, request.remoteCustomerId, attempt, {
    mode: 'setup',
    ui_mode: 'hosted_page',
    customer: request.remoteCustomerId,
    success_url: request.successUrl,
    cancel_url: request.cancelUrl,
    // What can be offered hangs on the currency, unless it is said.
    ...(types.length === 0
      ? { currency: request.currency }
      : {
          allowed_payment_method_types: [
            ...types,
          ] as Stripe.Checkout.SessionCreateParams.AllowedPaymentMethodType[],
        }),
    metadata,
    setup_intent_data: { metadata },
    expand: EXPAND,
  });
}

export async function fetchCheckout(ctx: StripeContext, id: string): Promise<RemoteCheckout | null> {
  const found = await toldOrNull(ctx.stripe.checkout.sessions.retrieve(id, { expand: EXPAND }));
  return found === null ? null : readSession(ctx, found);
}

export async function expireCheckout(ctx: StripeContext, id: string): Promise<RemoteCheckout> {
  try {
    return readSession(ctx, await told(ctx.stripe.checkout.sessions.expire(id, { expand: EXPAND })));
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.kind !== 'invalid' && error.kind !== 'conflict'))
      throw error;
    const now = await fetchCheckout(ctx, id);
    if (now === null || now.status === 'open') throw error;
    return now;
  }
}

async function create(
  ctx: StripeContext,
  customer: string,
  attempt: Attempt,
  params: Stripe.Checkout.SessionCreateParams,
): Promise<RemoteCheckout> {
  const earlier = mayHaveRun(attempt) ? await findEarlier(ctx, customer, attempt) : undefined;
  if (earlier !== undefined) return readSession(ctx, earlier);
  const { value } = await once(ctx, attempt, params.mode ?? 'checkout', {
    call: (idempotencyKey) => ctx.stripe.checkout.sessions.create(params, { idempotencyKey }),
    look: (recorded) =>
      recorded === undefined
        ? findEarlier(ctx, customer, attempt)
        : told(ctx.stripe.checkout.sessions.retrieve(recorded.id, { expand: EXPAND })),
    discard: (made) => told(ctx.stripe.checkout.sessions.expire(made.id)),
  });
  return readSession(ctx, value);
}

async function findEarlier(
  ctx: StripeContext,
  customer: string,
  attempt: Attempt,
): Promise<Stripe.Checkout.Session | undefined> {
  let found: Stripe.Checkout.Session | undefined;
  await told(
    ctx.stripe.checkout.sessions
      .list({
        customer,
        created: madeSince(attempt),
        limit: 100,
        expand: EXPAND.map((path) => `data.${path}`),
      })
      .autoPagingEach((session: Stripe.Checkout.Session) => {
        if (session.metadata?.[MARK.attempt] === attempt.key) found = session; // the last one is the oldest
      }),
  );
  return found;
}

function expiry(ctx: StripeContext, wanted: Date): number {
  const now = secondsOf(ctx.now());
  const [earliest, latest] = [
    now + SHORTEST_LIFE_SECONDS + ON_THE_WAY_SECONDS,
    now + LONGEST_LIFE_SECONDS - ON_THE_WAY_SECONDS,
  ];
  return Math.min(Math.max(secondsOf(wanted), earliest), latest);
}

const STATUSES: ReadonlyMap<string | null, RemoteSessionStatus> = new Map([
  ['open', 'open'],
  ['complete', 'complete'],
  ['expired', 'expired'],
]);

function readSession(ctx: StripeContext, session: Stripe.Checkout.Session): RemoteCheckout {
  const mark = readMark(session.metadata, MARK.payment, ctx.environmentId);
  const intent = objectOf(session.payment_intent);
  return {
    remoteId: session.id,
    mode: session.mode === 'setup' ? 'setup' : 'payment',
    url: session.url ?? undefined,
    status: STATUSES.get(session.status) ?? 'pending',
    paymentId: mark.id,
    foreign: mark.foreign,
    remotePaymentId: idOf(session.payment_intent),
    remoteSetupId: idOf(session.setup_intent),
    clientSecret: session.client_secret ?? objectOf(session.setup_intent)?.client_secret ?? undefined,
    createdAt: new Date(session.created * 1000),
    expiresAt: new Date(session.expires_at * 1000),
    payment: intent === undefined ? undefined : readPayment(ctx, intent),
  };
}
