import { createHmac } from 'node:crypto';
import type { JsonObject } from '../core/json.js';
import { newId } from '../core/ids.js';
import { now, type Ctx } from './context.js';
import { noSuch } from './errors.js';
import type { StripeEvent, StripeObject, WebhookEndpoint } from './objects.js';
import { listPage } from './paging.js';
import type { Route } from './route.js';
import { API_VERSION } from './settings.js';

const KEPT_SECONDS = 30 * 24 * 3600;

export function emit(
  ctx: Ctx,
  type: string,
  object: StripeObject | JsonObject,
  former?: JsonObject,
): StripeEvent {
  const { account, world } = ctx;
  const endpoints = listeners(ctx, type);
  const event: StripeEvent = {
    id: newId('evt_', 24),
    object: 'event',
    api_version: API_VERSION,
    created: now(ctx),
    data: {
      object: structuredClone(object),
      ...(former === undefined ? {} : { previous_attributes: structuredClone(former) }),
    },
    livemode: account.livemode,
    pending_webhooks: endpoints.length,
    request: { id: ctx.request?.id ?? null, idempotency_key: ctx.request?.idempotencyKey ?? null },
    type,
  };
  account.events.insert(event, event.created);
  for (let oldest = account.events.oldest(); oldest; oldest = account.events.oldest()) {
    if (oldest.created >= event.created - KEPT_SECONDS) break;
    account.events.delete(oldest.id);
  }
  world.wireCheck.webhook(event);
  for (const endpoint of endpoints) dispatch(ctx, event, endpoint);
  return event;
}

/** Sends an event again to every endpoint that listens to it now. */
export function resend(ctx: Ctx, event: StripeEvent): number {
  const endpoints = listeners(ctx, event.type);
  for (const endpoint of endpoints) dispatch(ctx, event, endpoint);
  return endpoints.length;
}

function listeners(ctx: Ctx, type: string): WebhookEndpoint[] {
  return ctx.account.webhookEndpoints
    .values()
    .filter(
      ({ status, enabled_events: events }) =>
        status === 'enabled' && (events.includes('*') || events.includes(type)),
    );
}

function dispatch(ctx: Ctx, event: StripeEvent, endpoint: WebhookEndpoint): void {
  const { account, world } = ctx;
  const secret = account.endpointSecrets.get(endpoint.id) ?? '';
  const body = JSON.stringify(event, null, 2);
  world.courier.send({
    eventId: event.id,
    type: event.type,
    account: account.id,
    endpointId: endpoint.id,
    url: endpoint.url,
    body,
    headers: (seconds) => ({
      'stripe-signature': `t=${seconds},v1=${sign(secret, seconds, body)}`,
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    }),
  });
}

function sign(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

/** An event as the API shows it: how many endpoints still wait for it changes. */
function shown(ctx: Ctx, event: StripeEvent): StripeEvent {
  return { ...event, pending_webhooks: ctx.world.courier.undelivered(event.id) };
}

export const eventRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/v1/events',
    schema: 'EventListParams',
    run: (ctx, params) => {
      const types = params.strings('types');
      const type = params.string('type');
      const success = params.boolean('delivery_success');
      const oldest = now(ctx) - KEPT_SECONDS;
      const events = ctx.account.events
        .newestFirst()
        .filter(
          (event) =>
            event.created >= oldest &&
            (types.length === 0 || types.includes(event.type)) &&
            (type === undefined || matchesType(type, event.type)) &&
            (success === undefined || success === (ctx.world.courier.undelivered(event.id) === 0)),
        );
      return listPage(
        ctx,
        '/v1/events',
        'event',
        events.map((event) => shown(ctx, event)),
        params,
      );
    },
  },
  {
    method: 'GET',
    url: '/v1/events/:id',
    schema: 'EventRetrieveParams',
    run: (ctx, _params, id) => {
      const event = ctx.account.events.get(id);
      if (event === undefined) throw noSuch('event', id);
      return shown(ctx, event);
    },
  },
];

function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
