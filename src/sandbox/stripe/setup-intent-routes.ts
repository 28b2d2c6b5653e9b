import { change } from './changes.js';
import type { Ctx } from './context.js';
import { requireCustomer } from './customers.js';
import { invalid } from './errors.js';
import type { PaymentMethod, SetupIntent } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { methodFrom, requirePaymentMethod, resolveMethod } from './payment-methods.js';
import type { Route } from './route.js';
import { cancelSetup, confirmSetup, newSetup, requireSetup } from './setup-intents.js';

function createSetup(ctx: Ctx, params: Params): SetupIntent {
  const customer = params.string('customer');
  if (customer !== undefined) requireCustomer(ctx, customer, 'customer');
  const method = methodOf(ctx, params);
  const setup = newSetup(ctx, {
    customer: customer ?? null,
    description: params.string('description') ?? null,
    metadata: params.metadata(),
    usage: params.string('usage') ?? 'off_session',
  });
  if (params.boolean('confirm') === true) return confirm(ctx, setup, params, method);
  if (method === undefined) return setup;
  return change(ctx, ctx.account.setupIntents, setup, (changed) => {
    changed.payment_method = method.id;
    changed.status = 'requires_confirmation';
  });
}

function methodOf(ctx: Ctx, params: Params): PaymentMethod | undefined {
  const data = params.object('payment_method_data');
  if (data !== undefined) return methodFrom(ctx, data);
  const id = params.string('payment_method');
  return id === undefined ? undefined : resolveMethod(ctx, id, 'payment_method');
}

function confirm(
  ctx: Ctx,
  setup: SetupIntent,
  params: Params,
  chosen: PaymentMethod | undefined,
): SetupIntent {
  if (setup.status === 'succeeded' || setup.status === 'canceled') {
    throw invalid(
      `You cannot confirm this SetupIntent because it has a status of ${setup.status}.`,
      undefined,
      'setup_intent_unexpected_state',
    );
  }
  const stored = setup.payment_method;
  const method = chosen ?? (stored === null ? undefined : requirePaymentMethod(ctx, stored));
  if (method === undefined) {
    throw invalid(
      "You cannot confirm this SetupIntent because it's missing a payment method.",
      undefined,
      'setup_intent_unexpected_state',
    );
  }
  const { error } = confirmSetup(ctx, setup, method, { returnUrl: params.string('return_url') });
  if (error !== undefined) throw error;
  return setup;
}

/** Those of Checkout Sessions are confirmed and canceled through their session only. */
function requireOwn(ctx: Ctx, id: string, verb: string): void {
  if (ctx.account.sessions.where('setup', id).length === 0) return;
  throw invalid(`You cannot ${verb} the SetupIntent for a Checkout Session in setup mode.`, 'intent');
}

export const setupIntentRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/setup_intents', schema: 'SetupIntentCreateParams', run: createSetup },
  {
    method: 'GET',
    url: '/v1/setup_intents',
    schema: 'SetupIntentListParams',
    run: (ctx, params) => {
      const customer = params.string('customer');
      const method = params.string('payment_method');
      const setups = ctx.account.setupIntents
        .newestFirst()
        .filter(
          (setup) =>
            (customer === undefined || setup.customer === customer) &&
            (method === undefined || setup.payment_method === method),
        );
      return listPage(ctx, '/v1/setup_intents', 'setup_intent', setups, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/setup_intents/:id',
    schema: 'SetupIntentRetrieveParams',
    run: (ctx, _params, id) => requireSetup(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/setup_intents/:id',
    schema: 'SetupIntentUpdateParams',
    run: (ctx, params, id) =>
      change(ctx, ctx.account.setupIntents, requireSetup(ctx, id), (changed) => {
        const description = params.nullable('description');
        if (description !== undefined) changed.description = description;
        changed.metadata = params.metadata(changed.metadata);
      }),
  },
  {
    method: 'POST',
    url: '/v1/setup_intents/:id/confirm',
    schema: 'SetupIntentConfirmParams',
    run: (ctx, params, id) => {
      requireOwn(ctx, id, 'confirm');
      return confirm(ctx, requireSetup(ctx, id), params, methodOf(ctx, params));
    },
  },
  {
    method: 'POST',
    url: '/v1/setup_intents/:id/cancel',
    schema: 'SetupIntentCancelParams',
    run: (ctx, params, id) => {
      const setup = requireSetup(ctx, id);
      requireOwn(ctx, id, 'cancel');
      return cancelSetup(ctx, setup, params.string('cancellation_reason') ?? null);
    },
  },
];
