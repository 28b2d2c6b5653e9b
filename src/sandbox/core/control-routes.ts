import type { FastifyInstance } from 'fastify';
import type { Controls } from './controls.js';
import type { CourierRule } from './courier-rules.js';
import type { DeliveryFilter } from './delivery.js';
import type { FaultRule } from './faults.js';
import { isObject, text, type JsonObject } from './json.js';
import type { RequestFilter } from './request-log.js';

/** A control call that makes no sense. */
export class ControlError extends Error {
  readonly statusCode = 400;
}

export function bodyOf(body: unknown): JsonObject {
  if (body === undefined || body === null) return {};
  if (!isObject(body)) throw new ControlError('The body must be a JSON object');
  return body;
}

function optional(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  return value === undefined || value === null || value === '' ? undefined : text(value);
}

export function required(body: JsonObject, name: string): string {
  const value = optional(body, name);
  if (value === undefined) throw new ControlError(`"${name}" is missing`);
  return value;
}

/** Everything of {@link Controls} over HTTP, for tests that run in another process. Field names are snake_case. */
export function addControlRoutes(server: FastifyInstance, controls: Controls): void {
  addRequestRoutes(server, controls);
  addWebhookRoutes(server, controls);
  addStateRoutes(server, controls);
}

function addRequestRoutes(server: FastifyInstance, controls: Controls): void {
  server.get('/_sandbox/requests', (request) => ({
    requests: controls.requests(requestFilter(request.query)),
  }));
  server.get('/_sandbox/requests/counts', (request) => controls.requestCounts(requestFilter(request.query)));
  server.delete('/_sandbox/requests', () => {
    controls.clearRequests();
    return { ok: true };
  });
  server.get('/_sandbox/faults', () => ({ faults: controls.faults() }));
  server.post('/_sandbox/faults', (request) => {
    const rules = Array.isArray(request.body) ? (request.body as unknown[]) : [request.body];
    return { faults: rules.map((rule) => controls.fault(faultRule(bodyOf(rule)))) };
  });
  server.delete('/_sandbox/faults', () => {
    controls.clearFaults();
    return { ok: true };
  });
  server.delete<{ Params: { id: string } }>('/_sandbox/faults/:id', (request) => {
    controls.clearFaults(request.params.id);
    return { ok: true };
  });
  server.get('/_sandbox/rate_limits', () => controls.rateLimits());
  server.post('/_sandbox/rate_limits', (request) => {
    const body = bodyOf(request.body);
    if (body.preset === 'realistic' || body.preset === 'off') return controls.setRateLimits(body.preset);
    return controls.setRateLimits(camelCased(body));
  });
}

function addWebhookRoutes(server: FastifyInstance, controls: Controls): void {
  server.get('/_sandbox/webhooks/deliveries', (request) => ({
    deliveries: controls.deliveries(camelCased(bodyOf(request.query)) as DeliveryFilter),
  }));
  server.post('/_sandbox/webhooks/pause', (request) => {
    controls.pauseWebhooks(optional(bodyOf(request.body), 'account'));
    return { ok: true };
  });
  server.post('/_sandbox/webhooks/resume', (request) => {
    controls.resumeWebhooks(optional(bodyOf(request.body), 'account'));
    return { ok: true };
  });
  server.get('/_sandbox/webhooks/rules', () => ({ rules: controls.webhookRules() }));
  server.post('/_sandbox/webhooks/rules', (request) => {
    const rule = bodyOf(request.body);
    if (!['drop', 'duplicate', 'delay'].includes(required(rule, 'action'))) {
      throw new ControlError('"action" is drop, duplicate or delay');
    }
    controls.arrangeWebhooks(rule as unknown as CourierRule);
    return { rules: controls.webhookRules() };
  });
  server.delete('/_sandbox/webhooks/rules', () => {
    controls.clearWebhookRules();
    return { ok: true };
  });
  server.post('/_sandbox/webhooks/reorder', (request) => {
    const body = bodyOf(request.body);
    const how = optional(body, 'how') ?? 'reverse';
    if (how !== 'reverse' && how !== 'shuffle') throw new ControlError('"how" is reverse or shuffle');
    return { reordered: controls.reorderWebhooks(how, optional(body, 'account')) };
  });
  server.post('/_sandbox/webhooks/deliver_now', async (request) =>
    controls.deliverWebhooksNow(optional(bodyOf(request.body), 'account')),
  );
  server.post('/_sandbox/webhooks/settle', async (request) => {
    const timeout = bodyOf(request.body).timeout_ms;
    return controls.settle(typeof timeout === 'number' ? timeout : undefined);
  });
  server.post('/_sandbox/webhooks/resend', (request) => ({
    endpoints: controls.resend(required(bodyOf(request.body), 'event')),
  }));
}

