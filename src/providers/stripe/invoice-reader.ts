import type Stripe from 'stripe';
import type { Money } from '../../domain/money.js';
import type { RemoteInvoice, RemoteInvoiceStatus, RemotePayment } from '../provider-objects.js';
import { fromStripeAmount } from './amounts.js';
import { dateOf, idOf, objectOf, type StripeContext } from './context.js';
import { readDecline } from './declines.js';
import { told } from './errors.js';
import { MARK, readMark } from './marks.js';
import { readMethod } from './payment-reader.js';

/** Payments stand on an invoice only when they are asked for; four levels are the deepest that can be. */
export const INVOICE_EXPAND = [
  'payments.data.payment.payment_intent',
  'payments.data.payment.payment_record',
];
const PAYMENT_EXPAND = ['data.payment.payment_intent', 'data.payment.payment_record'];

const STATUSES: ReadonlyMap<string | null, RemoteInvoiceStatus> = new Map([
  ['draft', 'draft'],
  ['open', 'open'],
  ['paid', 'paid'],
  ['void', 'void'],
  ['uncollectible', 'uncollectible'],
]);

/** Needs an invoice that was read with {@link INVOICE_EXPAND}. */
export async function readInvoice(ctx: StripeContext, invoice: Stripe.Invoice): Promise<RemoteInvoice> {
  const { currency } = invoice;
  const mark = readMark(invoice.metadata, MARK.invoice, ctx.environmentId);
  const status = STATUSES.get(invoice.status) ?? 'pending';
  const payments = (await paymentsOf(ctx, invoice)).flatMap((payment) => {
    const read = readInvoicePayment(ctx, invoice, payment);
    return read === undefined ? [] : [read];
  });
  const total = fromStripeAmount(invoice.total, currency);
  return {
    remoteId: invoice.id,
    invoiceId: mark.id,
    foreign: mark.foreign,
    remoteCustomerId: idOf(invoice.customer),
    status,
    total,
    amountRemaining: fromStripeAmount(invoice.amount_remaining, currency),
    hostedUrl: invoice.hosted_invoice_url ?? undefined,
    pdfUrl: invoice.invoice_pdf ?? undefined,
    payments,
    // Paid, and less money came than was owed: out of band, from a balance, or reported from elsewhere.
    settledOutside: status === 'paid' && sumOf(payments) < total.amount,
    metadata: metadataOf(invoice),
  };
}

const sumOf = (payments: readonly { readonly amount: Money }[]): bigint =>
  payments.reduce((sum, { amount }) => sum + amount.amount, 0n);

function metadataOf(invoice: Stripe.Invoice): Record<string, string> {
  const entries = {
    stripe_invoice_id: invoice.id,
    stripe_invoice_number: invoice.number,
    stripe_hosted_invoice_url: invoice.hosted_invoice_url,
    stripe_invoice_pdf: invoice.invoice_pdf,
  };
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, value]) => (value ? [[key, value] as const] : [])),
  );
}

async function paymentsOf(ctx: StripeContext, invoice: Stripe.Invoice): Promise<Stripe.InvoicePayment[]> {
  const page = invoice.payments;
  if (page?.has_more !== true) return page?.data ?? [];
  return told(
    ctx.stripe.invoicePayments
      .list({ invoice: invoice.id, limit: 100, expand: PAYMENT_EXPAND })
      .autoPagingToArray({ limit: 10_000 }),
  );
}

/** Undefined for open and canceled payments, and for what we have reported there ourselves. */
function readInvoicePayment(
  ctx: StripeContext,
  invoice: Stripe.Invoice,
  { status, amount_paid: paid, currency, payment, status_transitions: times }: Stripe.InvoicePayment,
): RemotePayment | undefined {
  if (status !== 'paid' || paid === null) return undefined;
  const intent = objectOf(payment.payment_intent);
  const record = objectOf(payment.payment_record);
  if (record?.metadata[MARK.source] === 'flexprice') return undefined;
  const remoteId = idOf(payment.payment_intent) ?? idOf(payment.charge) ?? idOf(payment.payment_record);
  if (remoteId === undefined) return undefined;
  const mark = readMark(intent?.metadata, MARK.payment, ctx.environmentId);
  return {
    remoteId,
    paymentId: mark.id,
    foreign: mark.foreign,
    remoteInvoiceId: invoice.id,
    remoteCustomerId: idOf(invoice.customer),
    status: 'succeeded',
    amount: fromStripeAmount(paid, currency),
    paidAt: dateOf(times.paid_at),
    method: readMethod(intent?.payment_method, undefined),
    decline: undefined,
    metadata: intent?.metadata ?? {},
    ...(record?.reported_by === 'self' ? { elsewhere: true } : {}),
  };
}

/** Why the last automatic charge of an open invoice failed, from the payment that Stripe made for it. */
export function lastDecline(invoice: Stripe.Invoice): ReturnType<typeof readDecline> | undefined {
  const intents = (invoice.payments?.data ?? []).flatMap(({ is_default: own, payment }) =>
    own ? [objectOf(payment.payment_intent)] : [],
  );
  const intent = intents.find((candidate) => candidate !== undefined);
  if (intent?.status === 'requires_action') return readDecline({ code: 'authentication_required' });
  const error = intent?.last_payment_error;
  return error === null || error === undefined ? undefined : readDecline(error);
}
