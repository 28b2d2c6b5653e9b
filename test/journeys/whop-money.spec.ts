import { booksOf, expectBalanced } from '../support/books.js';
import { webhooksHandled, whopInvoicesOf } from '../support/faults.js';
import { GOOD_CARD, Road } from '../support/road.js';

/** Money at Whop is its payments, each by its id; what is marked there by hand is none. */
describe('money at Whop', () => {
  let road: Road;
  let secretKey: string;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey } = await road.connectWhop());
  });
  afterAll(async () => {
    await road.stop();
  });

  async function whop(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(`${road.sandbox.whop.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secretKey}`,
        'content-type': 'application/json',
        'api-version-date': '2026-07-20',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  }
  let people = 0;
  async function pushed(amount: string): Promise<{ invoice: any; remote: any }> {
    people += 1;
    const customer = await road.customer(`whop-${people}`);
    const invoice = await road.invoice(customer.id as string, [{ amount }]);
    await road.settled(invoice.id as string);
    return { invoice, remote: whopInvoicesOf(road, invoice.id as string)[0] };
  }
  async function settledBooks(invoiceId: string): Promise<Awaited<ReturnType<typeof booksOf>>> {
    await webhooksHandled(road);
    await road.settled(invoiceId);
    const books = await booksOf(road, invoiceId);
    expectBalanced(books);
    return books;
  }

  it('12: a payment is booked by its id, and what is refunded there is given back here', async () => {
    const { invoice } = await pushed('70.79');
    const { metadata } = await road.api.get(`/invoices/${invoice.id}`);
    await road.submit(metadata.whop_checkout_url as string, GOOD_CARD);
    const before = await settledBooks(invoice.id as string);
    expect(before.invoice).toMatchObject({
      amount_paid: '70.79',
      payment_status: 'SUCCEEDED',
      adjustments: [],
    });
    const [payment] = before.payments;
    expect(payment).toMatchObject({ amount: '70.79', gateway_payment_id: expect.stringMatching(/^pay_/) });
    await whop('POST', `/payments/${payment.gateway_payment_id}/refund`, { partial_amount: 20 });
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({ payment_status: 'PARTIALLY_REFUNDED', amount_paid: '50.79' });
    expect(payments).toMatchObject([{ amount: '70.79', refunded_amount: '20' }]);
  });

  it('an invoice that a person marks as paid there is settled, and nobody has paid', async () => {
    const { invoice, remote } = await pushed('50');
    await whop('POST', `/invoices/${remote.id}/mark_paid`);
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({
      amount_paid: '0',
      amount_remaining: '0',
      payment_status: 'SUCCEEDED',
      adjustments: [{ kind: 'OUT_OF_BAND', amount: '50' }],
    });
    expect(payments).toEqual([]);
  });

  it('our own mark is no adjustment, also when what was paid is given back', async () => {
    const { invoice, remote } = await pushed('40');
    const payment = await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '40',
      currency: 'usd',
    });
    await road.settled(invoice.id as string);
    expect(whopInvoicesOf(road, invoice.id as string)[0].status).toBe('paid');
    await road.api.create(`/payments/${payment.id}/refunds`, { amount: '40' });
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({ payment_status: 'REFUNDED', amount_paid: '0', amount_remaining: '40' });
    expect(payments).toHaveLength(1);
    expect(remote.id).toBeDefined();
  });

  it('14: void and given up there is said here', async () => {
    const one = await pushed('30');
    await whop('POST', `/invoices/${one.remote.id}/void`);
    expect((await settledBooks(one.invoice.id as string)).invoice.metadata.whop_invoice_status).toBe('void');
    const two = await pushed('31');
    await whop('POST', `/invoices/${two.remote.id}/mark_uncollectible`);
    const { invoice: now } = await settledBooks(two.invoice.id as string);
    expect(now).toMatchObject({
      amount_remaining: '31',
      adjustments: [],
      metadata: { whop_invoice_status: 'uncollectible' },
    });
    const told = await road.server.database.query(
      `SELECT type FROM outbox_events WHERE type LIKE 'invoice.provider_%' ORDER BY sequence`,
    );
    expect(told.map((row: any) => row.type)).toEqual([
      'invoice.provider_voided',
      'invoice.provider_written_off',
    ]);
  });
});
