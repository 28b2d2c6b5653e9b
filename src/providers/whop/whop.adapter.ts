import type { CredentialField, ProviderAdapter } from '../provider-adapter.js';
import { apiDateOf, NEWEST_API_DATE, OLDER_API_DATE } from './api-dates.js';
import { openWhop, WHOP_BASE_URL } from './client.js';
import { isNewest, type WhopContext } from './context.js';
import { whopInvoices } from './invoices.js';
import { WHOP_RATE_LIMITS } from './rate-limits.js';
import { whopReversals } from './reversals.js';
import { verifyAccount } from './verification.js';
import { whopWebhookEndpoints } from './webhook-endpoints.js';
import { whopWebhooks } from './webhooks.js';

const FIELDS: readonly CredentialField[] = [
  {
    name: 'api_key',
    label: 'Whop API key',
    description: 'From the Whop dashboard, Developer, API keys, with the Admin role.',
    secret: true,
    required: true,
    pattern: /^apik_\S+$/,
    example: 'apik_…',
    role: 'api',
  },
  {
    name: 'company_id',
    label: 'Whop company ID',
    description: 'From your business profile on Whop, in the three-dot menu, Copy ID.',
    secret: false,
    required: true,
    pattern: /^biz_\S+$/,
    example: 'biz_…',
  },
  {
    name: 'product_id',
    label: 'Whop product ID',
    description:
      'The product that invoices are grouped under. Left empty, one is made with the first invoice.',
    secret: false,
    required: false,
    pattern: /^prod_\S+$/,
    example: 'prod_…',
    managed: true,
  },
  {
    name: 'product_check',
    label: 'Whop product check',
    description:
      'Written by the connection itself: which product was checked, who made it, and whether it is gone.',
    secret: false,
    required: false,
    pattern: /^(configured|created|gone):prod_\S+$/,
    example: 'configured:prod_…',
    managed: true,
  },
  {
    name: 'webhook_secret',
    label: 'Whop webhook secret',
    description:
      'Of the webhook that points here. Without it a webhook only makes us read its invoice again.',
    secret: true,
    required: false,
    // Of `whsec_`, what is behind it is a key in base64: one that decodes to nothing would verify what anybody signs.
    pattern: /^(ws_\S{16,}|whsec_[A-Za-z0-9+/_-]{32,}={0,2})$/,
    example: 'ws_…',
    role: 'webhook',
    managed: true,
  },
  {
    name: 'api_version_date',
    label: 'Whop API date',
    description:
      `The date of Whop's API that is spoken. A connection that was made before this field was goes on with ` +
      `${OLDER_API_DATE}; with ${NEWEST_API_DATE} an invoice is one call, and refunds can be made from here.`,
    secret: false,
    required: false,
    pattern: new RegExp(`^(?:${OLDER_API_DATE}|${NEWEST_API_DATE})$`),
    example: NEWEST_API_DATE,
    initial: NEWEST_API_DATE,
  },
];

/** Whop: invoices with a hosted page. It has no customers to keep in step and no charges of its own to make. */
export const whopAdapter: ProviderAdapter = {
  provider: 'whop',
  displayName: 'Whop',
  credentialFields: FIELDS,
  // Whop's plans are made with each invoice and its memberships bill themselves: there is nothing to keep in step.
  capabilities: {
    customer: { inbound: false, outbound: false },
    plan: { inbound: false, outbound: false },
    invoice: { inbound: false, outbound: true },
    subscription: { inbound: false, outbound: false },
    payment: { inbound: true, outbound: false },
  },
  rateLimits: () => WHOP_RATE_LIMITS,
  defaultBaseUrl: WHOP_BASE_URL,
  webhooks: whopWebhooks,
  open: ({ connectionId, credentials }, runtime) => {
    const apiDate = apiDateOf(credentials.api_version_date);
    const ctx: WhopContext = {
      whop: openWhop(credentials.api_key ?? '', apiDate, runtime),
      apiDate,
      connectionId,
      companyId: credentials.company_id ?? '',
      productId: credentials.product_id,
      productCheck: credentials.product_check,
      now: () => runtime.now(),
    };
    return {
      verify: () => verifyAccount(ctx),
      invoices: whopInvoices(ctx),
      ...(isNewest(ctx) ? { reversals: whopReversals(ctx) } : {}),
      webhookEndpoints: whopWebhookEndpoints(ctx),
    };
  },
};
