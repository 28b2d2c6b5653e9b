import { creditedTo } from '../support/wallets.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('credit notes', () => {
  let server: TestApp;
  let customer: any;
  let customers = 0;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  /** Of a new customer: what a note gives back pays the next invoice of the same one. */
  const billed = async (more: Record<string, unknown> = {}): Promise<any> => {
    customer = await server.api.create('/customers', { external_id: `c${++customers}`, name: 'C' });
    return server.api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '100',
      line_items: [
        { amount: '60', quantity: '1', display_name: 'Seats' },
        { amount: '40', quantity: '1', display_name: 'Support' },
      ],
      invoice_status: 'FINALIZED',
      ...more,
    });
  };
  const pay = (invoice: any, amount: string): Promise<any> =>
    server.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount,
      currency: 'usd',
    });
  const line = (invoice: any, index: number, amount: string): Record<string, string> => ({
    invoice_line_item_id: invoice.line_items[index].id,
    amount,
  });
  const note = (invoice: any, more: Record<string, unknown> = {}): Promise<any> =>
    server.api.create('/creditnotes', { invoice_id: invoice.id, reason: 'BILLING_ERROR', ...more });
  const get = (invoice: any): Promise<any> => server.api.get(`/invoices/${invoice.id}`);
  /** The refusal, and that neither invoice nor notes have changed. */
  const refuses = async (invoice: any, code: string, path: string, body: unknown = {}): Promise<any> => {
    const state = async (): Promise<unknown> => [
      await get(invoice),
      await server.api.get(`/creditnotes?invoice_id=${invoice.id}`),
    ];
    const before = await state();
    const answer = await server.api.send('POST', path, body);
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({
      status: code === 'not_implemented' ? 501 : code === 'already_exists' ? 409 : 400,
      code,
    });
    expect(await state()).toEqual(before);
    return answer.body;
  };

  it('lower what is owed: adjustments of lines, numbered on their own', async () => {
    const invoice = await billed();
    const first = await note(invoice, { line_items: [line(invoice, 0, '25.50')], memo: 'Sorry' });
    expect(first).toMatchObject({
      credit_note_number: expect.stringMatching(/^CN-\d{6}-\d{5}$/),
      credit_note_type: 'ADJUSTMENT',
      credit_note_status: 'FINALIZED',
      refund_status: null,
      total_amount: '25.5',
      memo: 'Sorry',
      line_items: [{ display_name: 'Seats', amount: '25.5' }],
      invoice: { id: invoice.id, amount_remaining: '74.5' },
      customer: { id: customer.id },
    });
    expect(await get(invoice)).toMatchObject({
      total: '100',
      amount_due: '74.5',
      adjustment_amount: '25.5',
      amount_remaining: '74.5',
      payment_status: 'PENDING',
    });
    await pay(invoice, '74.5');
    expect(await get(invoice)).toMatchObject({ payment_status: 'SUCCEEDED', amount_remaining: '0' });
  });

  it('of all that is left settle the invoice', async () => {
    const invoice = await billed();
    await pay(invoice, '30');
    const whole = await note(invoice);
    expect(whole).toMatchObject({ total_amount: '70', credit_note_type: 'ADJUSTMENT' });
    expect(await get(invoice)).toMatchObject({
      amount_paid: '30',
      amount_remaining: '0',
      payment_status: 'SUCCEEDED',
    });
  });

  it('stay drafts when asked to, take effect when finalized, and can be taken back', async () => {
    const invoice = await billed();
    const draft = await note(invoice, { line_items: [line(invoice, 1, '10')], process_credit_note: false });
    expect(draft).toMatchObject({ credit_note_status: 'DRAFT', finalized_at: null });
    expect((await get(invoice)).amount_remaining).toBe('100');
    const finalized = await server.api.post(`/creditnotes/${draft.id}/finalize`);
    expect(finalized).toMatchObject({
      id: draft.id,
      credit_note_status: 'FINALIZED',
      message: expect.any(String),
    });
    expect((await get(invoice)).amount_remaining).toBe('90');
    await refuses(invoice, 'credit_note_already_finalized', `/creditnotes/${draft.id}/finalize`);
    const voided = await server.api.post(`/creditnotes/${draft.id}/void`);
    expect(voided).toMatchObject({ credit_note_status: 'VOIDED', message: expect.any(String) });
    expect(await get(invoice)).toMatchObject({ amount_remaining: '100', adjustment_amount: '0' });
    const words = await refuses(invoice, 'credit_note_already_voided', `/creditnotes/${draft.id}/void`);
    expect(words.message).toContain('already voided');
    expect(await server.api.get(`/creditnotes/${draft.id}`)).toMatchObject({ credit_note_status: 'VOIDED' });
  });

  it('never take more than a line, than what is owed, or than was paid', async () => {
    const invoice = await billed();
    const of = (amount: string, index = 1): unknown => ({
      invoice_id: invoice.id,
      reason: 'DUPLICATE',
      line_items: [line(invoice, index, amount)],
    });
    await refuses(invoice, 'validation_error', '/creditnotes', of('40.01'));
    await note(invoice, { line_items: [line(invoice, 1, '30')], process_credit_note: false });
    // A draft holds its part.
    await refuses(invoice, 'validation_error', '/creditnotes', of('10.01'));
    await refuses(invoice, 'validation_error', '/creditnotes', of('0.001'));
    await refuses(invoice, 'validation_error', '/creditnotes', of('-1'));
    await refuses(invoice, 'validation_error', '/creditnotes', { ...(of('1') as object), reason: 'WHIM' });
    await pay(invoice, '95');
    await refuses(invoice, 'credit_exceeds_invoice', '/creditnotes', of('10', 0));
    const draft = await server.api.send('POST', '/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '1',
    });
    await refuses(draft.body, 'invoice_not_finalized', '/creditnotes', {
      invoice_id: draft.body.id,
      reason: 'DUPLICATE',
    });
    const missing = await server.api.send('POST', '/creditnotes', {
      invoice_id: 'inv_none',
      reason: 'DUPLICATE',
    });
    expect(missing.status).toBe(404);
  });

  it('answer the same note for the same key, and take a number only once', async () => {
    const invoice = await billed();
    const body = { line_items: [line(invoice, 0, '1')], idempotency_key: 'k', credit_note_number: 'MINE-1' };
    const first = await note(invoice, body);
    expect((await note(invoice, body)).id).toBe(first.id);
    await refuses(invoice, 'already_exists', '/creditnotes', {
      invoice_id: invoice.id,
      reason: 'DUPLICATE',
      ...body,
      idempotency_key: 'other',
    });
    expect((await get(invoice)).adjustment_amount).toBe('1');
  });

  it('list by invoice, customer, type and status', async () => {
    const invoice = await billed();
    const a = await note(invoice, { line_items: [line(invoice, 0, '1')] });
    const b = await note(invoice, { line_items: [line(invoice, 0, '2')], process_credit_note: false });
    const ids = async (query: string): Promise<string[]> =>
      (await server.api.get(`/creditnotes?${query}`)).items.map((one: any) => one.id).sort();
    expect(await ids(`invoice_id=${invoice.id}`)).toEqual([a.id, b.id].sort());
    expect(await ids(`invoice_id=${invoice.id}&credit_note_status=DRAFT`)).toEqual([b.id]);
    expect(await ids(`invoice_id=${invoice.id}&credit_note_type=REFUND`)).toEqual([]);
    expect(await ids('customer_id=cust_none')).toEqual([]);
  });

  it('two at once do not both take what only one may have', async () => {
    const invoice = await billed();
    const body = { invoice_id: invoice.id, reason: 'DUPLICATE', line_items: [line(invoice, 0, '40')] };
    const answers = await Promise.all([1, 2, 3].map(() => server.api.send('POST', '/creditnotes', body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400]);
    expect((await get(invoice)).adjustment_amount).toBe('40');
  });

  describe('refunds', () => {
    it('give back what was paid, at most once, and ask for nothing again', async () => {
      const invoice = await billed();
      await pay(invoice, '60');
      await pay(invoice, '40');
      const part = await note(invoice, { line_items: [line(invoice, 0, '50')] });
      expect(part).toMatchObject({
        credit_note_type: 'REFUND',
        refund_status: 'SUCCEEDED',
        total_amount: '50',
      });
      expect(await get(invoice)).toMatchObject({
        payment_status: 'PARTIALLY_REFUNDED',
        amount_paid: '50',
        amount_remaining: '0',
        refunded_amount: '50',
        adjustment_amount: '0',
      });
      const statuses = async (): Promise<string[]> =>
        (await server.api.get(`/payments?destination_id=${invoice.id}&order=asc`)).items.map(
          (one: any) => one.payment_status,
        );
      // The latest first: 40 of the second, 10 of the first.
      expect(await statuses()).toEqual(['PARTIALLY_REFUNDED', 'REFUNDED']);
      await refuses(invoice, 'credit_note_refunded', `/creditnotes/${part.id}/void`);
      const rest = await note(invoice);
      expect(rest.total_amount).toBe('50');
      expect(await get(invoice)).toMatchObject({
        payment_status: 'REFUNDED',
        amount_paid: '0',
        refunded_amount: '100',
      });
      expect(await statuses()).toEqual(['REFUNDED', 'REFUNDED']);
      await refuses(invoice, 'nothing_to_credit', '/creditnotes', {
        invoice_id: invoice.id,
        reason: 'DUPLICATE',
      });
      expect(await creditedTo(server.api, invoice.customer_id, 'CREDIT_NOTE')).toEqual([
        ['50', part.id],
        ['50', rest.id],
      ]);
    });

    it('a draft that waited while the invoice was paid gives back instead', async () => {
      const invoice = await billed();
      const draft = await note(invoice, { line_items: [line(invoice, 0, '10')], process_credit_note: false });
      expect(draft.credit_note_type).toBe('ADJUSTMENT');
      await pay(invoice, '100');
      const done = await server.api.post(`/creditnotes/${draft.id}/finalize`);
      expect(done).toMatchObject({ credit_note_type: 'REFUND', refund_status: 'SUCCEEDED' });
      expect(await get(invoice)).toMatchObject({ amount_paid: '90', amount_remaining: '0' });
    });
  });
});
