import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { SecretBox } from '../../src/platform/secrets/secret-box.js';
import { Road } from '../support/road.js';
import { stripeHeaders } from '../support/stripe-webhook.js';

/** The addresses that several connections share. */
describe('webhooks on shared addresses', () => {
  let road: Road;
  let client: pg.Client;
  beforeAll(async () => {
    road = await Road.start();
    client = new pg.Client({ connectionString: road.server.database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await road.stop();
  });

  /** A connection as another tenant would have made it; its secret is sealed with that key. */
  const connection = async (
    id: string,
    secret: string,
    box: SecretBox,
    at: { tenant: string; env: string },
  ) =>
    client.query(
      `INSERT INTO billing.connections (id, tenant_id, environment_id, created_at, updated_at, status, created_by,
         updated_by, name, provider, is_default, connection_state, credentials, settings, sync_config, metadata)
       VALUES ($1, $2, $3, now(), now(), 'published', 'test', 'test', $1, 'stripe', false, 'active', $4, '{}', '{}', '{}')`,
      [
        id,
        at.tenant,
        at.env,
        { webhook_secret: { sealed: box.seal(secret, [at.tenant, id, 'webhook_secret']), last4: 'xxxx' } },
      ],
    );
  const event = (n: number): string =>
    JSON.stringify({
      ...{ id: `evt_any_${n}`, object: 'event', type: 'customer.updated', created: 1, livemode: false },
      data: { object: { id: `cus_${n}`, object: 'customer' } },
    });
  const post = (path: string, body: string, headers: Record<string, string>) =>
    road.api.with({ key: undefined }).send('POST', path, body, headers);

  it('find the connection whose secret verifies among more than five hundred, and skip one that does not open', async () => {
    const { tenantId: tenant, environmentId: env } = road.server.tenant;
    const { tenant: other } = await road.server.anotherTenant();
    const box = new SecretBox([{ id: 'test', key: road.server.secretKey }]);
    const at = { tenant, env };
    for (let n = 0; n < 515; n++)
      await connection(`conn_${String(n).padStart(4, '0')}`, `whsec_0123456789abcdef${n}`, box, at);
    const retired = new SecretBox([{ id: 'retired', key: randomBytes(32) }]);
    await connection('conn_0000_gone', 'whsec_0123456789abcdefgone', retired, {
      tenant: other.tenantId,
      env: other.environmentId,
    });
    const last = await post(
      '/integrations/stripe/webhook',
      event(1),
      stripeHeaders(event(1), 'whsec_0123456789abcdef514'),
    );
    expect([last.status, last.body]).toEqual([200, { received: true }]);
    const nobody = await post(
      '/integrations/stripe/webhook',
      event(2),
      stripeHeaders(event(2), 'whsec_0123456789abcdefno'),
    );
    expect(nobody).toMatchObject({ status: 401, body: { error: { code: 'invalid_signature' } } });
    const own = await post(
      '/webhooks/stripe/conn_0000_gone',
      event(3),
      stripeHeaders(event(3), 'whsec_0123456789abcdefgone'),
    );
    expect(own.status).toBe(401);
    const stored = await client.query(`SELECT connection_id FROM billing.webhook_events`);
    expect(stored.rows).toEqual([{ connection_id: 'conn_0514' }]);
  });

  it('take no path and no event that cannot be stored', async () => {
    const whop = new SecretBox([{ id: 'test', key: road.server.secretKey }]);
    const { tenantId: tenant, environmentId: env } = road.server.tenant;
    await client.query(
      `INSERT INTO billing.connections (id, tenant_id, environment_id, created_at, updated_at, status, created_by,
         updated_by, name, provider, is_default, connection_state, credentials, settings, sync_config, metadata)
       VALUES ('conn_whop', $1, $2, now(), now(), 'published', 'test', 'test', 'w', 'whop', true, 'active', $3, '{}', '{}', '{}')`,
      [tenant, env, { api_key: { sealed: whop.seal('k', [tenant, 'conn_whop', 'api_key']), last4: 'xxxx' } }],
    );
    const json = { 'content-type': 'application/json' };
    for (const path of [
      '/webhooks/stripe/%00',
      '/webhooks/stripe/%00/x',
      `/webhooks/stripe/${'x'.repeat(300)}`,
    ])
      expect((await post(path, '{}', json)).status).toBe(400);
    const hint = (body: object) => post('/webhooks/whop/conn_whop', JSON.stringify(body), json);
    const good = { id: 'e', type: 'invoice.paid', data: { id: 'inv_1' } };
    expect((await hint(good)).status).toBe(200);
    for (const wrong of [
      { ...good, data: { id: '\ud800' } },
      { ...good, data: { id: 'a\u0000' } },
      { ...good, type: 'invoice.\ud800' },
      { ...good, type: 'x'.repeat(300) },
      { ...good, company_id: '\u0000' },
      { ...good, timestamp: '+275760-09-13T00:00:00Z' },
    ])
      expect([wrong, (await hint(wrong)).status]).toEqual([wrong, 400]);
  });
});
