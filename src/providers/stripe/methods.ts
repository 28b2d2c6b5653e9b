import type Stripe from 'stripe';
import { ProviderError } from '../provider-error.js';
import type { RemotePaymentMethod } from '../provider-objects.js';
import { idOf, type StripeContext } from './context.js';
import { told } from './errors.js';
import { readMethod } from './payment-reader.js';

/** Without an idempotency key: the same default set twice is one default. */
export async function setDefaultMethod(
  ctx: StripeContext,
  customerId: string,
  methodId: string,
): Promise<void> {
  await told(
    ctx.stripe.customers.update(customerId, { invoice_settings: { default_payment_method: methodId } }),
  );
}

export async function listMethods(
  ctx: StripeContext,
  customerId: string,
): Promise<readonly RemotePaymentMethod[]> {
  const customer = await told<Stripe.Customer | Stripe.DeletedCustomer>(
    ctx.stripe.customers.retrieve(customerId),
  );
  if (customer.deleted === true)
    throw new ProviderError('not_found', `the customer ${customerId} is deleted at Stripe`, {
      code: 'resource_missing',
    });
  const defaultId = idOf(customer.invoice_settings.default_payment_method);
  const methods = await told(
    ctx.stripe.customers.listPaymentMethods(customerId, { limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  return methods.flatMap((method) => readMethod(method, defaultId) ?? []);
}
