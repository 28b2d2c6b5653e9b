import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { noSuch } from './errors.js';
import type { Invoice, InvoicePayment, PaymentIntent } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { cancelIntent, isUnfinished } from './payment-intents.js';
import type { Route } from './route.js';

/** Ties a payment to the invoice it is for. */
export function newInvoicePayment(
  ctx: Ctx,
  invoice: Invoice,
  payment: InvoicePayment['payment'],
  amount: number,
  isDefault: boolean,
): InvoicePayment {
  return create(ctx, ctx.account.invoicePayments, {
    id: newId('inpay_', 24),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: amount,
    created: now(ctx),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: isDefault,
    livemode: ctx.account.livemode,
    payment,
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

/** Oldest first, so that the default payment comes first. */
export function paymentsOf(ctx: Ctx, invoice: Invoice): InvoicePayment[] {
  return ctx.account.invoicePayments.where('invoice', invoice.id);
}

export function defaultPaymentOf(ctx: Ctx, invoice: Invoice): InvoicePayment | undefined {
  return paymentsOf(ctx, invoice).find(({ is_default: isDefault }) => isDefault);
}

export function defaultIntentOf(ctx: Ctx, invoice: Invoice): PaymentIntent | undefined {
  return ctx.account.paymentIntents.get(defaultPaymentOf(ctx, invoice)?.payment.payment_intent ?? '');
}

export function markPaymentPaid(ctx: Ctx, payment: InvoicePayment, amount: number): void {
  change(
    ctx,
    ctx.account.invoicePayments,
    payment,
    (changed) => {
      changed.amount_paid = amount;
      changed.status = 'paid';
      changed.status_transitions.paid_at = now(ctx);
    },
    'invoice_payment.paid',
  );
}

/** When an invoice has ended without them, its open payments are withdrawn. */
export function cancelOpenPayments(ctx: Ctx, invoice: Invoice, reason: string): void {
  for (const payment of paymentsOf(ctx, invoice)) {
    if (payment.status !== 'open') continue;
    change(ctx, ctx.account.invoicePayments, payment, (changed) => {
      changed.status = 'canceled';
      changed.status_transitions.canceled_at = now(ctx);
    });
    const intent = ctx.account.paymentIntents.get(payment.payment.payment_intent ?? '');
    if (payment.is_default && intent !== undefined && isUnfinished(intent)) cancelIntent(ctx, intent, reason);
  }
}

function listPayments(ctx: Ctx, params: Params): object {
  const invoice = params.string('invoice');
  const status = params.string('status');
  const payment = params.object('payment');
  const intent = payment?.string('payment_intent');
  const record = payment?.string('payment_record');
  const { invoicePayments } = ctx.account;
  const tied =
    intent === undefined ? invoicePayments.newestFirst() : invoicePayments.where('intent', intent).reverse();
  const payments = tied.filter(
    (candidate) =>
      (invoice === undefined || candidate.invoice === invoice) &&
      (status === undefined || candidate.status === status) &&
      (payment === undefined || candidate.payment.type === payment.string('type')) &&
      (intent === undefined || candidate.payment.payment_intent === intent) &&
      (record === undefined || candidate.payment.payment_record === record),
  );
  return listPage(ctx, '/v1/invoice_payments', 'invoice_payment', payments, params);
}

export const invoicePaymentRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/v1/invoice_payments',
    schema: 'InvoicePaymentListParams',
    run: listPayments,
  },
  {
    method: 'GET',
    url: '/v1/invoice_payments/:id',
    schema: 'InvoicePaymentRetrieveParams',
    run: (ctx, _params, id) => {
      const payment = ctx.account.invoicePayments.get(id);
      if (payment === undefined) throw noSuch('invoice_payment', id);
      return payment;
    },
  },
];
