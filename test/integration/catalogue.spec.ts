import { CatalogueEntities } from '../../src/plans/catalogue-entities.service.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('the catalogue', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const fieldsOf = async (path: string, body: unknown, status = 400, method = 'POST'): Promise<string[]> => {
    const answer = await server.api.send(method, path, body);
    expect(answer.status).toBe(status);
    const { fields } = answer.body.details;
    return (Array.isArray(fields) ? fields : Object.keys(fields ?? {})).sort();
  };

  describe('meters', () => {
    const feature = (aggregation: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
      name: 'Metered',
      type: 'metered',
      meter: { name: 'M', event_name: 'm', aggregation, ...more },
    });

    it.each([
      { type: 'COUNT' },
      { type: 'SUM', field: 'n' },
      { type: 'AVG', field: 'n' },
      { type: 'COUNT_UNIQUE', field: 'n' },
      { type: 'LATEST', field: 'n' },
      { type: 'MAX', field: 'n' },
      { type: 'WEIGHTED_SUM', field: 'n' },
      { type: 'SUM_WITH_MULTIPLIER', field: 'n', multiplier: '0.001' },
    ])('take %j as it is', async (aggregation) => {
      const made = await server.api.create('/features', feature(aggregation));
      expect(made.meter.aggregation).toEqual({
        field: null,
        multiplier: null,
        bucket_size: null,
        group_by: null,
        expression: null,
        ...aggregation,
      });
    });

    it.each<[string, Record<string, unknown>, string[]]>([
      ['a sum of nothing', { type: 'SUM' }, ['meter.aggregation.field']],
      ['an unknown way to add up', { type: 'MEDIAN', field: 'n' }, ['meter.aggregation.type']],
      [
        'a multiplier that is not there',
        { type: 'SUM_WITH_MULTIPLIER', field: 'n' },
        ['meter.aggregation.multiplier'],
      ],
      [
        'a multiplier of nothing',
        { type: 'SUM_WITH_MULTIPLIER', field: 'n', multiplier: '0' },
        ['meter.aggregation.multiplier'],
      ],
      [
        'a multiplier that would be ignored',
        { type: 'SUM', field: 'n', multiplier: '2' },
        ['meter.aggregation.multiplier'],
      ],
      [
        'buckets of an average',
        { type: 'AVG', field: 'n', bucket_size: 'DAY' },
        ['meter.aggregation.bucket_size'],
      ],
      [
        'an unknown bucket',
        { type: 'MAX', field: 'n', bucket_size: 'YEAR' },
        ['meter.aggregation.bucket_size'],
      ],
      ['groups without buckets', { type: 'MAX', field: 'n', group_by: 'r' }, ['meter.aggregation.group_by']],
    ])('refuse %s', async (_what, aggregation, fields) => {
      expect(await fieldsOf('/features', feature(aggregation))).toEqual(fields);
    });

    it('refuse by name what would be billed wrong', async () => {
      for (const [aggregation, field] of [
        [{ type: 'SUM', field: 'n', expression: 'n * 2' }, 'expression'],
      ] as const)
        expect(await fieldsOf('/features', feature(aggregation), 501)).toEqual([
          `meter.aggregation.${field}`,
        ]);
      const lasting = feature({ type: 'MAX', field: 'n', bucket_size: 'DAY' }, { reset_usage: 'NEVER' });
      expect(await fieldsOf('/features', lasting)).toEqual(['meter.aggregation.bucket_size']);
    });
  });

  describe('clones', () => {
    it('of a feature have a meter of their own', async () => {
      const source = await server.api.create('/features', {
        name: 'Source',
        lookup_key: 'source',
        type: 'metered',
        description: 'D',
        unit_singular: 'call',
        metadata: { a: '1' },
        meter: { name: 'M', event_name: 'm', aggregation: { type: 'SUM', field: 'n' } },
      });
      const clone = await server.api.create(`/features/${source.id}/clone`, {
        name: 'Clone',
        lookup_key: 'the-clone',
      });
      expect(clone).toMatchObject({
        name: 'Clone',
        lookup_key: 'the-clone',
        description: 'D',
        unit_singular: 'call',
        metadata: { a: '1' },
        meter: { event_name: 'm', aggregation: { type: 'SUM', field: 'n' } },
      });
      expect(clone.meter_id).not.toBe(source.meter_id);
      const path = `/features/${source.id}/clone`;
      expect(await fieldsOf(path, { name: 'X' })).toEqual(['lookup_key']);
      expect(await fieldsOf(path, { name: 'Source', lookup_key: 'x' })).toEqual(['name']);
      expect((await server.api.send('POST', path, { name: 'X', lookup_key: 'the-clone' })).status).toBe(409);
      expect(
        (await server.api.send('POST', '/features/feat_none/clone', { name: 'X', lookup_key: 'x' })).status,
      ).toBe(404);
      expect((await server.api.post('/features/search', { name_contains: 'X' })).items).toEqual([]);
    });

    it('of a plan have its prices and entitlements, but not its keys or what is over', async () => {
      const flag = await server.api.create('/features', { name: 'SSO', type: 'boolean' });
      const source = await server.api.create('/plans', {
        name: 'Source',
        lookup_key: 'plan-source',
        description: 'D',
        metadata: { a: '1' },
        currency: 'usd',
        billing_period: 'monthly',
        prices: [
          { pricing_model: 'flat', unit_price: 5, lookup_key: 'the-fee', min_quantity: 2 },
          { pricing_model: 'volume', tiers: [{ up_to: 5, unit_price: 2, flat_fee: 1 }, { unit_price: 1 }] },
          { pricing_model: 'flat', unit_price: 7 },
        ],
      });
      await server.api.expect(200, 'DELETE', `/prices/${source.prices[2].id}`);
      await server.api.create('/entitlements', { plan_id: source.id, feature_id: flag.id });
      const path = `/plans/${source.id}/clone`;
      expect(await fieldsOf(path, { lookup_key: 'x' })).toEqual(['name']);
      expect(await fieldsOf(path, { name: 'X' })).toEqual(['lookup_key']);
      expect(await fieldsOf(path, { name: 'Source', lookup_key: 'x' })).toEqual(['name']);
      expect((await server.api.send('POST', path, { name: 'X', lookup_key: 'plan-source' })).status).toBe(
        409,
      );
      expect(
        (await server.api.send('POST', '/plans/plan_none/clone', { name: 'X', lookup_key: 'x' })).status,
      ).toBe(404);
      const before = (await server.api.post('/prices/search', {})).pagination.total;
      const clone = await server.api.create(path, {
        name: 'Clone',
        lookup_key: 'plan-clone',
        metadata: { b: '2' },
      });
      expect(clone).toMatchObject({
        name: 'Clone',
        description: 'D',
        metadata: { b: '2' },
        prices: [
          { amount: '5', lookup_key: null, min_quantity: '2', entity_id: clone.id },
          {
            tier_mode: 'VOLUME',
            tiers: [{ up_to: 5, unit_amount: '2', flat_amount: '1' }, { unit_amount: '1' }],
          },
        ],
        entitlements: [{ feature_id: flag.id, entity_id: clone.id }],
      });
      expect(await server.api.get(`/plans/${clone.id}`)).toEqual(clone);
      expect((await server.api.post('/prices/search', {})).pagination.total).toBe(Number(before) + 2);
    });
  });

  describe('groups', () => {
    const group = (entity_type: string, lookup_key: string): Promise<any> =>
      server.api.create('/groups', { name: lookup_key, lookup_key, entity_type });
    const membersOf = async (id: string): Promise<string[]> =>
      (await server.api.get(`/groups/${id}`)).entity_ids;

    it('hold features and prices, each in one group at most', async () => {
      const [a, b, prices] = [
        await group('feature', 'a'),
        await group('feature', 'b'),
        await group('price', 'p'),
      ];
      const feature = await server.api.create('/features', { name: 'F', type: 'boolean', group_id: a.id });
      expect(await membersOf(a.id)).toEqual([feature.id]);
      await server.api.put(`/features/${feature.id}`, { group_id: b.id });
      expect([await membersOf(a.id), await membersOf(b.id)]).toEqual([[], [feature.id]]);
      await server.api.put(`/features/${feature.id}`, { name: 'Still there' });
      expect(await membersOf(b.id)).toEqual([feature.id]);

      const plan = await server.api.create('/plans', { name: 'Grouped' });
      const price = await server.api.create('/prices', {
        entity_type: 'PLAN',
        entity_id: plan.id,
        type: 'FIXED',
        billing_model: 'FLAT_FEE',
        billing_period: 'MONTHLY',
        invoice_cadence: 'ADVANCE',
        price_unit_type: 'FIAT',
        currency: 'usd',
        amount: '1',
        group_id: prices.id,
      });
      expect(price).toMatchObject({ group_id: prices.id, group: { name: 'p', entity_ids: [price.id] } });
      const next = await server.api.put(`/prices/${price.id}`, { amount: '2' });
      expect(next.group_id).toBe(prices.id);
      expect(await membersOf(prices.id)).toEqual([price.id, next.id]);
      const out = await server.api.put(`/prices/${next.id}`, { group_id: '' });
      expect(out).toMatchObject({ id: next.id, group: null, group_id: null });

      const wrong = await server.api.send('PUT', `/prices/${next.id}`, { group_id: b.id });
      expect(wrong.status).toBe(400);
      const lost = await server.api.send('POST', '/features', {
        name: 'Lost',
        type: 'boolean',
        group_id: 'group_none',
      });
      expect(lost.status).toBe(404);
      expect((await server.api.post('/features/search', { name_contains: 'Lost' })).items).toEqual([]);

      await server.api.expect(204, 'DELETE', `/groups/${b.id}`);
      expect((await server.api.send('GET', `/groups/${b.id}`)).status).toBe(404);
      expect(
        (await server.api.post('/features/search', { feature_ids: [feature.id] })).items[0].group,
      ).toBeNull();
      await server.api.expect(200, 'DELETE', `/features/${feature.id}`);
    });

    it('have a name, a key that is free, and something to hold', async () => {
      expect(await fieldsOf('/groups', { entity_type: 'plan' })).toEqual([
        'entity_type',
        'lookup_key',
        'name',
      ]);
      await group('price', 'taken');
      const again = await server.api.send('POST', '/groups', {
        name: 'X',
        lookup_key: 'taken',
        entity_type: 'price',
      });
      expect(again.status).toBe(409);
      const found = await server.api.post('/groups/search', { entity_type: 'PRICE', name: 'taken' });
      expect(found.items.map((one: any) => one.lookup_key)).toEqual(['taken']);
    });
  });

  describe('addons', () => {
    it('have a key that is free, prices of their own, and stay while something has them', async () => {
      expect(await fieldsOf('/addons', { type: 'weekly' })).toEqual(['lookup_key', 'name', 'type']);
      const addon = await server.api.create('/addons', { name: 'Seats', lookup_key: 'seats' });
      expect(addon).toMatchObject({ type: 'onetime', prices: [], entitlements: [], metadata: {} });
      expect((await server.api.send('POST', '/addons', { name: 'X', lookup_key: 'seats' })).status).toBe(409);
      const price = await server.api.create('/prices', {
        entity_type: 'addon',
        entity_id: addon.id,
        type: 'FIXED',
        billing_model: 'FLAT_FEE',
        billing_period: 'MONTHLY',
        invoice_cadence: 'ADVANCE',
        price_unit_type: 'FIAT',
        currency: 'usd',
        amount: '1',
      });
      expect((await server.api.get('/addons/lookup/seats')).prices).toEqual([price]);
      let used = true;
      server.app
        .get(CatalogueEntities, { strict: false })
        .registerAddonUser((_ctx, id) => Promise.resolve(used && id === addon.id));
      const kept = await server.api.send('DELETE', `/addons/${addon.id}`);
      expect({ status: kept.status, code: kept.body.error.code }).toEqual({
        status: 400,
        code: 'addon_in_use',
      });
      used = false;
      await server.api.expect(200, 'DELETE', `/addons/${addon.id}`);
      for (const path of [`/addons/${addon.id}`, '/addons/lookup/seats', `/addons/${addon.id}/entitlements`])
        expect((await server.api.send('GET', path)).status).toBe(404);
    });
  });

  it('is another tenant’s nowhere', async () => {
    const group = await server.api.create('/groups', { name: 'G', lookup_key: 'g', entity_type: 'price' });
    const addon = await server.api.create('/addons', { name: 'A', lookup_key: 'foreign' });
    const plan = await server.api.create('/plans', {
      name: 'P',
      prices: [
        {
          pricing_model: 'flat',
          unit_price: 5,
          currency: 'usd',
          billing_period: 'monthly',
          lookup_key: 'fp',
        },
      ],
    });
    const { api } = await server.anotherTenant();
    for (const [method, path, body] of [
      ['GET', `/groups/${group.id}`],
      ['DELETE', `/groups/${group.id}`],
      ['GET', `/addons/${addon.id}`],
      ['PUT', `/addons/${addon.id}`, { name: 'taken' }],
      ['DELETE', `/addons/${addon.id}`],
      ['PUT', `/prices/${plan.prices[0].id}`, { amount: '1' }],
      ['DELETE', `/prices/${plan.prices[0].id}`],
      ['GET', '/prices/lookup/fp'],
      ['POST', `/plans/${plan.id}/clone`, { name: 'X', lookup_key: 'x' }],
    ] as [string, string, unknown?][])
      expect({ path, status: (await api.send(method, path, body)).status }).toEqual({ path, status: 404 });
    expect((await server.api.get(`/prices/${plan.prices[0].id}`)).end_date).toBeNull();
  });
});