function addStateRoutes(server: FastifyInstance, controls: Controls): void {
  server.get('/_sandbox', () => ({
    accounts: controls.accounts(),
    clock: controls.time().now,
    settings: controls.settings(),
    schema_violations: controls.schemaViolations().length,
  }));
  server.get('/_sandbox/clock', (request) => controls.time(optional(bodyOf(request.query), 'account')));
  server.post('/_sandbox/clock/follow', async (request) => {
    const body = bodyOf(request.body);
    const to = new Date(required(body, 'to'));
    if (Number.isNaN(to.getTime())) throw new ControlError('"to" is no instant');
    const { stands_ms: standsMs } = body;
    if (standsMs !== undefined && !(typeof standsMs === 'number' && standsMs >= 0 && standsMs <= 600_000))
      throw new ControlError('"stands_ms" is no time of up to ten minutes');
    const { nextAt, ...followed } = await controls.follow(required(body, 'account'), to, standsMs);
    return { ...followed, next_at: nextAt };
  });
  server.post('/_sandbox/clock/advance', async (request) => {
    const body = bodyOf(request.body);
    const to = optional(body, 'to');
    const seconds = body.by_seconds;
    if (to === undefined && typeof seconds !== 'number')
      throw new ControlError('"to" or "by_seconds" is missing');
    const account = optional(body, 'account');
    const happened = controls.advance({
      account,
      ...(to === undefined ? { bySeconds: Number(seconds) } : { to }),
    });
    const settled = body.settle === true ? await controls.settle() : undefined;
    return {
      now: controls.time(account).now,
      happened,
      ...(settled === undefined ? {} : { webhooks: settled }),
    };
  });
  server.get('/_sandbox/accounts', () => ({ accounts: controls.accounts() }));
  server.get<{ Params: { kind: string } }>('/_sandbox/objects/:kind', (request) => ({
    objects: controls.objects(request.params.kind, optional(bodyOf(request.query), 'account')),
  }));
  server.post('/_sandbox/keys/revoke', (request) => {
    controls.revokeKey(required(bodyOf(request.body), 'key'));
    return { ok: true };
  });
  server.post('/_sandbox/keys/attach', (request) => {
    const body = bodyOf(request.body);
    controls.attachKey(required(body, 'key'), required(body, 'account'));
    return { ok: true };
  });
  server.post('/_sandbox/idempotency/prune', (request) => ({
    pruned: controls.pruneIdempotencyKeys(optional(bodyOf(request.body), 'account')),
  }));
  server.post('/_sandbox/reset', (request) => {
    controls.reset(optional(bodyOf(request.body), 'account'));
    return { ok: true };
  });
  server.get('/_sandbox/schema_violations', () => ({ violations: controls.schemaViolations() }));
  server.delete('/_sandbox/schema_violations', () => {
    controls.clearSchemaViolations();
    return { ok: true };
  });
  server.get('/_sandbox/settings', () => controls.settings());
  server.post('/_sandbox/settings', (request) => {
    controls.configure(camelCased(bodyOf(request.body)));
    return controls.settings();
  });
}

function requestFilter(query: unknown): RequestFilter {
  const filter = camelCased(bodyOf(query));
  const status = optional(filter, 'status');
  return {
    ...filter,
    ...(status === undefined ? {} : { status: status === 'null' ? null : Number(status) }),
  };
}

function faultRule(body: JsonObject): FaultRule {
  const mode = required(body, 'mode');
  if (!['error', 'error_after', 'drop_before', 'drop_after', 'delay'].includes(mode)) {
    throw new ControlError('"mode" is error, error_after, drop_before, drop_after or delay');
  }
  return body as unknown as FaultRule;
}

/** `by_seconds` as `bySeconds`, so that the code and its HTTP face have one set of names. */
function camelCased(body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
