import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Every test has an environment of its own, at the 11th of January 2031; the period is January. */
describe('credit grants of addons', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let addon: any;
  const price = (entity_type: string, entity_id: string, amount: string) =>
    api.create('/prices', {
      entity_type,
      entity_id,
      type: 'FIXED',
      invoice_cadence: 'ADVANCE',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      amount,
      start_date: '2020-01-01T00:00:00Z',
    });
  const grant = (more: object = {}): Promise<any> =>
    api.create('/creditgrants', {
      name: 'Included',
      scope: 'ADDON',
      addon_id: addon.id,
      credits: '10',
      cadence: 'RECURRING',
      period: 'MONTHLY',
      ...more,
    });
  const once = { cadence: 'ONETIME', period: undefined };
  const subscribe = async (more: object = {}): Promise<any> => {
    const customer = await api.create('/customers', { external_id: 'c', name: 'C' });
    return api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      currency: 'usd',
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
  };
  const add = (subscription: any, more: object = {}): Promise<any> =>
    api.expect(200, 'POST', '/subscriptions/addon', {
      subscription_id: subscription.id,
      addon_id: addon.id,
      ...more,
    });
  const remove = (association: any): Promise<unknown> =>
    api.expect(200, 'DELETE', '/subscriptions/addon', { addon_association_id: association.id });
  const clock = (to: string): Promise<unknown> =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to });
  const credits = async ({ customer_id }: any): Promise<string> =>
    ((await api.get(`/customers/${customer_id}/wallets`)) as any[])[0]?.credit_balance ?? '0';
  const upcoming = async ({ id }: any): Promise<unknown[]> =>
    (await api.get(`/subscriptions/${id}/grants/upcoming`)).items.map((one: any) => [
      one.scheduled_for.slice(0, 10),
      one.credits,
    ]);

  beforeEach(async () => {
    server = await startTestApp();
    ({ api } = server);
    plan = await api.create('/plans', { name: 'Pro' });
    await price('PLAN', plan.id, '31');
    addon = await api.create('/addons', { name: 'Pack', lookup_key: 'pack', type: 'multiple_instance' });
    await clock('2031-01-11T00:00:00Z');
  });
  afterEach(async () => {
    await server.stop();
  });

  it('are shown with their addon, and given counted from the day on which it is added, until it is removed', async () => {
    expect(addon.credit_grants).toEqual([]);
    const made = await grant();
    expect(made).toMatchObject({
      scope: 'ADDON',
      addon_id: addon.id,
      plan_id: null,
      subscription_id: null,
    });
    await grant({ name: 'Start', ...once, credits: '3' });
    const dropped = await grant({ name: 'Dropped', credits: '1000' });
    await api.expect(200, 'DELETE', `/creditgrants/${dropped.id}`);
    const listed = await api.get(`/addons/${addon.id}/creditgrants`);
    expect(listed).toMatchObject({
      items: [made, { name: 'Start' }],
      pagination: { total: 2, limit: 2, offset: 0 },
    });
    for (const shown of [
      await api.get(`/addons/${addon.id}`),
      await api.get('/addons/lookup/pack'),
      (await api.post('/addons/search', {})).items[0],
    ])
      expect(shown.credit_grants).toEqual(listed.items);

    const subscription = await subscribe();
    const other = await api.create('/subscriptions', {
      customer_id: subscription.customer_id,
      plan_id: plan.id,
      currency: 'usd',
    });
    expect(await credits(subscription)).toBe('0');
    const first = await add(subscription);
    expect(first.addon.credit_grants).toEqual(listed.items);
    expect(await credits(subscription)).toBe('13');
    const { credit_grants: copies } = await api.get(`/subscriptions/${subscription.id}`);
    expect(copies).toMatchObject([
      {
        scope: 'SUBSCRIPTION',
        subscription_id: subscription.id,
        addon_id: addon.id,
        plan_id: null,
        credit_grant_anchor: expect.stringMatching(/^2031-01-11T00:00:/),
      },
      { name: 'Start' },
    ]);
    expect((await api.get(`/subscriptions/${other.id}`)).credit_grants).toEqual([]);
    // The billing period turns on the 1st, the addon's own on the 11th.
    expect(await upcoming(subscription)).toEqual([['2031-02-11', 10]]);
    // What the addon grants from now on reaches nobody who has it.
    await grant({ name: 'Late', credits: '500' });
    await api.expect(200, 'DELETE', `/creditgrants/${made.id}`);
    await clock('2031-02-12T00:00:00Z');
    expect(await credits(subscription)).toBe('23');

    // A second one grants on its own account, and goes alone.
    const second = await add(subscription);
    expect(await credits(subscription)).toBe('526');
    await remove(first);
    expect(await upcoming(subscription)).toEqual([['2031-03-12', 500]]);
    await remove(second);
    expect(await upcoming(subscription)).toEqual([]);
    expect((await api.get(`/subscriptions/${subscription.id}`)).credit_grants).toEqual([]);
    await clock('2031-05-01T00:00:00Z');
    expect(await credits(subscription)).toBe('526');
  });

  it('go along with a change of plan, on their days, and nothing is given twice', async () => {
    await price('ADDON', addon.id, '31');
    await grant();
    await grant({ name: 'Weekly', period: 'WEEKLY', credits: '1' });
    await grant({ name: 'Start', ...once, credits: '3' });
    await grant({ name: 'Later', ...once, credits: '5', start_date: '2031-01-20T00:00:00Z' });
    const bigger = await api.create('/plans', { name: 'Bigger' });
    await price('PLAN', bigger.id, '62');
    const subscription = await subscribe();
    const association = await add(subscription);
    await clock('2031-01-15T00:00:00Z');
    expect(await credits(subscription)).toBe('14');
    const { new_subscription: next } = await api.post(`/subscriptions/${subscription.id}/change/execute`, {
      target_plan_id: bigger.id,
    });
    const given = async (): Promise<number> => {
      const [wallet] = await api.get(`/customers/${subscription.customer_id}/wallets`);
      const { items } = await api.get(`/wallets/${wallet.id}/transactions?limit=1000`);
      return items
        .filter((one: any) => one.transaction_reason === 'SUBSCRIPTION_CREDIT_GRANT')
        .reduce((sum: number, one: any) => sum + Number(one.credit_amount), 0);
    };
    expect(await given()).toBe(14);
    expect(await upcoming(subscription)).toEqual([]);
    expect(await upcoming(next)).toEqual([
      ['2031-01-18', 1],
      ['2031-01-20', 5],
      ['2031-02-11', 10],
    ]);
    await clock('2031-01-21T00:00:00Z');
    expect(await given()).toBe(20);
    const [moved, ...more] = await api.get(`/subscriptions/${next.id}/addons/associations`);
    expect(more).toEqual([]);
    expect(moved.id).not.toBe(association.id);
    await remove(moved);
    expect(await upcoming(next)).toEqual([]);
    await clock('2031-03-01T00:00:00Z');
    expect(await given()).toBe(20);
  });

  it('and grants of its own move with the start of a draft', async () => {
    await grant({ period: 'WEEKLY', credits: '1' });
    await grant({ name: 'Start', ...once, credits: '3' });
    const planned = { start_date: '2031-01-01T00:00:00Z', subscription_status: 'draft' };
    const draft = await subscribe(planned);
    await add(draft);
    await api.create('/creditgrants', {
      name: 'Own',
      scope: 'SUBSCRIPTION',
      subscription_id: draft.id,
      credits: '10',
      cadence: 'RECURRING',
      period: 'MONTHLY',
    });
    expect(await credits(draft)).toBe('0');
    await api.post(`/subscriptions/${draft.id}/activate`, { start_date: '2031-01-10T00:00:00Z' });
    expect(await api.get(`/subscriptions/${draft.id}/addons/associations`)).toMatchObject([
      { start_date: '2031-01-10T00:00:00.000Z' },
    ]);
    // The weekly one once: by the planned start it would have been due on the 1st and the 8th.
    expect(await credits(draft)).toBe('14');
    expect(await upcoming(draft)).toEqual([
      ['2031-01-17', 1],
      ['2031-02-10', 10],
    ]);
  });

  it('wait for an addon that starts later, and for the date that they begin on', async () => {
    await grant({ start_date: '2031-01-25T00:00:00Z' });
    await grant({ name: 'Start', ...once, credits: '3', expiration_type: 'BILLING_CYCLE' });
    const subscription = await subscribe();
    const never = await add(subscription, { start_date: '2031-01-20T00:00:00Z' });
    const kept = await add(subscription, { start_date: '2031-01-20T00:00:00Z' });
    await remove(never);
    expect(await credits(subscription)).toBe('0');
    expect(await upcoming(subscription)).toEqual([
      ['2031-01-20', 3],
      ['2031-01-25', 10],
    ]);
    await clock('2031-01-26T00:00:00Z');
    expect(await credits(subscription)).toBe('13');
    expect(await upcoming(subscription)).toEqual([['2031-02-25', 10]]);
    await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
    expect(await upcoming(subscription)).toEqual([]);
    expect(await credits(subscription)).toBe('13');
    const refused = await api.send('POST', '/subscriptions/addon', {
      subscription_id: subscription.id,
      addon_id: addon.id,
    });
    expect([refused.status, refused.body.error.code]).toEqual([400, 'subscription_already_cancelled']);
    expect(kept.start_date).toBe('2031-01-20T00:00:00.000Z');
  });
});
