import { change, create } from './changes.js';
import type { Ctx } from './context.js';
import { moveBalance } from './customer-balance.js';
import { newCustomer, requireCustomer } from './customers.js';
import { emit } from './events.js';
import { invalid, noSuch } from './errors.js';
import type { Customer, Deleted } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { attachMethod, methodsOf, requirePaymentMethod, resolveMethod } from './payment-methods.js';
import type { Route } from './route.js';
import { searchPage } from './search.js';
import { endSubscriptionsOf } from './subscription-cycle.js';

function createCustomer(ctx: Ctx, params: Params): Customer {
  const customer = newCustomer(ctx);
  applyFields(customer, params);
  const token = params.string('payment_method');
  const method = token === undefined ? undefined : resolveMethod(ctx, token, 'payment_method');
  const wanted = params.object('invoice_settings')?.string('default_payment_method');
  if (wanted !== undefined) {
    const chosen =
      wanted === token && method !== undefined
        ? method
        : resolveMethod(ctx, wanted, 'invoice_settings[default_payment_method]');
    if (chosen !== method) throw notAttached(wanted);
    customer.invoice_settings.default_payment_method = chosen.id;
  }
  create(ctx, ctx.account.customers, customer, 'customer.created');
  setBalance(ctx, customer, params, 'initial');
  if (method !== undefined) attachMethod(ctx, method, customer.id);
  return customer;
}

function updateCustomer(ctx: Ctx, id: string, params: Params): Customer {
  const customer = requireCustomer(ctx, id);
  const wanted = params.object('invoice_settings')?.nullable('default_payment_method');
  if (typeof wanted === 'string') {
    const method = requirePaymentMethod(ctx, wanted, 'invoice_settings[default_payment_method]');
    if (method.customer !== id) throw notAttached(wanted);
  }
  setBalance(ctx, customer, params, 'adjustment');
  return change(
    ctx,
    ctx.account.customers,
    customer,
    (changed) => {
      applyFields(changed, params);
      if (wanted !== undefined) changed.invoice_settings.default_payment_method = wanted;
    },
    'customer.updated',
  );
}

/** A balance is set by an entry that makes up the difference. */
function setBalance(ctx: Ctx, customer: Customer, params: Params, type: 'adjustment' | 'initial'): void {
  const balance = params.integer('balance') ?? customer.balance;
  const currency = customer.currency ?? 'usd';
  if (balance !== customer.balance)
    moveBalance(ctx, customer, { amount: balance - customer.balance, type, currency });
}

function notAttached(method: string): Error {
  return invalid(
    `The customer does not have a payment method with the ID ${method}. ` +
      'The payment method must be attached to the customer.',
    'invoice_settings[default_payment_method]',
    'resource_missing',
  );
}

function applyFields(customer: Customer, params: Params): void {
  const email = params.nullable('email');
  if (typeof email === 'string' && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw invalid(`Invalid email address: ${email}`, 'email', 'email_invalid');
  }
  for (const field of ['name', 'email', 'phone', 'description'] as const) {
    const value = params.nullable(field);
    if (value !== undefined) customer[field] = value;
  }
  const address = params.address('address');
  if (address !== undefined) customer.address = address;
  const shipping = params.object('shipping');
  if (shipping !== undefined) {
    customer.shipping = {
      address: shipping.address('address') ?? null,
      name: shipping.string('name') ?? '',
      phone: shipping.string('phone') ?? null,
    };
  }
  customer.tax_exempt = params.string('tax_exempt') ?? customer.tax_exempt;
  if (params.has('preferred_locales')) customer.preferred_locales = params.strings('preferred_locales');
  const footer = params.object('invoice_settings')?.nullable('footer');
  if (footer !== undefined) customer.invoice_settings.footer = footer;
  customer.metadata = params.metadata(customer.metadata);
}

function deleteCustomer(ctx: Ctx, id: string): Deleted {
  const customer = requireCustomer(ctx, id);
  endSubscriptionsOf(ctx, id);
  for (const method of methodsOf(ctx, id)) {
    change(ctx, ctx.account.paymentMethods, method, (detached) => {
      detached.customer = null;
    });
  }
  ctx.account.customers.delete(id);
  ctx.account.deletedIds.add(id);
  emit(ctx, 'customer.deleted', customer);
  return deletedCustomer(id);
}

function deletedCustomer(id: string): Deleted {
  return { id, object: 'customer', deleted: true };
}

export const customerRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/customers', schema: 'CustomerCreateParams', run: createCustomer },
  {
    method: 'GET',
    url: '/v1/customers',
    schema: 'CustomerListParams',
    run: (ctx, params) => {
      const email = params.string('email');
      const customers = ctx.account.customers
        .newestFirst()
        .filter((customer) => email === undefined || customer.email === email);
      return listPage(ctx, '/v1/customers', 'customer', customers, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/customers/search',
    schema: 'CustomerSearchParams',
    run: (ctx, params) => searchPage(ctx, '/v1/customers/search', ctx.account.customers, params),
  },
  {
    method: 'GET',
    url: '/v1/customers/:id',
    schema: 'CustomerRetrieveParams',
    run: (ctx, _params, id) =>
      ctx.account.deletedIds.has(id) ? deletedCustomer(id) : requireCustomer(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/customers/:id',
    schema: 'CustomerUpdateParams',
    run: (ctx, params, id) => updateCustomer(ctx, id, params),
  },
  {
    method: 'DELETE',
    url: '/v1/customers/:id',
    schema: 'CustomerDeleteParams',
    run: (ctx, _params, id) => deleteCustomer(ctx, id),
  },
  {
    method: 'GET',
    url: '/v1/customers/:id/payment_methods',
    schema: 'CustomerListPaymentMethodsParams',
    run: (ctx, params, id) => {
      requireCustomer(ctx, id);
      const type = params.string('type');
      const methods = methodsOf(ctx, id).filter((method) => type === undefined || method.type === type);
      return listPage(ctx, `/v1/customers/${id}/payment_methods`, 'payment_method', methods, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/customers/:id/payment_methods/:method',
    schema: 'CustomerRetrievePaymentMethodParams',
    run: (ctx, _params, id, methodId) => {
      requireCustomer(ctx, id);
      const method = requirePaymentMethod(ctx, methodId);
      if (method.customer !== id) throw noSuch('payment_method', methodId);
      return method;
    },
  },
];
