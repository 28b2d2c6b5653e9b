import { EntitlementsService } from '../../src/plans/entitlements.service.js';
import type { EntitledSubscription } from '../../src/plans/entitlements.types.js';
import type { Caller } from '../../src/platform/context.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('entitlements', () => {
  let server: TestApp;
  let entitlements: EntitlementsService;
  let uow: UnitOfWork;
  let caller: Caller;
  let plan: any;
  let features: Record<'metered' | 'boolean' | 'static' | 'config', any>;
  beforeAll(async () => {
    server = await startTestApp();
    entitlements = server.app.get(EntitlementsService, { strict: false });
    uow = server.app.get(UnitOfWork, { strict: false });
    const { tenantId, environmentId } = server.tenant;
    caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    plan = await newPlan();
    features = {
      metered: await newFeature('metered'),
      boolean: await newFeature('boolean'),
      static: await newFeature('static'),
      config: await newFeature('config'),
    };
  });

  const newPlan = (): Promise<any> =>
    server.api.create('/plans', {
      name: 'Plan',
      prices: [{ pricing_model: 'flat', unit_price: 5, currency: 'usd', billing_period: 'monthly' }],
    });
  const newFeature = (type: string): Promise<any> =>
    server.api.create('/features', {
      name: `A ${type} one`,
      type,
      ...(type === 'metered'
        ? { meter: { name: 'M', event_name: 'm', aggregation: { type: 'COUNT' } } }
        : {}),
    });
  const entitle = (more: Record<string, unknown>): Promise<any> =>
    server.api.create('/entitlements', { entity_type: 'PLAN', entity_id: plan.id, ...more });
  const ofPlan = async (): Promise<any[]> => (await server.api.get(`/plans/${plan.id}/entitlements`)).items;
  const refused = async (more: Record<string, unknown>, status: number, fields?: string[]): Promise<void> => {
    const { status: got, body } = await server.api.send('POST', '/entitlements', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      ...more,
    });
    const named = body.details.fields as string[] | object | undefined;
    expect({
      status: got,
      fields: Array.isArray(named) ? named : named && Object.keys(named).sort(),
    }).toEqual({
      status,
      fields,
    });
    expect(await ofPlan()).toEqual([]);
  };

  it('say of each type of feature what it can be said of it', async () => {
    const limit = await entitle({
      feature_id: features.metered.id,
      usage_limit: 0,
      usage_reset_period: 'monthly',
    });
    expect(limit).toMatchObject({
      usage_limit: 0,
      usage_reset_period: 'MONTHLY',
      is_enabled: true,
      is_soft_limit: false,
    });
    const flag = await entitle({ feature_id: features.boolean.id, is_enabled: false });
    expect(flag).toMatchObject({ is_enabled: false, usage_limit: null, static_value: null });
    expect(await entitle({ feature_id: features.static.id, static_value: 'gold' })).toMatchObject({
      static_value: 'gold',
    });
    const config = { regions: ['eu'], depth: { max: 3 } };
    expect(await entitle({ feature_id: features.config.id, config_value: config })).toMatchObject({
      config_value: config,
    });
    expect(await ofPlan()).toHaveLength(4);
    const big = await server.api.put(`/entitlements/${limit.id}`, { usage_limit: 9_000_000_000_000 });
    expect(big.usage_limit).toBe(9_000_000_000_000);
  });

  it('are refused where they would mean nothing, without a trace', async () => {
    const { metered, boolean, static: fixed, config } = features;
    await refused({ feature_id: metered.id, static_value: 'x' }, 400, ['static_value']);
    await refused(
      { feature_id: boolean.id, usage_limit: 5, usage_reset_period: 'DAILY', is_soft_limit: true },
      400,
      ['is_soft_limit', 'usage_limit', 'usage_reset_period'],
    );
    await refused({ feature_id: fixed.id }, 400, ['static_value']);
    await refused({ feature_id: config.id, static_value: 'x' }, 400, ['config_value', 'static_value']);
    await refused({ feature_id: metered.id, usage_limit: -1 }, 400, ['usage_limit']);
    await refused({ feature_id: metered.id, usage_limit: 1.5 }, 400, ['usage_limit']);
    await refused({ feature_id: metered.id, usage_reset_period: 'HOURLY' }, 400, ['usage_reset_period']);
    await refused({ feature_id: metered.id, feature_type: 'boolean' }, 400, ['feature_type']);
    await refused(
      { feature_id: metered.id, start_date: '2026-02-01T00:00:00Z', end_date: '2026-01-01T00:00:00Z' },
      400,
      ['end_date'],
    );
    await refused({ feature_id: 'feat_none' }, 404);
    await refused({ entity_id: 'plan_none', feature_id: metered.id }, 404);
    await refused({ entity_type: 'ADDON', entity_id: plan.id, feature_id: metered.id }, 404);
    await refused({ entity_type: 'SUBSCRIPTION', entity_id: 'subs_none', feature_id: metered.id }, 404);
    await refused({ entity_type: undefined, entity_id: undefined, feature_id: metered.id }, 400, [
      'entity_id',
      'entity_type',
    ]);
    await refused({ plan_id: 'plan_other', feature_id: metered.id }, 400, ['plan_id']);
    await refused({ feature_id: metered.id, grant_quota: '5' }, 501, ['grant_quota']);
    await refused({ feature_id: metered.id, aggregation_mode: 'parallel' }, 501, ['aggregation_mode']);
  });

  it('are one for a feature of a plan; another one after it is gone', async () => {
    const first = await entitle({ feature_id: features.metered.id, usage_limit: 5 });
    const again = await server.api.send('POST', '/entitlements', {
      plan_id: plan.id,
      feature_id: features.metered.id,
    });
    expect(again.status).toBe(409);
    await server.api.expect(200, 'DELETE', `/entitlements/${first.id}`);
    expect((await server.api.send('GET', `/entitlements/${first.id}`)).status).toBe(404);
    await entitle({ feature_id: features.metered.id, usage_limit: 6 });
    expect(await ofPlan()).toMatchObject([{ usage_limit: 6 }]);
  });

  it('are made in bulk all or none, and say which one is wrong', async () => {
    const items = [
      { plan_id: plan.id, feature_id: features.boolean.id },
      { plan_id: plan.id, feature_id: features.static.id },
    ];
    const { status, body } = await server.api.send('POST', '/entitlements/bulk', { items });
    expect({ status, fields: Object.keys(body.details.fields) }).toEqual({
      status: 400,
      fields: ['items[1].static_value'],
    });
    expect(await ofPlan()).toEqual([]);
  });

  it('keep their feature from being deleted', async () => {
    const { id } = await entitle({ feature_id: features.metered.id });
    const { status, body } = await server.api.send('DELETE', `/features/${features.metered.id}`);
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'feature_in_use' });
    await server.api.expect(200, 'DELETE', `/entitlements/${id}`);
    await server.api.expect(200, 'DELETE', `/features/${features.metered.id}`);
    const priced = await server.api.send('POST', '/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'USAGE',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      invoice_cadence: 'ARREAR',
      price_unit_type: 'FIAT',
      currency: 'usd',
      amount: '1',
      meter_id: features.metered.meter_id,
    });
    expect(priced.status).toBe(400);
  });

  describe('of subscriptions', () => {
    const period = { start: new Date('2030-01-01T00:00:00Z'), end: new Date('2030-02-01T00:00:00Z') };
    const applicable = (subscriptions: Omit<EntitledSubscription, 'period'>[]) =>
      uow.run(caller, async (ctx) => {
        const found = await entitlements.applicable(
          ctx,
          subscriptions.map((one) => ({ ...one, period })),
        );
        return Object.fromEntries(
          [...found].map(([id, rows]) => [id, rows.map((row) => row.entitlement.usageLimit)]),
        );
      });

    it('come from plan, addons and the subscription; its own stand in for the plan’s', async () => {
      const feature_id = features.metered.id;
      const addon = await server.api.create('/addons', { name: 'More', lookup_key: `more-${plan.id}` });
      const planned = await entitle({ feature_id, usage_limit: 100 });
      await entitle({ entity_type: 'ADDON', entity_id: addon.id, feature_id, usage_limit: 10 });
      const customer = await server.api.create('/customers', { external_id: plan.id, name: 'C' });
      const subscribe = () =>
        server.api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
      const [one, two] = [await subscribe(), await subscribe()];
      const wrong = await server.api.send('POST', '/entitlements', {
        entity_type: 'SUBSCRIPTION',
        entity_id: two.id,
        feature_id: features.boolean.id,
        parent_entitlement_id: planned.id,
      });
      expect(wrong.status).toBe(400);
      await entitle({
        entity_type: 'SUBSCRIPTION',
        entity_id: two.id,
        feature_id,
        usage_limit: 500,
        parent_entitlement_id: planned.id,
      });
      expect(
        await applicable([
          { subscriptionId: one.id, planId: plan.id, addonIds: [addon.id, addon.id] },
          { subscriptionId: two.id, planId: plan.id, addonIds: [addon.id] },
          { subscriptionId: 'subs_other', planId: 'plan_other' },
        ]),
      ).toEqual({ [one.id]: [100, 10, 10], [two.id]: [10, 500], subs_other: [] });
    });

    it('hold in their time only', async () => {
      const dates = [
        [undefined, '2030-01-01T00:00:00Z'],
        ['2030-01-31T00:00:00Z', undefined],
        ['2030-02-01T00:00:00Z', undefined],
        ['2029-01-01T00:00:00Z', '2030-01-02T00:00:00Z'],
      ];
      for (const [index, [start_date, end_date]] of dates.entries())
        await entitle({
          feature_id: (await newFeature('metered')).id,
          usage_limit: index,
          start_date,
          end_date,
        });
      expect(await applicable([{ subscriptionId: 's', planId: plan.id }])).toEqual({ s: [1, 3] });
    });

    it('of many at once take a constant number of queries', async () => {
      const subscriptions: EntitledSubscription[] = [];
      for (let i = 0; i < 6; i++) {
        const { id } = await newPlan();
        await entitle({ entity_id: id, feature_id: features.metered.id, usage_limit: i });
        for (let n = 0; n < 10; n++)
          subscriptions.push({ subscriptionId: `s_${i}_${n}`, planId: id, period });
      }
      const counted = await uow.run(caller, async (ctx) => {
        let queries = 0;
        const runner = ctx.em.queryRunner!;
        const original = runner.query.bind(runner);
        runner.query = (...args: Parameters<typeof original>) => {
          queries += 1;
          return original(...args);
        };
        const found = await entitlements.applicable(ctx, subscriptions);
        runner.query = original;
        return { queries, entitled: [...found.values()].filter((rows) => rows.length === 1).length };
      });
      expect(counted.entitled).toBe(60);
      expect(counted.queries).toBeLessThanOrEqual(12);
    });
  });

  it('are another tenant’s nowhere', async () => {
    const { id } = await entitle({ feature_id: features.metered.id, usage_limit: 1 });
    const { api } = await server.anotherTenant();
    expect((await api.send('GET', `/entitlements/${id}`)).status).toBe(404);
    expect((await api.send('PUT', `/entitlements/${id}`, { usage_limit: 9 })).status).toBe(404);
    expect((await api.send('DELETE', `/entitlements/${id}`)).status).toBe(404);
    expect((await api.send('GET', `/plans/${plan.id}/entitlements`)).status).toBe(404);
    expect((await api.post('/entitlements/search', {})).items).toEqual([]);
    expect((await server.api.get(`/entitlements/${id}`)).usage_limit).toBe(1);
  });
});
