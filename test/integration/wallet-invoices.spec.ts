import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const HOUR = 3_600_000;

/** Where wallets and invoices meet: bought credits, usage that is not billed yet, credits whose time is over. */
describe('wallets and invoices', () => {
  let server: TestApp;
  let api: TestApp['api'];
  let seq = 0;
  let plan: any;
  beforeAll(async () => {
    server = await startTestApp();
    api = server.api;
    const feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: {
        name: 'Calls',
        event_name: 'call',
        aggregation: { type: 'SUM', field: 'n' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    plan = await api.create('/plans', {
      name: 'Pay as you go',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [
        { pricing_model: 'flat', unit_price: '20', display_name: 'Base' },
        { feature_id: feature.id, pricing_model: 'flat', unit_price: '0.01' },
      ],
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  const customer = (): Promise<any> =>
    api.create('/customers', { external_id: `wi-${++seq}`, name: `Customer ${seq}` });
  const wallet = async (more: Record<string, unknown> = {}): Promise<any> =>
    api.post('/wallets', { customer_id: (await customer()).id, currency: 'usd', ...more });
  const buy = (id: string, more: Record<string, unknown> = {}): Promise<any> =>
    api.post(`/wallets/${id}/top-up`, {
      transaction_reason: 'PURCHASED_CREDIT_INVOICED',
      credits_to_add: '50',
      ...more,
    });
  const transactions = async (id: string): Promise<any[]> =>
    (await api.get(`/wallets/${id}/transactions?order=asc&limit=1000`)).items;
  const pay = (invoiceId: string, amount: string): Promise<any> =>
    api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoiceId,
      payment_method_type: 'OFFLINE',
      amount,
      currency: 'usd',
    });
  /** The environment's present: what a new row says of it. */
  const clock = async (): Promise<number> => Date.parse((await customer()).created_at);
  const advance = (to: number | string): Promise<any> =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(to).toISOString(),
    });
  const realTime = (id: string): Promise<any> => api.get(`/wallets/${id}/balance/real-time`);
  const use = (externalId: string, n: number): Promise<any> =>
    api.expect(202, 'POST', '/events', {
      event_name: 'call',
      external_customer_id: externalId,
      properties: { n },
    });

  describe('credits that are bought by invoice', () => {
    it('come when it is paid, once', async () => {
      const { id, customer_id } = await wallet({ topup_conversion_rate: '0.8' });
      const {
        invoice_id,
        wallet: before,
        wallet_transaction: pending,
      } = await buy(id, {
        bonus_credits_to_add: '5',
        idempotency_key: `buy-${id}`,
        metadata: { order: '7' },
      });
      expect(before.credit_balance).toBe('0');
      expect(pending).toMatchObject({
        transaction_status: 'pending',
        reference_type: 'INVOICE',
        reference_id: invoice_id,
        credit_amount: '50',
        amount: '40',
        credits_available: '0',
        metadata: { order: '7' },
      });
      expect(await api.get(`/invoices/${invoice_id}`)).toMatchObject({
        customer_id,
        invoice_type: 'CREDIT',
        invoice_status: 'FINALIZED',
        total: '40',
        line_items: [{ quantity: '50', amount: '40', price_type: 'FIXED' }],
      });
      const again = await buy(id, {
        bonus_credits_to_add: '5',
        idempotency_key: `buy-${id}`,
        metadata: { order: '7' },
      });
      expect([again.invoice_id, again.wallet_transaction.id]).toEqual([invoice_id, pending.id]);
      const early = await api.send('POST', `/wallets/${id}/debit`, { credits: '1' });
      expect(early.body.error.code).toBe('insufficient_credits');

      await pay(invoice_id, '15');
      await pay(invoice_id, '25');
      const paid = await eventually('credited', async () => {
        const one = await api.get(`/wallets/${id}`);
        return one.credit_balance === '55' ? one : undefined;
      });
      expect(paid.credits_available_breakdown).toEqual({ free: '5', purchased: '50' });
      expect(await transactions(id)).toMatchObject([
        {
          id: pending.id,
          transaction_status: 'completed',
          credit_balance_before: '0',
          credit_balance_after: '50',
          credits_available: '50',
        },
        { transaction_reason: 'PURCHASED_CREDIT_BONUS', credit_balance_after: '55' },
      ]);

      // Told again and again, it stays one.
      const { database, tenant } = server;
      for (let i = 0; i < 3; i++)
        await database.query(
          `INSERT INTO billing.outbox_events (tenant_id, environment_id, type, entity_type, entity_id, payload, occurred_at)
           VALUES ('${tenant.tenantId}', '${tenant.environmentId}', 'invoice.paid', 'invoice', '${invoice_id}', '{}', now())`,
        );
      await advance((await clock()) + 1000);
      expect((await api.get(`/wallets/${id}`)).credit_balance).toBe('55');
      expect(await transactions(id)).toHaveLength(2);
    });

    it('never come when it is void', async () => {
      const { id } = await wallet();
      const { invoice_id } = await buy(id);
      await api.post(`/invoices/${invoice_id}/void`);
      const [failed] = await eventually('given up', async () => {
        const list = await transactions(id);
        return list[0].transaction_status === 'failed' ? list : undefined;
      });
      expect(failed).toMatchObject({ credits_available: '0', credit_balance_after: '0' });
      expect((await api.get(`/wallets/${id}`)).credit_balance).toBe('0');
    });

    it('go into the next wallet when this one was closed meanwhile: what was paid for is not lost', async () => {
      const { id, customer_id } = await wallet({ conversion_rate: '2' });
      const { invoice_id } = await buy(id);
      await api.post(`/wallets/${id}/terminate`);
      await pay(invoice_id, '100');
      const successor = await eventually('credited', async () =>
        (await api.get(`/customers/${customer_id}/wallets`)).find(
          (one: any) => one.wallet_status === 'active',
        ),
      );
      expect(successor).toMatchObject({ credit_balance: '50', conversion_rate: '2' });
      expect(await transactions(id)).toMatchObject([{ transaction_status: 'failed' }]);
    });

    it('cost the amount to the cent, whatever the credits divide into', async () => {
      const { id } = await wallet({ topup_conversion_rate: '0.3' });
      const { invoice_id, wallet_transaction } = await buy(id, { credits_to_add: undefined, amount: '10' });
      expect(wallet_transaction.credit_amount).toBe('33.3333333333333333');
      expect((await api.get(`/invoices/${invoice_id}`)).total).toBe('10');
    });
  });

  describe('the real-time balance', () => {
    it('is the balance less usage of this period and unpaid usage of invoices, events of a moment ago included', async () => {
      const { id, external_id } = await customer();
      const mine = await api.post('/wallets', {
        customer_id: id,
        currency: 'usd',
        conversion_rate: '0.5',
        initial_credits_to_load: '100',
      });
      expect(await realTime(mine.id)).toMatchObject({
        balance: '50',
        credit_balance: '100',
        real_time_balance: '50',
        real_time_credit_balance: '100',
        current_period_usage: '0',
        unpaid_invoices_amount: '0',
        is_cached_fallback: false,
        credits_available_breakdown: null,
      });
      const subscription = await api.create('/subscriptions', { customer_id: id, plan_id: plan.id });
      // The fixed fee is on an unpaid invoice, and is nothing that prepaid credits pay for.
      for (const [n, usage, left, credits] of [
        [1000, '10', '40', '80'],
        [500, '15', '35', '70'],
        [4000.4, '55', '-5', '-10'],
      ] as const) {
        await use(external_id, n);
        expect(await realTime(mine.id)).toMatchObject({
          balance: '50',
          current_period_usage: usage,
          real_time_balance: left,
          real_time_credit_balance: credits,
        });
      }
      const [listed] = await api.get(
        `/customers/wallets?lookup_key=${external_id}&include_real_time_balance=true`,
      );
      expect(listed).toMatchObject({ id: mine.id, real_time_balance: '-5', real_time_credit_balance: '-10' });
      const [plain] = await api.get(`/customers/wallets?id=${id}`);
      expect(plain.real_time_balance).toBeNull();

      await api.put(`/wallets/${mine.id}`, { config: { allowed_price_types: ['ALL'] } });
      expect(await realTime(mine.id)).toMatchObject({
        unpaid_invoices_amount: '20',
        real_time_balance: '-25',
      });
      await api.put(`/wallets/${mine.id}`, { config: { allowed_price_types: ['USAGE'] } });

      await advance(Date.parse(subscription.current_period_end) + HOUR);
      expect(await realTime(mine.id)).toMatchObject({
        current_period_usage: '0',
        // The rest: fifty were spent on the invoice when it was made.
        unpaid_invoices_amount: '5',
        real_time_balance: '-5',
      });
      const { items } = await api.post('/invoices/search', { subscription_id: subscription.id });
      const closed = items.find((one: any) => one.billing_reason === 'SUBSCRIPTION_CYCLE');
      expect(closed).toMatchObject({ total: '25', total_prepaid_credits_applied: '50' });
      await pay(closed.id, '22');
      // 3 are still asked for, and no more than 3 of them can be usage.
      expect(await realTime(mine.id)).toMatchObject({
        unpaid_invoices_amount: '3',
        real_time_balance: '-3',
      });
      await pay(closed.id, '3');
      expect(await realTime(mine.id)).toMatchObject({ unpaid_invoices_amount: '0', real_time_balance: '0' });
      const { credits_available_breakdown: left } = await api.get(
        `/wallets/${mine.id}/balance/real-time?expand=credits_available_breakdown`,
      );
      expect(left).toEqual({ free: '0', purchased: '0' });
      expect((await api.send('GET', `/wallets/${mine.id}/balance/real-time?expand=no`)).status).toBe(400);
      expect((await api.send('GET', '/customers/wallets')).status).toBe(400);
    });

    it('counts what is in its own currency alone, and no debt for credits', async () => {
      const { id, external_id } = await customer();
      const euros = await api.post('/wallets', {
        customer_id: id,
        currency: 'eur',
        initial_credits_to_load: '10',
      });
      const dollars = await api.post('/wallets', {
        customer_id: id,
        currency: 'usd',
        initial_credits_to_load: '10',
      });
      await api.create('/subscriptions', { customer_id: id, plan_id: plan.id });
      await use(external_id, 100);
      await buy(dollars.id);
      expect((await realTime(euros.id)).real_time_balance).toBe('10');
      expect((await realTime(dollars.id)).real_time_balance).toBe('9');
    });

    it('is just the balance for POST_PAID', async () => {
      const { id, external_id } = await customer();
      await api.create('/subscriptions', { customer_id: id, plan_id: plan.id });
      await use(external_id, 100);
      const mine = await api.post('/wallets', {
        customer_id: id,
        currency: 'usd',
        wallet_type: 'POST_PAID',
        initial_credits_to_load: '7',
      });
      expect(await realTime(mine.id)).toMatchObject({ real_time_balance: '7', current_period_usage: '0' });
    });
  });

  describe('expiry', () => {
    it('is booked as a debit, in the time of the environment, for what is left', async () => {
      const { id } = await wallet();
      const now = await clock();
      const give = (credits: string, hours?: number): Promise<any> =>
        api.post(`/wallets/${id}/top-up`, {
          transaction_reason: 'FREE_CREDIT_GRANT',
          credits_to_add: credits,
          ...(hours === undefined ? {} : { expiry_date_utc: new Date(now + hours * HOUR).toISOString() }),
        });
      const soon = await give('10', 2);
      await give('20', 5);
      await give('40');
      await api.post(`/wallets/${id}/debit`, { credits: '4' });
      await advance(now + 3 * HOUR);
      expect((await api.get(`/wallets/${id}`)).credit_balance).toBe('60');
      expect((await transactions(id)).at(-1)).toMatchObject({
        type: 'debit',
        transaction_reason: 'CREDIT_EXPIRED',
        credit_amount: '6',
        credit_balance_after: '60',
        parent_transaction_id: soon.wallet_transaction.id,
        created_at: expect.any(String),
      });
      await advance(now + 6 * HOUR);
      expect((await api.get(`/wallets/${id}`)).credit_balance).toBe('40');
      await advance(now + 9 * HOUR);
      expect(await transactions(id)).toHaveLength(6);
    });
  });

  describe('automatic top-up', () => {
    it('fills up when the real-time balance is at the threshold: usage that is not billed counts', async () => {
      const { id, external_id } = await customer();
      await api.create('/subscriptions', { customer_id: id, plan_id: plan.id });
      const mine = await api.post('/wallets', {
        customer_id: id,
        currency: 'usd',
        initial_credits_to_load: '10',
      });
      await use(external_id, 800);
      await api.put(`/wallets/${mine.id}`, { auto_topup: { enabled: true, threshold: 1, amount: 25 } });
      await advance((await clock()) + 1000);
      // 2 are left: not at the threshold yet.
      expect((await api.get(`/wallets/${mine.id}`)).credit_balance).toBe('10');
      await use(external_id, 100);
      await api.put(`/wallets/${mine.id}`, { name: 'looked at' });
      await advance((await clock()) + 1000);
      expect((await transactions(mine.id)).at(-1)).toMatchObject({
        transaction_reason: 'PURCHASED_CREDIT_DIRECT',
        credit_amount: '25',
        metadata: { auto_topup: 'true' },
        created_by: 'system',
      });
      expect((await api.get(`/wallets/${mine.id}`)).credit_balance).toBe('35');
    });

    it('invoices where it is told to, one debt at a time', async () => {
      const mine = await wallet({
        initial_credits_to_load: '10',
        auto_topup: { enabled: true, threshold: 5, amount: 30, invoicing: true },
      });
      for (let i = 0; i < 3; i++) await api.post(`/wallets/${mine.id}/debit`, { credits: '3' });
      await advance((await clock()) + 1000);
      const invoices = async (): Promise<any[]> =>
        (await api.post('/invoices/search', { customer_id: mine.customer_id })).items;
      expect(await invoices()).toMatchObject([
        {
          invoice_type: 'CREDIT',
          billing_reason: 'WALLET_AUTO_TOPUP',
          total: '30',
          invoice_status: 'FINALIZED',
        },
      ]);
      expect((await api.get(`/wallets/${mine.id}`)).credit_balance).toBe('1');
      await pay((await invoices())[0].id, '30');
      await eventually(
        'credited',
        async () => (await api.get(`/wallets/${mine.id}`)).credit_balance === '31',
      );
      await api.post(`/wallets/${mine.id}/debit`, { credits: '30' });
      await advance((await clock()) + 1000);
      expect(await invoices()).toHaveLength(2);
    });

    it('does nothing while it is switched off, or for a closed wallet', async () => {
      const off = await wallet({
        initial_credits_to_load: '10',
        auto_topup: { enabled: false, threshold: 50, amount: 30 },
      });
      await api.post(`/wallets/${off.id}/debit`, { credits: '10' });
      const closing = await wallet({ initial_credits_to_load: '10' });
      await api.post(`/wallets/${closing.id}/terminate`);
      await advance((await clock()) + 1000);
      expect((await api.get(`/wallets/${off.id}`)).credit_balance).toBe('0');
      expect(await transactions(closing.id)).toHaveLength(2);
    });
  });
});
