import type { HeardAttempt } from '../core/courier.js';
import { newHex, newId } from '../core/ids.js';
import { text, type JsonObject } from '../core/json.js';
import { namedCompany, nowIso, requireCompany, type Ctx } from './context.js';
import { badRequest, notFound, notPlayed, unprocessable } from './errors.js';
import { dispatch } from './messages.js';
import type { Webhook } from './objects.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import type { Route } from './route.js';
import { NEWEST_DATE } from './settings.js';

const RETAINED_MS = 30 * 24 * 60 * 60 * 1000;

export function showWebhook(ctx: Ctx, webhook: Webhook): object {
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
    ...(ctx.newest
      ? {
          api_version_date: webhook.apiDate,
          consecutive_failures: webhook.failures,
          disabled_at: webhook.disabledAt,
          disabled_reason: webhook.disabledAt === null ? null : 'delivery_failures',
          failing_since: webhook.failingSince,
          last_failure_at: webhook.lastFailureAt,
        }
      : {}),
  };
}

/** Reads do not tell the secret to whoever calls with a key. */
const showRead = (ctx: Ctx, webhook: Webhook): object => ({
  ...showWebhook(ctx, webhook),
  ...(ctx.newest ? { webhook_secret: null } : {}),
});

function requireWebhook(ctx: Ctx, id: string): Webhook {
  const webhook = ctx.account.webhooks.get(id);
  if (webhook === undefined) throw notFound('Webhook', id);
  return webhook;
}

/**
 * What a delivery has come to. The streak of failures counts first tries, begins with the first, and ends with whatever is
 * accepted; when it has lasted for three days the webhook is disabled.
 */
export function hear(ctx: Ctx, heard: HeardAttempt): void {
  const webhook = ctx.account.webhooks.get(heard.endpointId);
  if (webhook === undefined) return;
  if (heard.accepted) return recover(webhook);
  if (heard.isFirst) webhook.failures += 1;
  if (heard.isLast) webhook.lastFailureAt = heard.at;
  if (webhook.failingSince !== null) return;
  webhook.failingSince = heard.at;
  const at = ctx.account.clock.now() + ctx.world.settings.disableWebhookAfterSeconds * 1000;
  webhook.cancelDisabling = ctx.account.clock.schedule(
    at,
    ctx.account.id,
    `disabling of ${webhook.id}`,
    () => {
      if (webhook.failingSince !== heard.at) return;
      webhook.enabled = false;
      webhook.disabledAt = new Date().toISOString();
    },
  );
}

function recover(webhook: Webhook): void {
  webhook.cancelDisabling();
  webhook.failures = 0;
  webhook.failingSince = null;
}

function createWebhook(ctx: Ctx, params: JsonObject): object {
  const [only] = ctx.account.companies;
  const resource = typeof params.resource_id === 'string' ? params.resource_id : only;
  if (resource === undefined) throw badRequest('resource_id is required');
  if ((params.api_version ?? 'v1') !== 'v1') throw notPlayed('webhooks of other versions than v1');
  const webhook: Webhook = {
    id: newId('hook_', 14),
    resourceId: requireCompany(ctx, resource),
    createdAt: nowIso(ctx),
    url: urlOf(params.url),
    events: (wanted(params, 'events') ?? []).map(text),
    enabled: params.enabled !== false,
    apiDate: pinOf(params.api_version_date),
    secret: `ws_${newHex(32)}`,
    failures: 0,
    failingSince: null,
    lastFailureAt: null,
    disabledAt: null,
    cancelDisabling: () => undefined,
  };
  ctx.account.webhooks.set(webhook.id, webhook);
  // The only answer that tells the secret.
  return { ...showWebhook(ctx, webhook), webhook_secret: webhook.secret };
}

function updateWebhook(ctx: Ctx, webhook: Webhook, params: JsonObject): object {
  if (params.url !== undefined) webhook.url = urlOf(params.url);
  if (params.events !== undefined) webhook.events = (wanted(params, 'events') ?? []).map(text);
  if (params.api_version_date !== undefined) webhook.apiDate = pinOf(params.api_version_date);
  if (typeof params.enabled === 'boolean') {
    if (params.enabled && !webhook.enabled) {
      recover(webhook);
      webhook.disabledAt = null;
    }
    webhook.enabled = params.enabled;
  }
  return showRead(ctx, webhook);
}

function urlOf(value: unknown): string {
  const url = text(value);
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw unprocessable('url is not a valid URL');
  return url;
}

