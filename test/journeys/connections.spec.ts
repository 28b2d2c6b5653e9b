import { sdkOf } from '../contract/sdk-client.js';
import { randomBytes } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { stripeInvoicesOf } from '../support/faults.js';
import { Road } from '../support/road.js';
import { stripeHeaders } from '../support/stripe-webhook.js';

const key = (kind = 'sk_test'): string => `${kind}_${randomBytes(12).toString('hex')}`;

describe('the life of a connection', () => {
  let road: Road;
  beforeAll(async () => {
    road = await Road.start();
  });
  afterAll(async () => {
    await road.stop();
  });

  const connect = (api: Road['api'], secretKey: string, more: Record<string, unknown> = {}): Promise<any> =>
    api.create('/connections', {
      provider_type: 'stripe',
      name: 'Stripe',
      encrypted_secret_data: { secret_key: secretKey },
      ...more,
    });
  const refusal = async (
    api: Road['api'],
    method: 'POST' | 'PUT',
    path: string,
    body: Record<string, unknown>,
  ): Promise<Record<string, string>> => {
    const { status, body: answer } = await api.send(method, path, body);
    expect(status).toBe(400);
    return answer.details.fields as Record<string, string>;
  };
  /** A webhook as Stripe would sign it. */
  const webhook = async (url: string, secret: string, id = `evt_${randomBytes(8).toString('hex')}`) => {
    const body = JSON.stringify({ id, object: 'event', type: 'plan.created', data: { object: { id: 'x' } } });
    const response = await fetch(url, {
      method: 'POST',
      headers: stripeHeaders(body, secret),
      body,
    });
    return response.status;
  };

  it('both bodies make it; secrets are sealed, the last four shown; search, get, update, delete', async () => {
    const { api } = await road.server.anotherTenant();
    const secretKey = key();
    const guide = await api.create('/connections', {
      provider: 'stripe',
      name: 'By the guide',
      metadata: {
        secret_key: secretKey,
        webhook_secret: 'whsec_0123456789abcdefabcdef1234',
        team: 'billing',
      },
      sync_config: { customer_outbound_enabled: true, invoice: { outbound: true } },
    });
    expect(guide).toMatchObject({
      provider_type: 'stripe',
      is_default: true,
      livemode: false,
      account_id: expect.stringMatching(/^acct_/),
      metadata: { team: 'billing' },
      credentials: {
        secret_key: { last4: secretKey.slice(-4) },
        webhook_secret: { last4: '1234', previous_valid_until: null },
      },
      sync_config: {
        customer: { inbound: false, outbound: true },
        invoice: { inbound: false, outbound: true },
        plan: { inbound: false, outbound: false },
      },
      webhook_url: expect.stringContaining('/v1/webhooks/stripe/'),
      health: { state: 'active', last_success_at: expect.any(String), last_error: null },
    });
    const renamed = await api.put(`/connections/${guide.id}`, { name: 'Renamed' });
    expect(renamed).toMatchObject({ name: 'Renamed', credentials: guide.credentials });
    for (const answer of [
      guide,
      renamed,
      await api.get('/connections'),
      await api.post('/connections/search'),
    ])
      expect(JSON.stringify(answer)).not.toContain(secretKey.slice(8, -4));
    await api.expect(200, 'DELETE', `/connections/${guide.id}`);
    expect((await api.send('GET', `/connections/${guide.id}`)).status).toBe(404);
    const [row] = await road.server.database.query(
      `SELECT credentials FROM billing.connections WHERE id = '${guide.id}'`,
    );
    expect(row?.credentials).toEqual({});
  });

  it('a wrong key is refused, naming the field; so are mixed key pairs, unknown fields and unknown switches', async () => {
    const { api } = await road.server.anotherTenant();
    const revoked = key();
    await connect(api, revoked);
    road.sandbox.stripe.revokeKey(revoked);
    const body = { provider_type: 'stripe', name: 'Wrong' };
    const refused = (secret: Record<string, unknown>): Promise<Record<string, string>> =>
      refusal(api, 'POST', '/connections', { ...body, encrypted_secret_data: secret });
    expect(Object.keys(await refused({ secret_key: revoked }))).toEqual(['secret_key']);
    expect(Object.keys(await refused({ secret_key: 'pk_test_0123456789' }))).toEqual(['secret_key']);
    expect(Object.keys(await refused({}))).toEqual(['secret_key']);
    expect(Object.keys(await refused({ secret_key: key(), api_key: 'x' }))).toEqual(['api_key']);
    expect(Object.keys(await refused({ secret_key: key(), publishable_key: 'pk_live_0123456789' }))).toEqual([
      'publishable_key',
    ]);
    const odd = await api.send('POST', '/connections', {
      ...body,
      encrypted_secret_data: { secret_key: key() },
      sync_config: { invoices_outbound_enabled: true },
    });
    expect(odd).toMatchObject({ status: 400 });
    expect((await api.get('/connections')).items).toHaveLength(1);
  });

  it('a restricted key works; live and test keys do not mix in one environment; a key of another account is another connection', async () => {
    const { api } = await road.server.anotherTenant('live');
    const restricted = key('rk_live');
    const first = await connect(api, restricted);
    expect(first).toMatchObject({ livemode: true });
    expect(
      await refusal(api, 'POST', '/connections', {
        provider_type: 'stripe',
        name: 'Test',
        encrypted_secret_data: { secret_key: key('sk_test') },
      }),
    ).toEqual({ secret_key: expect.stringContaining('test key') });
    const path = `/connections/${first.id}`;
    for (const other of [key('sk_test'), key('sk_live')])
      expect(await refusal(api, 'PUT', path, { encrypted_secret_data: { secret_key: other } })).toEqual({
        secret_key: expect.stringContaining('another account'),
      });
    const rolled = key('sk_live');
    road.sandbox.stripe.attachKey(rolled, restricted);
    const after = await api.put(path, { encrypted_secret_data: { secret_key: rolled } });
    expect(after.credentials.secret_key.last4).toBe(rolled.slice(-4));
  });

  it('several of one provider, of which one is the default; deleting it leaves the choice open', async () => {
    const { api } = await road.server.anotherTenant();
    const one = await connect(api, key(), { name: 'One' });
    const two = await connect(api, key(), { name: 'Two' });
    expect([one.is_default, two.is_default]).toEqual([true, false]);
    const three = await connect(api, key(), { name: 'Three', is_default: true });
    const defaults = async (): Promise<string[]> =>
      (await api.get('/connections?limit=10')).items
        .filter((each: any) => each.is_default)
        .map((each: any) => each.name);
    expect(await defaults()).toEqual(['Three']);
    await api.put(`/connections/${two.id}`, { is_default: true });
    expect(await defaults()).toEqual(['Two']);
    await api.expect(200, 'DELETE', `/connections/${two.id}`);
    expect(await defaults()).toEqual([]);
    expect(three.id).not.toBe(one.id);
  });

  it('an invoice goes to each connection that wants it, or to the one that is named', async () => {
    const { api } = await road.server.anotherTenant();
    const sync = { sync_config: { customer_outbound_enabled: true, invoice_outbound_enabled: true } };
    const named = await connect(api, key(), { name: 'Named', ...sync });
    await connect(api, key(), { name: 'Silent', is_default: true });
    const customer = await api.create('/customers', { external_id: 'c', name: 'C', email: 'c@example.test' });
    const invoice = await api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '5',
      line_items: [{ display_name: 'L', amount: '5', quantity: '1' }],
      invoice_status: 'FINALIZED',
    });
    const switchedOff = await api.send('POST', `/invoices/${invoice.id}/sync/stripe`);
    expect(switchedOff.body.error.code).toBe('sync_switched_off');
    const synced = await api.post(`/invoices/${invoice.id}/sync/stripe?wait=true&connection_id=${named.id}`);
    expect(synced).toMatchObject({ status: 'open', mapping: { connection_id: named.id } });
    expect(stripeInvoicesOf(road, invoice.id as string)).toHaveLength(1);
    const again = await api.post(`/invoices/${invoice.id}/sync/stripe?connection_id=${named.id}`);
    expect(again.stripe_invoice_id).toBe(synced.stripe_invoice_id); // synced already: its mapping, no error
  });

  it('a rotated webhook secret overlaps with the one before it; a signature of neither is 401 and stores nothing', async () => {
    const { api, tenant } = await road.server.anotherTenant();
    const url = `${road.server.url}/v1/webhooks/stripe/${tenant.tenantId}/${tenant.environmentId}`;
    const made = await connect(api, key(), {
      encrypted_secret_data: { secret_key: key(), webhook_secret: 'whsec_0123456789abcdeffirst1' },
    });
    const path = `/connections/${made.id}`;
    expect(await webhook(url, 'whsec_0123456789abcdeffirst1')).toBe(200);
    const rotated = await api.put(path, {
      encrypted_secret_data: { webhook_secret: 'whsec_0123456789abcdefsecond2' },
    });
    expect(rotated.credentials.webhook_secret).toMatchObject({
      last4: 'ond2',
      previous_valid_until: expect.any(String),
    });
    for (const secret of ['whsec_0123456789abcdeffirst1', 'whsec_0123456789abcdefsecond2'])
      expect(await webhook(url, secret)).toBe(200);
    await api.put(path, { encrypted_secret_data: { webhook_secret: 'whsec_0123456789abcdefthird3' } });
    expect(await webhook(url, 'whsec_0123456789abcdefthird3')).toBe(200);
    expect(await webhook(url, 'whsec_0123456789abcdefsecond2')).toBe(200);
    await eventually(
      'the first secret is over',
      async () => (await webhook(url, 'whsec_0123456789abcdeffirst1')) === 401,
    );
    const before = (await api.get('/integrations/webhook-events?limit=1000')).items.length;
    expect(await webhook(url, 'whsec_0123456789abcdefnobody')).toBe(401);
    expect((await api.get('/integrations/webhook-events?limit=1000')).items).toHaveLength(before);
    // the guides' address, which names nobody, and the one that names the connection
    for (const other of [
      `${road.server.url}/v1/integrations/stripe/webhook`,
      `${road.server.url}/v1/webhooks/stripe/${made.id}`,
    ])
      expect(await webhook(other, 'whsec_0123456789abcdefthird3')).toBe(200);
  });

  it('bug: a webhook secret that has leaked went on verifying for three days: its overlap can be 0, or be ended later', async () => {
    const { api, tenant } = await road.server.anotherTenant();
    const url = `${road.server.url}/v1/webhooks/stripe/${tenant.tenantId}/${tenant.environmentId}`;
    const [first, second, third] = ['first1', 'second2', 'third3'].map(
      (name) => `whsec_0123456789abcdef${name}`,
    );
    const { id } = await connect(api, key(), {
      encrypted_secret_data: { secret_key: key(), webhook_secret: first },
    });
    const path = `/connections/${id}`;
    expect(await webhook(url, first!)).toBe(200);
    const ended = await api.put(path, {
      encrypted_secret_data: { webhook_secret: second },
      webhook_secret_overlap_hours: 0,
    });
    expect(ended.credentials.webhook_secret).toEqual({ last4: 'ond2', previous_valid_until: null });
    expect([await webhook(url, first!), await webhook(url, second!)]).toEqual([401, 200]);

    const overlapping = await api.put(path, { encrypted_secret_data: { webhook_secret: third } });
    expect([await webhook(url, second!), await webhook(url, third!)]).toEqual([200, 200]);
    const until = async (hours: number): Promise<string> =>
      (await api.put(path, { webhook_secret_overlap_hours: hours })).credentials.webhook_secret
        .previous_valid_until;
    expect(await until(168)).toBe(overlapping.credentials.webhook_secret.previous_valid_until);
    expect(Date.parse(await until(1)) - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(await webhook(url, second!)).toBe(200);
    expect(await until(0)).toBeNull();
    expect([await webhook(url, second!), await webhook(url, third!)]).toEqual([401, 200]);
    for (const hours of [-1, 169, 1.5, 'x'])
      expect(Object.keys(await refusal(api, 'PUT', path, { webhook_secret_overlap_hours: hours }))).toEqual([
        'webhook_secret_overlap_hours',
      ]);
  });

  it('bug: in a test environment that is ahead, a replaced webhook secret verified for as much longer', async () => {
    const { api, tenant } = await road.server.anotherTenant();
    const { id } = await connect(api, key(), {
      encrypted_secret_data: { secret_key: key(), webhook_secret: 'whsec_0123456789abcdeffirst1' },
    });
    await api.post(`/environments/${tenant.environmentId}/clock/advance`, { by_seconds: 300 * 86_400 });
    const rotated = await api.put(`/connections/${id}`, {
      encrypted_secret_data: { webhook_secret: 'whsec_0123456789abcdefsecond2' },
    });
    const left = Date.parse(rotated.credentials.webhook_secret.previous_valid_until as string) - Date.now();
    expect(left).toBeLessThanOrEqual(3 * 24 * 3_600_000);
  });

  it('a refused key pauses the connection and says why; repaired, what waited goes on', async () => {
    const { api } = await road.server.anotherTenant();
    const secretKey = key();
    const made = await connect(api, secretKey, {
      sync_config: { customer_outbound_enabled: true, invoice_outbound_enabled: true },
    });
    const path = `/connections/${made.id}`;
    road.sandbox.stripe.fault({ path: '/v1/customers', mode: 'error', status: 401, times: 1 });
    const customer = await api.create('/customers', { external_id: 'p', name: 'P', email: 'p@example.test' });
    const paused = await eventually('paused', async () => {
      const now = await api.get(path);
      return now.health.state === 'paused' && now;
    });
    expect(paused.health).toMatchObject({
      paused_reason: expect.any(String),
      last_error: expect.any(String),
      last_error_at: expect.any(String),
    });
    const refused = await api.send('POST', `/payments/customers/${customer.id}/setup/intent`, {
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
    });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'connection_paused' } } });
    const operations = async (): Promise<any[]> =>
      (await api.get(`/integrations/operations?entity_id=${customer.id}`)).items;
    expect((await operations())[0].state).toBe('retrying');

    road.sandbox.stripe.fault({ path: '/v1/account', mode: 'error', status: 401, times: 1 });
    expect(await api.post(`${path}/test`)).toMatchObject({
      ok: false,
      message: expect.any(String),
      connection: { health: { state: 'paused' } },
    });
    expect(await api.post(`${path}/test`)).toMatchObject({
      ok: true,
      message: null,
      connection: { health: { state: 'active', paused_reason: null } },
    });
    await eventually('pushed', async () => (await operations())[0].state === 'succeeded');

    road.sandbox.stripe.fault({ path: '/v1/customers/{id}', mode: 'error', status: 401, times: 1 });
    await api.put(`/customers/${customer.id}`, { name: 'Renamed' });
    await eventually('paused again', async () => (await api.get(path)).health.state === 'paused');
    const rolled = key();
    road.sandbox.stripe.attachKey(rolled, secretKey);
    const repaired = await api.put(path, { encrypted_secret_data: { secret_key: rolled } });
    expect(repaired.health.state).toBe('active');
    await eventually('both pushed', async () =>
      (await operations()).every((one) => one.state === 'succeeded'),
    );
  });

  it('mappings: linked by hand, listed, unique both ways, unlinked', async () => {
    const { api } = await road.server.anotherTenant();
    await connect(api, key());
    const [a, b] = await Promise.all(
      ['a', 'b'].map((one) => api.create('/customers', { external_id: one, name: one })),
    );
    const link = (customer: any, remote: string): Record<string, unknown> => ({
      entity_type: 'customer',
      entity_id: customer.id,
      provider_type: 'stripe',
      provider_entity_id: remote,
    });
    const { mapping } = await api.post('/integrations/link', link(a, 'cus_a'));
    expect(mapping).toMatchObject({ state: 'linked', provider_entity_id: 'cus_a', entity_id: a.id });
    const taken = await api.send('POST', '/integrations/link', link(b, 'cus_a'));
    expect(taken.status).toBe(409);
    await api.post('/integrations/link', link(a, 'cus_a2'));
    const list = (entity: any): Promise<any> =>
      api.get(`/integrations/mappings?entity_type=customer&entity_id=${entity.id}`);
    expect((await list(a)).items).toMatchObject([{ provider_entity_id: 'cus_a2' }]);
    expect((await list(b)).items).toEqual([]);
    expect((await api.get(`/customers/${a.id}/integrations`)).integrations).toMatchObject([
      { provider: 'stripe', external_id: 'cus_a2', error: null },
    ]);
    const unlink = { entity_type: 'customer', entity_id: a.id, provider_type: 'stripe' };
    await api.expect(200, 'DELETE', '/integrations/link', unlink);
    expect((await list(a)).items).toEqual([]);
    expect((await api.send('DELETE', '/integrations/link', unlink)).status).toBe(404);
  });

  it('mappings by the routes of client generation 2.0, through that client', async () => {
    const { api, tenant } = await road.server.anotherTenant();
    await connect(api, key());
    const { id: customer } = await api.create('/customers', { external_id: 'sdk', name: 'sdk' });
    const { entityIntegrationMappings: mappings } = sdkOf(road.server, tenant.apiKey);
    const made = await mappings.createEntityIntegrationMapping({
      entityType: 'customer',
      entityId: customer,
      providerType: 'stripe',
      providerEntityId: 'cus_sdk',
      metadata: { origin: 'import', rows: 3 },
    });
    expect(made).toMatchObject({ entityId: customer, providerEntityId: 'cus_sdk', providerType: 'stripe' });
    const list = `/integrations/mappings?entity_type=customer&entity_id=${customer}`;
    expect((await api.get(list)).items).toMatchObject([
      { id: made.id, metadata: { origin: 'import', rows: '3' } },
    ]);
    const other = await road.server.anotherTenant();
    expect((await other.api.send('DELETE', `/entity-integration-mappings/${made.id}`)).status).toBe(404);
    await mappings.deleteEntityIntegrationMapping(made.id as string);
    expect((await api.get(list)).items).toEqual([]);
    expect((await api.send('DELETE', `/entity-integration-mappings/${made.id}`)).status).toBe(404);
  });
});

