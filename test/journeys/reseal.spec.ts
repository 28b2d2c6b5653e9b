import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { SecretBox, type SecretKey } from '../../src/platform/secrets/secret-box.js';
import { SealedSecrets, type ResealReport } from '../../src/platform/reseal/sealed-secrets.js';
import { stripeHeaders } from '../support/stripe-webhook.js';
import { Road } from '../support/road.js';
import { runCommand } from '../support/server-process.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/test-app.js';
import { isSignedWith, WebhookReceiver } from '../support/webhook-receiver.js';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';

const newKey = (id: string): SecretKey => ({ id, key: randomBytes(32) });
const inSettings = (...keys: SecretKey[]): string =>
  keys.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',');
const WEBHOOK_SECRET = 'whsec_0123456789abcdefabcdef1234';

describe('secrets under a newer key', () => {
  const old = newKey('2026');
  const young = newKey('2027');
  let road: Road;
  let receiver: WebhookReceiver;
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    road = await Road.start({ secretKeys: [old], webhooks: { toPrivateAddresses: true } });
  });
  afterEach(async () => {
    await road.stop();
    await receiver.stop();
  });

  const start = (options: TestAppOptions): Promise<TestApp> =>
    startTestApp({
      database: road.server.database,
      providers: Road.providersOf(road.sandbox),
      webhooks: { toPrivateAddresses: true },
      ...options,
    });
  const reseal = ({ app }: TestApp, isStopped?: () => boolean): Promise<ResealReport> =>
    app.get(SealedSecrets, { strict: false }).reseal(isStopped);
  /** Ids of the keys that something in the database is sealed with, of whatever it is. */
  const keysInRows = async (): Promise<string[]> => {
    const rows = await road.server.database.query(
      `SELECT DISTINCT (regexp_matches(credentials::text, 'v1\\.([^.]+)\\.', 'g'))[1] AS key FROM billing.connections
        UNION SELECT (regexp_matches(secret::text, 'v1\\.([^.]+)\\.', 'g'))[1] FROM billing.webhook_endpoints`,
    );
    return rows.map(({ key }) => String(key)).sort();
  };
  const twoTenants = async (): Promise<{ connections: any[]; endpoint: any }> => {
    const other = await road.server.anotherTenant();
    const connections = [];
    for (const api of [road.api, other.api]) {
      const made = await api.create('/connections', {
        provider: 'stripe',
        name: 'Stripe',
        encrypted_secret_data: {
          secret_key: `sk_test_${randomBytes(12).toString('hex')}`,
          webhook_secret: `${WEBHOOK_SECRET}before`,
        },
      });
      connections.push(
        await api.put(`/connections/${made.id}`, {
          encrypted_secret_data: { webhook_secret: WEBHOOK_SECRET },
        }),
      );
    }
    const made = await road.api.create('/webhook-endpoints', {
      url: receiver.url(),
      event_types: ['customer.created'],
    });
    const rotated = await road.api.post(`/webhook-endpoints/${made.id}/secret/rotate`);
    return { connections, endpoint: { ...rotated, before: made.secret as string } };
  };
  const webhook = (server: TestApp, id: string, secret: string): Promise<number> => {
    const body = JSON.stringify({
      ...{ id: `evt_${randomBytes(8).toString('hex')}`, object: 'event', type: 'plan.created' },
      data: { object: { id: 'x' } },
    });
    return fetch(`${server.url}/v1/webhooks/stripe/${id}`, {
      method: 'POST',
      headers: stripeHeaders(body, secret),
      body,
    }).then(({ status }) => status);
  };

  it('bug: an old sealing key could never be removed: all that is sealed moves to the newest, of all tenants, with what was before', async () => {
    const { connections, endpoint } = await twoTenants();
    await road.server.close();
    const both = await start({ secretKeys: [young, old] });
    const report = await reseal(both);
    expect(report).toMatchObject({
      newestKey: '2027',
      isComplete: true,
      // A secret key, a webhook secret and the one before it, for each of two tenants.
      moved: { connection_credentials: 6, webhook_endpoint_secrets: 2 },
      notOpened: [],
    });
    expect(await keysInRows()).toEqual(['2027']);
    expect((await reseal(both)).moved).toEqual({ connection_credentials: 0, webhook_endpoint_secrets: 0 });
    await both.close();

    const alone = await start({ secretKeys: [young] });
    for (const { id } of connections)
      for (const secret of [WEBHOOK_SECRET, `${WEBHOOK_SECRET}before`])
        expect(await webhook(alone, id as string, secret)).toBe(200);
    const client = new ApiClient(alone.url, road.api.key);
    expect(await client.post(`/connections/${connections[0].id}/test`)).toMatchObject({ ok: true });
    await client.create('/customers', { external_id: 'signed', name: 'Signed' });
    const [message] = await receiver.gets(1);
    expect([endpoint.secret, endpoint.before].map((one) => isSignedWith(one as string, message!))).toEqual([
      true,
      true,
    ]);
    await alone.close();
  });

  it('a reseal that was stopped goes on with what is left', async () => {
    await twoTenants();
    await road.server.close();
    const both = await start({ secretKeys: [young, old] });
    let looks = 0;
    const first = await reseal(both, () => ++looks > 2);
    expect(first).toMatchObject({ isComplete: false, moved: { connection_credentials: 3 } });
    expect(await keysInRows()).toEqual(['2026', '2027']);
    expect(first.keys).toContainEqual(
      expect.objectContaining({
        id: '2026',
        usedBy: expect.objectContaining({ connection_credentials: 3, webhook_endpoint_secrets: 2 }),
        removableFrom: null,
      }),
    );
    expect(await reseal(both)).toMatchObject({
      isComplete: true,
      moved: { connection_credentials: 3, webhook_endpoint_secrets: 2 },
    });
    await both.close();
  });

  it('a key is removable when the last answer that is sealed with it is kept no longer', async () => {
    const before = Date.now();
    await road.api.send(
      'POST',
      '/customers',
      { external_id: 'once', name: 'Once' },
      { 'idempotency-key': 'k1' },
    );
    await road.server.close();
    const both = await start({ secretKeys: [young, old] });
    const { keys } = await reseal(both);
    const [newest, last] = ['2027', '2026'].map((id) => keys.find((one) => one.id === id)!);
    expect(newest).toEqual({ id: '2027', inSettings: true, usedBy: {}, removableFrom: null });
    expect(last).toMatchObject({ inSettings: true, usedBy: { idempotency_answers: 1 } });
    const hours = (last!.removableFrom!.getTime() - before) / 3_600_000;
    expect([hours > 25, hours < 25.5]).toEqual([true, true]);
    await road.server.database.query(`DELETE FROM billing.idempotency_keys`);
    const [, over] = (await reseal(both)).keys;
    expect(over).toMatchObject({ id: '2026', usedBy: {} });
    expect(over!.removableFrom!.getTime()).toBeLessThanOrEqual(Date.now());
    await both.close();
  });

  it('bug: a server started without a key that secrets are sealed with: it refuses, naming keys and how many of what', async () => {
    await twoTenants();
    await road.server.close();
    const refused = start({ secretKeys: [young] });
    await expect(refused).rejects.toThrow(
      /2026 \(6 connection_credentials, 2 webhook_endpoint_secrets\).*ALLOW_MISSING_SECRET_KEYS/,
    );
    await expect(refused).rejects.not.toThrow(/2027 \(/);
  });

  it('what is over needs no key: a webhook secret that was replaced long ago, what was deleted', async () => {
    await twoTenants();
    await road.server.database.query(
      `UPDATE billing.connections SET credentials = jsonb_build_object('webhook_secret', jsonb_set(
         credentials -> 'webhook_secret', '{previous,until}', '"2020-01-01T00:00:00.000Z"'))`,
    );
    await road.server.close();
    const both = await start({ secretKeys: [young, old] });
    expect((await reseal(both)).moved).toMatchObject({ connection_credentials: 2 });
    // The secret before went with it: nothing would ever open it.
    expect(await keysInRows()).toEqual(['2027']);
    await both.close();
  });

  it('allowed to start all the same, it serves everybody whose secrets open (case 06)', async () => {
    await twoTenants();
    await road.server.close();
    const alone = await start({ secretKeys: [young], allowMissingSecretKeys: true });
    const { api } = await alone.anotherTenant();
    const secret = 'whsec_fedcba9876543210fedcba987654';
    const made = await api.create('/connections', {
      provider: 'stripe',
      name: 'Young',
      encrypted_secret_data: {
        secret_key: `sk_test_${randomBytes(12).toString('hex')}`,
        webhook_secret: secret,
      },
    });
    expect(await webhook(alone, made.id as string, secret)).toBe(200);
    const body = JSON.stringify({
      ...{ id: 'evt_shared', object: 'event', type: 'plan.created' },
      data: { object: { id: 'x' } },
    });
    const shared = await fetch(`${alone.url}/v1/integrations/stripe/webhook`, {
      method: 'POST',
      headers: stripeHeaders(body, secret),
      body,
    });
    expect(shared.status).toBe(200);
    const report = await reseal(alone);
    expect(report.notOpened).toHaveLength(3);
    expect(report.keys).toContainEqual(
      expect.objectContaining({ id: '2026', inSettings: false, removableFrom: null }),
    );
    await alone.close();
  });

  it('one row that does not open stays as it is, and the others move', async () => {
    await twoTenants();
    const box = new SecretBox([old]);
    await road.server.database.query(
      `UPDATE billing.connections SET credentials = jsonb_set(credentials, '{secret_key,sealed}', to_jsonb($1::text))
        WHERE tenant_id = $2`,
      [box.seal('of another row', ['x']), road.server.tenant.tenantId],
    );
    await road.server.close();
    const both = await start({ secretKeys: [young, old] });
    const report = await reseal(both);
    expect(report).toMatchObject({
      moved: { connection_credentials: 5, webhook_endpoint_secrets: 2 },
      notOpened: [{ kind: 'connection_credentials' }],
    });
    await both.close();
  });

  it('bug: a change of a connection wrote back the secrets that it had read before a reseal', async () => {
    const { connections } = await twoTenants();
    const { id } = connections[0];
    const client = new pg.Client({ connectionString: road.server.database.url });
    await client.connect();
    await client.query(`BEGIN`);
    await client.query(`SELECT set_config('role', 'flexprice_app', true),
      set_config('app.tenant_id', '${road.server.tenant.tenantId}', true),
      set_config('app.environment_id', '${road.server.tenant.environmentId}', true)`);
    await client.query(`SELECT FROM billing.connections WHERE id = $1 FOR UPDATE`, [id]);
    const renamed = road.api.put(`/connections/${id}`, { name: 'Renamed' });
    await eventually('the rename waits for the row', async () => {
      const waiting = await road.server.database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length === 1;
    });
    await client.query(
      `UPDATE billing.connections SET credentials = jsonb_set(credentials, '{secret_key,last4}', '"anew"') WHERE id = $1`,
      [id],
    );
    await client.query('COMMIT');
    await client.end();
    expect(await renamed).toMatchObject({ name: 'Renamed', credentials: { secret_key: { last4: 'anew' } } });
  });

  it('npm run reseal prints what it has moved, and when a key may be removed', async () => {
    await twoTenants();
    await road.server.close();
    const settings = { DATABASE_URL: road.server.database.url, SECRET_KEYS: inSettings(young, old) };
    const report = JSON.parse(await runCommand(settings, 'src/app/reseal.ts')) as Record<string, unknown>;
    expect(report).toEqual({
      newest_key: '2027',
      complete: true,
      moved: { connection_credentials: 6, webhook_endpoint_secrets: 2 },
      not_opened: [],
      keys: [
        {
          id: '2027',
          in_secret_keys: true,
          used_by: { connection_credentials: 6, webhook_endpoint_secrets: 2 },
          removable_from: null,
        },
        {
          id: '2026',
          in_secret_keys: true,
          used_by: expect.any(Object),
          removable_from: expect.any(String),
        },
      ],
    });
  });
});
