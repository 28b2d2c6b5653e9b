import { isObject } from '../core/json.js';
import { change } from './changes.js';
import { confirmIntent } from './charging.js';
import type { Ctx } from './context.js';
import { requireCustomer } from './customers.js';
import { invalid, notPlayed } from './errors.js';
import type { PaymentIntent, PaymentMethod } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { cancelIntent, isUnfinished, newIntent, requireIntent, unexpectedState } from './payment-intents.js';
import { methodFrom, requirePaymentMethod, resolveMethod } from './payment-methods.js';
import type { Route } from './route.js';
import { searchPage } from './search.js';

function createIntent(ctx: Ctx, params: Params): PaymentIntent {
  if (params.string('capture_method') === 'manual') throw notPlayed('manual capture', 'capture_method');
  const customer = params.string('customer');
  if (customer !== undefined) requireCustomer(ctx, customer, 'customer');
  const method = methodOf(ctx, params);
  if (method !== undefined) checkOwner(method, customer ?? null);
  const confirm = params.boolean('confirm') === true;
  if (!confirm && params.has('off_session')) {
    throw invalid('You cannot pass off_session unless confirm is true.', 'off_session');
  }
  if (confirm) checkReturnUrl(params);
  const intent = newIntent(ctx, {
    amount: params.requireInteger('amount'),
    currency: params.require('currency').toLowerCase(),
    customer: customer ?? null,
    description: params.string('description') ?? null,
    metadata: params.metadata(),
    paymentMethod: method?.id ?? null,
    receiptEmail: params.string('receipt_email') ?? null,
    setupFutureUsage: params.string('setup_future_usage') ?? null,
    shipping: shippingOf(params),
    statementDescriptorSuffix: params.string('statement_descriptor_suffix') ?? null,
  });
  const automatic = params.object('automatic_payment_methods');
  if (automatic !== undefined) {
    intent.automatic_payment_methods = {
      allow_redirects: automatic.string('allow_redirects') ?? 'always',
      enabled: automatic.boolean('enabled') ?? true,
    };
  }
  return confirm ? confirmWith(ctx, intent, params, method) : intent;
}

function confirmWith(
  ctx: Ctx,
  intent: PaymentIntent,
  params: Params,
  chosen: PaymentMethod | undefined,
): PaymentIntent {
  if (intent.status === 'succeeded' || intent.status === 'canceled' || intent.status === 'processing') {
    throw unexpectedState(intent, 'confirm');
  }
  const method =
    chosen ?? (intent.payment_method === null ? undefined : requirePaymentMethod(ctx, intent.payment_method));
  if (method === undefined) {
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the " +
        'PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a ' +
        'payment method or ConfirmationToken.',
      undefined,
      'payment_intent_unexpected_state',
    );
  }
  checkOwner(method, intent.customer);
  const { error } = confirmIntent(ctx, intent, {
    method,
    offSession: isOffSession(params),
    returnUrl: params.string('return_url'),
    errorOnRequiresAction: params.boolean('error_on_requires_action'),
  });
  if (error !== undefined) throw error;
  return intent;
}

function methodOf(ctx: Ctx, params: Params): PaymentMethod | undefined {
  const data = params.object('payment_method_data');
  if (data !== undefined) return methodFrom(ctx, data);
  const id = params.string('payment_method');
  return id === undefined ? undefined : resolveMethod(ctx, id, 'payment_method');
}

function checkOwner(method: PaymentMethod, customer: string | null): void {
  if (method.customer === null || method.customer === customer) return;
  throw invalid(
    customer === null
      ? `The PaymentMethod ${method.id} belongs to the Customer ${method.customer}. Please include the Customer ` +
          'in the `customer` parameter.'
      : `The PaymentMethod ${method.id} does not belong to the Customer ${customer}.`,
    'payment_method',
    'payment_method_invalid_parameter',
  );
}

/** `off_session` may also be sent as a kind of payment. */
function isOffSession(params: Params): boolean {
  const sent = params.string('off_session');
  return sent !== undefined && sent !== 'false';
}

/** Methods that redirect are eligible unless they are ruled out, and those need somewhere to come back to. */
function checkReturnUrl(params: Params): void {
  const ruledOut =
    params.has('payment_method_types') ||
    params.has('allowed_payment_method_types') ||
    params.object('automatic_payment_methods')?.string('allow_redirects') === 'never' ||
    params.object('automatic_payment_methods')?.boolean('enabled') === false;
  if (ruledOut || isOffSession(params) || params.has('return_url')) return;
  throw invalid(
    'This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these ' +
      'payment methods might redirect your customer off of your page, you must provide a `return_url`. If you ' +
      "don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and " +
      '`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.',
    'return_url',
  );
}

