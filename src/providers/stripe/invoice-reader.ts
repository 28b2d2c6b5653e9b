import type Stripe from 'stripe';
import { shareOf } from '../../domain/paying/adjustments.js';
import type { RemoteInvoice, RemoteInvoiceStatus, RemotePayment } from '../provider-objects.js';
import { fromStripeAmount } from './amounts.js';
import { dateOf, idOf, objectOf, type StripeContext } from './context.js';
import { readDecline } from './declines.js';
import { told } from './errors.js';
import { askedOf, readAdjustments } from './invoice-adjustments.js';
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

/** How often an invoice may have been edited. */
const MOST_REVISIONS = 50;

/**
 * Needs an invoice that was read with {@link INVOICE_EXPAND}. One that was edited since is read as what has taken its
 * place: the old one asks for nothing any more.
 */
export async function readInvoice(
  ctx: StripeContext,
  found: Stripe.Invoice,
  thorough = false,
): Promise<RemoteInvoice> {
  const newest = idOf(found.latest_revision);
  const invoice = newest === undefined || newest === found.id ? found : await retrieve(ctx, newest);
  const parents = await parentsOf(ctx, invoice, found);
  const { currency } = invoice;
  const marks = [invoice, ...parents].map(({ metadata }) =>
    readMark(metadata, MARK.invoice, ctx.environmentId),
  );
  const mark = marks.find(({ marked }) => marked) ?? marks[0];
  const status = STATUSES.get(invoice.status) ?? 'pending';
  const payments = await paymentsOf(ctx, invoice);
  const paid = payments.filter((payment) => payment.status === 'paid');
  const { adjustments, carriedIn } = await readAdjustments(ctx, invoice, parents, {
    paid: paid.reduce((sum, { amount_paid: amount }) => sum + (amount ?? 0), 0),
    thorough,
  });
  return {
    remoteId: invoice.id,
    invoiceId: mark?.id,
    foreign: mark?.foreign ?? false,
    remoteCustomerId: idOf(invoice.customer),
    status,
    total: fromStripeAmount(invoice.total, currency),
    amountRemaining: askedOf(invoice, carriedIn),
    hostedUrl: invoice.hosted_invoice_url ?? undefined,
    pdfUrl: invoice.invoice_pdf ?? undefined,
    payments: readPayments(ctx, invoice, paid, carriedIn),
    adjustments,
    ...(parents.length === 0 ? {} : { replaces: parents.map(({ id }) => id).reverse() }),
    metadata: metadataOf(invoice),
  };
}

async function retrieve(ctx: StripeContext, id: string): Promise<Stripe.Invoice> {
  return told(ctx.stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }));
}

/** The nearest first. */
async function parentsOf(
  ctx: StripeContext,
  invoice: Stripe.Invoice,
  known: Stripe.Invoice,
): Promise<Stripe.Invoice[]> {
  const parents: Stripe.Invoice[] = [];
  let from = idOf(invoice.from_invoice?.invoice);
  while (from !== undefined && parents.length < MOST_REVISIONS) {
    const parent: Stripe.Invoice = from === known.id ? known : await told(ctx.stripe.invoices.retrieve(from));
    parents.push(parent);
    from = idOf(parent.from_invoice?.invoice);
  }
  return parents;
}

/**
 * What we have reported, then the oldest first, each with what of it is for the invoice itself: debts from before are
 * paid last, and never by what was settled here.
 */
function readPayments(
  ctx: StripeContext,
  invoice: Stripe.Invoice,
  paid: readonly Stripe.InvoicePayment[],
  carriedIn: number,
): RemotePayment[] {
  const inOrder = [...paid].sort(
    (a, b) =>
      Number(isOwnRecord(b)) - Number(isOwnRecord(a)) ||
      (a.status_transitions.paid_at ?? 0) - (b.status_transitions.paid_at ?? 0),
  );
  const amounts = inOrder.map(({ amount_paid: amount }) => BigInt(amount ?? 0));
  const whole = amounts.reduce((sum, amount) => sum + amount, 0n);
  const own = BigInt(Math.max(0, invoice.amount_due - carriedIn));
  // What was paid beyond all that was due is the customer's, and shows as overpaid.
  const beyond = whole > BigInt(invoice.amount_due) ? whole - BigInt(invoice.amount_due) : 0n;
  const shares = carriedIn === 0 ? amounts : shareOf(amounts, own + beyond);
  return inOrder.flatMap((payment, index) => {
    const read = readInvoicePayment(ctx, invoice, payment, Number(shares[index] ?? 0n));
    return read === undefined || read.amount.amount === 0n ? [] : [read];
  });
}

function metadataOf(invoice: Stripe.Invoice): Record<string, string> {
  const entries = {
    stripe_invoice_id: invoice.id,
    stripe_invoice_number: invoice.number,
    stripe_invoice_status: invoice.status,
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

const isOwnRecord = ({ payment }: Stripe.InvoicePayment): boolean =>
  objectOf(payment.payment_record)?.metadata[MARK.source] === 'flexprice';

/** Undefined for what we have reported there ourselves. */
function readInvoicePayment(
  ctx: StripeContext,
  invoice: Stripe.Invoice,
  { amount_paid: paid, currency, payment, status_transitions: times }: Stripe.InvoicePayment,
  share: number,
): RemotePayment | undefined {
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
    amount: fromStripeAmount(share, currency),
    ...(paid === null || paid === share ? {} : { collected: fromStripeAmount(paid, currency) }),
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
