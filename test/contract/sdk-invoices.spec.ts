import type { Flexprice } from '@flexprice/sdk';
import { Road } from '../support/road.js';
import { accepted, SdkCoverage, sdkOf } from './sdk-client.js';

/** Everything goes through the official SDK, with the checks of answers that it makes by itself. */
describe('@flexprice/sdk 2.0.1: invoices, credit notes, payments', () => {
  let road: Road;
  let sdk: Flexprice;
  let coverage: SdkCoverage;
  beforeAll(async () => {
    road = await Road.start();
    sdk = sdkOf(road.server);
    coverage = new SdkCoverage(road.server, ['invoices', 'creditnotes', 'payments']);
  });
  afterAll(async () => {
    coverage.stop();
    await road.stop();
  });

  const customer = async (externalId: string): Promise<string> => {
    const { id } = await sdk.customers.createCustomer({
      externalId,
      name: `Customer ${externalId}`,
      email: `${externalId}@example.test`,
    });
    return id as string;
  };
  const oneOff = (customerId: string, amount = '30.5') =>
    accepted(
      sdk.invoices.createInvoice({
        customerId,
        currency: 'usd',
        amountDue: amount,
        subtotal: amount,
        total: amount,
        lineItems: [{ displayName: 'Setup', amount, quantity: '1' }],
        metadata: { po: '7' },
      }),
    );
  const finalized = async (customerId: string, amount?: string) => {
    const { id } = await oneOff(customerId, amount);
    await accepted(sdk.invoices.finalizeInvoice(id as string));
    return accepted(sdk.invoices.getInvoice(id as string));
  };

  it('invoices: update, trigger, PDF, query, mark paid, void', async () => {
    const id = await customer('documents');
    const invoice = await finalized(id);
    const updated = await accepted(
      sdk.invoices.updateInvoice(invoice.id as string, { metadata: { note: 'x' } }),
    );
    expect(updated).toMatchObject({ metadata: { po: '7', note: 'x' } });
    await accepted(sdk.invoices.triggerInvoiceCommsWebhook(invoice.id as string));
    const pdf = Buffer.from(
      await new Response(await sdk.invoices.getInvoicePdf(invoice.id as string)).arrayBuffer(),
    );
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    const found = await accepted(sdk.invoices.queryInvoice({ customerId: id, invoiceStatus: ['FINALIZED'] }));
    expect(found.items).toMatchObject([{ id: invoice.id }]);
    const paid = await accepted(
      sdk.invoices.updateInvoicePaymentStatus(invoice.id as string, { paymentStatus: 'SUCCEEDED' }),
    );
    expect(paid).toMatchObject({ paymentStatus: 'SUCCEEDED', amountPaid: '30.5' });
    const wrong = await oneOff(id);
    await accepted(sdk.invoices.voidInvoice(wrong.id as string));
    const summary = await accepted(sdk.invoices.getCustomerInvoiceSummary(id));
    expect(summary).toMatchObject({
      defaultCurrency: 'usd',
      summaries: [{ totalInvoiceCount: 1, totalRevenueAmount: '30.5', totalUnpaidAmount: '0' }],
    });
  });

  it('invoices: preview, recalculate', async () => {
    const plan = await road.api.create('/plans', {
      name: 'Pro',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [{ pricing_model: 'flat', unit_price: '20' }],
    });
    const subscription = await road.api.create('/subscriptions', {
      customer_id: await customer('previewed'),
      plan_id: plan.id,
    });
    const preview = await accepted(
      sdk.invoices.getInvoicePreview({ subscriptionId: subscription.id as string }),
    );
    expect(preview).toMatchObject({ total: '20', invoiceStatus: 'DRAFT' });
    expect(preview.id).toBeUndefined();
    const remade = await accepted(sdk.invoices.recalculateInvoice(subscription.latest_invoice.id as string));
    expect(remade).toMatchObject({ total: '20', invoiceStatus: 'FINALIZED' });
  });

  it('invoices: an attempt charges the default card, and says why it could not', async () => {
    await road.connectStripe({ invoice_outbound_enabled: false });
    const id = await customer('carded');
    const invoice = await finalized(id, '12');
    const declined = await road.api.send('POST', `/invoices/${invoice.id}/payment/attempt`, {});
    expect({ status: declined.status, code: declined.body.error.code }).toEqual({
      status: 400,
      code: 'no_default_payment_method',
    });
    await road.saveCard(id);
    await accepted(sdk.invoices.attemptInvoicePayment(invoice.id as string));
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '12', amount_remaining: '0' });
    const again = await road.api.send('POST', `/invoices/${invoice.id}/payment/attempt`, {});
    expect(again.body.error.code).toBe('invoice_already_paid');
    const { items } = await road.api.get(`/payments?destination_id=${invoice.id}&payment_status=SUCCEEDED`);
    expect(items).toHaveLength(1);
    // A provider has this payment: its status is not for anybody here to set.
    const taken = await road.api.send('PUT', `/payments/${items[0].id}`, { payment_status: 'REFUNDED' });
    expect(taken.body.error.code).toBe('payment_follows_provider');
  });

  it('credit notes: create, get, finalize, void', async () => {
    const invoice = await finalized(await customer('credited'), '100');
    const line = (amount: string) => ({ invoiceLineItemId: invoice.lineItems?.[0]?.id as string, amount });
    const draft = await accepted(
      sdk.creditNotes.createCreditNote({
        invoiceId: invoice.id as string,
        reason: 'SERVICE_ISSUE',
        processCreditNote: false,
        lineItems: [line('10')],
      }),
    );
    expect(draft).toMatchObject({ creditNoteStatus: 'DRAFT', totalAmount: '10' });
    const done = await accepted(sdk.creditNotes.processCreditNote(draft.id as string));
    expect(done).toMatchObject({ creditNoteStatus: 'FINALIZED', creditNoteType: 'ADJUSTMENT' });
    await accepted(sdk.creditNotes.voidCreditNote(draft.id as string));
    expect(await accepted(sdk.creditNotes.getCreditNote(draft.id as string))).toMatchObject({
      creditNoteStatus: 'VOIDED',
      customer: { externalId: 'credited' },
      invoice: { amountRemaining: '100' },
    });
  });

  it('payments: written down, updated, deleted, processed, listed', async () => {
    const invoice = await finalized(await customer('payer'), '10');
    const write = () =>
      accepted(
        sdk.payments.createPayment({
          destinationType: 'INVOICE',
          destinationId: invoice.id as string,
          paymentMethodType: 'OFFLINE',
          amount: '10',
          currency: 'usd',
          processPayment: false,
        }),
      );
    const gone = await write();
    await accepted(sdk.payments.deletePayment(gone.id as string));
    const written = await write();
    const updated = await accepted(
      sdk.payments.updatePayment(written.id as string, { metadata: { transfer: '1' } }),
    );
    expect(updated).toMatchObject({ paymentStatus: 'INITIATED', metadata: { transfer: '1' } });
    const done = await accepted(sdk.payments.processPayment(written.id as string));
    expect(done.paymentStatus).toBe('SUCCEEDED');
    expect(await accepted(sdk.payments.getPayment(written.id as string))).toEqual(done);
    const listed = await accepted(sdk.payments.listPayments({ destinationId: invoice.id as string }));
    expect(listed).toMatchObject({ items: [{ id: written.id }], pagination: { total: 1 } });
  });

  it('has got every answer with the exact code, every declared key at every depth, and the right kinds', () => {
    expect(coverage.differing()).toEqual([]);
  });

  it('has called every operation of the SDK that these houses serve', () => {
    expect(coverage.missing()).toEqual([]);
  });
});
