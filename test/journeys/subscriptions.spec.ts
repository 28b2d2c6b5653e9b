import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** Nothing here knows what the present is: the environment's clock is where it has been moved to. */
describe('the life of a subscription', () => {
  let server: TestApp;
  let api: ApiClient;
  let meterId: string;
  let plan: any;
  let customers = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    const feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
    });
    meterId = feature.meter_id;
    plan = await api.create('/plans', { name: 'Pro' });
    const price = {
      entity_type: 'PLAN',
      entity_id: plan.id,
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      // Lines never start before their price: back-dated subscriptions need an old one.
      start_date: '2020-01-01T00:00:00Z',
    };
    plan.prices = [
      await api.create('/prices', {
        ...price,
        type: 'FIXED',
        invoice_cadence: 'ADVANCE',
        amount: '30',
        display_name: 'Fee',
      }),
      await api.create('/prices', {
        ...price,
        type: 'USAGE',
        invoice_cadence: 'ARREAR',
        meter_id: meterId,
        amount: '1',
        display_name: 'Calls',
      }),
    ];
  });
  afterAll(async () => {
    await server.stop();
  });

  const clock = (to: Date | string | number) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(to).toISOString(),
    });
  const customer = (more: object = {}) =>
    api.create('/customers', { external_id: `c${++customers}`, name: 'C', ...more });
  const subscribe = async (more: object = {}, of: any = plan) =>
    api.create('/subscriptions', { customer_id: (await customer()).id, plan_id: of.id, ...more });
  /** In the order in which they were made. */
  const invoicesOf = async (subscription: any): Promise<any[]> =>
    (await api.post('/invoices/search', { subscription_id: subscription.id, limit: 1000 })).items.sort(
      (a: any, b: any) => a.billing_sequence - b.billing_sequence,
    );
  const use = async (subscription: any, at: Date, times = 1) => {
    const { external_id } = await api.get(`/customers/${subscription.customer_id}`);
    await api.expect(202, 'POST', '/events/bulk', {
      events: Array.from({ length: times }, () => ({
        event_name: 'call',
        external_customer_id: external_id,
        timestamp: at.toISOString(),
      })),
    });
  };
  const refused = async (method: string, path: string, body: unknown, code: string) => {
    const answer = await api.send(method, path, body);
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status: 400, code });
    return answer.body;
  };
  const now = async (): Promise<Date> => {
    const probe = await api.create('/customers', { external_id: `now${++customers}`, name: 'N' });
    return new Date(probe.created_at);
  };
  /** A wire time some milliseconds after another, as `whole - part` of an amount shows it. */
  const share = (amount: number, part: number, whole: number) => (amount * part) / whole;

  describe('begins', () => {
    it('in the past: every period since then is billed, in order', async () => {
      const start = new Date((await now()).getTime() - 100 * DAY);
      const subscription = await subscribe({ start_date: start.toISOString() });
      expect(subscription).toMatchObject({
        start_date: start.toISOString(),
        current_period_start: start.toISOString(),
        latest_invoice: { total: '30', billing_reason: 'SUBSCRIPTION_CREATE' },
      });
      await clock((await now()).getTime() + HOUR);
      const invoices = await invoicesOf(subscription);
      expect(invoices.map((one) => one.billing_reason)).toEqual([
        'SUBSCRIPTION_CREATE',
        ...Array<string>(invoices.length - 1).fill('SUBSCRIPTION_CYCLE'),
      ]);
      expect(invoices.length).toBeGreaterThanOrEqual(4);
      expect(invoices.map((one) => one.billing_sequence)).toEqual(invoices.map((_, i) => i + 1));
      const cycles = invoices.slice(1);
      for (const [i, one] of cycles.entries())
        expect(one.period_start).toBe(i === 0 ? start.toISOString() : cycles[i - 1].period_end);
      const after = await api.get(`/subscriptions/${subscription.id}`);
      expect(after.current_period_start).toBe(cycles.at(-1).period_end);
      expect(new Date(after.current_period_end).getTime()).toBeGreaterThan((await now()).getTime());
    });

    it('ahead: nothing is billed before its day, and everything on it', async () => {
      const start = new Date((await now()).getTime() + 10 * DAY);
      const subscription = await subscribe({ start_date: start.toISOString() });
      expect(subscription).toMatchObject({
        subscription_status: 'active',
        latest_invoice: null,
        current_period_start: start.toISOString(),
      });
      expect(await invoicesOf(subscription)).toEqual([]);
      await refused(
        'POST',
        `/subscriptions/${subscription.id}/pause`,
        { pause_mode: 'immediate' },
        'subscription_not_active',
      );
      await clock(start.getTime() - HOUR);
      expect(await invoicesOf(subscription)).toEqual([]);
      await clock(start.getTime() + HOUR);
      expect(await invoicesOf(subscription)).toMatchObject([
        { billing_reason: 'SUBSCRIPTION_CREATE', total: '30', period_start: start.toISOString() },
      ]);
    });

    it('ahead and is cancelled before: it never bills', async () => {
      const start = new Date((await now()).getTime() + 10 * DAY);
      const subscription = await subscribe({ start_date: start.toISOString() });
      await api.post(`/subscriptions/${subscription.id}/cancel`, {
        cancellation_type: 'scheduled_date',
        cancel_at: new Date(start.getTime() - DAY).toISOString(),
      });
      await clock(start.getTime() + 40 * DAY);
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'cancelled',
      });
      expect(await invoicesOf(subscription)).toEqual([]);
    });

    it('with the calendar of the customer: a stub until the first of the month there', async () => {
      const berlin = await customer({ timezone: 'Europe/Berlin' });
      const subscription = await api.create('/subscriptions', {
        customer_id: berlin.id,
        plan_id: plan.id,
        billing_cycle: 'calendar',
        start_date: '2026-03-10T12:00:00Z',
      });
      // 1 April is summer time in Berlin, 1 March was not.
      expect(subscription).toMatchObject({
        timezone: 'Europe/Berlin',
        current_period_end: '2026-03-31T22:00:00.000Z',
      });
    });

    it('on the last of January, and ends its periods on the last days of the months', async () => {
      const subscription = await subscribe({
        start_date: '2024-01-31T10:00:00Z',
        end_date: '2024-04-15T00:00:00Z',
      });
      await clock((await now()).getTime() + HOUR);
      const invoices = await invoicesOf(subscription);
      expect(invoices.map((one) => [one.billing_reason, one.period_end, one.total])).toEqual([
        ['SUBSCRIPTION_CREATE', '2024-02-29T10:00:00.000Z', '30'],
        ['SUBSCRIPTION_CYCLE', '2024-02-29T10:00:00.000Z', '30'],
        ['SUBSCRIPTION_CYCLE', '2024-03-31T10:00:00.000Z', '30'],
        // The last period is cut off at the end date; nothing was used, so there is nothing on its invoice.
        ['SUBSCRIPTION_CYCLE', '2024-04-15T00:00:00.000Z', '0'],
      ]);
      expect(invoices.at(-1).invoice_status).toBe('SKIPPED');
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'cancelled',
        end_date: '2024-04-15T00:00:00.000Z',
      });
    });

    it('every two months, with a line that is charged twice a year', async () => {
      const wide = await api.create('/plans', { name: 'Wide' });
      const price = {
        entity_type: 'PLAN',
        entity_id: wide.id,
        type: 'FIXED',
        billing_model: 'FLAT_FEE',
        price_unit_type: 'FIAT',
        currency: 'usd',
        start_date: '2024-01-01T00:00:00Z',
        invoice_cadence: 'ADVANCE',
        billing_period: 'MONTHLY',
      };
      await api.create('/prices', { ...price, billing_period_count: 2, amount: '10' });
      await api.create('/prices', { ...price, billing_period: 'HALF_YEARLY', amount: '100' });
      await api.create('/prices', { ...price, billing_period_count: 3, amount: '1000' });
      const subscription = await subscribe(
        {
          start_date: '2024-01-01T00:00:00Z',
          end_date: '2025-01-01T00:00:00Z',
          billing_period: 'MONTHLY',
          billing_period_count: 2,
        },
        wide,
      );
      // Every three months is no multiple of every two.
      expect(subscription.line_items).toHaveLength(2);
      await clock((await now()).getTime() + HOUR);
      expect((await invoicesOf(subscription)).map((one) => [one.period_end.slice(0, 7), one.total])).toEqual([
        ['2024-03', '110'],
        ['2024-03', '10'],
        ['2024-05', '10'],
        ['2024-07', '110'],
        ['2024-09', '10'],
        ['2024-11', '10'],
        ['2025-01', '0'],
      ]);
    });

    it('not, with dates or words that contradict each other; nothing is left of what was refused', async () => {
      const someone = await customer();
      const start = new Date((await now()).getTime() + DAY).toISOString();
      for (const wrong of [
        { start_date: start, end_date: start },
        { billing_cycle: 'calendar', billing_anchor: start },
        { subscription_status: 'trialing' },
        { trial_period_days: -1 },
        { trial_period_days: 3, trial_end: start },
        { trial_end: '2020-01-01T00:00:00Z' },
        { trial_end: start, subscription_status: 'draft' },
        { payment_behavior: 'hope' },
        { override_line_items: [{ price_id: 'price_none', amount: '1' }] },
        { override_line_items: [{ price_id: plan.prices[0].id, tiers: [{ unit_amount: '1' }] }] },
        { override_line_items: [{ price_id: plan.prices[1].id, quantity: 3 }] },
        { line_items: [{}] },
        { line_items: [{ price_id: 'x', price: { type: 'FIXED' } }] },
      ])
        await refused(
          'POST',
          '/subscriptions',
          { customer_id: someone.id, plan_id: plan.id, ...wrong },
          'validation_error',
        );
      expect((await api.post('/subscriptions/search', { customer_id: someone.id })).items).toEqual([]);
      expect((await api.post('/invoices/search', { customer_id: someone.id })).items).toEqual([]);
      expect((await api.post('/prices/search', { entity_type: 'SUBSCRIPTION' })).items).toEqual([]);
    });
  });

  describe('tries first', () => {
    it('is not charged during the trial, neither the fee nor usage, and is from its end', async () => {
      const subscription = await subscribe({ trial_period_days: 14 });
      const start = new Date(subscription.start_date);
      const trialEnd = new Date(subscription.trial_end);
      expect(trialEnd.getTime() - start.getTime()).toBe(14 * DAY);
      expect(subscription).toMatchObject({
        subscription_status: 'trialing',
        trial_start: subscription.start_date,
        current_period_end: subscription.trial_end,
        latest_invoice: {
          billing_reason: 'SUBSCRIPTION_TRIAL_START',
          total: '0',
          invoice_status: 'FINALIZED',
          payment_status: 'SUCCEEDED',
          line_items: [{ display_name: 'Fee', amount: '0', quantity: '1' }],
        },
      });
      await use(subscription, new Date(start.getTime() + DAY), 5);
      await clock(trialEnd.getTime() + HOUR);
      const active = await api.get(`/subscriptions/${subscription.id}`);
      expect(active).toMatchObject({
        subscription_status: 'active',
        current_period_start: subscription.trial_end,
        billing_anchor: subscription.trial_end,
      });
      await use(subscription, new Date(trialEnd.getTime() + DAY), 3);
      await clock(new Date(active.current_period_end).getTime() + HOUR);
      expect((await invoicesOf(subscription)).map((one) => [one.billing_reason, one.total])).toEqual([
        ['SUBSCRIPTION_TRIAL_START', '0'],
        ['SUBSCRIPTION_TRIAL_END', '30'],
        ['SUBSCRIPTION_CYCLE', '33'],
      ]);
    });

    it('as long as its prices say, unless the request says otherwise', async () => {
      const trying = await api.create('/plans', { name: 'Trying' });
      const price = await api.create('/prices', {
        entity_type: 'PLAN',
        entity_id: trying.id,
        type: 'FIXED',
        billing_model: 'FLAT_FEE',
        billing_period: 'MONTHLY',
        invoice_cadence: 'ADVANCE',
        price_unit_type: 'FIAT',
        currency: 'usd',
        amount: '10',
        trial_period_days: 7,
      });
      expect(price).toMatchObject({ trial_period_days: 7, trial_period: 7 });
      const tried = await subscribe({}, trying);
      expect(tried.subscription_status).toBe('trialing');
      expect(new Date(tried.trial_end).getTime() - new Date(tried.trial_start).getTime()).toBe(7 * DAY);
      expect(await subscribe({ trial_period_days: 0 }, trying)).toMatchObject({
        subscription_status: 'active',
        latest_invoice: { total: '10' },
      });
    });

    it('and leaves during the trial: nothing is charged', async () => {
      const now_ = await subscribe({ trial_period_days: 5 });
      const later = await subscribe({ trial_period_days: 5 });
      await use(now_, await now());
      expect(
        await api.post(`/subscriptions/${now_.id}/cancel`, {
          cancellation_type: 'immediate',
          cancel_immediately_inovice_policy: 'generate_invoice',
        }),
      ).toMatchObject({ status: 'cancelled', proration_invoice: null });
      await api.post(`/subscriptions/${later.id}/cancel`, { cancellation_type: 'end_of_period' });
      await clock(new Date(later.trial_end).getTime() + HOUR);
      for (const one of [now_, later]) {
        expect(await api.get(`/subscriptions/${one.id}`)).toMatchObject({ subscription_status: 'cancelled' });
        expect((await invoicesOf(one)).filter(({ total }) => total !== '0')).toEqual([]);
      }
    });
  });

  describe('waits', () => {
    it('as a draft, until it is activated', async () => {
      const draft = await subscribe({ subscription_status: 'draft' });
      expect(draft).toMatchObject({ subscription_status: 'draft', latest_invoice: null });
      await clock((await now()).getTime() + 40 * DAY);
      expect(await invoicesOf(draft)).toEqual([]);
      await refused('POST', `/subscriptions/${draft.id}/activate`, {}, 'validation_error');
      await refused(
        'POST',
        `/subscriptions/${draft.id}/cancel`,
        { cancellation_type: 'end_of_period' },
        'subscription_not_active',
      );
      const start = (await now()).toISOString();
      const active = await api.post(`/subscriptions/${draft.id}/activate`, { start_date: start });
      expect(active).toMatchObject({
        subscription_status: 'active',
        start_date: start,
        current_period_start: start,
        billing_anchor: start,
        latest_invoice: { total: '30', billing_reason: 'SUBSCRIPTION_CREATE' },
      });
      expect(active.line_items[0].start_date).toBe(start);
      await refused(
        'POST',
        `/subscriptions/${draft.id}/activate`,
        { start_date: start },
        'subscription_not_draft',
      );
      expect(await invoicesOf(draft)).toHaveLength(1);
    });

    it.each(['default_incomplete', 'allow_incomplete'])(
      'for its first payment under %s, and nothing is billed meanwhile',
      async (payment_behavior) => {
        const waiting = await subscribe({ payment_behavior });
        expect(waiting).toMatchObject({ subscription_status: 'incomplete', payment_behavior });
        await clock((await now()).getTime() + 40 * DAY);
        const [invoice, ...others] = await invoicesOf(waiting);
        expect(others).toEqual([]);
        await refused(
          'POST',
          `/subscriptions/${waiting.id}/lineitems`,
          { price_id: plan.prices[0].id },
          'subscription_not_active',
        );
        await api.create('/payments', {
          destination_type: 'INVOICE',
          destination_id: invoice.id,
          payment_method_type: 'OFFLINE',
          amount: '30',
          currency: 'usd',
        });
        await clock((await now()).getTime() + HOUR);
        expect(await api.get(`/subscriptions/${waiting.id}`)).toMatchObject({
          subscription_status: 'active',
        });
        await clock((await now()).getTime() + HOUR);
        expect((await invoicesOf(waiting)).length).toBeGreaterThan(1);
      },
    );

    it('for nothing when the first invoice is empty, or payment may come later', async () => {
      expect(await subscribe({ payment_behavior: 'default_incomplete', trial_period_days: 3 })).toMatchObject(
        {
          subscription_status: 'trialing',
        },
      );
      expect(await subscribe({ payment_behavior: 'default_active' })).toMatchObject({
        subscription_status: 'active',
      });
    });

    it('not at all under error_if_incomplete: something owed is a refusal, and nothing is made', async () => {
      const someone = await customer();
      const { total } = (await api.post('/invoices/search', {})).pagination;
      await refused(
        'POST',
        '/subscriptions',
        { customer_id: someone.id, plan_id: plan.id, payment_behavior: 'error_if_incomplete' },
        'first_invoice_unpaid',
      );
      expect((await api.post('/subscriptions/search', { customer_id: someone.id })).items).toEqual([]);
      expect((await api.post('/invoices/search', {})).pagination.total).toBe(total);
    });

    it('collects as it was told, on the terms that were agreed', async () => {
      const subscription = await subscribe({ collection_method: 'send_invoice', payment_terms: '30 NET' });
      const { latest_invoice: invoice } = subscription;
      expect(subscription).toMatchObject({ collection_method: 'send_invoice', payment_terms: '30 NET' });
      expect(new Date(invoice.due_date).getTime() - new Date(invoice.period_end).getTime()).toBe(30 * DAY);
    });
  });

  describe('ends', () => {
    it('at once with the final invoice, which is there when the call returns', async () => {
      const subscription = await subscribe();
      await clock((await now()).getTime() + 3 * DAY);
      await use(subscription, new Date((await now()).getTime() - DAY), 4);
      const ended = await api.post(`/subscriptions/${subscription.id}/cancel`, {
        cancellation_type: 'immediate',
        cancel_immediately_inovice_policy: 'generate_invoice',
      });
      expect(ended.proration_invoice).toMatchObject({
        total: '4',
        billing_reason: 'PRORATION',
        invoice_status: 'FINALIZED',
      });
      expect((await invoicesOf(subscription)).map((one) => one.billing_reason).sort()).toEqual([
        'PRORATION',
        'SUBSCRIPTION_CREATE',
      ]);
      await refused(
        'POST',
        `/subscriptions/${subscription.id}/cancel`,
        { cancellation_type: 'immediate' },
        'subscription_already_cancelled',
      );
      await refused(
        'PUT',
        `/subscriptions/${subscription.id}`,
        { cancel_at_period_end: false },
        'subscription_already_cancelled',
      );
      await clock((await now()).getTime() + 60 * DAY);
      expect(await invoicesOf(subscription)).toHaveLength(2);
    });

    it('at once and long overdue: the periods that have ended are billed as they were, then the rest', async () => {
      const start = new Date((await now()).getTime() - 70 * DAY);
      const subscription = await subscribe({ start_date: start.toISOString() });
      await api.post(`/subscriptions/${subscription.id}/cancel`, {
        cancellation_type: 'immediate',
        cancel_immediately_invoice_policy: 'generate_invoice',
      });
      expect((await invoicesOf(subscription)).map((one) => [one.billing_reason, one.total])).toEqual([
        ['SUBSCRIPTION_CREATE', '30'],
        ['SUBSCRIPTION_CYCLE', '30'],
        ['SUBSCRIPTION_CYCLE', '30'],
        ['PRORATION', '0'],
      ]);
    });

    it('at the end of its period, or on a date within a later one', async () => {
      const atEnd = await subscribe();
      const onDate = await subscribe();
      const end = new Date(atEnd.current_period_end);
      await api.post(`/subscriptions/${atEnd.id}/cancel`, { cancellation_type: 'end_of_period' });
      const cancelAt = new Date(end.getTime() + 10 * DAY).toISOString();
      expect(await api.put(`/subscriptions/${onDate.id}`, { cancel_at: cancelAt })).toMatchObject({
        cancel_at: cancelAt,
        end_date: null,
        cancel_at_period_end: false,
      });
      await use(onDate, new Date(end.getTime() + 9 * DAY), 2);
      await use(onDate, new Date(end.getTime() + 11 * DAY), 7);
      await clock(end.getTime() + 40 * DAY);
      expect((await invoicesOf(atEnd)).map((one) => one.total)).toEqual(['30', '0']);
      const invoices = await invoicesOf(onDate);
      expect(invoices.map((one) => one.billing_reason)).toEqual([
        'SUBSCRIPTION_CREATE',
        'SUBSCRIPTION_CYCLE',
        'SUBSCRIPTION_CYCLE',
      ]);
      // The last period is cut off there, and what is used later is not billed.
      expect(invoices.at(-1)).toMatchObject({ period_end: cancelAt, total: '2' });
      expect(await api.get(`/subscriptions/${onDate.id}`)).toMatchObject({
        subscription_status: 'cancelled',
        cancelled_at: cancelAt,
      });
    });

    it('not, when that is taken back in time', async () => {
      const subscription = await subscribe();
      const { current_period_end: end } = subscription;
      const cancelAt = new Date(new Date(end).getTime() - 5 * DAY).toISOString();
      for (const back of [{ cancel_at_period_end: false }, { cancel_at: '' }, { status: 'active' }]) {
        expect(await api.put(`/subscriptions/${subscription.id}`, { cancel_at: cancelAt })).toMatchObject({
          current_period_end: cancelAt,
        });
        expect(await api.put(`/subscriptions/${subscription.id}`, back)).toMatchObject({
          cancel_at: null,
          cancel_at_period_end: false,
          current_period_end: end,
          subscription_status: 'active',
        });
      }
      await clock(new Date(end).getTime() + HOUR);
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'active',
        current_period_start: end,
      });
    });

    it('not in the past, not after its end, not without a date, and not by two wishes at once', async () => {
      const end = new Date((await now()).getTime() + 50 * DAY);
      const subscription = await subscribe({ end_date: end.toISOString() });
      const path = `/subscriptions/${subscription.id}`;
      const before = await api.get(path);
      await refused('POST', `${path}/cancel`, { cancellation_type: 'scheduled_date' }, 'validation_error');
      await refused('PUT', path, { cancel_at: '2020-01-01T00:00:00Z' }, 'cancel_at_in_the_past');
      await refused(
        'PUT',
        path,
        { cancel_at: new Date(end.getTime() + DAY).toISOString() },
        'validation_error',
      );
      await refused('PUT', path, { cancel_at_period_end: true, status: 'paused' }, 'validation_error');
      await refused('PUT', path, { status: 'trialing' }, 'validation_error');
      expect(await api.get(path)).toEqual(before);
      expect((await api.send('PUT', '/subscriptions/subs_none', { status: 'active' })).status).toBe(404);
    });
  });

  describe('pauses', () => {
    it('and is not billed for periods in which it was paused, nor for usage meanwhile', async () => {
      const subscription = await subscribe();
      const end = new Date(subscription.current_period_end);
      await clock((await now()).getTime() + 2 * DAY);
      await use(subscription, new Date((await now()).getTime() - DAY), 2);
      const pause = await api.post(`/subscriptions/${subscription.id}/pause`, {
        pause_mode: 'immediate',
        reason: 'holidays',
        metadata: { by: 'support' },
      });
      expect(pause).toMatchObject({
        pause_status: 'active',
        pause_end: null,
        reason: 'holidays',
        metadata: { by: 'support' },
        original_period_end: subscription.current_period_end,
      });
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'paused',
        pause_status: 'active',
        active_pause_id: pause.id,
        pauses: [{ id: pause.id }],
      });
      await refused(
        'POST',
        `/subscriptions/${subscription.id}/pause`,
        { pause_mode: 'immediate' },
        'subscription_already_paused',
      );
      await clock((await now()).getTime() + DAY);
      await use(subscription, new Date((await now()).getTime() - HOUR), 9);
      await clock(end.getTime() + 70 * DAY);
      // What was used before the pause is billed at the end of its period; nothing of the three periods since.
      expect((await invoicesOf(subscription)).map((one) => [one.billing_reason, one.total])).toEqual([
        ['SUBSCRIPTION_CREATE', '30'],
        ['SUBSCRIPTION_CYCLE', '2'],
      ]);
      const paused = await api.get(`/subscriptions/${subscription.id}`);
      const resumed = await api.post(`/subscriptions/${subscription.id}/resume`, {
        resume_mode: 'immediate',
      });
      expect(resumed).toMatchObject({ id: pause.id, pause_status: 'completed' });
      const [, , rest] = await invoicesOf(subscription);
      const [from, until] = [new Date(resumed.resumed_at), new Date(paused.current_period_end)];
      const part = share(
        30,
        until.getTime() - from.getTime(),
        until.getTime() - new Date(paused.current_period_start).getTime(),
      );
      expect(rest).toMatchObject({ billing_reason: 'SUBSCRIPTION_UPDATE', period_start: resumed.resumed_at });
      expect(Number(rest.total)).toBeCloseTo(part, 1);
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'active',
        pause_status: 'none',
        active_pause_id: null,
      });
      await refused(
        'POST',
        `/subscriptions/${subscription.id}/resume`,
        { resume_mode: 'immediate' },
        'subscription_not_paused',
      );
      expect(await api.get(`/subscriptions/${subscription.id}/pauses`)).toMatchObject([
        { total: 1, items: [{ id: pause.id }] },
      ]);
    });

    it('within a period that is paid: it is not charged again when it resumes', async () => {
      const subscription = await subscribe();
      await api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
      await clock((await now()).getTime() + 5 * DAY);
      await api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
      expect(await invoicesOf(subscription)).toHaveLength(1);
      await clock(new Date(subscription.current_period_end).getTime() + HOUR);
      expect((await invoicesOf(subscription)).map((one) => one.total)).toEqual(['30', '30']);
    });

    it('from the end of its period for a number of days, by itself', async () => {
      const subscription = await subscribe();
      const end = new Date(subscription.current_period_end);
      const pause = await api.post(`/subscriptions/${subscription.id}/pause`, {
        pause_mode: 'period_end',
        pause_days: 10,
      });
      expect(pause).toMatchObject({
        pause_status: 'scheduled',
        pause_start: subscription.current_period_end,
        resume_mode: 'auto',
      });
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'active',
        pause_status: 'scheduled',
      });
      await clock(end.getTime() + 5 * DAY);
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'paused',
      });
      await clock(end.getTime() + 11 * DAY);
      const after = await api.get(`/subscriptions/${subscription.id}`);
      expect(after).toMatchObject({
        subscription_status: 'active',
        pauses: [{ pause_status: 'completed', resumed_at: pause.pause_end }],
      });
      const invoices = await invoicesOf(subscription);
      expect(invoices.map((one) => one.billing_reason)).toEqual([
        'SUBSCRIPTION_CREATE',
        'SUBSCRIPTION_CYCLE',
        'SUBSCRIPTION_UPDATE',
      ]);
      const full = new Date(after.current_period_end).getTime() - end.getTime();
      const rest = new Date(after.current_period_end).getTime() - new Date(pause.pause_end).getTime();
      expect(Number(invoices[2].total)).toBeCloseTo(share(30, rest, full), 1);
    });

    it('not, when a pause that lies ahead is taken back, or was only tried out', async () => {
      const subscription = await subscribe();
      const path = `/subscriptions/${subscription.id}`;
      const before = await api.get(path);
      const start = new Date((await now()).getTime() + 3 * DAY).toISOString();
      expect(
        await api.post(`${path}/pause`, { pause_mode: 'scheduled', pause_start: start, dry_run: true }),
      ).toMatchObject({ id: null, pause_start: start, pause_status: 'scheduled' });
      expect(await api.get(path)).toEqual(before);
      await api.post(`${path}/pause`, { pause_mode: 'scheduled', pause_start: start });
      expect(await api.post(`${path}/resume`, { resume_mode: 'immediate', dry_run: true })).toMatchObject({
        pause_status: 'cancelled',
      });
      expect(await api.post(`${path}/resume`, { resume_mode: 'immediate' })).toMatchObject({
        pause_status: 'cancelled',
        resumed_at: null,
      });
      await clock(new Date(start).getTime() + HOUR);
      expect(await api.get(path)).toMatchObject({ subscription_status: 'active', pause_status: 'none' });
    });

    it('not, with dates that do not fit each other; nothing changes', async () => {
      const subscription = await subscribe();
      const path = `/subscriptions/${subscription.id}`;
      const before = await api.get(path);
      const soon = new Date((await now()).getTime() + DAY).toISOString();
      for (const wrong of [
        { pause_mode: 'scheduled' },
        { pause_mode: 'immediate', pause_start: soon },
        { pause_mode: 'immediate', pause_end: soon, pause_days: 3 },
        { pause_mode: 'immediate', pause_end: '2020-01-01T00:00:00Z' },
        { pause_mode: 'scheduled', pause_start: '2020-01-01T00:00:00Z' },
        { pause_mode: 'now' },
        { pause_mode: 'immediate', pause_days: 0 },
        { pause_mode: 'immediate', reason: 'x'.repeat(256) },
        { proration_behavior: 'all' },
      ])
        await refused('POST', `${path}/pause`, wrong, 'validation_error');
      expect((await api.send('POST', `${path}/resume`, { resume_mode: 'auto' })).status).toBe(501);
      expect(await api.get(path)).toEqual(before);
      expect(await api.get(`${path}/pauses`)).toEqual([{ items: [], total: 0 }]);
    });

    it('and ends while it is paused', async () => {
      const subscription = await subscribe();
      await api.put(`/subscriptions/${subscription.id}`, { status: 'paused' });
      await api.put(`/subscriptions/${subscription.id}`, { status: 'cancelled' });
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'cancelled',
        pause_status: 'none',
        pauses: [{ pause_status: 'completed' }],
      });
      await refused(
        'POST',
        `/subscriptions/${subscription.id}/resume`,
        { resume_mode: 'immediate' },
        'subscription_already_cancelled',
      );
    });
  });
});
