import { BillingRun } from '../../src/billing/runs/billing-runner.service.js';
import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Input that nobody could mean: refused with the field's name, and never a failure of the server. */
describe('bounds of input', () => {
  let server: TestApp;
  let api: ApiClient;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
  });
  afterAll(async () => {
    await server.stop();
  });

  const fieldsOf = async (method: string, path: string, body?: unknown): Promise<string[]> => {
    const answer = await api.send(method, path, body);
    if (answer.status !== 400)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return Object.keys(answer.body.details.fields ?? {});
  };
  let names = 0;
  const name = () => `bounds-${++names}`;

  describe('of metadata', () => {
    const OBJECTS = ['/customers', '/plans', '/addons', '/features'] as const;
    const body = (path: string, metadata: string): string =>
      `{"name":"x","external_id":"${name()}","lookup_key":"${name()}","type":${path === '/addons' ? '"onetime"' : '"boolean"'},"metadata":${metadata}}`;

    it.each(OBJECTS)('%s keeps names that every object of JavaScript has', async (path) => {
      const metadata =
        '{"constructor":"y","toString":"v","valueOf":"v","hasOwnProperty":"v","__proto__":"p"}';
      const answer = await api.send('POST', path, body(path, metadata));
      expect(answer.status).toBe(201);
      const sorted = (map: object) => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
      const wanted = sorted(JSON.parse(metadata) as object);
      expect(sorted((answer.body as { metadata: object }).metadata)).toEqual(wanted);
      if (path === '/features') return; // There is no address of one feature.
      const read = await api.get(`${path}/${(answer.body as { id: string }).id}`);
      expect(sorted(read.metadata as object)).toEqual(wanted);
    });

    it.each(OBJECTS)('%s refuses half of a character, and depth', async (path) => {
      expect(await fieldsOf('POST', path, body(path, '{"a":"\\ud800"}'))).toEqual(['metadata.a']);
      expect(await fieldsOf('POST', path, body(path, '{"a\\u0000":"b"}'))).toEqual(['metadata']);
      const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
      const [field] = await fieldsOf('POST', path, body(path, deep));
      expect(field).toMatch(/^metadata(\.a){31}$/);
    });

    it('is bounded in names and in their lengths', async () => {
      const of = (metadata: object) => ({ external_id: name(), name: 'x', metadata });
      const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`k${n}`, 'v']));
      expect(await fieldsOf('POST', '/customers', of(many))).toEqual(['metadata']);
      expect(await fieldsOf('POST', '/customers', of({ ['k'.repeat(256)]: 'v' }))).toEqual(['metadata']);
      expect(await fieldsOf('POST', '/customers', of({ k: 'v'.repeat(5_001) }))).toEqual(['metadata']);
      await api.create('/customers', of({ ['k'.repeat(255)]: 'v'.repeat(5_000), k0: '😀' }));
    });
  });

  it('refuses half of a character in any text, and keeps the other characters', async () => {
    expect(await fieldsOf('POST', '/customers', `{"external_id":"${name()}","name":"\\ud800"}`)).toEqual([
      'name',
    ]);
    const made = await api.create('/customers', { external_id: name(), name: '👩‍👩‍👧‍👦 ü' });
    expect(made.name).toBe('👩‍👩‍👧‍👦 ü');
  });

  it('refuses an offset or a limit that no page has, in every list', async () => {
    for (const path of [
      '/payments',
      '/coupons/associations',
      '/creditnotes',
      '/jobs',
      '/taxes/rates',
      '/events/conflicts',
    ]) {
      for (const offset of ['9223372036854775807', '1e307', '-1', '', '1.5', '0x10'])
        expect(await fieldsOf('GET', `${path}?offset=${offset}`)).toEqual(['offset']);
      for (const limit of ['0', '1001', '', 'all'])
        expect(await fieldsOf('GET', `${path}?limit=${limit}`)).toEqual(['limit']);
    }
    for (const path of ['/customers', '/plans', '/prices', '/subscriptions', '/invoices', '/wallets'])
      for (const offset of [1e20, -1, 0.5, '', 'x', Number('9223372036854775807')])
        expect(await fieldsOf('POST', `${path}/search`, { offset })).toEqual(['offset']);
  });

  it('refuses whole numbers that their column does not hold', async () => {
    expect(await fieldsOf('POST', '/plans', { name: 'x', display_order: 2147483648 })).toEqual([
      'display_order',
    ]);
    expect(await fieldsOf('POST', '/customers/search', { offset: 1e20 })).toEqual(['offset']);
  });

  it('ids of the greatest length can be made, and read by their address', async () => {
    for (const external_id of [
      'e'.repeat(150),
      'e'.repeat(255),
      '😀'.repeat(255),
      `%/?#&=${'ü'.repeat(200)}`,
    ]) {
      const { id } = await api.create('/customers', { external_id, name: 'long' });
      const found = await api.get(`/customers/external/${encodeURIComponent(external_id)}`);
      expect(found.id).toBe(id);
    }
    expect(await fieldsOf('POST', '/customers', { external_id: 'e'.repeat(256), name: 'x' })).toEqual([
      'external_id',
    ]);
    expect(await fieldsOf('GET', `/customers/external/${'e'.repeat(256)}`)).toEqual(['external_id']);
    expect(await fieldsOf('GET', '/customers/%00')).toEqual(['id']);
  });

  it('instants lie between 1970 and 2199, ends before the year 10000', async () => {
    const beginnings = [
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      '1026-11-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '',
    ];
    const { id: customer_id } = await api.create('/customers', { external_id: name(), name: 'T' });
    const { id: plan_id } = await api.create('/plans', { name: 'T' });
    for (const start_date of beginnings) {
      expect(await fieldsOf('POST', '/subscriptions', { customer_id, plan_id, start_date })).toEqual([
        'start_date',
      ]);
      expect(
        await fieldsOf('POST', '/prices', {
          ...{ entity_type: 'PLAN', entity_id: plan_id, type: 'FIXED', billing_model: 'FLAT_FEE' },
          ...{
            billing_period: 'MONTHLY',
            invoice_cadence: 'ADVANCE',
            currency: 'usd',
            amount: '1',
            start_date,
          },
        }),
      ).toEqual(['start_date']);
    }
    const { environmentId } = server.tenant;
    expect(
      await fieldsOf('POST', `/environments/${environmentId}/clock/advance`, { to: '9999-12-31T23:59:59Z' }),
    ).toEqual(['to']);
    for (const at of ['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '']) {
      expect(
        await fieldsOf('POST', '/events/usage', {
          event_name: 'e',
          aggregation_type: 'COUNT',
          start_time: at,
        }),
      ).toEqual(['start_time']);
      expect(await fieldsOf('POST', '/secrets/api/keys', { name: 'k', expires_at: at })).toEqual([
        'expires_at',
      ]);
    }
    await api.create('/secrets/api/keys', { name: 'k', expires_at: '9999-12-31T23:59:59Z' });
  });

  describe('of time that has to be walked through', () => {
    const DAY = 24 * 60 * 60 * 1000;
    const daysAgo = (days: number): string => new Date(Date.now() - days * DAY).toISOString();
    const planOf = async (more: object = {}): Promise<string> =>
      (
        await api.create('/plans', {
          name: name(),
          currency: 'usd',
          billing_period: 'daily',
          prices: [{ pricing_model: 'flat', unit_price: '1' }],
          ...more,
        })
      ).id as string;
    const customer = async (): Promise<string> =>
      (await api.create('/customers', { external_id: name(), name: 'W' })).id as string;

    it('a subscription begins 1,200 periods back at most', async () => {
      const body = { customer_id: await customer(), plan_id: await planOf() };
      expect(
        await fieldsOf('POST', '/subscriptions', { ...body, start_date: '1970-01-01T00:00:00Z' }),
      ).toEqual(['start_date']);
      expect((await api.post('/subscriptions/search', { customer_id: body.customer_id })).items).toEqual([]);
      const draft = await api.create('/subscriptions', { ...body, subscription_status: 'draft' });
      expect(
        await fieldsOf('POST', `/subscriptions/${draft.id}/activate`, { start_date: '1970-01-01T00:00:00Z' }),
      ).toEqual(['start_date']);
      await api.create('/subscriptions', {
        ...body,
        start_date: '1970-01-01T00:00:00Z',
        end_date: '1970-06-01T00:00:00Z',
      });
    });

    it('one that is far behind is changed when the billing run has caught up, and not before', async () => {
      const still = await startTestApp({ worker: { enabled: false } });
      try {
        const { id: plan_id } = await still.api.create('/plans', {
          name: 'P',
          currency: 'usd',
          billing_period: 'daily',
          prices: [{ pricing_model: 'flat', unit_price: '1' }],
        });
        const { id: customer_id } = await still.api.create('/customers', { external_id: 'c', name: 'C' });
        const made = await still.api.create('/subscriptions', {
          customer_id,
          plan_id,
          start_date: daysAgo(150),
        });
        const cancel = () =>
          still.api.send('POST', `/subscriptions/${made.id}/cancel`, { cancellation_type: 'immediate' });
        expect(await cancel()).toMatchObject({
          status: 400,
          body: { error: { code: 'billing_behind', details: { periods: 150 } } },
        });
        await still.app.get(BillingRun, { strict: false }).run({
          scope: { tenantId: still.tenant.tenantId, environmentId: still.tenant.environmentId },
          actor: 'test',
          requestId: 'test',
        });
        expect((await cancel()).status).toBe(200);
      } finally {
        await still.stop();
      }
    });

    it('a grant is given 1,200 times at once at most', async () => {
      const plan_id = await planOf({ billing_period: 'monthly' });
      await api.create('/creditgrants', {
        ...{ name: 'Daily', scope: 'PLAN', plan_id, credits: '1', cadence: 'RECURRING', period: 'DAILY' },
      });
      const body = { customer_id: await customer(), plan_id };
      expect(await fieldsOf('POST', '/subscriptions', { ...body, start_date: daysAgo(1_300) })).toEqual([
        'start_date',
      ]);
      await api.create('/subscriptions', { ...body, start_date: daysAgo(30) });
    });

    it('usage is asked for in 12,000 windows at most', async () => {
      const asked = { event_name: 'e', aggregation_type: 'MAX', property_name: 'n' };
      const years = { start_time: '2020-01-01T00:00:00Z', end_time: '2026-01-01T00:00:00Z' };
      for (const field of ['window_size', 'bucket_size']) {
        expect(await fieldsOf('POST', '/events/usage', { ...asked, ...years, [field]: 'MINUTE' })).toEqual([
          field,
        ]);
        await api.post('/events/usage', { ...asked, ...years, [field]: 'DAY' });
      }
      const { external_id } = await api.create('/customers', { external_id: name(), name: 'A' });
      expect(
        await fieldsOf('POST', '/events/analytics', {
          external_customer_id: external_id,
          ...years,
          window_size: 'MINUTE',
        }),
      ).toEqual(['window_size']);
    });

    it('a zone with summer time is not walked through until the year 9999', async () => {
      const began = process.hrtime.bigint();
      await api.post('/events/usage', {
        ...{
          event_name: 'e',
          aggregation_type: 'COUNT',
          timezone: 'America/Los_Angeles',
          window_size: 'DAY',
        },
        ...{ start_time: '2026-01-01T00:00:00Z', end_time: '2026-02-01T00:00:00Z' },
      });
      await api.post('/events/usage', {
        ...{ event_name: 'e', aggregation_type: 'COUNT', timezone: 'America/Denver' },
        ...{ start_time: '1970-01-01T00:00:00Z', end_time: '9999-12-31T23:59:59Z' },
      });
      expect(Number(process.hrtime.bigint() - began) / 1e9).toBeLessThan(2);
    });
  });

  it('a time zone is a name, and nothing that only looks like one', async () => {
    for (const timezone of ['+05:30', 'Mars/Olympus', '', '2026-01-01T00:00[Europe/Berlin]'])
      expect(await fieldsOf('POST', '/customers', { external_id: name(), name: 'x', timezone })).toEqual([
        'timezone',
      ]);
    await api.create('/customers', { external_id: name(), name: 'x', timezone: 'europe/berlin' });
  });

  it('a body of too many values is refused before it is read into its class', async () => {
    const items = Array.from({ length: 1_001 }, () => ({}));
    expect(await fieldsOf('POST', '/prices/bulk', { items })).toEqual(['items']);
    const nested = Array.from({ length: 1_000 }, () => Array.from({ length: 101 }, () => 1));
    expect(await fieldsOf('POST', '/customers', { anything: nested })).toEqual(['body']);
    const began = process.hrtime.bigint();
    await fieldsOf('POST', '/prices/bulk', `{"items":[${'{},'.repeat(650_000)}{}]}`);
    expect(Number(process.hrtime.bigint() - began) / 1e9).toBeLessThan(2);
  });

  it('refuses a list in the place of an object', async () => {
    expect(await fieldsOf('POST', '/prices/bulk', { items: [[]] })).toEqual(['items']);
    const wallet = { customer_id: 'cust_x', currency: 'usd' };
    expect(await fieldsOf('POST', '/wallets', { ...wallet, config: [], auto_topup: [] })).toEqual([
      'config',
      'auto_topup',
    ]);
    const subscription = { customer_id: 'cust_x', plan_id: 'plan_x', line_item_commitments: { p: [] } };
    expect(await fieldsOf('POST', '/subscriptions', subscription)).toEqual(['line_item_commitments']);
    const feature = { name: 'x', type: 'config', meter: 'text' };
    expect(await fieldsOf('POST', '/features', feature)).toEqual(['meter']);
  });

  it('names a hundred wrong places at most', async () => {
    const events = Array.from({ length: 1_000 }, () => ({ event_name: '' }));
    const answer = await api.send('POST', '/events/bulk', { events });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body.details.fields)).toHaveLength(100);
    expect(answer.body.message).toContain('1900 more');
  });

  it('filters of lists take values of their field’s kind', async () => {
    const filter = (field: string, operator: string, value: object) =>
      fieldsOf('POST', '/customers/search', { filters: [{ field, operator, value }] });
    expect(await filter('created_at', 'eq', { string: 'yesterday' })).toEqual(['filters[0].value']);
    expect(await filter('created_at', 'gt', { number: 5 })).toEqual(['filters[0].value']);
    expect(await filter('created_at', 'contains', { string: '2026' })).toEqual(['filters[0].operator']);
    expect(await filter('name', 'in', { string: 'a' })).toEqual(['filters[0].value']);
    expect(await filter('name', 'eq', { date: '0001-01-01T00:00:00Z' })).toEqual(['filters[0].value.date']);
    const found = await api.post('/customers/search', {
      filters: [{ field: 'created_at', operator: 'after', value: { string: '2020-01-01T00:00:00Z' } }],
    });
    expect(found.pagination.total).toBeGreaterThan(0);
  });
});
