import { change } from './changes.js';
import { now, type Ctx, type PaymentOutcome } from './context.js';
import { moveBalance } from './customer-balance.js';
import { invalid } from './errors.js';
import {
  cancelOpenPayments,
  defaultIntentOf,
  defaultPaymentOf,
  markPaymentPaid,
  newInvoicePayment,
} from './invoice-payments.js';
import type { Invoice, InvoicePayment, PaymentIntent } from './objects.js';
import { recordOutOfBand, requireRecord } from './payment-records.js';
import { requireIntent } from './payment-intents.js';

/** What the outcome of a payment means for the invoices it is for. Returns those that it concerns. */
export function applyPayment(ctx: Ctx, intent: PaymentIntent, outcome: PaymentOutcome): Invoice[] {
  const concerned: Invoice[] = [];
  for (const payment of ctx.account.invoicePayments.where('intent', intent.id)) {
    if (payment.status !== 'open') continue;
    const invoice = ctx.account.invoices.get(payment.invoice);
    if (invoice === undefined) continue;
    concerned.push(invoice);
    if (outcome === 'succeeded') credit(ctx, invoice, payment, intent.amount_received);
    else if (payment.is_default) recordAttempt(ctx, invoice, outcome);
  }
  return concerned;
}

function recordAttempt(ctx: Ctx, invoice: Invoice, outcome: Exclude<PaymentOutcome, 'succeeded'>): void {
  const events = {
    processing: [],
    requires_action: ['invoice.payment_action_required', 'invoice.payment_failed'],
    declined: ['invoice.payment_failed'],
  }[outcome];
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (attempted) => {
      attempted.attempted = true;
      attempted.attempt_count += 1;
      attempted.next_payment_attempt = outcome === 'processing' ? null : nextAttempt(ctx, attempted);
    },
    'invoice.updated',
    ...events,
  );
}

/** An automatic charge that found no payment method: an attempt that failed, though no payment was made of it. */
export function recordMissingMethod(ctx: Ctx, invoice: Invoice): void {
  recordAttempt(ctx, invoice, 'declined');
}

/**
 * When an open invoice that advances is charged by itself: at first, or again after so many attempts. Turning `auto_advance`
 * on turns retries on, turning it off ends them, by https://docs.stripe.com/invoicing/integration/automatic-advancement-collection.
 */
export function nextAttempt(ctx: Ctx, invoice: Invoice): number | null {
  if (!invoice.auto_advance || invoice.collection_method !== 'charge_automatically') return null;
  if (defaultIntentOf(ctx, invoice)?.status === 'processing') return null;
  const { automaticChargeSeconds, automaticRetrySeconds } = ctx.world.settings;
  const wait =
    invoice.attempt_count === 0 ? automaticChargeSeconds : automaticRetrySeconds[invoice.attempt_count - 1];
  return wait === undefined ? null : now(ctx) + wait;
}

function credit(ctx: Ctx, invoice: Invoice, payment: InvoicePayment, amount: number): void {
  markPaymentPaid(ctx, payment, amount);
  const applied = Math.min(amount, invoice.amount_remaining);
  const settles = applied === invoice.amount_remaining;
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (credited) => {
      credited.attempted = true;
      if (payment.is_default) credited.attempt_count += 1;
      if (payment.payment.type === 'payment_record') credited.amount_paid_off_stripe += applied;
      credited.amount_paid += ctx.world.settings.overpaidInAmountPaid ? amount : applied;
      credited.amount_remaining -= applied;
      credited.amount_overpaid += amount - applied;
      if (settles) markPaid(ctx, credited);
    },
    ...(settles ? ['invoice.updated', 'invoice.paid', 'invoice.payment_succeeded'] : ['invoice.updated']),
    ...(settles && amount > applied ? ['invoice.overpaid'] : []),
  );
  if (!settles) {
    askForTheRest(ctx, invoice);
    return;
  }
  cancelOpenPayments(ctx, invoice, 'automatic');
  const customer = ctx.account.customers.get(invoice.customer);
  if (amount > applied && customer !== undefined)
    moveBalance(ctx, customer, {
      amount: applied - amount,
      type: 'invoice_overpaid',
      currency: invoice.currency,
      invoice: invoice.id,
    });
}

