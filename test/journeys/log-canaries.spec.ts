import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import type { OpenApi, Schema } from '../support/openapi-bounds.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { stripeHeaders } from '../support/stripe-webhook.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const DOCUMENT = JSON.parse(fs.readFileSync(path.join(__dirname, '../../openapi.json'), 'utf8')) as OpenApi;
/** In every canary, and in nothing else. */
const MARK = 'kanari';
const canary = (): string => `${MARK}${randomBytes(4).toString('hex')}`;
/** Names that a request has made up are its own, and are told to it. */
const OWN_NAME = 'own_name';

/** What names an object, a provider or a field: that it is not there is said with its name. */
const NAMES = /(?:^|_)ids?$|provider|^(?:sort|filters?|field)$/;

/** A body as the schema wants it, or with a text in the place of everything, with a canary wherever a text may be. */
function bodyOf(schema: Schema, isRight: boolean, depth = 0): unknown {
  if (schema.$ref !== undefined)
    return depth > 6
      ? {}
      : bodyOf(DOCUMENT.components.schemas[schema.$ref.split('/').at(-1)!]!, isRight, depth + 1);
  const part = [...(schema.allOf ?? []), ...(schema.oneOf ?? [])][0];
  if (part !== undefined) return bodyOf(part, isRight, depth + 1);
  if (schema.properties !== undefined)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, member]) => [
        name,
        NAMES.test(name) ? 'none' : bodyOf(member, isRight, depth + 1),
      ]),
    );
  if (!isRight) return canary();
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === 'number' || schema.type === 'integer') return Math.max(1, schema.minimum ?? 1);
  if (schema.type === 'boolean') return true;
  if (schema.type === 'array') return [bodyOf(schema.items ?? {}, isRight, depth + 1)];
  if (schema.type === 'object') return { [OWN_NAME]: canary() };
  return (schema as { format?: string }).format === 'date-time' ? '2026-11-01T00:00:00Z' : canary();
}