function shippingOf(params: Params): unknown {
  const shipping = params.object('shipping');
  return shipping === undefined
    ? null
    : {
        address: shipping.address('address') ?? undefined,
        carrier: shipping.string('carrier') ?? null,
        name: shipping.string('name') ?? '',
        phone: shipping.string('phone') ?? null,
        tracking_number: shipping.string('tracking_number') ?? null,
      };
}

function updateIntent(ctx: Ctx, id: string, params: Params): PaymentIntent {
  const intent = requireIntent(ctx, id);
  const harmless = params.names().every((name) => ['metadata', 'description', 'expand'].includes(name));
  if (!isUnfinished(intent) && !harmless) throw unexpectedState(intent, 'update');
  const customer = params.string('customer');
  if (customer !== undefined) requireCustomer(ctx, customer, 'customer');
  const method = methodOf(ctx, params);
  if (method !== undefined) checkOwner(method, customer ?? intent.customer);
  return change(ctx, ctx.account.paymentIntents, intent, (changed) => {
    changed.amount = params.integer('amount') ?? changed.amount;
    if (customer !== undefined) changed.customer = customer;
    if (method !== undefined) {
      changed.payment_method = method.id;
      if (changed.status === 'requires_payment_method') changed.status = 'requires_confirmation';
    }
    for (const field of ['description', 'receipt_email', 'setup_future_usage'] as const) {
      const value = params.nullable(field);
      if (value !== undefined) changed[field] = value;
    }
    changed.metadata = params.metadata(changed.metadata);
  });
}

function cancel(ctx: Ctx, id: string, params: Params): PaymentIntent {
  const intent = requireIntent(ctx, id);
  const isPaymentOf = ctx.account.invoicePayments
    .values()
    .find(({ payment, is_default: own }) => own && payment.payment_intent === id);
  if (isPaymentOf !== undefined && isUnfinished(intent)) {
    throw invalid(
      `You cannot cancel this PaymentIntent because it belongs to the invoice ${isPaymentOf.invoice}. ` +
        'Void the invoice instead.',
      undefined,
      'payment_intent_unexpected_state',
    );
  }
  return cancelIntent(ctx, intent, params.string('cancellation_reason') ?? null);
}

export const paymentIntentRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/payment_intents', schema: 'PaymentIntentCreateParams', run: createIntent },
  {
    method: 'GET',
    url: '/v1/payment_intents',
    schema: 'PaymentIntentListParams',
    run: (ctx, params) => {
      const customer = params.string('customer');
      const intents = ctx.account.paymentIntents
        .newestFirst()
        .filter((intent) => customer === undefined || intent.customer === customer);
      return listPage(ctx, '/v1/payment_intents', 'payment_intent', intents, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/payment_intents/search',
    schema: 'PaymentIntentSearchParams',
    run: (ctx, params) => searchPage(ctx, '/v1/payment_intents/search', ctx.account.paymentIntents, params),
  },
  {
    method: 'GET',
    url: '/v1/payment_intents/:id',
    schema: 'PaymentIntentRetrieveParams',
    run: (ctx, _params, id) => requireIntent(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/payment_intents/:id',
    schema: 'PaymentIntentUpdateParams',
    run: (ctx, params, id) => updateIntent(ctx, id, params),
  },
  {
    method: 'POST',
    url: '/v1/payment_intents/:id/confirm',
    schema: 'PaymentIntentConfirmParams',
    run: (ctx, params, id) => {
      const intent = requireIntent(ctx, id);
      const method = methodOf(ctx, params);
      if (method !== undefined) checkOwner(method, intent.customer);
      const usage = params.string('setup_future_usage');
      if (usage !== undefined) intent.setup_future_usage = usage;
      const allowed = intent.automatic_payment_methods;
      if (isObject(allowed) && allowed.allow_redirects === 'always') checkReturnUrl(params);
      return confirmWith(ctx, intent, params, method);
    },
  },
  {
    method: 'POST',
    url: '/v1/payment_intents/:id/cancel',
    schema: 'PaymentIntentCancelParams',
    run: (ctx, params, id) => cancel(ctx, id, params),
  },
];
