import { change } from './changes.js';
import { expireSession, planExpiry, submitSession, successUrlOf } from './checkout-completion.js';
import { createSession, type LineItem, planOf, requireSession } from './checkout-sessions.js';
import type { Ctx } from './context.js';
import { invalid } from './errors.js';
import type { Session } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { requirePaymentMethod } from './payment-methods.js';
import type { Route } from './route.js';

/** What the hosted page itself asks the API; the official CLI completes sessions through it. */
function confirmPage(ctx: Ctx, id: string, params: Params): Session {
  const session = requireSession(ctx, id);
  const expected = params.integer('expected_amount');
  if (expected !== undefined && expected !== session.amount_total) {
    throw invalid(
      'The expected amount does not match the amount of the Checkout Session.',
      'expected_amount',
    );
  }
  const method = requirePaymentMethod(ctx, params.require('payment_method'), 'payment_method');
  const { email, name } = method.billing_details;
  const submitted = submitSession(ctx, session, {
    method: () => method,
    email,
    name,
    save: false,
    authentication: undefined,
  });
  if (submitted.outcome === 'declined') throw submitted.error;
  return session;
}

function listSessions(ctx: Ctx, params: Params): object {
  const wanted = {
    customer: params.string('customer'),
    intent: params.string('payment_intent'),
    status: params.string('status'),
    email: params.object('customer_details')?.string('email'),
  };
  const sessions = ctx.account.sessions
    .newestFirst()
    .filter(
      (session) =>
        (wanted.customer === undefined || session.customer === wanted.customer) &&
        (wanted.intent === undefined || session.payment_intent === wanted.intent) &&
        (wanted.status === undefined || session.status === wanted.status) &&
        (wanted.email === undefined || session.customer_details?.email === wanted.email),
    );
  return listPage(ctx, '/v1/checkout/sessions', 'checkout.session', sessions, params);
}

export const checkoutRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/v1/checkout/sessions',
    schema: 'Checkout.SessionCreateParams',
    run: (ctx, params) => {
      const session = createSession(ctx, params);
      planExpiry(ctx, session);
      return session;
    },
  },
  { method: 'GET', url: '/v1/checkout/sessions', schema: 'Checkout.SessionListParams', run: listSessions },
  {
    method: 'GET',
    url: '/v1/checkout/sessions/:id',
    schema: 'Checkout.SessionRetrieveParams',
    run: (ctx, _params, id) => requireSession(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/checkout/sessions/:id',
    schema: 'Checkout.SessionUpdateParams',
    run: (ctx, params, id) =>
      change(ctx, ctx.account.sessions, requireSession(ctx, id), (session) => {
        session.metadata = params.metadata(session.metadata);
      }),
  },
  {
    method: 'POST',
    url: '/v1/checkout/sessions/:id/expire',
    schema: 'Checkout.SessionExpireParams',
    run: (ctx, _params, id) => expireSession(ctx, requireSession(ctx, id)),
  },
  {
    method: 'GET',
    url: '/v1/checkout/sessions/:id/line_items',
    schema: 'Checkout.SessionListLineItemsParams',
    run: (ctx, params, id) => {
      const items = planOf(ctx, requireSession(ctx, id)).items as readonly LineItem[];
      return listPage(ctx, `/v1/checkout/sessions/${id}/line_items`, 'item', items, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/payment_pages/:id',
    schema: undefined,
    run: (ctx, _params, id) => requireSession(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/payment_pages/:id/confirm',
    schema: undefined,
    run: (ctx, params, id) => {
      const session = confirmPage(ctx, id, params);
      return { ...session, success_url: successUrlOf(session) };
    },
  },
];
