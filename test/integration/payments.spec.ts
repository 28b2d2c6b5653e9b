import { walletWith } from '../support/wallets.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('payments', () => {
  let server: TestApp;
  let customer: any;
  beforeAll(async () => {
    server = await startTestApp();
    customer = await server.api.create('/customers', { external_id: 'payer', name: 'Payer' });
  });
  afterAll(async () => {
    await server.stop();
  });

  const billed = (more: Record<string, unknown> = {}): Promise<any> =>
    server.api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '100',
      invoice_status: 'FINALIZED',
      ...more,
    });
  const body = (
    invoice: any,
    amount: string,
    more: Record<string, unknown> = {},
  ): Record<string, unknown> => ({
    destination_type: 'INVOICE',
    destination_id: invoice.id,
    payment_method_type: 'OFFLINE',
    amount,
    currency: 'usd',
    ...more,
  });
  const pay = (invoice: any, amount: string, more: Record<string, unknown> = {}): Promise<any> =>
    server.api.create('/payments', body(invoice, amount, more));
  const written = (invoice: any, amount = '10'): Promise<any> =>
    pay(invoice, amount, { process_payment: false });
  const get = (invoice: any): Promise<any> => server.api.get(`/invoices/${invoice.id}`);
  const refuses = async (
    invoice: any,
    code: string,
    method: string,
    path: string,
    sent: unknown = {},
    status = 400,
  ): Promise<any> => {
    const state = async (): Promise<unknown> => [
      await get(invoice),
      (await server.api.get(`/payments?destination_id=${invoice.id}`)).items,
    ];
    const before = await state();
    const answer = await server.api.send(method, path, sent);
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status, code });
    expect(await state()).toEqual(before);
    return answer.body;
  };

  it('add up: parts, the rest, and more than is owed', async () => {
    const invoice = await billed();
    await pay(invoice, '30');
    expect(await get(invoice)).toMatchObject({
      amount_paid: '30',
      amount_remaining: '70',
      payment_status: 'PENDING',
    });
    await pay(invoice, '30');
    await pay(invoice, '50');
    expect(await get(invoice)).toMatchObject({
      amount_paid: '110',
      amount_remaining: '0',
      overpaid_amount: '10',
      payment_status: 'OVERPAID',
    });
  });

  it('at once are all counted: amount_paid is the sum of the payments', async () => {
    const invoice = await billed();
    await Promise.all(Array.from({ length: 8 }, () => pay(invoice, '5.25')));
    expect(await get(invoice)).toMatchObject({ amount_paid: '42', amount_remaining: '58' });
  });

  describe('by hand on the invoice', () => {
    const set = (invoice: any, sent: unknown): Promise<any> =>
      server.api.put(`/invoices/${invoice.id}/payment`, sent);

    it('SUCCEEDED pays what is owed, whatever amount is said', async () => {
      const invoice = await billed();
      const paid = await set(invoice, { payment_status: 'SUCCEEDED', amount: '3' });
      expect(paid).toMatchObject({ payment_status: 'SUCCEEDED', amount_paid: '100' });
      expect(await set(invoice, { payment_status: 'SUCCEEDED' })).toMatchObject({ amount_paid: '100' });
    });

    it('PENDING with an amount is a part, OVERPAID is more, FAILED and back moves no money', async () => {
      const invoice = await billed();
      const path = `/invoices/${invoice.id}/payment`;
      expect(await set(invoice, { payment_status: 'FAILED' })).toMatchObject({
        payment_status: 'FAILED',
        amount_paid: '0',
      });
      expect(await set(invoice, { payment_status: 'PENDING', amount: '40' })).toMatchObject({
        payment_status: 'PENDING',
        amount_remaining: '60',
      });
      await refuses(invoice, 'validation_error', 'PUT', path, { payment_status: 'PENDING', amount: '60' });
      await refuses(invoice, 'validation_error', 'PUT', path, { payment_status: 'OVERPAID', amount: '60' });
      await refuses(invoice, 'validation_error', 'PUT', path, { payment_status: 'OVERPAID' });
      await refuses(invoice, 'validation_error', 'PUT', path, { payment_status: 'FAILED', amount: '1' });
      await refuses(invoice, 'validation_error', 'PUT', path, {
        payment_status: 'SUCCEEDED',
        amount: '0.001',
      });
      expect(await set(invoice, { payment_status: 'OVERPAID', amount: '75' })).toMatchObject({
        payment_status: 'OVERPAID',
        overpaid_amount: '15',
      });
    });

    it('works on a draft, which is then final and paid', async () => {
      const draft = await billed({ invoice_status: 'DRAFT' });
      await set(draft, { payment_status: 'SUCCEEDED' });
      await server.api.post(`/invoices/${draft.id}/finalize`);
      expect(await get(draft)).toMatchObject({
        invoice_status: 'FINALIZED',
        payment_status: 'SUCCEEDED',
        amount_remaining: '0',
      });
    });

    it('refuses moves that are not legal, voided invoices, and invoices that a payment has paid', async () => {
      const invoice = await billed();
      const path = `/invoices/${invoice.id}/payment`;
      for (const status of ['PROCESSING', 'REFUNDED', 'VOIDED', 'INITIATED'])
        await refuses(invoice, 'invalid_payment_status_transition', 'PUT', path, { payment_status: status });
      await refuses(invoice, 'validation_error', 'PUT', path, { payment_status: 'GONE' });
      await pay(invoice, '1');
      await refuses(invoice, 'payment_status_follows_payments', 'PUT', path, { payment_status: 'SUCCEEDED' });
      await pay(invoice, '99');
      await refuses(invoice, 'invalid_payment_status_transition', 'PUT', path, { payment_status: 'FAILED' });
      const voided = await billed();
      await server.api.post(`/invoices/${voided.id}/void`);
      const words = await refuses(voided, 'invoice_already_voided', 'PUT', `/invoices/${voided.id}/payment`, {
        payment_status: 'SUCCEEDED',
      });
      expect(words.message).toContain('already voided');
    });
  });

  describe('updated', () => {
    it('SUCCEEDED settles the invoice, REFUNDED takes it back, each at its instant', async () => {
      const invoice = await billed();
      const payment = await written(invoice, '100');
      const paid = await server.api.put(`/payments/${payment.id}`, {
        payment_status: 'SUCCEEDED',
        succeeded_at: '2026-01-02T03:04:05Z',
        metadata: { bank: 'B' },
      });
      expect(paid).toMatchObject({
        payment_status: 'SUCCEEDED',
        succeeded_at: '2026-01-02T03:04:05.000Z',
        metadata: { bank: 'B' },
      });
      expect((await get(invoice)).payment_status).toBe('SUCCEEDED');
      const back = await server.api.put(`/payments/${payment.id}`, { payment_status: 'REFUNDED' });
      expect(back).toMatchObject({ payment_status: 'REFUNDED', refunded_at: expect.any(String) });
      expect(await get(invoice)).toMatchObject({
        payment_status: 'REFUNDED',
        amount_paid: '0',
        refunded_amount: '100',
      });
    });

    it('fails, keeps why, and is tried again', async () => {
      const invoice = await billed();
      const payment = await written(invoice);
      const failed = await server.api.put(`/payments/${payment.id}`, {
        payment_status: 'FAILED',
        error_message: 'no such account',
      });
      expect(failed).toMatchObject({ error_message: 'no such account', failed_at: expect.any(String) });
      expect((await get(invoice)).amount_paid).toBe('0');
      expect((await server.api.post(`/payments/${payment.id}/process`)).payment_status).toBe('SUCCEEDED');
    });

    it('refuses moves that the law of payments does not know', async () => {
      const invoice = await billed();
      const payment = await pay(invoice, '10');
      const path = `/payments/${payment.id}`;
      await refuses(invoice, 'invalid_payment_transition', 'PUT', path, { payment_status: 'FAILED' });
      await refuses(invoice, 'invalid_payment_transition', 'PUT', path, { payment_status: 'PENDING' });
      await refuses(invoice, 'invalid_payment_transition', 'PUT', path, { payment_status: 'OVERPAID' });
      await refuses(invoice, 'validation_error', 'PUT', path, { failed_at: '2026-01-01T00:00:00Z' });
      await refuses(invoice, 'not_found', 'PUT', '/payments/pay_none', {}, 404);
    });
  });

  describe('deleted', () => {
    it('is gone, and what it never moved stays as it was', async () => {
      const invoice = await billed();
      const payment = await written(invoice);
      expect(await server.api.expect(200, 'DELETE', `/payments/${payment.id}`)).toEqual({
        message: expect.any(String),
      });
      expect((await server.api.send('GET', `/payments/${payment.id}`)).status).toBe(404);
      expect((await server.api.get(`/payments?destination_id=${invoice.id}`)).items).toEqual([]);
      expect((await server.api.send('DELETE', `/payments/${payment.id}`)).status).toBe(404);
      expect((await server.api.send('POST', `/payments/${payment.id}/process`, {})).status).toBe(404);
    });

    it('is refused when money has moved', async () => {
      const invoice = await billed();
      const payment = await pay(invoice, '10');
      await refuses(invoice, 'payment_not_deletable', 'DELETE', `/payments/${payment.id}`);
    });
  });

  describe('from credits', () => {
    it('are refused while there is no wallet to pay from', async () => {
      const invoice = await billed();
      const sent = body(invoice, '10', { payment_method_type: 'CREDITS' });
      await refuses(invoice, 'no_wallet_to_pay_from', 'POST', '/payments', sent);
    });

    it('take exactly the amount from the wallet and settle the invoice, never more than is owed', async () => {
      const invoice = await billed();
      const wallet = await walletWith(server.api, invoice.customer_id, '70', 'POST_PAID');
      const payment = await pay(invoice, '60', { payment_method_type: 'CREDITS' });
      expect(payment).toMatchObject({
        payment_status: 'SUCCEEDED',
        payment_method_id: wallet.id,
        metadata: { wallet_transaction_id: expect.stringMatching(/^wtxn_/) },
      });
      expect((await server.api.get(`/wallets/${wallet.id}`)).balance).toBe('10');
      const sent = body(invoice, '41', { payment_method_type: 'CREDITS' });
      await refuses(invoice, 'amount_exceeds_remaining', 'POST', '/payments', sent);
      expect(await get(invoice)).toMatchObject({ amount_paid: '60', amount_remaining: '40' });
      await refuses(invoice, 'payment_follows_provider', 'PUT', `/payments/${payment.id}`, {
        payment_status: 'REFUNDED',
      });
    });
  });

  it('an attempt needs a connection, and something that is owed', async () => {
    // Without a POST_PAID wallet, from which an attempt would pay first.
    const { id } = await server.api.create('/customers', { external_id: 'no-wallet', name: 'N' });
    const invoice = await billed({ customer_id: id });
    const path = `/invoices/${invoice.id}/payment/attempt`;
    await refuses(invoice, 'connection_missing', 'POST', path);
    await pay(invoice, '100');
    await refuses(invoice, 'invoice_already_paid', 'POST', path);
    const draft = await billed({ invoice_status: 'DRAFT' });
    await refuses(draft, 'invoice_not_payable', 'POST', `/invoices/${draft.id}/payment/attempt`);
    expect((await server.api.send('POST', '/invoices/inv_none/payment/attempt', {})).status).toBe(404);
  });
});
