import type Stripe from 'stripe';
import type { CredentialField, ProviderAdapter } from '../provider-adapter.js';
import { openStripe, STRIPE_BASE_URL } from './client.js';
import type { StripeContext } from './context.js';
import { stripeCatalog } from './catalogue.js';
import { stripeCustomers } from './customers.js';
import { stripeInvoices } from './invoices.js';
import { stripeLocate } from './locate.js';
import { stripePayments } from './payments.js';
import { stripeRateLimits } from './rate-limits.js';
import { stripeSubscriptions } from './subscriptions.js';
import { verifyAccount } from './verification.js';
import { stripeWebhookEndpoints } from './webhook-endpoints.js';
import { stripeWebhooks } from './webhooks.js';

const FIELDS: readonly CredentialField[] = [
  {
    name: 'secret_key',
    label: 'Stripe secret key',
    description: 'From the Stripe dashboard, Developers, API keys. A restricted key works too.',
    secret: true,
    required: true,
    pattern: /^(sk|rk)_(live|test)_\S+$/,
    example: 'sk_test_…',
    role: 'api',
  },
  {
    name: 'publishable_key',
    label: 'Stripe publishable key',
    description: 'For front ends of your own. Nothing here needs it.',
    secret: false,
    required: false,
    pattern: /^pk_(live|test)_\S+$/,
    example: 'pk_test_…',
  },
  {
    name: 'webhook_secret',
    label: 'Stripe webhook signing secret',
    description: 'Of the endpoint that points here. Without it no webhook of this connection is accepted.',
    secret: true,
    required: false,
    pattern: /^whsec_\S{16,}$/,
    example: 'whsec_…',
    role: 'webhook',
    managed: true,
  },
];

/** Stripe, through its own SDK. */
export const stripeAdapter: ProviderAdapter = {
  provider: 'stripe',
  displayName: 'Stripe',
  credentialFields: FIELDS,
  capabilities: {
    customer: { inbound: true, outbound: true },
    plan: { inbound: true, outbound: true },
    invoice: { inbound: false, outbound: true },
    subscription: { inbound: true, outbound: true },
    payment: { inbound: true, outbound: false },
  },
  defaultBaseUrl: STRIPE_BASE_URL,
  webhooks: stripeWebhooks,
  rateLimits: stripeRateLimits,
  open: ({ connectionId, environmentId, credentials }, runtime) => {
    let opened: Stripe | undefined;
    const ctx: StripeContext = {
      // Many a session is only asked what it can do, and the SDK makes an object of every resource it knows.
      get stripe() {
        return (opened ??= openStripe(credentials.secret_key ?? '', runtime));
      },
      connectionId,
      environmentId,
      now: () => runtime.now(),
    };
    return {
      verify: () => verifyAccount(ctx, credentials),
      customers: stripeCustomers(ctx),
      catalog: stripeCatalog(ctx),
      subscriptions: stripeSubscriptions(ctx),
      invoices: stripeInvoices(ctx),
      payments: stripePayments(ctx),
      locate: stripeLocate(ctx),
      webhookEndpoints: stripeWebhookEndpoints(ctx),
    };
  },
};
