import { PriceVersionsService } from '../../src/plans/price-versions.service.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('prices', () => {
  let server: TestApp;
  let plan: any;
  let meterId: string;
  beforeAll(async () => {
    server = await startTestApp();
    const feature = await server.api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
    });
    meterId = feature.meter_id;
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    plan = await server.api.create('/plans', { name: 'Plan' });
  });

  const body = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    entity_type: 'PLAN',
    entity_id: plan.id,
    type: 'FIXED',
    billing_model: 'FLAT_FEE',
    billing_period: 'MONTHLY',
    invoice_cadence: 'ADVANCE',
    price_unit_type: 'FIAT',
    currency: 'usd',
    amount: '10',
    ...more,
  });
  const price = (more: Record<string, unknown> = {}): Promise<any> =>
    server.api.create('/prices', body(more));
  const refused = async (
    method: string,
    path: string,
    wrong: unknown,
    status: number,
    fields: string[] | undefined,
  ): Promise<void> => {
    const answer = await server.api.send(method, path, wrong);
    const named = answer.body.details.fields as string[] | object | undefined;
    expect({
      status: answer.status,
      fields: Array.isArray(named) ? named : named && Object.keys(named),
    }).toEqual({
      status,
      fields,
    });
  };
  const versions = async (): Promise<any[]> =>
    (
      await server.api.post('/prices/search', {
        plan_ids: [plan.id],
        allow_expired_prices: true,
        order: 'asc',
      })
    ).items;

  describe('a change of what is charged', () => {
    it('ends the price at an instant and begins a new one there', async () => {
      const old = await price({
        lookup_key: 'base',
        display_name: 'Base',
        metadata: { a: '1' },
        min_quantity: 2,
      });
      const next = await server.api.put(`/prices/${old.id}`, { amount: '12.50' });
      expect(next).toMatchObject({
        amount: '12.5',
        lookup_key: 'base',
        display_name: 'Base',
        metadata: { a: '1' },
        min_quantity: '2',
        replaces_price_id: old.id,
        entity_id: plan.id,
        end_date: null,
      });
      const [before, after] = await versions();
      expect(before).toMatchObject({ id: old.id, amount: '10', end_date: next.start_date });
      expect(after).toEqual(next);
      expect(await server.api.get('/prices/lookup/base')).toEqual(next);
      expect((await server.api.get(`/plans/${plan.id}`)).prices).toEqual([next]);
    });

    it('later: until then the old one is in force', async () => {
      const old = await price({ lookup_key: 'later' });
      const at = '2090-01-01T00:00:00.000Z';
      const next = await server.api.put(`/prices/${old.id}`, { amount: '20', effective_from: at });
      expect(next).toMatchObject({ amount: '20', start_date: at });
      expect((await server.api.get('/prices/lookup/later')).id).toBe(old.id);
      expect((await server.api.get(`/plans/${plan.id}`)).prices).toHaveLength(2);
    });

    it('to another billing model, with all that it needs', async () => {
      const old = await price();
      const tiers = [{ up_to: 10, unit_amount: '1', flat_amount: '5' }, { unit_amount: '0.5' }];
      await refused('PUT', `/prices/${old.id}`, { billing_model: 'TIERED', tiers }, 400, ['tier_mode']);
      await refused(
        'PUT',
        `/prices/${old.id}`,
        { billing_model: 'TIERED', tiers, tier_mode: 'SLAB', amount: '1' },
        400,
        ['amount'],
      );
      await refused('PUT', `/prices/${old.id}`, { tiers }, 400, ['tiers']);
      await refused('PUT', `/prices/${old.id}`, { transform_quantity: { divide_by: 5 } }, 400, [
        'transform_quantity',
      ]);
      await refused('PUT', `/prices/${old.id}`, { billing_model: 'PACKAGE' }, 400, ['transform_quantity']);
      await refused('PUT', `/prices/${old.id}`, { amount: '-1' }, 400, ['amount']);
      expect(await versions()).toEqual([old]);
      const tiered = await server.api.put(`/prices/${old.id}`, {
        billing_model: 'TIERED',
        tier_mode: 'SLAB',
        tiers,
      });
      expect(tiered).toMatchObject({
        billing_model: 'TIERED',
        amount: null,
        tiers: [
          { up_to: 10, unit_amount: '1', flat_amount: '5' },
          { up_to: null, unit_amount: '0.5', flat_amount: '0' },
        ],
      });
      const packaged = await server.api.put(`/prices/${tiered.id}`, {
        billing_model: 'PACKAGE',
        amount: '3',
        transform_quantity: { divide_by: 100, round: 'down' },
      });
      expect(packaged).toMatchObject({
        tiers: null,
        tier_mode: null,
        transform_quantity: { divide_by: 100, round: 'down' },
      });
    });

    it('never in the past, and never of a price that is over', async () => {
      const old = await price({ start_date: '2020-01-01T00:00:00Z' });
      const change = (effective_from: string) => ({ amount: '1', effective_from });
      await refused('PUT', `/prices/${old.id}`, change('2025-01-01T00:00:00Z'), 400, ['effective_from']);
      const future = await price({ start_date: '2090-01-01T00:00:00Z', end_date: '2091-01-01T00:00:00Z' });
      await refused('PUT', `/prices/${future.id}`, change('2089-01-01T00:00:00Z'), 400, ['effective_from']);
      await refused('PUT', `/prices/${future.id}`, change('2091-01-01T00:00:00Z'), 400, ['effective_from']);
      await refused('PUT', `/prices/${old.id}`, { effective_from: '2090-01-01T00:00:00Z' }, 400, [
        'effective_from',
      ]);
      expect(await versions()).toEqual([old, future]);
      await server.api.expect(200, 'DELETE', `/prices/${old.id}`, {});
      const answer = await server.api.send('PUT', `/prices/${old.id}`, { amount: '1' });
      expect(answer.body.error.code).toBe('price_ended');
      expect(answer.status).toBe(400);
    });

    it('twice at once: one of them is refused', async () => {
      const old = await price();
      const answers = await Promise.all(
        ['11', '12'].map((amount) => server.api.send('PUT', `/prices/${old.id}`, { amount })),
      );
      expect(answers.map((one) => one.status).sort()).toEqual([200, 400]);
      expect(await versions()).toHaveLength(2);
    });

    it('is refused for what is not supported, by name', async () => {
      const old = await price();
      await refused('PUT', `/prices/${old.id}`, { price_unit_amount: '5' }, 501, ['price_unit_amount']);
      expect(await versions()).toEqual([old]);
    });
  });

  it('names, keys and metadata change in place', async () => {
    const old = await price({ lookup_key: 'label' });
    await price({ lookup_key: 'taken' });
    const changed = await server.api.put(`/prices/${old.id}`, {
      display_name: 'New',
      lookup_key: 'label-2',
      metadata: { b: '2' },
    });
    expect(changed).toMatchObject({
      id: old.id,
      display_name: 'New',
      lookup_key: 'label-2',
      amount: '10',
      end_date: null,
    });
    await refused('PUT', `/prices/${old.id}`, { lookup_key: 'taken' }, 409, undefined);
    expect((await server.api.get('/prices/lookup/label-2')).id).toBe(old.id);
    expect((await server.api.send('GET', '/prices/lookup/label')).status).toBe(404);
  });

  describe('an end', () => {
    it('is now, or later; a price that has not begun never does', async () => {
      const [now, later, never] = [
        await price(),
        await price(),
        await price({ start_date: '2090-01-01T00:00:00Z' }),
      ];
      await server.api.expect(200, 'DELETE', `/prices/${now.id}`);
      expect(new Date((await server.api.get(`/prices/${now.id}`)).end_date).getTime()).toBeLessThanOrEqual(
        Date.now(),
      );
      await refused('DELETE', `/prices/${later.id}`, { end_date: '2020-01-01T00:00:00Z' }, 400, ['end_date']);
      await server.api.expect(200, 'DELETE', `/prices/${later.id}`, { end_date: '2090-01-01T00:00:00Z' });
      expect((await server.api.get(`/prices/${later.id}`)).end_date).toBe('2090-01-01T00:00:00.000Z');
      await server.api.expect(200, 'DELETE', `/prices/${never.id}`);
      expect((await server.api.get(`/plans/${plan.id}`)).prices.map((one: any) => one.id)).toEqual([
        later.id,
      ]);
      expect((await server.api.send('DELETE', `/prices/${never.id}`)).status).toBe(404);
      expect((await server.api.send('DELETE', `/prices/${now.id}`)).body.error.code).toBe('price_ended');
    });
  });

  describe('terms', () => {
    it.each(['DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'HALF_YEARLY', 'ANNUAL', 'ONETIME'])(
      'take the period %s, three at a time',
      async (billing_period) => {
        expect(await price({ billing_period, billing_period_count: 3 })).toMatchObject({
          billing_period,
          billing_period_count: 3,
        });
      },
    );

    it('give a trial to a recurring fixed price only', async () => {
      expect(await price({ trial_period_days: 14 })).toMatchObject({
        trial_period_days: 14,
        trial_period: 14,
      });
      expect(await price({ trial_period: 7 })).toMatchObject({ trial_period_days: 7 });
      const usage = { type: 'USAGE', meter_id: meterId, invoice_cadence: 'ARREAR' };
      await refused('POST', '/prices', body({ trial_period_days: 14, ...usage }), 400, ['trial_period_days']);
      await refused('POST', '/prices', body({ trial_period_days: 14, billing_period: 'ONETIME' }), 400, [
        'trial_period_days',
      ]);
      await refused('POST', '/prices', body({ trial_period_days: -1 }), 400, ['trial_period_days']);
      await price({ trial_period_days: 0, ...usage });
    });

    it('stand in a plan’s own body too', async () => {
      const made = await server.api.create('/plans', {
        name: 'Inline',
        currency: 'usd',
        billing_period: 'monthly',
        prices: [{ pricing_model: 'flat', unit_price: 5, min_quantity: 3, trial_period_days: 30 }],
      });
      expect(made.prices).toMatchObject([{ min_quantity: '3', trial_period_days: 30 }]);
    });

    it('are a plan’s or an addon’s that exists; of subscriptions they are made with the subscription', async () => {
      await refused('POST', '/prices', body({ entity_id: 'plan_none' }), 404, undefined);
      await refused('POST', '/prices', body({ entity_type: 'ADDON' }), 404, undefined);
      const answer = await server.api.send('POST', '/prices', body({ entity_type: 'SUBSCRIPTION' }));
      expect(answer.status).toBe(501);
    });

    it('are all made or none', async () => {
      const items = [body(), body({ amount: undefined })];
      await refused('POST', '/prices/bulk', { items }, 400, ['items[1].amount']);
      expect(await versions()).toEqual([]);
    });
  });

  it('of one subscription stand in for the plan’s, which stays as it is', async () => {
    const base = await price({ display_name: 'Base', min_quantity: 2, trial_period_days: 5 });
    const { tenantId, environmentId } = server.tenant;
    const caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
    const service = server.app.get(PriceVersionsService, { strict: false });
    const { price: own } = await server.app
      .get(UnitOfWork, { strict: false })
      .run(caller, (ctx) => service.override(ctx, base.id, 'subs_1', { amount: '7' }));
    expect(await server.api.get(`/prices/${own.id}`)).toMatchObject({
      entity_type: 'SUBSCRIPTION',
      entity_id: 'subs_1',
      parent_price_id: base.id,
      amount: '7',
      display_name: 'Base',
      min_quantity: '2',
      trial_period_days: 5,
    });
    expect((await server.api.get(`/plans/${plan.id}`)).prices).toEqual([base]);
    for (const filter of [{ parent_price_id: base.id }, { subscription_id: 'subs_1' }])
      expect((await server.api.post('/prices/search', filter)).items.map((one: any) => one.id)).toEqual([
        own.id,
      ]);
  });
});
