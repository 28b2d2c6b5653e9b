import { multiplyToInteger, parseDecimal } from '../core/decimal.js';
import { newId } from '../core/ids.js';
import { create } from './changes.js';
import { now, type Ctx } from './context.js';
import { requireCustomer } from './customers.js';
import { invalid, missingParam, noSuch, notPlayed } from './errors.js';
import type { SessionPlan } from './notes.js';
import type { Price, Session } from './objects.js';
import type { Params } from './params.js';
import { minimumCharge } from './payment-intents.js';
import { createInlinePrice } from './price-routes.js';
import { requirePrice } from './prices.js';
import { newSetup } from './setup-intents.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const MOST_ITEMS = 100;

export interface LineItem {
  readonly id: string;
  readonly object: 'item';
  readonly amount_total: number;
  readonly currency: string;
  readonly description: string | null;
  readonly quantity: number;
  readonly [field: string]: unknown;
}

export function requireSession(ctx: Ctx, id: string): Session {
  const session = ctx.account.sessions.get(id);
  if (session === undefined) throw noSuch('checkout.session', id);
  return session;
}

export function planOf(ctx: Ctx, session: Session): SessionPlan {
  const plan = ctx.account.sessionPlans.get(session.id);
  if (plan === undefined) throw new Error(`${session.id} has no plan`);
  return plan;
}

export function createSession(ctx: Ctx, params: Params): Session {
  const mode = params.string('mode') ?? 'payment';
  if (mode !== 'payment' && mode !== 'setup')
    throw notPlayed('Checkout Sessions in subscription mode', 'mode');
  if ((params.string('ui_mode') ?? 'hosted_page') !== 'hosted_page') {
    throw notPlayed('Checkout Sessions that are not a hosted page', 'ui_mode');
  }
  for (const name of ['discounts', 'shipping_options', 'optional_items']) {
    if (params.has(name)) throw notPlayed(`${name} of Checkout Sessions`, name);
  }
  if (params.object('invoice_creation')?.boolean('enabled') === true) {
    throw notPlayed('invoice_creation of Checkout Sessions', 'invoice_creation');
  }
  const successUrl = urlOf(params, 'success_url');
  if (successUrl === null) throw missingParam('success_url');
  const customerId = params.string('customer');
  const customer = customerId === undefined ? undefined : requireCustomer(ctx, customerId, 'customer');
  const items = mode === 'payment' ? itemsOf(ctx, params) : [];
  const currency = mode === 'payment' ? items[0]?.currency : setupCurrency(params);
  const total = items.reduce((sum, item) => sum + item.amount_total, 0);
  if (mode === 'payment' && total > 0 && total < minimumCharge(ctx, currency ?? 'usd')) {
    throw invalid("The Checkout Session's total amount due is too small.", 'line_items', 'amount_too_small');
  }
  const id = newId(ctx.account.livemode ? 'cs_live_' : 'cs_test_', 58);
  const plan = planFrom(ctx, params, items);
  const session: Session = {
    id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: params.boolean('allow_promotion_codes') ?? null,
    allowed_payment_method_types: params.has('allowed_payment_method_types')
      ? params.strings('allowed_payment_method_types')
      : null,
    amount_subtotal: mode === 'payment' ? total : null,
    amount_total: mode === 'payment' ? total : null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: params.string('billing_address_collection') ?? null,
    cancel_url: urlOf(params, 'cancel_url'),
    client_reference_id: params.string('client_reference_id') ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: now(ctx),
    currency: currency ?? null,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: customer?.id ?? null,
    customer_account: null,
    customer_creation: customer === undefined ? (params.string('customer_creation') ?? 'if_required') : null,
    customer_details: null,
    customer_email: params.string('customer_email') ?? null,
    discounts: [],
    expires_at: expiryOf(ctx, params),
    integration_identifier: params.string('integration_identifier') ?? null,
    invoice: null,
    invoice_creation: mode === 'payment' ? NO_INVOICE : null,
    livemode: ctx.account.livemode,
    locale: params.string('locale') ?? null,
    managed_payments: null,
    metadata: params.metadata(),
    mode,
    origin_context: params.string('origin_context') ?? null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: mode === 'payment' ? 'if_required' : 'always',
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card', 'us_bank_account'],
    payment_status: mode === 'setup' || total === 0 ? 'no_payment_required' : 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: savedOptionsOf(params),
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: params.string('submit_type') ?? null,
    subscription: null,
    success_url: successUrl,
    total_details: mode === 'payment' ? { amount_discount: 0, amount_shipping: 0, amount_tax: 0 } : null,
    ui_mode: 'hosted_page',
    url: `${ctx.world.pagesUrl()}/c/pay/${id}`,
    wallet_options: null,
  };
  if (mode === 'setup') {
    session.setup_intent = newSetup(ctx, {
      customer: session.customer,
      description: plan.intentDescription,
      metadata: plan.intentMetadata,
    }).id;
  }
  ctx.account.sessionPlans.set(id, plan);
  return create(ctx, ctx.account.sessions, session);
}

