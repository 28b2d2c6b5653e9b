import type { WebhookEndpointOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { WhopContext } from './context.js';
import type { WhopWebhook } from './objects.js';
import { WHOP_EVENTS } from './webhooks.js';

export const whopWebhookEndpoints = (ctx: WhopContext): WebhookEndpointOperations => ({
  register: (url) => register(ctx, url),
});

/**
 * The secret is told once, in the first answer, and the URL is ours alone: so whatever stands there for it is of a try
 * whose answer was lost, and goes. Looked for on every try, as there is no promise of idempotency.
 */
async function register(ctx: WhopContext, url: string): Promise<{ remoteId: string; secret: string }> {
  for await (const webhook of ctx.whop.list<WhopWebhook>('/webhooks', {
    company_id: ctx.companyId,
    first: 100,
  }))
    if (webhook.url === url) await ctx.whop.delete(`/webhooks/${encodeURIComponent(webhook.id)}`);
  const created = await ctx.whop.post<WhopWebhook>('/webhooks', {
    url,
    events: WHOP_EVENTS,
    resource_id: ctx.companyId,
    api_version: 'v1',
    enabled: true,
  });
  if (created.webhook_secret === undefined)
    throw new ProviderError('unavailable', 'Whop did not tell the secret of the new webhook', {
      code: 'secret_missing',
    });
  return { remoteId: created.id, secret: created.webhook_secret };
}
