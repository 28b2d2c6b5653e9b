import type { RemoteWebhookEndpoint, WebhookEndpointOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt } from '../provider-objects.js';
import { NEWEST_API_DATE } from './api-dates.js';
import { isNewest, mayHaveRun, ofCompany, type WhopContext } from './context.js';
import type { WhopWebhook } from './objects.js';
import { act, once } from './once.js';
import { WHOP_EVENTS } from './webhooks.js';

/** What becomes of deliveries only the newest date tells. */
export const whopWebhookEndpoints = (ctx: WhopContext): WebhookEndpointOperations => ({
  register: (url, attempt) => register(ctx, url, attempt),
  ...(isNewest(ctx)
    ? {
        inspect: (paths: readonly string[]) => inspect(ctx, paths),
        enable: (remoteId: string) => ctx.whop.change(pathOf(remoteId), { enabled: true }),
        replay: (remoteId: string, since: Date, attempt: Attempt) =>
          act(ctx, `${pathOf(remoteId)}/replay`, attempt.key, {
            sent_after: since.toISOString(),
            failed_only: true,
          }),
      }
    : {}),
});

const pathOf = (id: string): string => `/webhooks/${encodeURIComponent(id)}`;

const listOf = (ctx: WhopContext): AsyncIterable<WhopWebhook> =>
  ctx.whop.list<WhopWebhook>('/webhooks', { ...ofCompany(ctx), first: 100 });

/**
 * The secret is told once, in the first answer, and the URL is ours alone: so whatever stands there for it is of a try
 * whose answer was lost, and goes. Looked for on every try: a webhook that nobody can verify is in the way for good.
 */
async function register(
  ctx: WhopContext,
  url: string,
  attempt: Attempt,
): Promise<{ remoteId: string; secret: string }> {
  if (!mayHaveRun(attempt)) await deleteEarlier(ctx, url);
  const made = await once<WhopWebhook, WhopWebhook>(ctx, attempt, 'webhook', {
    changed: true,
    call: (key) =>
      ctx.whop.post<WhopWebhook>(
        '/webhooks',
        {
          url,
          events: WHOP_EVENTS,
          resource_id: ctx.companyId,
          enabled: true,
          // Otherwise what it is told changes with every date that Whop makes.
          ...(isNewest(ctx) ? { api_version_date: NEWEST_API_DATE } : { api_version: 'v1' }),
        },
        key,
      ),
    look: async (recorded) => {
      if (recorded !== undefined && (await ctx.whop.find<WhopWebhook>(pathOf(recorded.id))) !== null)
        return recorded;
      await deleteEarlier(ctx, url);
      return undefined;
    },
    read: (webhook) => webhook,
  });
  if (!made.webhook_secret)
    throw new ProviderError('unavailable', 'Whop did not tell the secret of the new webhook', {
      code: 'secret_missing',
    });
  return { remoteId: made.id, secret: made.webhook_secret };
}

async function deleteEarlier(ctx: WhopContext, url: string): Promise<void> {
  for await (const webhook of listOf(ctx)) if (webhook.url === url) await ctx.whop.delete(pathOf(webhook.id));
}

/** The list tells what a webhook is subscribed to; what has become of its deliveries, the webhook itself. */
async function inspect(ctx: WhopContext, paths: readonly string[]): Promise<RemoteWebhookEndpoint | null> {
  for await (const { id, url = '' } of listOf(ctx)) {
    if (!paths.some((path) => pathnameOf(url).endsWith(path))) continue;
    const webhook = await ctx.whop.find<WhopWebhook>(pathOf(id));
    if (webhook !== null) return readWebhook(webhook, url);
  }
  return null;
}

const pathnameOf = (url: string): string =>
  URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, '') : '';

function readWebhook(webhook: WhopWebhook, url: string): RemoteWebhookEndpoint {
  const { disabled_at: disabledAt, disabled_reason: reason, failing_since: failingSince } = webhook;
  return {
    remoteId: webhook.id,
    url,
    enabled: webhook.enabled !== false,
    disabled: disabledAt ? { at: new Date(disabledAt), reason: reason ?? 'unknown' } : undefined,
    failingSince: failingSince ? new Date(failingSince) : undefined,
    failures: webhook.consecutive_failures ?? 0,
    lastFailureAt: webhook.last_failure_at ? new Date(webhook.last_failure_at) : undefined,
  };
}