const NO_INVOICE = {
  enabled: false,
  invoice_data: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: null,
    metadata: {},
    rendering_options: null,
  },
};

function planFrom(ctx: Ctx, params: Params, items: readonly LineItem[]): SessionPlan {
  const data = params.object('payment_intent_data') ?? params.object('setup_intent_data');
  if (data?.string('capture_method') === 'manual') throw notPlayed('manual capture', 'payment_intent_data');
  const shipping = data?.object('shipping');
  return {
    items,
    intentMetadata: data?.metadata() ?? {},
    intentDescription: data?.string('description') ?? null,
    receiptEmail: data?.string('receipt_email') ?? null,
    setupFutureUsage: data?.string('setup_future_usage') ?? null,
    offerToSave: params.object('saved_payment_method_options')?.string('payment_method_save') === 'enabled',
    createCustomer: params.string('customer_creation') === 'always',
    shipping:
      shipping === undefined
        ? null
        : {
            address: shipping.address('address') ?? {},
            carrier: shipping.string('carrier') ?? null,
            name: shipping.string('name') ?? '',
            phone: shipping.string('phone') ?? null,
            tracking_number: shipping.string('tracking_number') ?? null,
          },
    cancelExpiry: () => undefined,
  };
}

function savedOptionsOf(params: Params): unknown {
  const options = params.object('saved_payment_method_options');
  if (options === undefined) return null;
  const filters = options.strings('allow_redisplay_filters');
  return {
    allow_redisplay_filters: filters.length > 0 ? filters : null,
    payment_method_remove: options.string('payment_method_remove') ?? null,
    payment_method_save: options.string('payment_method_save') ?? null,
  };
}

/** Which methods are offered depends on a currency unless they are named. */
function setupCurrency(params: Params): string | undefined {
  const currency = params.string('currency')?.toLowerCase();
  if (currency === undefined && !params.has('allowed_payment_method_types')) throw missingParam('currency');
  if (params.has('line_items')) throw invalid('You cannot pass `line_items` in `setup` mode.', 'line_items');
  return currency;
}

function itemsOf(ctx: Ctx, params: Params): LineItem[] {
  const wanted = params.objects('line_items');
  if (wanted.length === 0) throw missingParam('line_items');
  if (wanted.length > MOST_ITEMS)
    throw invalid(`There can be at most ${MOST_ITEMS} line items.`, 'line_items');
  const items = wanted.map((item) => itemOf(ctx, item));
  if (items.some(({ currency }) => currency !== items[0]?.currency)) {
    throw invalid('All line items must have the same currency.', 'line_items');
  }
  return items;
}

function itemOf(ctx: Ctx, params: Params): LineItem {
  const data = params.object('price_data');
  const price: Price =
    data === undefined
      ? requirePrice(ctx, params.require('price'), params.nameOf('price'))
      : createInlinePrice(ctx, data);
  if (price.recurring !== null) {
    throw invalid('You must provide one-time prices in `payment` mode.', params.nameOf('price'));
  }
  const quantity = params.requireInteger('quantity');
  const unit = parseDecimal(price.unit_amount_decimal ?? '');
  const units = parseDecimal(quantity);
  if (unit === undefined || units === undefined)
    throw notPlayed('tiered prices in Checkout', params.nameOf('price'));
  const amount = multiplyToInteger(unit, units);
  return {
    id: newId('li_', 24),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: ctx.account.products.get(price.product)?.name ?? null,
    metadata: params.metadata(),
    price,
    quantity,
  };
}

function expiryOf(ctx: Ctx, params: Params): number {
  const created = now(ctx);
  const wanted = params.integer('expires_at');
  if (wanted === undefined) return created + DAY;
  // A little grace for the time that a request takes.
  if (wanted < created + HOUR / 2 - 5 || wanted > created + DAY + 5) {
    throw invalid(
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from now.',
      'expires_at',
    );
  }
  return wanted;
}

function urlOf(params: Params, name: string): string | null {
  const url = params.string(name);
  if (url === undefined) return null;
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw invalid('Not a valid URL', name, 'url_invalid');
  return url;
}
