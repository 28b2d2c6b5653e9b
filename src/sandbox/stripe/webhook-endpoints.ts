import { newHex, newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { invalid, missingParam, noSuch } from './errors.js';
import type { WebhookEndpoint } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import type { Route } from './route.js';

const MOST_ENDPOINTS = 16;

function requireEndpoint(ctx: Ctx, id: string): WebhookEndpoint {
  const endpoint = ctx.account.webhookEndpoints.get(id);
  if (endpoint === undefined) throw noSuch('webhook endpoint', id);
  return endpoint;
}

function urlOf(params: Params): string {
  const url = params.require('url');
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw invalid('Invalid URL', 'url', 'url_invalid');
  return url;
}

function createEndpoint(ctx: Ctx, params: Params): object {
  if (ctx.account.webhookEndpoints.size >= MOST_ENDPOINTS) {
    throw invalid(`You have reached the maximum of ${MOST_ENDPOINTS} webhook endpoints.`);
  }
  const events = params.strings('enabled_events');
  if (events.length === 0) throw missingParam('enabled_events');
  const endpoint: WebhookEndpoint = {
    id: newId('we_', 24),
    object: 'webhook_endpoint',
    api_version: params.string('api_version') ?? null,
    application: null,
    created: now(ctx),
    description: params.string('description') ?? null,
    enabled_events: events,
    livemode: ctx.account.livemode,
    metadata: params.metadata(),
    status: 'enabled',
    url: urlOf(params),
  };
  const secret = `whsec_${newHex(24)}`;
  ctx.account.endpointSecrets.set(endpoint.id, secret);
  create(ctx, ctx.account.webhookEndpoints, endpoint);
  // The only answer that tells the secret.
  return { ...endpoint, secret };
}

export const webhookEndpointRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/v1/webhook_endpoints',
    schema: 'WebhookEndpointCreateParams',
    run: createEndpoint,
  },
  {
    method: 'GET',
    url: '/v1/webhook_endpoints',
    schema: 'WebhookEndpointListParams',
    run: (ctx, params) =>
      listPage(
        ctx,
        '/v1/webhook_endpoints',
        'webhook endpoint',
        ctx.account.webhookEndpoints.newestFirst(),
        params,
      ),
  },
  {
    method: 'GET',
    url: '/v1/webhook_endpoints/:id',
    schema: 'WebhookEndpointRetrieveParams',
    run: (ctx, _params, id) => requireEndpoint(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/webhook_endpoints/:id',
    schema: 'WebhookEndpointUpdateParams',
    run: (ctx, params, id) =>
      change(ctx, ctx.account.webhookEndpoints, requireEndpoint(ctx, id), (endpoint) => {
        if (params.has('url')) endpoint.url = urlOf(params);
        if (params.has('enabled_events')) endpoint.enabled_events = params.strings('enabled_events');
        const disabled = params.boolean('disabled');
        if (disabled !== undefined) endpoint.status = disabled ? 'disabled' : 'enabled';
        const description = params.nullable('description');
        if (description !== undefined) endpoint.description = description;
        endpoint.metadata = params.metadata(endpoint.metadata);
      }),
  },
  {
    method: 'DELETE',
    url: '/v1/webhook_endpoints/:id',
    schema: 'WebhookEndpointDeleteParams',
    run: (ctx, _params, id) => {
      requireEndpoint(ctx, id);
      ctx.account.webhookEndpoints.delete(id);
      ctx.account.endpointSecrets.delete(id);
      return { id, object: 'webhook_endpoint', deleted: true };
    },
  },
];
