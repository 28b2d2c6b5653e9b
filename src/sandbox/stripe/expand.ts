import { isObject, type JsonObject } from '../core/json.js';
import { planOf } from './checkout-sessions.js';
import type { Ctx } from './context.js';
import { invalid } from './errors.js';
import { defaultIntentOf, paymentsOf } from './invoice-payments.js';
import type { Invoice, Session } from './objects.js';

const DEEPEST = 4;

/** Fields that hold an id and can be asked for as the object. */
const REFERENCES = new Set([
  'charge',
  'credit_note',
  'customer',
  'customer_balance_transaction',
  'default_payment_method',
  'default_price',
  'invoice',
  'latest_charge',
  'latest_invoice',
  'latest_revision',
  'payment_intent',
  'payment_method',
  'payment_record',
  'pending_setup_intent',
  'price',
  'product',
  'setup_intent',
  'subscription',
]);

type Include = (ctx: Ctx, object: JsonObject) => unknown;

/** Fields that are on an object only when they are asked for. */
const INCLUDABLE: Readonly<Record<string, Readonly<Record<string, Include>>>> = {
  charge: {
    refunds: (ctx, { id }) =>
      list(
        ctx.account.refunds.newestFirst().filter(({ charge }) => charge === id),
        `/v1/charges/${String(id)}/refunds`,
      ),
  },
  'checkout.session': {
    line_items: (ctx, session) =>
      list(planOf(ctx, session as Session).items, `/v1/checkout/sessions/${String(session.id)}/line_items`),
  },
  customer: {
    cash_balance: () => null,
    invoice_credit_balance: () => ({}),
    sources: (_ctx, { id }) => list([], `/v1/customers/${String(id)}/sources`),
    subscriptions: (ctx, { id }) =>
      list(
        ctx.account.subscriptions.newestFirst().filter(({ customer }) => customer === id),
        `/v1/customers/${String(id)}/subscriptions`,
      ),
    tax: () => ({ automatic_tax: 'not_collecting', ip_address: null, location: null, provider: 'stripe' }),
    tax_ids: (_ctx, { id }) => list([], `/v1/customers/${String(id)}/tax_ids`),
  },
  invoice: {
    confirmation_secret: (ctx, invoice) => {
      const intent = defaultIntentOf(ctx, invoice as Invoice);
      return intent === undefined ? null : { client_secret: intent.client_secret, type: 'payment_intent' };
    },
    payments: (ctx, invoice) =>
      list(paymentsOf(ctx, invoice as Invoice), `/v1/invoice_payments?invoice=${String(invoice.id)}`),
  },
  price: {
    currency_options: (ctx, { id }) => ctx.account.priceNotes.get(String(id))?.currencyOptions ?? {},
    tiers: (ctx, { id }) => ctx.account.priceNotes.get(String(id))?.tiers,
  },
};

function list(data: readonly unknown[], url: string): JsonObject {
  return { object: 'list', data: structuredClone(data), has_more: false, url };
}

/** A copy of a result with what `expand` asks for filled in. */
export function render(ctx: Ctx, result: object, paths: readonly string[]): JsonObject {
  const rendered = structuredClone(result) as JsonObject;
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.filter((part) => part !== 'data').length > DEEPEST) {
      throw invalid(
        `You cannot expand more than ${DEEPEST} levels of a property. Property: ${path}`,
        'expand',
      );
    }
    expand(ctx, rendered, parts, path);
  }
  return rendered;
}

function expand(ctx: Ctx, value: unknown, parts: readonly string[], path: string): void {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) expand(ctx, item, parts, path);
    return;
  }
  if (!isObject(value) || value.deleted === true) return;
  const include = typeof value.object === 'string' ? INCLUDABLE[value.object]?.[part] : undefined;
  if (include !== undefined && value[part] === undefined) {
    const included = include(ctx, value);
    if (included !== undefined) value[part] = structuredClone(included);
  }
  const found = value[part];
  if (typeof found === 'string') {
    const referenced = REFERENCES.has(part) ? ctx.account.find(found) : undefined;
    if (referenced !== undefined) value[part] = structuredClone(referenced);
    else if (REFERENCES.has(part) && ctx.account.deletedIds.has(found)) {
      value[part] = { id: found, object: part, deleted: true };
    } else throw notExpandable(path);
  } else if (found === undefined && include === undefined && !REFERENCES.has(part)) {
    throw notExpandable(path);
  }
  expand(ctx, value[part], rest, path);
}

function notExpandable(path: string): Error {
  return invalid(
    `This property cannot be expanded (${path}). You may want to try expanding 'data.${path}' instead.`,
    'expand',
  );
}