describe('with a public URL', () => {
  it('the webhook endpoint is registered by us, its secret kept, and its events verify', async () => {
    const road = await Road.start();
    try {
      // The URL under which this server is reached is known only now: a second server on the same database.
      const { startTestApp } = await import('../support/test-app.js');
      const second = await startTestApp({
        database: road.server.database,
        secretKey: road.server.secretKey,
        providers: Road.providersOf(road.sandbox),
        publicUrl: road.server.url,
      });
      try {
        const made = await second.api.create('/connections', {
          provider_type: 'stripe',
          name: 'Registered',
          encrypted_secret_data: { secret_key: key() },
          sync_config: { customer_inbound_enabled: true },
        });
        expect(made.credentials.webhook_secret).toMatchObject({ last4: expect.any(String) });
        const [endpoint] = road.sandbox.stripe.objects('webhook_endpoints') as any[];
        expect(endpoint).toMatchObject({
          url: `${road.server.url}/v1/webhooks/stripe/${made.id}`,
          api_version: '2026-10-28.endive',
        });
        expect(endpoint.enabled_events).toEqual(
          expect.arrayContaining(['invoice.paid', 'charge.refunded', 'charge.dispute.created']),
        );
      } finally {
        await second.close();
      }
    } finally {
      await road.stop();
    }
  });
});