function markPaid(ctx: Ctx, invoice: Invoice): void {
  invoice.status = 'paid';
  invoice.status_transitions.paid_at = now(ctx);
  invoice.next_payment_attempt = null;
}

/** Nothing is due, and nobody has paid: a balance, a note, or too little to charge. */
export function settleWithoutMoney(ctx: Ctx, invoice: Invoice): Invoice {
  const told =
    ctx.world.settings.settledWithoutMoneyTells === 'paid'
      ? ['invoice.paid', 'invoice.payment_succeeded']
      : [];
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (paid) => {
      paid.attempted = true;
      paid.auto_advance = false;
      markPaid(ctx, paid);
    },
    'invoice.updated',
    ...told,
  );
  cancelOpenPayments(ctx, invoice, 'automatic');
  return invoice;
}

/** After a part is paid by other means, the invoice's own payment is for what is left. */
export function askForTheRest(ctx: Ctx, invoice: Invoice): void {
  const payment = defaultPaymentOf(ctx, invoice);
  const intent = defaultIntentOf(ctx, invoice);
  if (payment?.status !== 'open' || intent === undefined) return;
  payment.amount_requested = invoice.amount_remaining;
  change(ctx, ctx.account.paymentIntents, intent, (changed) => {
    changed.amount = invoice.amount_remaining;
  });
}

/**
 * Settles all that remains without any money coming in: no partial amounts. Whether that makes a payment record, no
 * page says.
 */
export function payOutOfBand(ctx: Ctx, invoice: Invoice): Invoice {
  if (ctx.world.settings.outOfBandMakesRecord) {
    const record = recordOutOfBand(ctx, invoice);
    return attachRecord(ctx, invoice, record.id);
  }
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (paid) => {
      paid.amount_paid += paid.amount_remaining;
      paid.amount_paid_off_stripe += paid.amount_remaining;
      paid.amount_remaining = 0;
      markPaid(ctx, paid);
    },
    'invoice.updated',
    'invoice.paid',
  );
  cancelOpenPayments(ctx, invoice, 'automatic');
  return invoice;
}

/** Adds a payment that was made on its own to the payments of an invoice. */
export function attachIntent(ctx: Ctx, invoice: Invoice, intentId: string): Invoice {
  const intent = requireIntent(ctx, intentId, 'payment_intent');
  requirePayable(invoice);
  checkFits(invoice, intent.currency, intent.customer, 'payment_intent');
  if (intent.status === 'canceled') {
    throw invalid('The PaymentIntent is canceled.', 'payment_intent', 'payment_intent_unexpected_state');
  }
  const known = ctx.account.invoicePayments
    .where('intent', intentId)
    .find(({ status }) => status !== 'canceled');
  if (known !== undefined) {
    throw invalid(`The PaymentIntent is attached to the invoice ${known.invoice} already.`, 'payment_intent');
  }
  newInvoicePayment(ctx, invoice, { type: 'payment_intent', payment_intent: intentId }, intent.amount, false);
  if (intent.status === 'succeeded') applyPayment(ctx, intent, 'succeeded');
  return invoice;
}

export function attachRecord(ctx: Ctx, invoice: Invoice, recordId: string): Invoice {
  const record = requireRecord(ctx, recordId, 'payment_record');
  requirePayable(invoice);
  const { currency, value } = record.amount_guaranteed;
  checkFits(invoice, currency, record.customer_details?.customer ?? null, 'payment_record');
  const payment = newInvoicePayment(
    ctx,
    invoice,
    { type: 'payment_record', payment_record: recordId },
    value,
    false,
  );
  credit(ctx, invoice, payment, value);
  return invoice;
}

export function requirePayable(invoice: Invoice): void {
  if (invoice.status === 'open' || invoice.status === 'uncollectible') return;
  throw invalid(
    invoice.status === 'paid'
      ? 'Invoice is already paid'
      : `This invoice can no longer be paid; its status is ${invoice.status}.`,
    undefined,
    'invoice_not_editable',
  );
}

function checkFits(invoice: Invoice, currency: string, customer: string | null, param: string): void {
  if (currency !== invoice.currency) {
    throw invalid(`The payment's currency (${currency}) is not the invoice's (${invoice.currency}).`, param);
  }
  if (customer !== null && customer !== invoice.customer) {
    throw invalid("The payment's customer is not the invoice's.", param);
  }
}
