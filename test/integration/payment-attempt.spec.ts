import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('an attempt to collect an invoice', () => {
  let server: TestApp;
  let api: ApiClient;
  let made = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
  });
  afterAll(async () => {
    await server.stop();
  });

  const customer = (): Promise<any> => api.create('/customers', { external_id: `c${++made}`, name: 'C' });
  const wallet = async (of: any, credits: string, more: object = {}): Promise<any> =>
    api.post('/wallets', {
      customer_id: of.id,
      currency: 'usd',
      wallet_type: 'POST_PAID',
      initial_credits_to_load: credits,
      ...more,
    });
  const invoice = (of: any): Promise<any> =>
    api.create('/invoices', {
      customer_id: of.id,
      currency: 'usd',
      amount_due: '100',
      line_items: [
        { amount: '70', quantity: '1', price_type: 'FIXED' },
        { amount: '30', quantity: '1', price_type: 'USAGE' },
      ],
      invoice_status: 'FINALIZED',
    });
  const attempt = (of: any) => api.send('POST', `/invoices/${of.id}/payment/attempt`, {});
  const paymentsOf = async (of: any): Promise<any[]> =>
    (await api.get(`/payments?destination_id=${of.id}&order=asc`)).items.map((one: any) => [
      one.payment_method_type,
      one.payment_status,
      one.amount,
      one.payment_method_id,
    ]);

  it('pays from the POST_PAID wallet first: when that is enough, nothing else is charged', async () => {
    const payer = await customer();
    const mine = await wallet(payer, '150');
    const open = await invoice(payer);
    const { status, body } = await attempt(open);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { message: expect.stringContaining('credits') },
    });
    expect(await api.get(`/invoices/${open.id}`)).toMatchObject({
      payment_status: 'SUCCEEDED',
      amount_paid: '100',
      amount_remaining: '0',
    });
    expect(await paymentsOf(open)).toEqual([['CREDITS', 'SUCCEEDED', '100', mine.id]]);
    expect((await api.get(`/wallets/${mine.id}`)).credit_balance).toBe('50');
    expect((await attempt(open)).body.error.code).toBe('invoice_already_paid');
  });

  it('takes of a wallet only what its price types are for; what is left is for the card', async () => {
    const payer = await customer();
    const mine = await wallet(payer, '80', { config: { allowed_price_types: ['USAGE'] } });
    const open = await invoice(payer);
    // There is no card: what the wallet could pay is paid all the same.
    expect((await attempt(open)).status).toBeGreaterThanOrEqual(400);
    expect(await paymentsOf(open)).toEqual([['CREDITS', 'SUCCEEDED', '30', mine.id]]);
    expect((await api.get(`/invoices/${open.id}`)).amount_remaining).toBe('70');
  });

  it('twice at once takes nothing twice', async () => {
    const payer = await customer();
    const mine = await wallet(payer, '100');
    const open = await invoice(payer);
    const answers = await Promise.all([1, 2, 3].map(() => attempt(open)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expect((await api.get(`/wallets/${mine.id}`)).credit_balance).toBe('0');
    expect((await api.get(`/invoices/${open.id}`)).amount_paid).toBe('100');
  });
});
