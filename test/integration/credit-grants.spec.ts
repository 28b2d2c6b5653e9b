import { startTestApp, type TestApp } from '../support/test-app.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('credit grants', () => {
  let server: TestApp;
  let api: TestApp['api'];
  let seq = 0;
  beforeAll(async () => {
    server = await startTestApp();
    api = server.api;
  });
  afterAll(async () => {
    await server.stop();
  });

  const customer = (): Promise<any> =>
    api.create('/customers', { external_id: `cg-${++seq}`, name: `Customer ${seq}` });
  const newPlan = (): Promise<any> =>
    api.create('/plans', {
      name: `Plan ${++seq}`,
      billing_period: 'monthly',
      currency: 'usd',
      prices: [{ pricing_model: 'flat', unit_price: '20', display_name: 'Base' }],
    });
  const subscribe = async (planId: string, more: Record<string, unknown> = {}): Promise<any> =>
    api.create('/subscriptions', { customer_id: (await customer()).id, plan_id: planId, ...more });
  const grant = (body: Record<string, unknown>): Promise<any> =>
    api.create('/creditgrants', {
      name: 'Welcome',
      credits: '100',
      cadence: 'ONETIME',
      scope: 'PLAN',
      ...body,
    });
  const walletsOf = (customerId: string): Promise<any[]> => api.get(`/customers/${customerId}/wallets`);
  const given = async (customerId: string): Promise<any[]> => {
    const [wallet] = await walletsOf(customerId);
    return wallet === undefined
      ? []
      : (await api.get(`/wallets/${wallet.id}/transactions?order=asc&limit=1000`)).items;
  };
  const upcoming = async (subscriptionId: string): Promise<any[]> =>
    (await api.get(`/subscriptions/${subscriptionId}/grants/upcoming`)).items;
  const advance = (to: number): Promise<any> =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(to).toISOString(),
    });
  const now = async (): Promise<number> => Date.parse((await customer()).created_at);

  it('of a plan are given when a subscription starts, into a wallet made for them', async () => {
    const plan = await newPlan();
    const made = await grant({ plan_id: plan.id, priority: 3, conversion_rate: '0.1', metadata: { a: '1' } });
    expect(made).toMatchObject({
      scope: 'PLAN',
      plan_id: plan.id,
      subscription_id: null,
      cadence: 'ONETIME',
      period: null,
      period_count: null,
      expiration_type: 'NEVER',
      priority: 3,
      credits: '100',
      metadata: { a: '1' },
    });
    const subscription = await subscribe(plan.id);
    expect(await walletsOf(subscription.customer_id)).toMatchObject([
      {
        wallet_type: 'PRE_PAID',
        currency: 'usd',
        conversion_rate: '0.1',
        credit_balance: '100',
        balance: '10',
      },
    ]);
    expect(await given(subscription.customer_id)).toMatchObject([
      {
        type: 'credit',
        transaction_reason: 'SUBSCRIPTION_CREDIT_GRANT',
        credit_amount: '100',
        priority: 3,
        expiry_date: null,
        description: 'Welcome',
      },
    ]);
    expect(await upcoming(subscription.id)).toEqual([]);
  });

  it('go into the wallet that the customer has', async () => {
    const plan = await newPlan();
    await grant({ plan_id: plan.id });
    const { id } = await customer();
    const mine = await api.post('/wallets', {
      customer_id: id,
      currency: 'usd',
      initial_credits_to_load: '1',
    });
    await subscribe(plan.id, { customer_id: id });
    expect((await api.get(`/wallets/${mine.id}`)).credit_balance).toBe('101');
  });

  it('recur with the billing periods, each expiring with its own', async () => {
    const plan = await newPlan();
    const monthly = await grant({
      plan_id: plan.id,
      cadence: 'RECURRING',
      period: 'MONTHLY',
      expiration_type: 'BILLING_CYCLE',
    });
    expect(monthly.period_count).toBe(1);
    const subscription = await subscribe(plan.id);
    const first = subscription.current_period_end;
    const [next] = await upcoming(subscription.id);
    expect(next).toMatchObject({
      subscription_id: subscription.id,
      credits: 100,
      application_status: 'pending',
      application_reason: 'recurring_credit_grant',
      scheduled_for: first,
      period_start: first,
      applied_at: null,
    });
    const ofCustomer = await api.get(`/customers/${subscription.customer_id}/grants/upcoming`);
    expect(ofCustomer).toMatchObject({ items: [{ id: next.id }], pagination: { total: 1, offset: 0 } });

    await advance(Date.parse(first) + HOUR);
    const after = await api.get(`/subscriptions/${subscription.id}`);
    expect(await given(subscription.customer_id)).toMatchObject([
      { type: 'credit', expiry_date: first, credits_available: '0' },
      { type: 'credit', expiry_date: after.current_period_end, credits_available: '100' },
      { type: 'debit', transaction_reason: 'CREDIT_EXPIRED', credit_amount: '100' },
    ]);
    expect((await walletsOf(subscription.customer_id))[0].credit_balance).toBe('100');
    expect((await upcoming(subscription.id))[0].scheduled_for).toBe(after.current_period_end);
  });

  it('come in their own rhythm between two bills, and last for a duration', async () => {
    const plan = await newPlan();
    await grant({
      plan_id: plan.id,
      credits: '7.5',
      cadence: 'RECURRING',
      period: 'DAILY',
      period_count: 2,
      expiration_type: 'DURATION',
      expiration_duration: 3,
      expiration_duration_unit: 'DAY',
    });
    const subscription = await subscribe(plan.id);
    const start = Date.parse(subscription.start_date);
    await advance(start + 8 * DAY + HOUR);
    const list = await given(subscription.customer_id);
    const credits = list.filter((one) => one.type === 'credit');
    expect(credits.map((one) => (Date.parse(one.expiry_date) - start) / DAY)).toEqual([3, 5, 7, 9, 11]);
    expect(list.filter((one) => one.transaction_reason === 'CREDIT_EXPIRED')).toHaveLength(3);
    expect((await walletsOf(subscription.customer_id))[0].credit_balance).toBe('15');
  });

  it('of a plan reach no subscription that runs already, and running ones keep theirs', async () => {
    const plan = await newPlan();
    const kept = await grant({ plan_id: plan.id, cadence: 'RECURRING', period: 'MONTHLY' });
    const running = await subscribe(plan.id);
    const late = await grant({ plan_id: plan.id, credits: '5', cadence: 'RECURRING', period: 'MONTHLY' });
    const listed = await api.get(`/plans/${plan.id}/creditgrants`);
    expect(listed.items.map((one: any) => one.id)).toEqual([kept.id, late.id]);
    // Plans and subscriptions show theirs.
    expect((await api.get(`/plans/${plan.id}`)).credit_grants).toEqual(listed.items);
    const found = async (expand?: string) =>
      (await api.post('/plans/search', { plan_ids: [plan.id], expand })).items[0].credit_grants;
    expect(await found()).toBeNull();
    expect(await found('credit_grants')).toEqual(listed.items);
    expect((await api.get(`/subscriptions/${running.id}`)).credit_grants).toMatchObject([
      { scope: 'SUBSCRIPTION', subscription_id: running.id, name: kept.name, credits: kept.credits },
    ]);
    expect((await api.expect(200, 'DELETE', `/creditgrants/${kept.id}`)).message).toContain('deleted');
    await advance(Date.parse(running.current_period_end) + HOUR);
    expect((await walletsOf(running.customer_id))[0].credit_balance).toBe('200');
    const fresh = await subscribe(plan.id);
    expect((await walletsOf(fresh.customer_id))[0].credit_balance).toBe('5');
    expect((await api.send('GET', `/creditgrants/${kept.id}`)).status).toBe(404);
  });

  it('of one subscription are given at once, and end when they are deleted', async () => {
    const plan = await newPlan();
    const [one, other] = [await subscribe(plan.id), await subscribe(plan.id)];
    const body = { scope: 'SUBSCRIPTION', cadence: 'RECURRING', period: 'MONTHLY', credits: '10' };
    const own = await grant({ ...body, subscription_id: one.id });
    expect(own).toMatchObject({ scope: 'SUBSCRIPTION', subscription_id: one.id, plan_id: plan.id });
    expect((await walletsOf(one.customer_id))[0].credit_balance).toBe('10');
    expect(await walletsOf(other.customer_id)).toEqual([]);
    expect(await upcoming(one.id)).toHaveLength(1);

    // Until then it goes on: a date in the future lets the next one still come.
    const until = new Date(Date.parse(one.current_period_end) + DAY).toISOString();
    await api.expect(200, 'DELETE', `/creditgrants/${own.id}`, { effective_date: until });
    expect((await api.get(`/creditgrants/${own.id}`)).end_date).toBe(until);
    await advance(Date.parse(one.current_period_end) + 2 * DAY);
    expect((await walletsOf(one.customer_id))[0].credit_balance).toBe('20');
    expect(await upcoming(one.id)).toEqual([]);

    const another = await grant({ ...body, subscription_id: other.id });
    await api.expect(200, 'DELETE', `/creditgrants/${another.id}`);
    expect(await upcoming(other.id)).toEqual([]);
    // What was given stays given.
    expect((await walletsOf(other.customer_id))[0].credit_balance).toBe('10');
  });

  it('end with their subscription', async () => {
    const plan = await newPlan();
    await grant({ plan_id: plan.id, cadence: 'RECURRING', period: 'WEEKLY' });
    const subscription = await subscribe(plan.id);
    await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
    expect(await upcoming(subscription.id)).toEqual([]);
    await advance(Date.parse(subscription.start_date) + 40 * DAY);
    expect((await walletsOf(subscription.customer_id))[0].credit_balance).toBe('100');
  });

  it('of a back-dated subscription are given for every period since, once', async () => {
    const plan = await newPlan();
    await grant({ plan_id: plan.id, cadence: 'RECURRING', period: 'WEEKLY' });
    const start = (await now()) - 15 * DAY;
    const subscription = await subscribe(plan.id, { start_date: new Date(start).toISOString() });
    expect((await walletsOf(subscription.customer_id))[0].credit_balance).toBe('300');
    await advance((await now()) + HOUR);
    expect(await given(subscription.customer_id)).toHaveLength(3);
  });

  it('are named and described anew, and no more than that', async () => {
    const plan = await newPlan();
    const made = await grant({ plan_id: plan.id });
    const changed = await api.put(`/creditgrants/${made.id}`, {
      name: 'Hello',
      metadata: { b: '2' },
      credits: '9',
    });
    expect(changed).toMatchObject({ id: made.id, name: 'Hello', metadata: { b: '2' }, credits: '100' });
    expect(await api.get(`/creditgrants/${made.id}`)).toMatchObject({ name: 'Hello' });
  });

  it.each([
    ['no plan for the scope PLAN', { plan_id: undefined }, ['plan_id']],
    [
      'no subscription for the scope SUBSCRIPTION',
      { scope: 'SUBSCRIPTION', plan_id: undefined },
      ['subscription_id'],
    ],
    ['a subscription in the scope PLAN', { subscription_id: 'subs_1' }, ['subscription_id']],
    ['no addon for the scope ADDON', { scope: 'ADDON', plan_id: undefined }, ['addon_id']],
    ['an addon in the scope PLAN', { addon_id: 'addon_1' }, ['addon_id']],
    ['a plan in the scope ADDON', { scope: 'ADDON', addon_id: 'addon_1' }, ['plan_id']],
    [
      'a subscription in the scope ADDON',
      { scope: 'ADDON', addon_id: 'addon_1', plan_id: undefined, subscription_id: 'subs_1' },
      ['subscription_id'],
    ],
    [
      'an addon in the scope SUBSCRIPTION',
      { scope: 'SUBSCRIPTION', plan_id: undefined, subscription_id: 'subs_1', addon_id: 'addon_1' },
      ['addon_id'],
    ],
    ['a scope that is none', { scope: 'GALAXY' }, ['scope']],
    ['no credits', { credits: '0' }, ['credits']],
    ['RECURRING without a period', { cadence: 'RECURRING' }, ['period']],
    ['ONETIME with a period', { period: 'MONTHLY', period_count: 2 }, ['period', 'period_count']],
    ['a period that is none', { cadence: 'RECURRING', period: 'ONETIME' }, ['period']],
    [
      'DURATION without one',
      { expiration_type: 'DURATION' },
      ['expiration_duration', 'expiration_duration_unit'],
    ],
    ['a duration with NEVER', { expiration_duration: 3 }, ['expiration_duration']],
    [
      'an end before its start',
      { start_date: '2027-01-02T00:00:00Z', end_date: '2027-01-01T00:00:00Z' },
      ['end_date'],
    ],
    ['a rate of nothing', { conversion_rate: '0' }, ['conversion_rate']],
  ])('are refused with %s', async (_what, change, fields) => {
    const plan = await newPlan();
    const answer = await api.send('POST', '/creditgrants', {
      name: 'x',
      credits: '1',
      cadence: 'ONETIME',
      scope: 'PLAN',
      plan_id: plan.id,
      ...change,
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_error']);
    expect(Object.keys(answer.body.details.fields)).toEqual(fields);
    expect((await api.get(`/plans/${plan.id}/creditgrants`)).items).toEqual([]);
  });

  it('are refused for what is not there, is over, or is another plan', async () => {
    const plan = await newPlan();
    const body = { name: 'x', credits: '1', cadence: 'ONETIME' };
    const status = async (change: object): Promise<unknown[]> => {
      const answer = await api.send('POST', '/creditgrants', { ...body, ...change });
      return [answer.status, answer.body.error.code];
    };
    expect(await status({ scope: 'PLAN', plan_id: 'plan_none' })).toEqual([404, 'not_found']);
    expect(await status({ scope: 'SUBSCRIPTION', subscription_id: 'subs_none' })).toEqual([404, 'not_found']);
    const subscription = await subscribe(plan.id);
    const own = { scope: 'SUBSCRIPTION', subscription_id: subscription.id };
    expect(await status({ ...own, plan_id: 'plan_other' })).toEqual([400, 'validation_error']);
    await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
    expect(await status(own)).toEqual([400, 'subscription_already_cancelled']);
    expect(await walletsOf(subscription.customer_id)).toEqual([]);
    expect(await status({ scope: 'ADDON', addon_id: 'addon_none' })).toEqual([404, 'not_found']);
    const ofPlan = await grant({ plan_id: plan.id });
    const answer = await api.send('DELETE', `/creditgrants/${ofPlan.id}`, {
      effective_date: '2030-01-01T00:00:00Z',
    });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'effective_date_not_applicable']);
    expect((await api.get(`/creditgrants/${ofPlan.id}`)).status).toBe('published');
    for (const path of [
      '/plans/plan_none/creditgrants',
      '/addons/addon_none/creditgrants',
      '/customers/cust_none/grants/upcoming',
      '/subscriptions/subs_none/grants/upcoming',
    ])
      expect((await api.send('GET', path)).status).toBe(404);
  });
});
