import { booksOf, expectBalanced, type Books } from '../support/books.js';
import { eventually } from '../support/eventually.js';
import { stripeApi, stripeInvoicesOf, webhooksHandled } from '../support/faults.js';
import { GOOD_CARD, Road } from '../support/road.js';

/** What people and Stripe itself do with invoices there, beside paying them: seen here, and no money that nobody paid. */
describe('what is no money', () => {
  let road: Road;
  let secretKey: string;
  let connection: any;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey, connection } = await road.connectStripe());
  });
  afterEach(() => {
    road.sandbox.stripe.configure({ minimumCharges: false, preventedBy: 'dispute' });
  });
  afterAll(async () => {
    await road.stop();
  });

  let people = 0;
  const stripe = (path: string, form: Record<string, string> = {}): Promise<any> =>
    stripeApi(road, secretKey, 'POST', path, form);
  const remoteOf = (invoiceId: string): any => stripeInvoicesOf(road, invoiceId).at(-1);

  /** A customer at Stripe, and what it owes there (or has to the good). */
  async function customer(balance = 0): Promise<any> {
    people += 1;
    const made = await road.customer(`adjusted-${people}`);
    await road.settled(made.id as string);
    const { integrations } = await road.api.get(`/customers/${made.id}/integrations`);
    const remoteId = integrations[0].external_id as string;
    if (balance !== 0) await stripe(`/v1/customers/${remoteId}`, { balance: String(balance) });
    await webhooksHandled(road);
    return { ...made, remoteId };
  }

  async function pushed(amount: string, balance = 0): Promise<{ invoice: any; remote: any; owner: any }> {
    const owner = await customer(balance);
    const invoice = await road.invoice(owner.id as string, [{ amount }], {
      collection_method: 'send_invoice',
    });
    await road.settled(invoice.id as string);
    await webhooksHandled(road);
    return { invoice, remote: remoteOf(invoice.id as string), owner };
  }

  const offline = (invoiceId: string, amount: string): Promise<any> =>
    road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoiceId,
      payment_method_type: 'OFFLINE',
      amount,
      currency: 'usd',
    });
  const payByCard = async (remoteId: string): Promise<void> => {
    const { hosted_invoice_url: page } = await stripeApi(road, secretKey, 'GET', `/v1/invoices/${remoteId}`);
    expect(await road.submit(page as string, GOOD_CARD)).toBeLessThan(400);
  };
  async function settledBooks(invoiceId: string): Promise<Books> {
    await webhooksHandled(road);
    await road.settled(invoiceId);
    await webhooksHandled(road);
    const books = await booksOf(road, invoiceId);
    expectBalanced(books);
    return books;
  }
  const timelineTypes = async (entityId: string): Promise<string[]> => {
    const { items } = await road.api.get(`/integrations/timeline?entity_id=${entityId}&limit=1000`);
    return items
      .filter((one: any) => one.kind === 'received')
      .map((one: any) => one.action ?? one.event_type);
  };

  it('01: a refund there of a card that paid the rest is no reason for a payment of its amount', async () => {
    const { invoice, remote } = await pushed('100');
    await offline(invoice.id as string, '40');
    await road.settled(invoice.id as string);
    await payByCard(remote.id as string);
    const before = await settledBooks(invoice.id as string);
    expect(before.invoice).toMatchObject({ amount_paid: '100', payment_status: 'SUCCEEDED' });
    const card = before.payments.find((one) => one.payment_method_type !== 'OFFLINE');
    await stripe('/v1/refunds', { payment_intent: card.gateway_payment_id, amount: '2500' });
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({
      amount_paid: '75',
      amount_remaining: '25',
      payment_status: 'PARTIALLY_REFUNDED',
      adjustments: [],
    });
    expect(payments.map((one) => [one.payment_gateway, one.amount, one.refunded_amount]).sort()).toEqual([
      [null, '40', '0'],
      ['stripe', '60', '25'],
    ]);
  });

  it('02: what was paid and given back here is not paid again by an event about the invoice', async () => {
    const { invoice, remote } = await pushed('100');
    const payment = await offline(invoice.id as string, '100');
    await road.settled(invoice.id as string);
    expect(remoteOf(invoice.id as string).status).toBe('paid');
    await road.api.create(`/payments/${payment.id}/refunds`, { amount: '100' });
    await stripe(`/v1/invoices/${remote.id}`, { 'metadata[touched]': 'yes' });
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({ payment_status: 'REFUNDED', amount_paid: '0', amount_remaining: '100' });
    expect(payments).toHaveLength(1);
  });

  it('05: a balance is an adjustment, and a refund beside it changes no payment', async () => {
    const { invoice, remote } = await pushed('100', -5000);
    await payByCard(remote.id as string);
    const before = await settledBooks(invoice.id as string);
    expect(before.invoice).toMatchObject({
      amount_paid: '50',
      amount_remaining: '0',
      payment_status: 'SUCCEEDED',
      adjustments: [
        { kind: 'CUSTOMER_BALANCE', amount: '50', gateway_adjustment_id: expect.stringMatching(/^cbtxn_/) },
      ],
    });
    expect(before.payments).toMatchObject([{ amount: '50' }]);
    await stripe('/v1/refunds', {
      payment_intent: before.payments[0].gateway_payment_id as string,
      amount: '2000',
    });
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({
      amount_paid: '30',
      amount_remaining: '20',
      payment_status: 'PARTIALLY_REFUNDED',
    });
    expect(payments).toMatchObject([{ amount: '50', refunded_amount: '20' }]);
  });

  it('08: credit there is used once; what was paid here beside it is not asked for again', async () => {
    const { invoice } = await pushed('100', -5000);
    await offline(invoice.id as string, '60');
    const { invoice: now } = await settledBooks(invoice.id as string);
    expect(remoteOf(invoice.id as string)).toMatchObject({ status: 'paid', amount_remaining: 0 });
    expect(now).toMatchObject({ amount_paid: '60', amount_remaining: '0', overpaid_amount: '10' });
  });

  it('08: a debt from before is paid with the invoice, and overpays nothing', async () => {
    const { invoice, remote } = await pushed('100', 2000);
    await payByCard(remote.id as string);
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({ amount_paid: '100', overpaid_amount: '0', payment_status: 'SUCCEEDED' });
    expect(payments).toMatchObject([{ amount: '100', gateway_metadata: { collected_amount: '120' } }]);
    await stripe('/v1/refunds', { payment_intent: payments[0].gateway_payment_id as string });
    const after = await settledBooks(invoice.id as string);
    expect(after.invoice).toMatchObject({ amount_paid: '0', payment_status: 'REFUNDED' });
  });

  it('08: with a debt from before and a part paid here, the rest and the debt are asked for', async () => {
    const { invoice, remote } = await pushed('100', 2000);
    await offline(invoice.id as string, '40');
    await settledBooks(invoice.id as string);
    expect(remoteOf(invoice.id as string)).toMatchObject({ status: 'open', amount_remaining: 8000 });
    await payByCard(remote.id as string);
    const { invoice: now } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({ amount_paid: '100', overpaid_amount: '0' });
  });

  it('08: what is too little to charge is carried over, and paid with the next invoice', async () => {
    road.sandbox.stripe.configure({ minimumCharges: true });
    const { invoice, owner } = await pushed('0.30');
    const small = await settledBooks(invoice.id as string);
    expect(small.payments).toEqual([]);
    expect(small.invoice).toMatchObject({
      amount_paid: '0',
      amount_remaining: '0',
      adjustments: [{ kind: 'CARRIED_OVER', amount: '0.3' }],
    });
    const next = await road.invoice(owner.id as string, [{ amount: '10' }], {
      collection_method: 'send_invoice',
    });
    await road.settled(next.id as string);
    await payByCard(remoteOf(next.id as string).id as string);
    const { invoice: now } = await settledBooks(next.id as string);
    expect(now).toMatchObject({ amount_paid: '10', overpaid_amount: '0', payment_status: 'SUCCEEDED' });
  });

  it('09: a credit note there lowers what is owed here, and is no payment', async () => {
    const { invoice, remote } = await pushed('100');
    const note = await stripe('/v1/credit_notes', { invoice: remote.id, amount: '3000', memo: 'Sorry' });
    const noted = await settledBooks(invoice.id as string);
    expect(noted.invoice).toMatchObject({
      amount_remaining: '70',
      amount_paid: '0',
      adjustment_amount: '30',
      adjustments: [{ kind: 'CREDIT_NOTE', gateway_adjustment_id: note.id, amount: '30', reason: 'Sorry' }],
    });
    await payByCard(remote.id as string);
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({ amount_paid: '70', amount_remaining: '0', payment_status: 'SUCCEEDED' });
    expect(payments).toHaveLength(1);
    expect(await timelineTypes(invoice.id as string)).toContain('credit_note.created');
  });

  it.each(['paid', 'updated'])('09: one that closes an invoice pays nothing (told by %s)', async (told) => {
    road.sandbox.stripe.configure({ settledWithoutMoneyTells: told });
    const { invoice, remote } = await pushed('40');
    await stripe('/v1/credit_notes', { invoice: remote.id, amount: '4000' });
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({ amount_paid: '0', amount_remaining: '0', payment_status: 'SUCCEEDED' });
    expect(payments).toEqual([]);
    road.sandbox.stripe.configure({ settledWithoutMoneyTells: 'paid' });
  });

  it('a credit note that is voided is owed again', async () => {
    const { invoice, remote } = await pushed('100');
    const note = await stripe('/v1/credit_notes', { invoice: remote.id, amount: '3000' });
    await settledBooks(invoice.id as string);
    await stripe(`/v1/credit_notes/${note.id}/void`);
    const { invoice: now } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({
      amount_remaining: '100',
      adjustments: [{ kind: 'CREDIT_NOTE', adjustment_status: 'RELEASED' }],
    });
  });

  it('a credit note after the payment: refunded, put on the balance, given back otherwise, each once', async () => {
    const { invoice, remote } = await pushed('100');
    await payByCard(remote.id as string);
    await settledBooks(invoice.id as string);
    await stripe('/v1/credit_notes', {
      invoice: remote.id,
      amount: '6000',
      refund_amount: '1000',
      credit_amount: '2000',
      out_of_band_amount: '3000',
    });
    const { invoice: now, payments } = await settledBooks(invoice.id as string);
    expect(now).toMatchObject({
      amount_paid: '40',
      amount_remaining: '0',
      overpaid_amount: '0',
      payment_status: 'PARTIALLY_REFUNDED',
    });
    expect(payments[0].refunds.map((one: any) => [one.destination, one.amount]).sort()).toEqual([
      ['OUTSIDE', '30'],
      ['PROVIDER', '10'],
      ['PROVIDER_BALANCE', '20'],
    ]);
  });

  it('a credit note while a part is being settled: nothing is asked for twice', async () => {
    const { invoice, remote } = await pushed('100');
    road.sandbox.stripe.pauseWebhooks();
    await stripe('/v1/credit_notes', { invoice: remote.id, amount: '3000' });
    await offline(invoice.id as string, '40');
    await road.settled(invoice.id as string);
    road.sandbox.stripe.resumeWebhooks();
    const { invoice: now } = await settledBooks(invoice.id as string);
    expect(now.amount_remaining).toBe('30');
    expect(remoteOf(invoice.id as string)).toMatchObject({ status: 'open', amount_remaining: 3000 });
  });

  it.each([true, false])(
    '10: an invoice that is edited there is followed to what has taken its place (metadata copied: %s)',
    async (revisionCopiesMetadata) => {
      road.sandbox.stripe.configure({ revisionCopiesMetadata });
      const { invoice, remote } = await pushed('100');
      const edit = await stripe('/v1/invoices', {
        'from_invoice[action]': 'revision',
        'from_invoice[invoice]': remote.id,
      });
      const [line] = edit.lines.data;
      await stripe(`/v1/invoices/${edit.id}/update_lines`, {
        'lines[0][id]': line.id,
        'lines[0][amount]': '8000',
      });
      await stripe(`/v1/invoices/${edit.id}/finalize`);
      const edited = await settledBooks(invoice.id as string);
      expect(edited.invoice).toMatchObject({
        amount_remaining: '80',
        invoice_status: 'FINALIZED',
        metadata: { stripe_invoice_id: edit.id },
        adjustments: [{ kind: 'REVISION', amount: '20', gateway_invoice_id: edit.id }],
      });
      await payByCard(edit.id as string);
      const { invoice: now, payments } = await settledBooks(invoice.id as string);
      expect(now).toMatchObject({ amount_paid: '80', payment_status: 'SUCCEEDED' });
      expect(payments).toHaveLength(1);
      expect(await timelineTypes(invoice.id as string)).toEqual(
        expect.arrayContaining(['invoice.voided', 'invoice.paid']),
      );
      road.sandbox.stripe.configure({ revisionCopiesMetadata: true });
    },
  );

  it('14: void and given up there is said here: state, event, timeline; nothing else, unless wanted', async () => {
    const hook = async (): Promise<string[]> => {
      const rows = await road.server.database.query(
        `SELECT type FROM outbox_events WHERE type LIKE 'invoice.provider_%' ORDER BY sequence`,
      );
      return rows.map((row: any) => row.type);
    };
    const one = await pushed('100');
    await stripe(`/v1/invoices/${one.remote.id}/void`);
    const voided = await settledBooks(one.invoice.id as string);
    expect(voided.invoice).toMatchObject({
      invoice_status: 'FINALIZED',
      amount_remaining: '100',
      metadata: { stripe_invoice_status: 'void' },
    });
    const two = await pushed('100');
    await stripe(`/v1/invoices/${two.remote.id}/mark_uncollectible`);
    const givenUp = await settledBooks(two.invoice.id as string);
    expect(givenUp.invoice).toMatchObject({
      amount_remaining: '100',
      adjustments: [],
      metadata: { stripe_invoice_status: 'uncollectible' },
    });
    expect(await timelineTypes(two.invoice.id as string)).toContain('invoice.marked_uncollectible');
    expect(await hook()).toEqual(['invoice.provider_voided', 'invoice.provider_written_off']);
    // It may still be paid.
    await payByCard(two.remote.id as string);
    expect((await settledBooks(two.invoice.id as string)).invoice).toMatchObject({
      payment_status: 'SUCCEEDED',
    });
  });

  it('14: with invoice.inbound, what ends there ends here', async () => {
    await road.api.put(`/connections/${connection.id}`, { sync_config: { invoice_inbound_enabled: true } });
    const one = await pushed('100');
    await stripe(`/v1/invoices/${one.remote.id}/void`);
    await webhooksHandled(road);
    expect(await road.api.get(`/invoices/${one.invoice.id}`)).toMatchObject({ invoice_status: 'VOIDED' });
    const two = await pushed('100');
    await offline(two.invoice.id as string, '40');
    await road.settled(two.invoice.id as string);
    await stripe(`/v1/invoices/${two.remote.id}/mark_uncollectible`);
    const givenUp = await settledBooks(two.invoice.id as string);
    expect(givenUp.invoice).toMatchObject({
      amount_paid: '40',
      amount_remaining: '0',
      adjustments: [{ kind: 'WRITE_OFF', amount: '60', adjustment_status: 'ACTIVE' }],
    });
    await payByCard(two.remote.id as string);
    const { invoice: now } = await settledBooks(two.invoice.id as string);
    expect(now).toMatchObject({
      amount_paid: '100',
      overpaid_amount: '0',
      adjustments: [{ kind: 'WRITE_OFF', adjustment_status: 'RELEASED' }],
    });
    await road.api.put(`/connections/${connection.id}`, { sync_config: { invoice_inbound_enabled: false } });
  });

  it.each(['refund', 'dispute'])(
    'a dispute that is prevented takes its money once (by %s)',
    async (preventedBy) => {
      road.sandbox.stripe.configure({ preventedBy });
      const { invoice, remote } = await pushed('100');
      await payByCard(remote.id as string);
      const { payments } = await settledBooks(invoice.id as string);
      await stripe('/v1/refunds', {
        payment_intent: payments[0].gateway_payment_id as string,
        amount: '2500',
      });
      road.sandbox.stripe.preventDispute(payments[0].gateway_payment_id as string);
      const { invoice: now } = await settledBooks(invoice.id as string);
      expect(now).toMatchObject({ amount_paid: '0', payment_status: 'REFUNDED' });
    },
  );

  it('10: money for a second invoice of ours that nobody can place is parked, not skipped', async () => {
    const { invoice, owner } = await pushed('100');
    const second = await stripe('/v1/invoices', {
      customer: owner.remoteId as string,
      currency: 'usd',
      'metadata[flexprice_invoice_id]': invoice.id,
      'metadata[flexprice_environment]': road.server.tenant.environmentId,
    });
    await stripe(`/v1/invoices/${second.id}/add_lines`, {
      'lines[0][amount]': '500',
      'lines[0][description]': 'x',
    });
    await stripe(`/v1/invoices/${second.id}/pay`, { payment_method: 'pm_card_visa' });
    await road.sandbox.stripe.settle();
    const parked = await eventually('parked', async () => {
      const { items } = await road.api.get('/integrations/webhook-events?state=parked&limit=1000');
      return items.length > 0 && items;
    });
    expect(parked[0].reason ?? parked[0].message).toContain(invoice.id);
  });
});
