import { BillingStory } from '../support/billing-story.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Law B5: what is given back of the price of bought credits is taken back in credits, as far as they are unspent. */
describe('a purchase of credits that is undone', () => {
  let server: TestApp;
  let story: BillingStory;
  let wallet: any;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    story = await BillingStory.begin(server);
    wallet = await story.api.post('/wallets', { customer_id: story.customer.id, currency: 'usd' });
  });

  const buy = async (more: object = {}): Promise<string> =>
    (
      await story.api.post(`/wallets/${wallet.id}/top-up`, {
        transaction_reason: 'PURCHASED_CREDIT_INVOICED',
        credits_to_add: '100',
        ...more,
      })
    ).invoice_id;
  const balance = async (): Promise<string> => (await story.api.get(`/wallets/${wallet.id}`)).credit_balance;
  const arrives = (credits: string): Promise<unknown> =>
    eventually(`${credits} credits`, async () => ((await balance()) === credits ? true : undefined));
  const bought = async (
    more: object = {},
    credits = '100',
    price = '100',
  ): Promise<{ id: string; payment: any }> => {
    const id = await buy(more);
    const payment = await story.pay({ id }, price);
    await arrives(credits);
    return { id, payment };
  };
  const spend = (credits: string): Promise<any> =>
    story.api.post(`/wallets/${wallet.id}/debit`, { credits, idempotency_key: `spend-${credits}` });
  const left = async (): Promise<any> =>
    (await story.api.get(`/wallets/${wallet.id}`)).credits_available_breakdown;
  const note = (id: string, amount: string): Promise<any> =>
    story.api.send('POST', '/creditnotes', {
      invoice_id: id,
      reason: 'ORDER_CHANGE',
      line_items: [{ invoice_line_item_id: lineId, amount }],
    });
  let lineId = '';
  const lineOf = async (id: string): Promise<void> => {
    lineId = (await story.api.get(`/invoices/${id}`)).line_items[0].id;
  };

  it('void leaves what was paid, and nothing that was bought', async () => {
    const { id } = await bought();
    await story.api.post(`/invoices/${id}/void`, {});
    expect(await balance()).toBe('100');
    const { items } = await story.api.get(`/wallets/${wallet.id}/transactions?order=asc`);
    expect(items.map((one: any) => [one.type, one.transaction_reason, one.credit_amount])).toEqual([
      ['credit', 'PURCHASED_CREDIT_INVOICED', '100'],
      ['credit', 'INVOICE_VOID_REFUND', '100'],
      ['debit', 'CREDIT_ADJUSTMENT', '100'],
    ]);
  });

  it('void right after the payment, before the credits were booked, leaves nothing that was bought', async () => {
    const id = await buy();
    await story.pay({ id }, '100');
    await story.api.post(`/invoices/${id}/void`, {});
    await eventually('no job is left', async () =>
      (await story.api.get('/jobs?state=queued,running')).items.length === 0 ? true : undefined,
    );
    expect(await balance()).toBe('100');
    expect(await left()).toMatchObject({ purchased: '100' });
  });

  it('a credit note takes its part, of the bonus too', async () => {
    const { id } = await bought({ bonus_credits_to_add: '20' }, '120');
    await lineOf(id);
    expect((await note(id, '25')).status).toBe(201);
    // 25 in cash credit; a quarter of 120 is gone.
    await arrives('115');
  });

  it('what is spent is refused by name, what is not can be given back', async () => {
    const { id } = await bought();
    await lineOf(id);
    await spend('30');
    for (const refused of [await story.api.send('POST', `/invoices/${id}/void`, {}), await note(id, '71')])
      expect(refused).toMatchObject({
        status: 400,
        body: { error: { code: 'topup_credits_spent', details: { unspent_credits: '70' } } },
      });
    expect(await balance()).toBe('70');
    expect((await note(id, '70')).status).toBe(201);
    expect(await balance()).toBe('70');
    // Only the 70 that were given back are left: they pay anything.
    const { items } = await story.api.get(`/wallets/${wallet.id}/transactions?order=desc`);
    expect(items.filter((one: any) => one.credits_available !== '0')).toMatchObject([
      { transaction_reason: 'CREDIT_NOTE', credits_available: '70' },
    ]);
  });

  it('a refund outside of us takes its part; beyond what is unspent it is refused', async () => {
    const { payment } = await bought();
    await spend('60');
    const refund = (amount: string): Promise<any> =>
      story.api.send('POST', `/payments/${payment.id}/refunds`, { amount });
    expect(await refund('41')).toMatchObject({
      status: 400,
      body: { error: { code: 'topup_credits_spent' } },
    });
    expect((await refund('40')).status).toBe(201);
    expect(await balance()).toBe('0');
  });

  it('money that is paid again brings its credits again', async () => {
    const { id, payment } = await bought();
    await story.api.create(`/payments/${payment.id}/refunds`, { amount: '40' });
    expect(await balance()).toBe('60');
    await story.pay({ id }, '40');
    await arrives('100');
  });

  it('credits that were spent on an invoice that is void can be given back again', async () => {
    const { id } = await bought();
    const feature = await story.feature('COUNT');
    const plan = await story.plan();
    await story.usagePrice(plan, feature, '10');
    await story.subscribe(plan);
    await story.use(feature, { '2031-01-05': 4 });
    await story.clock('2031-02-02');
    const bill = await story.newest('SUBSCRIPTION_CYCLE');
    expect(bill).toMatchObject({ total: '0', total_prepaid_credits_applied: '40' });
    expect(await story.api.send('POST', `/invoices/${id}/void`, {})).toMatchObject({
      body: { error: { code: 'topup_credits_spent' } },
    });
    await story.api.post(`/invoices/${bill.id}/void`, {});
    expect(await balance()).toBe('100');
    await story.api.post(`/invoices/${id}/void`, {});
    expect(await balance()).toBe('100');
    const { items } = await story.api.get(`/wallets/${wallet.id}/transactions?order=desc`);
    expect(items.filter((one: any) => one.type === 'credit' && one.credits_available !== '0')).toMatchObject([
      { transaction_reason: 'INVOICE_VOID_REFUND', credits_available: '100' },
    ]);
  });
});