describe('bodies, headers and secrets', () => {
  const lines: string[] = [];
  let road: Road;
  let receiver: WebhookReceiver;
  /** What was answered with an error. */
  const refusals: string[] = [];
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    road = await Road.start({
      webhooks: { toPrivateAddresses: true },
      log: { level: 'trace', write: (line) => lines.push(line) },
    });
  });
  afterAll(async () => {
    await road.stop();
    await receiver.stop();
  });

  beforeEach(() => {
    lines.length = 0;
    refusals.length = 0;
  });

  const send = async (
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
    api = road.api,
  ): Promise<number> => {
    const answer = await api.send(method, route, body, headers);
    if (answer.status >= 400)
      refusals.push(`${method} ${route.split('?')[0]} ${JSON.stringify(answer.body)}`);
    return answer.status;
  };
  const holding = (all: readonly string[]): string[] => all.filter((text) => text.includes(MARK));
  /** Nobody holds a canary, once everything that was begun has ended. */
  const expectNone = async (): Promise<void> => {
    await eventually('all work is done', async () => {
      const open = await road.server.database.query(
        `SELECT FROM billing.outbox_events WHERE relayed_at IS NULL
         UNION ALL SELECT FROM billing.jobs WHERE state = 'running' OR (state = 'queued' AND run_at < now())`,
      );
      return open.length === 0;
    });
    const stored = await road.server.database.query(
      `SELECT 'job ' || kind || payload::text AS text FROM billing.jobs
       UNION ALL SELECT 'outbox ' || type || payload::text FROM billing.outbox_events`,
    );
    expect(holding(lines)).toEqual([]);
    expect(holding(stored.map(({ text }) => String(text)))).toEqual([]);
    expect(holding(refusals)).toEqual([]);
    expect(await road.server.app.get(Metrics, { strict: false }).text()).not.toContain(MARK);
  };

  it('of every operation, with a canary in every field, taken or refused: nothing tells them again', async () => {
    const seen = { taken: 0, refused: 0 };
    for (const [route, operations] of Object.entries(DOCUMENT.paths))
      for (const [method, operation] of Object.entries(operations)) {
        const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
        if (schema === undefined || route.includes('/clock/')) continue;
        const to = route.replace(/^\/v1/, '').replace(/\{[^}]+\}/g, 'none');
        for (const isRight of [true, false]) {
          const status = await send(method.toUpperCase(), to, bodyOf(schema, isRight));
          expect(status).not.toBe(500);
          seen[status < 400 ? 'taken' : 'refused'] += 1;
        }
      }
    expect(seen.taken).toBeGreaterThanOrEqual(5);
    expect(seen.refused).toBeGreaterThan(100);
    await expectNone();
  });

  it('of what is taken and stored', async () => {
    const text = canary;
    const metadata = { note: text() };
    const create = (route: string, body: object): Promise<any> =>
      road.api.create(route, { ...body, metadata });
    const customer = await create('/customers', {
      ...{ external_id: 'stored', name: text(), email: `${text()}@example.test`, address_line1: text() },
      ...{ address_city: text(), address_country: 'DE', tax_id: text() },
    });
    const feature = await create('/features', {
      ...{ name: text(), lookup_key: text(), description: text(), type: 'metered', unit_singular: text() },
      meter: {
        name: text(),
        event_name: text(),
        aggregation: { type: 'COUNT' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    const plan = await create('/plans', { name: text(), lookup_key: text(), description: text() });
    await create('/addons', { name: text(), lookup_key: text(), type: 'onetime', description: text() });
    await create('/coupons', {
      ...{ name: text(), coupon_code: text(), type: 'percentage', percentage_off: '10', cadence: 'once' },
    });
    await create('/taxes/rates', {
      name: text(),
      code: text(),
      tax_rate_type: 'percentage',
      percentage_value: '19',
    });
    await road.api.post('/wallets', {
      customer_id: customer.id,
      currency: 'usd',
      name: text(),
      description: text(),
    });
    await create('/invoices', {
      ...{
        customer_id: customer.id,
        currency: 'usd',
        amount_due: '5',
        invoice_status: 'FINALIZED',
        description: text(),
      },
      line_items: [{ display_name: text(), amount: '5', quantity: '1', metadata }],
    });
    await road.api.expect(202, 'POST', '/events', {
      ...{ event_id: text(), event_name: text(), external_customer_id: text(), source: text() },
      properties: { [OWN_NAME]: text(), inner: { list: [text()] } },
    });
    await road.api.put(`/customers/${customer.id}`, { name: text() });
    await road.api.put(`/plans/${plan.id}`, { name: text() });
    expect(feature.id).toBeTruthy();
    // Twice the same: refused, and told by whose names.
    await send('POST', '/customers', { external_id: customer.external_id as string, name: text() });
    await expectNone();
  });

  it('that are no JSON, or of a wrong kind', async () => {
    const word = canary();
    for (const body of [`{"name": ${word}}`, word, `"${word}`, `["${word}"]`, `{"a":"${word}\u0001"}`])
      for (const route of ['/customers', '/events', '/events/bulk', '/plans'])
        expect(await send('POST', route, body)).toBe(400);
    const deep = `${'{"a":'.repeat(50)}"${word}"${'}'.repeat(50)}`;
    expect(await send('POST', '/customers', { external_id: 'x', metadata: { a: word, b: '\ud800' } })).toBe(
      400,
    );
    expect(await send('POST', '/customers', deep)).toBe(400);
    expect(await send('POST', '/customers', word, { 'content-type': 'text/plain' })).toBe(415);
    expect(await send('POST', '/customers', word, { 'content-type': `application/${word}` })).toBe(415);
    await expectNone();
  });

  it('bug: what the database refuses was logged with the row that it refuses', async () => {
    const { database } = road.server;
    await database.query(
      `ALTER TABLE billing.customers ADD CONSTRAINT refusing CHECK (external_id NOT LIKE '%check%')`,
    );
    await database.query(
      `CREATE FUNCTION billing.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           IF NEW.external_id LIKE '%cast%' THEN PERFORM (NEW.name)::integer; END IF;
           IF NEW.external_id LIKE '%json%' THEN PERFORM (NEW.name)::jsonb; END IF;
           IF NEW.external_id LIKE '%raise%' THEN RAISE EXCEPTION 'refused' USING DETAIL = NEW.name, HINT = NEW.name; END IF;
           RETURN NEW;
         END $$`,
    );
    await database.query(
      `CREATE TRIGGER refusing BEFORE INSERT ON billing.customers FOR EACH ROW EXECUTE FUNCTION billing.refuse()`,
    );
    await database.query(
      `ALTER TABLE billing.usage_events ADD CONSTRAINT refusing CHECK (event_name <> 'refused')`,
    );
    const { length } = lines;
    for (const kind of ['check', 'cast', 'json', 'raise'])
      expect(
        await send('POST', '/customers', {
          external_id: `${kind} ${canary()}`,
          name: canary(),
          metadata: { note: canary() },
        }),
      ).toBe(500);
    const event = {
      event_name: 'refused',
      external_customer_id: canary(),
      properties: { note: canary() },
    };
    expect(await send('POST', '/events', event)).toBe(500);
    expect(await send('POST', '/events/bulk', { events: [event, event] })).toBe(500);
    // What is wrong can still be told.
    const failed = lines.slice(length).map((line) => JSON.parse(line) as Record<string, any>);
    const errors = failed.filter(({ event: name }) => name === 'request.failed').map(({ err }) => err);
    expect(errors).toHaveLength(6);
    expect(errors[0]).toMatchObject({ code: '23514', constraint: 'refusing', table: 'customers' });
    expect(errors[1]).toMatchObject({ code: '22P02', message: expect.stringContaining('integer') });
    for (const { stack } of errors) expect(stack).toMatch(/^\s+at /);
    for (const [sql] of [
      ['ALTER TABLE billing.usage_events DROP CONSTRAINT refusing'],
      ['ALTER TABLE billing.customers DROP CONSTRAINT refusing'],
      ['DROP TRIGGER refusing ON billing.customers'],
    ])
      await database.query(sql!);
    await expectNone();
  });

  it('in headers: keys, signatures, cookies', async () => {
    const word = canary();
    for (const headers of [
      { 'x-api-key': word },
      { authorization: `Bearer ${word}` },
      { cookie: word, 'user-agent': word, 'idempotency-key': word },
      { 'idempotency-key': word.repeat(100) },
      { 'x-environment-id': word, referer: `https://${word}.test/` },
    ] as Record<string, string>[])
      await send('POST', '/customers', { external_id: 'h', name: 'H' }, headers);
    await send('GET', `/customers?${word}=${word}&limit=${word}&offset=${word}`);
    await expectNone();
  });

  it('in webhooks that come in: unsigned, badly signed, no JSON, and well signed of what is not there', async () => {
    const { connection, webhookSecret } = await road.connectStripe({ customer_inbound_enabled: true });
    const word = canary();
    const event = JSON.stringify({
      ...{ id: 'evt_none', object: 'event', type: 'customer.updated', created: 1, livemode: false },
      data: { object: { id: 'cus_none', object: 'customer', name: word, email: `${word}@example.test` } },
    });
    const nobody = road.api.with({ key: undefined });
    for (const body of [event, word, `{"${word}":`, '{}'])
      for (const [headers, status] of [
        [{ 'content-type': 'application/json' }, 401],
        [stripeHeaders(body, 'whsec_0123456789abcdefnobody'), 401],
        [{ 'content-type': 'application/json', 'stripe-signature': `t=${word},v1=${word}` }, 401],
        [stripeHeaders(body, webhookSecret), body === event ? 200 : 400],
      ] as const)
        for (const to of [`/webhooks/stripe/${connection.id}`, '/integrations/stripe/webhook'])
          expect(await send('POST', to, body, headers, nobody)).toBe(status);
    expect(
      await send('POST', `/webhooks/stripe/${connection.id}`, word, { 'content-type': 'text/plain' }, nobody),
    ).toBe(415);
    expect(lines.join('')).toContain('webhook.refused');
    await eventually('handled', async () => {
      const open = await road.server.database.query(
        `SELECT FROM billing.webhook_events WHERE state = 'received'`,
      );
      return open.length === 0;
    });
    await expectNone();
  });

  it('in credentials, and in what a provider says of them and of what it is sent', async () => {
    const word = canary();
    for (const secret of [word, `sk_test_${word}`, `rk_test_${word}`]) {
      road.sandbox.stripe.fault({
        path: '/v1/account',
        mode: 'error',
        status: 401,
        times: 1,
        body: {
          error: {
            type: 'invalid_request_error',
            message: `Invalid API Key provided: ${secret.slice(0, 3)}***`,
          },
        },
      });
      await send('POST', '/connections', {
        provider_type: 'stripe',
        name: 'Refused',
        encrypted_secret_data: { secret_key: secret, webhook_secret: secret },
        metadata: { note: word, restricted_key: secret },
      });
      await send('POST', '/connections', {
        provider_type: 'stripe',
        name: 'Refused',
        encrypted_secret_data: { secret_key: `sk_test_${secret}` },
      });
    }
    const customer = await road.customer(`says-${word}`, { name: word });
    for (const [status, type] of [
      [400, 'invalid_request_error'],
      [500, 'api_error'],
    ] as const)
      road.sandbox.stripe.fault({
        path: '/v1/customers*',
        mode: 'error',
        status,
        times: 3,
        body: { error: { type, message: `not to our liking: ${word}`, param: 'name', code: 'odd' } },
      });
    const other = await road.customer(`more-${word}`, { name: word });
    await eventually('the provider has refused', async () => {
      const operations = await road.operationsOf(other.id as string);
      return operations.some((one) => one.state !== 'planned' && one.attempts > 0);
    });
    await send('POST', `/customers/${customer.id}/none`);
    await expectNone();
  });

  it('in webhooks that go out, and in what their receivers answer', async () => {
    const word = canary();
    const { id, secret } = await road.api.create('/webhook-endpoints', {
      url: receiver.url(`/hook/${word}?token=${word}`),
      description: word,
      event_types: ['customer.created'],
      metadata: { note: word },
    });
    receiver.reply(`/hook/${word}?token=${word}`, {
      status: 500,
      headers: { 'x-note': word, 'retry-after': '3600', 'content-type': word },
    });
    await road.customer(`out-${word}`, { name: word, email: `${word}@example.test` });
    await receiver.gets(1, `/hook/${word}?token=${word}`);
    await eventually('it is known that it was not taken', () =>
      Promise.resolve(lines.some((line) => line.includes('webhook.not_taken'))),
    );
    expect(lines.join('')).not.toContain((secret as string).slice(6));
    await road.api.expect(204, 'DELETE', `/webhook-endpoints/${id}`);
    await expectNone();
  });
});
