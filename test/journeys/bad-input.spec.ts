import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('bad input', () => {
  let server: TestApp;
  let api: ApiClient;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
  });
  afterAll(async () => {
    await server.stop();
  });

  const envelope = (kind: string, status: number, code = kind) => ({
    code: kind,
    http_status_code: status,
    success: false,
    message: expect.any(String) as string,
    details: expect.any(Object) as object,
    error: {
      message: expect.any(String) as string,
      internal_error: null,
      code,
      details: expect.any(Object) as object,
    },
  });
  const refused = async (
    answer: Promise<{ status: number; body: unknown; headers: Headers }>,
    kind: string,
    status: number,
    code?: string,
  ) => {
    const { status: got, body, headers } = await answer;
    expect({ status: got, body }).toEqual({ status, body: envelope(kind, status, code) });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-request-id')).toBeTruthy();
    return body as { message: string; details: { fields?: Record<string, string> } };
  };

  describe('at the door', () => {
    it('knows no such route', async () => {
      await refused(api.send('GET', '/no-such-thing'), 'not_found', 404);
      await refused(api.with({ base: '' }).send('GET', '/v2/customers'), 'not_found', 404);
      await refused(api.with({ base: '' }).send('GET', '/%E0%A4%A'), 'validation_error', 400);
    });

    it('asks for a key, and for a right one', async () => {
      const nobody = api.with({ key: undefined });
      await refused(nobody.send('POST', '/customers/search', {}), 'permission_denied', 401, 'unauthorized');
      for (const key of ['wrong', 'fpk_test_wrong', `${api.key}x`, api.key!.slice(0, -1)])
        await refused(
          api.with({ key }).send('POST', '/customers/search', {}),
          'permission_denied',
          401,
          'unauthorized',
        );
    });

    it('takes the key in either header, on either base path', async () => {
      const bearer = { authorization: `Bearer ${api.key}` };
      const nobody = api.with({ key: undefined });
      for (const base of ['/v1', '/api/v1']) {
        expect((await nobody.with({ base }).send('POST', '/customers/search', {}, bearer)).status).toBe(200);
        expect((await api.with({ base }).send('POST', '/customers/search', {})).status).toBe(200);
      }
    });

    it('knows a revoked or expired key no more', async () => {
      const { api_key: key, secret } = await api.create('/secrets/api/keys', {
        name: 'short-lived',
        type: 'private_key',
      });
      const user = api.with({ key });
      expect((await user.send('POST', '/customers/search', {})).status).toBe(200);
      expect((await api.send('DELETE', `/secrets/api/keys/${secret.id}`)).status).toBe(204);
      await refused(user.send('POST', '/customers/search', {}), 'permission_denied', 401, 'unauthorized');
      const expired = await api.create('/secrets/api/keys', {
        name: 'expired',
        type: 'private_key',
        expires_at: '2020-01-01T00:00:00Z',
      });
      await refused(
        api.with({ key: expired.api_key }).send('POST', '/customers/search', {}),
        'permission_denied',
        401,
        'unauthorized',
      );
      const listed = JSON.stringify(await api.get('/secrets/api/keys'));
      expect(listed).not.toContain(key);
      expect(listed).toContain(expired.api_key.slice(-4));
      expect(listed).not.toContain(expired.api_key);
    });

    it('reads no broken JSON, no array and no number for an object', async () => {
      await refused(api.send('POST', '/customers', '{"name":'), 'validation_error', 400);
      await refused(api.send('POST', '/customers', '[]'), 'validation_error', 400);
      await refused(api.send('POST', '/customers', '5'), 'validation_error', 400);
      await refused(
        api.send('POST', '/customers', 'x', { 'content-type': 'text/plain' }),
        'validation_error',
        415,
      );
      await refused(
        api.send('POST', '/customers', '<x/>', { 'content-type': 'application/xml' }),
        'validation_error',
        415,
      );
    });

    it('takes 32 MiB of events and not 33, 2 MiB of anything else and not 3', async () => {
      const body = (mib: number) => JSON.stringify({ name: 'x'.repeat(mib * 1024 * 1024) });
      const events = (mib: number) =>
        JSON.stringify({
          events: Array.from({ length: mib * 20 }, () => ({
            event_name: 'big',
            external_customer_id: 'c',
            properties: { blob: 'x'.repeat((1024 * 1024) / 20) },
          })),
        });
      await refused(api.send('POST', '/events/bulk', events(33)), 'validation_error', 413);
      await refused(api.send('POST', '/customers', body(3)), 'validation_error', 413);
      expect((await api.send('POST', '/events/bulk', events(20))).status).toBe(202);
    });

    it('passes a request id through and makes one where there is none that can be trusted', async () => {
      const given = await api.send('GET', '/customers/none', undefined, { 'x-request-id': 'mine-1' });
      expect(given.headers.get('x-request-id')).toBe('mine-1');
      const made = await api.send('GET', '/customers/none', undefined, { 'x-request-id': '<script>' });
      expect(made.headers.get('x-request-id')).toMatch(/^req_/);
    });
  });

  describe('in bodies', () => {
    it('names every wrong field at once', async () => {
      const body = await refused(
        api.send('POST', '/customers', {
          external_id: '',
          name: 7,
          email: 'nobody',
          address_country: 'Germany',
          timezone: 'Mars/Olympus',
          metadata: { nested: {} },
        }),
        'validation_error',
        400,
      );
      expect(Object.keys(body.details.fields!).sort()).toEqual([
        'address_country',
        'email',
        'external_id',
        'metadata',
        'name',
        'timezone',
      ]);
      const nested = await refused(
        api.send('POST', '/plans', {
          name: 'P',
          prices: [
            { pricing_model: 'flat', unit_price: '-1', currency: 'usd', billing_period: 'monthly' },
            { pricing_model: 'steep', currency: 'doubloon', billing_period: 'fortnightly' },
          ],
        }),
        'validation_error',
        400,
      );
      expect(Object.keys(nested.details.fields!).sort()).toEqual([
        'prices[0].unit_price',
        'prices[1].billing_period',
        'prices[1].currency',
        'prices[1].pricing_model',
      ]);
    });

    it('refuses two spellings of one field that differ, naming both', async () => {
      const body = await refused(
        api.send('POST', '/customers', { external_id: 'a', customer_id: 'b', name: 'A' }),
        'validation_error',
        400,
      );
      expect(body.message).toContain('external_id');
      expect(body.message).toContain('customer_id');
    });

    it('refuses, by name, what is declared and not supported yet', async () => {
      const body = await refused(
        api.send('POST', '/customers', {
          external_id: 'x',
          name: 'X',
          onboarding_workflow_name: 'prepaid',
        }),
        'not_implemented',
        501,
      );
      expect(body.message).toContain('onboarding_workflow_name');
      expect((await api.send('GET', '/customers/external/x')).status).toBe(404);
    });

    it('refuses a text that cannot be stored', async () => {
      await refused(
        api.send('POST', '/customers', { external_id: 'nul', name: 'a\u0000b' }),
        'validation_error',
        400,
      );
    });

    it('keeps what is unique unique', async () => {
      await api.create('/customers', { external_id: 'twice', name: 'A' });
      await refused(
        api.send('POST', '/customers', { external_id: 'twice', name: 'B' }),
        'already_exists',
        409,
      );
      await api.create('/plans', { name: 'A', lookup_key: 'twice' });
      await refused(api.send('POST', '/plans', { name: 'B', lookup_key: 'twice' }), 'already_exists', 409);
    });
  });

  describe('in money', () => {
    it('refuses negative amounts, unknown currencies, and decimals that are none', async () => {
      const plan = await api.create('/plans', { name: 'Money' });
      const price = {
        entity_type: 'PLAN',
        entity_id: plan.id,
        type: 'FIXED',
        billing_model: 'FLAT_FEE',
        billing_period: 'MONTHLY',
        invoice_cadence: 'ADVANCE',
        price_unit_type: 'FIAT',
        currency: 'usd',
        amount: '10',
      };
      for (const wrong of [
        { amount: '-0.01' },
        { amount: 'ten' },
        { amount: '1e400' },
        { amount: 'NaN' },
        { amount: null },
        { currency: 'xyz' },
        { currency: 'us' },
        { billing_period_count: 0 },
        { billing_model: 'TIERED' },
        { billing_model: 'PACKAGE' },
        { billing_model: 'PACKAGE', transform_quantity: { divide_by: 0 } },
        { type: 'USAGE' },
        { type: 'USAGE', meter_id: 'meter_x', invoice_cadence: 'ADVANCE' },
        { billing_period: 'ONETIME', invoice_cadence: 'ARREAR' },
        { end_date: '2020-01-01T00:00:00Z', start_date: '2021-01-01T00:00:00Z' },
        { start_date: '2026-02-30T00:00:00Z' },
        { start_date: 'yesterday' },
      ])
        await refused(api.send('POST', '/prices', { ...price, ...wrong }), 'validation_error', 400);
      expect((await api.post('/prices/search', { plan_ids: [plan.id] })).items).toEqual([]);
      await api.create('/prices', price);
    });

    it('makes nothing of a plan when one of its prices is wrong', async () => {
      await refused(
        api.send('POST', '/plans', {
          name: 'Half',
          lookup_key: 'half',
          currency: 'usd',
          billing_period: 'monthly',
          prices: [
            { pricing_model: 'flat', unit_price: '5' },
            { pricing_model: 'tiered', tiers: [] },
          ],
        }),
        'validation_error',
        400,
      );
      expect((await api.post('/plans/search', { lookup_key: 'half' })).items).toEqual([]);
      expect(
        (await api.post('/prices/search', { limit: 1000 })).items.filter(
          (one: { amount: string }) => one.amount === '5',
        ),
      ).toEqual([]);
    });

    it('refuses a subscription to a plan without prices, and one that leaves a choice, naming the choices', async () => {
      const customer = await api.create('/customers', { external_id: 'chooser', name: 'C' });
      const bare = await api.create('/plans', { name: 'Bare' });
      const none = await refused(
        api.send('POST', '/subscriptions', { customer_id: customer.id, plan_id: bare.id }),
        'validation_error',
        400,
      );
      expect(none.message).toContain('no prices');
      const wide = await api.create('/plans', {
        name: 'Wide',
        billing_period: 'monthly',
        prices: [
          { pricing_model: 'flat', unit_price: 5, currency: 'usd' },
          { pricing_model: 'flat', unit_price: 5, currency: 'eur' },
        ],
      });
      const choice = await refused(
        api.send('POST', '/subscriptions', { customer_id: customer.id, plan_id: wide.id }),
        'validation_error',
        400,
      );
      expect(choice.message).toContain('usd, eur');
      await refused(
        api.send('POST', '/subscriptions', { customer_id: customer.id, plan_id: wide.id, currency: 'jpy' }),
        'validation_error',
        400,
      );
      await refused(api.send('POST', '/subscriptions', { plan_id: wide.id }), 'validation_error', 400);
      expect((await api.post('/subscriptions/search', { customer_id: customer.id })).items).toEqual([]);
      expect((await api.post('/invoices/search', { customer_id: customer.id })).items).toEqual([]);
    });

    it('refuses an invoice whose figures do not agree, and payments that do not fit it', async () => {
      const customer = await api.create('/customers', { external_id: 'payer', name: 'P' });
      const invoice = {
        customer_id: customer.id,
        currency: 'usd',
        amount_due: '30',
        line_items: [
          { display_name: 'A', amount: '10', quantity: '1' },
          { display_name: 'B', amount: '20.00', quantity: 2 },
        ],
      };
      await refused(api.send('POST', '/invoices', { ...invoice, amount_due: '31' }), 'validation_error', 400);
      await refused(api.send('POST', '/invoices', { ...invoice, total: '29.99' }), 'validation_error', 400);
      const draft = await api.create('/invoices', invoice);
      const pay = {
        destination_type: 'INVOICE',
        destination_id: draft.id,
        payment_method_type: 'OFFLINE',
        currency: 'usd',
      };
      await refused(
        api.send('POST', '/payments', { ...pay, amount: '30' }),
        'invalid_operation',
        400,
        'invoice_not_payable',
      );
      await api.post(`/invoices/${draft.id}/finalize`);
      await refused(api.send('POST', '/payments', { ...pay, amount: '-5' }), 'validation_error', 400);
      await refused(api.send('POST', '/payments', { ...pay, amount: '0' }), 'validation_error', 400);
      await refused(api.send('POST', '/payments', { ...pay, amount: '1.234' }), 'validation_error', 400);
      await refused(
        api.send('POST', '/payments', { ...pay, amount: '5', currency: 'eur' }),
        'validation_error',
        400,
      );
      await refused(
        api.send('POST', '/payments', { ...pay, amount: '5', payment_method_type: 'CREDITS' }),
        'invalid_operation',
        400,
        'no_wallet_to_pay_from',
      );
      await refused(
        api.send('POST', `/invoices/${draft.id}/finalize`),
        'invalid_operation',
        400,
        'invoice_already_finalized',
      );
      expect((await api.get(`/invoices/${draft.id}`)).amount_paid).toBe('0');
      await api.post(`/invoices/${draft.id}/void`);
      const again = await refused(
        api.send('POST', `/invoices/${draft.id}/void`),
        'invalid_operation',
        400,
        'invoice_already_voided',
      );
      expect(again.message).toContain('already voided');
    });
  });

  describe('in events', () => {
    const event = { event_name: 'e', external_customer_id: 'nobody-yet' };

    it('accepts an event of a customer that does not exist, and counts it once it does', async () => {
      const feature = await api.create('/features', {
        name: 'E',
        type: 'metered',
        meter: { name: 'E', event_name: 'e', aggregation: { type: 'COUNT' } },
      });
      const accepted = await api.expect(202, 'POST', '/events', { ...event, event_id: 'early' });
      expect(accepted).toEqual({ message: expect.any(String) as string, event_id: 'early' });
      await api.create('/customers', { external_id: 'nobody-yet', name: 'N' });
      const usage = await api.post('/events/usage/meter', {
        meter_id: feature.meter_id,
        external_customer_id: 'nobody-yet',
      });
      expect(usage.value).toBe(1);
    });

    it('takes all of a bulk call or none, and names every wrong event', async () => {
      const body = await refused(
        api.send('POST', '/events/bulk', {
          events: [
            { ...event, event_id: 'none-of-these' },
            { event_name: 'e' },
            { ...event, timestamp: 'soon' },
            { ...event, properties: [] },
            'x',
          ],
        }),
        'validation_error',
        400,
      );
      expect(Object.keys(body.details.fields!)).toEqual([
        'events[1].external_customer_id',
        'events[2].timestamp',
        'events[3].properties',
        'events[4]',
      ]);
      expect((await api.send('GET', '/events/lookup?event_id=none-of-these')).status).toBe(404);
      await refused(api.send('POST', '/events/bulk', { events: [] }), 'validation_error', 400);
      await refused(
        api.send('POST', '/events/bulk', { events: Array(1001).fill(event) }),
        'validation_error',
        400,
      );
      await refused(api.send('POST', '/events', {}), 'validation_error', 400);
    });

    it('lets the first of two events with one id win, and says 202 to both', async () => {
      const at = new Date(Date.now() - 60_000).toISOString();
      const first = { ...event, event_id: 'same', timestamp: at, properties: { n: 1 } };
      await api.expect(202, 'POST', '/events', first);
      await api.expect(202, 'POST', '/events', {
        ...first,
        timestamp: new Date().toISOString(),
        properties: { n: 2 },
      });
      const { event: stored } = await api.get('/events/lookup?event_id=same');
      expect(stored).toMatchObject({ timestamp: at, properties: { n: 1 } });
    });
  });
});
