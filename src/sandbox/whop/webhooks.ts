import { newHex, newId } from '../core/ids.js';
import { text } from '../core/json.js';
import { nowIso, requireCompany, type Ctx } from './context.js';
import { badRequest, notFound, unprocessable } from './errors.js';
import type { Webhook } from './objects.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import type { Route } from './route.js';

export function showWebhook(webhook: Webhook): object {
  return {
    id: webhook.id,
    api_version: 'v1',
    child_resource_events: false,
    created_at: webhook.createdAt,
    enabled: webhook.enabled,
    events: webhook.events,
    resource_id: webhook.resourceId,
    testable_events: ['invoice.paid', 'payment.succeeded'],
    url: webhook.url,
  };
}

function requireWebhook(ctx: Ctx, id: string): Webhook {
  const webhook = ctx.account.webhooks.get(id);
  if (webhook === undefined) throw notFound('Webhook', id);
  return webhook;
}

export const webhookRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/webhooks',
    request: 'ReqWebhookCreate',
    response: 'ResWebhookCreate',
    run: (ctx, params) => {
      const [only] = ctx.account.companies;
      const resource = typeof params.resource_id === 'string' ? params.resource_id : only;
      if (resource === undefined) throw badRequest('resource_id is required');
      const url = text(params.url);
      if (!URL.canParse(url) || !/^https?:/.test(url)) throw unprocessable('url is not a valid URL');
      if ((params.api_version ?? 'v1') !== 'v1') throw unprocessable('The sandbox plays webhooks of v1 only');
      const webhook: Webhook = {
        id: newId('hook_', 14),
        resourceId: requireCompany(ctx, resource),
        createdAt: nowIso(ctx),
        url,
        events: (wanted(params, 'events') ?? []).map(text),
        enabled: params.enabled !== false,
        secret: `ws_${newHex(32)}`,
      };
      ctx.account.webhooks.set(webhook.id, webhook);
      // The only answer that tells the secret.
      return { ...showWebhook(webhook), webhook_secret: webhook.secret };
    },
  },
  {
    method: 'GET',
    url: '/webhooks',
    run: (ctx, params) => {
      const company = requireCompany(ctx, text(params.company_id ?? params.account_id));
      const webhooks = newestFirst(ctx.account.webhooks.values()).filter(
        ({ resourceId }) => resourceId === company,
      );
      return pageOf(webhooks, params, showWebhook);
    },
  },
  {
    method: 'GET',
    url: '/webhooks/:id',
    run: (ctx, _params, id) => showWebhook(requireWebhook(ctx, id)),
  },
  {
    method: 'DELETE',
    url: '/webhooks/:id',
    run: (ctx, _params, id) => ctx.account.webhooks.delete(requireWebhook(ctx, id).id),
  },
];
