import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** What a key may do is decided by its roles and permissions, by noun. */
describe('API keys', () => {
  let server: TestApp;
  let api: ApiClient;
  beforeAll(async () => {
    server = await startTestApp();
  });
  beforeEach(async () => {
    ({ api } = await server.anotherTenant('test'));
  });
  afterAll(async () => {
    await server.stop();
  });

  const make = async (
    more: object,
    by: ApiClient = api,
  ): Promise<{ client: ApiClient; id: string; roles: string[] }> => {
    const { api_key, secret } = await by.create('/secrets/api/keys', {
      name: 'Key',
      type: 'private_key',
      ...more,
    });
    return { client: by.with({ key: api_key as string }), id: secret.id, roles: secret.roles };
  };
  const event = { event_name: 'call', external_customer_id: 'c', properties: {} };
  const missing = (permission: string): object => ({
    status: 403,
    body: { error: { code: 'permission_denied' }, details: { missing_permission: permission } },
  });

  it('by role: a reader reads and searches, an ingestor only sends events, a writer makes no keys', async () => {
    const reader = (await make({ roles: ['read'] })).client;
    expect((await reader.send('POST', '/customers/search', {})).status).toBe(200);
    expect((await reader.send('GET', '/secrets/api/keys')).status).toBe(403);
    expect(await reader.send('POST', '/customers', { external_id: 'x' })).toMatchObject(
      missing('customers:write'),
    );
    expect(await reader.send('POST', '/events', event)).toMatchObject(missing('events:write'));
    const ingestor = (await make({ roles: ['event_ingestor'] })).client;
    expect((await ingestor.send('POST', '/events', event)).status).toBe(202);
    expect(await ingestor.send('POST', '/customers/search', {})).toMatchObject(missing('customers:read'));
    const writer = (await make({ roles: ['write'] })).client;
    await writer.create('/customers', { external_id: 'w', name: 'W' });
    expect(await writer.send('POST', '/secrets/api/keys', { name: 'n' })).toMatchObject(
      missing('secrets:write'),
    );
  });

  it('by single permissions', async () => {
    const { client } = await make({ permissions: ['invoices:read', 'customers:write'] });
    await client.create('/customers', { external_id: 'c', name: 'C' });
    expect((await client.send('POST', '/invoices/search', {})).status).toBe(200);
    expect(await client.send('POST', '/customers/search', {})).toMatchObject(missing('customers:read'));
    expect(await client.send('POST', '/invoices', {})).toMatchObject(missing('invoices:write'));
  });

  it('bug: a publishable key makes a private one', async () => {
    const { client } = await make({ type: 'publishable_key', roles: ['event_ingestor'] });
    expect((await client.send('POST', '/events', event)).status).toBe(202);
    expect((await client.send('POST', '/plans/search', {})).status).toBe(200);
    expect(await client.send('POST', '/customers/search', {})).toMatchObject(missing('customers:read'));
    expect(
      await client.send('POST', '/secrets/api/keys', { name: 'esc', type: 'private_key' }),
    ).toMatchObject(missing('secrets:write'));
  });

  it('nobody makes a key that may do more than theirs', async () => {
    const { client } = await make({ permissions: ['secrets:write', 'events:write'] });
    const refused = await client.send('POST', '/secrets/api/keys', { name: 'more' });
    expect(refused).toMatchObject({
      status: 403,
      body: { details: { missing_permissions: expect.any(Array) } },
    });
    expect((await client.send('POST', '/secrets/api/keys', { name: 'r', roles: ['read'] })).status).toBe(403);
    await make({ roles: ['event_ingestor'] }, client);
  });

  it('roles and permissions that mean nothing are refused by name', async () => {
    for (const [field, wrong] of [
      ['roles', { roles: ['boss'] }],
      ['permissions', { permissions: ['customers:delete'] }],
      ['roles', { type: 'publishable_key', roles: ['read'] }],
      ['permissions', { type: 'publishable_key', permissions: ['customers:read'] }],
    ] as const)
      expect(await api.send('POST', '/secrets/api/keys', { name: 'n', ...wrong })).toMatchObject({
        status: 400,
        body: { details: { fields: { [field]: expect.any(String) } } },
      });
  });

  it('bug: the last key that can make keys ends itself', async () => {
    const { items } = await api.get('/secrets/api/keys');
    const reader = await make({ roles: ['read'] });
    expect(await api.send('DELETE', `/secrets/api/keys/${items[0].id}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'last_admin_key' } },
    });
    expect((await api.send('DELETE', `/secrets/api/keys/${reader.id}`)).status).toBe(204);
    const other = await make({});
    expect(other.roles).toEqual(['admin']);
    expect((await api.send('DELETE', `/secrets/api/keys/${items[0].id}`)).status).toBe(204);
    expect((await api.send('GET', '/secrets/api/keys')).status).toBe(401);
    expect((await other.client.send('GET', '/secrets/api/keys')).status).toBe(200);
  });

  it('is rotated: another with its grants, and the old one for as long as asked for', async () => {
    const old = await make({ roles: ['read'] });
    const { api_key, secret } = await api.create(`/secrets/api/keys/${old.id}/rotate`, {
      overlap_seconds: 3600,
    });
    expect(secret.roles).toEqual(['read']);
    const fresh = api.with({ key: api_key as string });
    for (const client of [old.client, fresh])
      expect((await client.send('POST', '/customers/search', {})).status).toBe(200);
    const now = await api.create(`/secrets/api/keys/${secret.id}/rotate`, { overlap_seconds: 0 });
    expect((await fresh.send('POST', '/customers/search', {})).status).toBe(401);
    expect(
      (await api.with({ key: now.api_key as string }).send('POST', '/customers/search', {})).status,
    ).toBe(200);
  });
});