/** Not pinned, a webhook is told in the older shapes. */
function pinOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (text(value) !== NEWEST_DATE) throw notPlayed(`webhooks that are pinned to ${text(value)}`);
  return NEWEST_DATE;
}

/** Sends again, under the same ids, what went to the webhook in that time; all of it, or what was not accepted last. */
function replay(ctx: Ctx, webhook: Webhook, params: JsonObject): object {
  if (!webhook.enabled) throw unprocessable('Only an enabled webhook can be replayed');
  const after = Math.max(timeOf(params.sent_after, 'sent_after'), Date.now() - RETAINED_MS);
  const before = params.sent_before == null ? Infinity : timeOf(params.sent_before, 'sent_before');
  const events = wanted(params, 'events');
  const last = new Map<string, { readonly type: string; readonly failed: boolean }>();
  for (const { endpointId, eventId, type, status, attempts } of ctx.world.courier.deliveries({
    account: ctx.account.id,
  })) {
    const within = attempts.filter(({ at }) => Date.parse(at) >= after && Date.parse(at) <= before);
    if (endpointId === webhook.id && within.length > 0)
      last.set(eventId, { type, failed: status !== 'delivered' });
  }
  for (const [eventId, { type, failed }] of last) {
    const message = ctx.account.messages.get(eventId);
    if (message === undefined || events?.includes(type) === false) continue;
    if (params.failed_only === true && !failed) continue;
    dispatch(ctx, message, webhook, params.regenerate_ids === true ? newId('msg_', 24) : message.id);
  }
  return { queued: true };
}

function timeOf(value: unknown, name: string): number {
  const time = Date.parse(text(value));
  if (Number.isNaN(time)) throw badRequest(`${name} is not a date`);
  return time;
}

/** Each attempt is an entry. */
function listDeliveries(ctx: Ctx, webhook: Webhook, params: JsonObject): object {
  const entries = ctx.world.courier
    .deliveries({ account: ctx.account.id })
    .filter(({ endpointId }) => endpointId === webhook.id)
    .flatMap(({ id, type, attempts, eventId }) =>
      attempts.map(({ at, status, durationMs }, n) => ({
        id: `whdel_${id}_${n}`,
        createdAt: at,
        shown: {
          id: `whdel_${id}_${n}`,
          event: type,
          replayed_from: null,
          request_body: { id: eventId, type },
          resource_id: webhook.resourceId,
          response_body: null,
          response_code: status ?? 0,
          sent_at: at,
          success: status !== null && status >= 200 && status < 300,
          total_time: durationMs / 1000,
        },
      })),
    );
  return pageOf(newestFirst(entries), params, ({ shown }) => shown);
}

const onlyNewest = (ctx: Ctx): void => {
  if (!ctx.newest) throw notPlayed('the log of deliveries, and its replay, at the older date');
};

export const webhookRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/webhooks',
    request: 'ReqWebhookCreate',
    response: 'ResWebhookCreate',
    run: createWebhook,
  },
  {
    method: 'GET',
    url: '/webhooks',
    request: 'ReqWebhookList',
    response: 'ResWebhookListItem',
    run: (ctx, params) => {
      const company = namedCompany(ctx, params);
      const webhooks = newestFirst(ctx.account.webhooks.values()).filter(
        ({ resourceId }) => resourceId === company,
      );
      return pageOf(webhooks, params, (webhook) => showWebhook(ctx, webhook));
    },
  },
  {
    method: 'GET',
    url: '/webhooks/:id',
    response: 'ResWebhook',
    run: (ctx, _params, id) => showRead(ctx, requireWebhook(ctx, id)),
  },
  {
    method: 'PATCH',
    url: '/webhooks/:id',
    request: 'ReqWebhookUpdate',
    response: 'ResWebhook',
    run: (ctx, params, id) => updateWebhook(ctx, requireWebhook(ctx, id), params),
  },
  {
    method: 'POST',
    url: '/webhooks/:id/replay',
    request: 'ReqWebhookReplay',
    run: (ctx, params, id) => {
      onlyNewest(ctx);
      return replay(ctx, requireWebhook(ctx, id), params);
    },
  },
  {
    method: 'GET',
    url: '/webhooks/:id/deliveries',
    response: 'ResWebhookDelivery',
    run: (ctx, params, id) => {
      onlyNewest(ctx);
      return listDeliveries(ctx, requireWebhook(ctx, id), params);
    },
  },
  {
    method: 'DELETE',
    url: '/webhooks/:id',
    run: (ctx, _params, id) => {
      const webhook = requireWebhook(ctx, id);
      webhook.cancelDisabling();
      return ctx.account.webhooks.delete(webhook.id);
    },
  },
];
