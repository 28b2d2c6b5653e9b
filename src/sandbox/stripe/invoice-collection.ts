import { confirmIntent, type Confirmed } from './charging.js';
import { change } from './changes.js';
import { later, now, type Ctx, type PaymentListener } from './context.js';
import { invalid, StripeError } from './errors.js';
import { giveBalanceBack } from './customer-balance.js';
import { finalizeInvoice, sendInvoice } from './invoice-finalization.js';
import { cancelOpenPayments, defaultIntentOf } from './invoice-payments.js';
import { applyPayment, payOutOfBand, recordMissingMethod, requirePayable } from './invoice-settlement.js';
import { notesOf } from './invoices.js';
import { isToken } from '../core/test-cards.js';
import type { Invoice, PaymentMethod } from './objects.js';
import type { Params } from './params.js';
import { requirePaymentMethod, resolveMethod } from './payment-methods.js';

const HOUR = 3600;

/** Puts the next step that an invoice takes by itself on the clock, in place of the one before. */
export function planNextStep(ctx: Ctx, invoice: Invoice): void {
  const notes = notesOf(ctx, invoice);
  notes.cancelNextStep();
  notes.cancelNextStep = () => undefined;
  if (invoice.status === 'draft') {
    const at = invoice.automatically_finalizes_at ?? (invoice.auto_advance ? invoice.created + HOUR : null);
    if (at === null) return;
    notes.cancelNextStep = later(ctx, at, `finalization of ${invoice.id}`, (then) =>
      finalizeByItself(then, invoice),
    );
  } else if (invoice.status === 'open' && invoice.next_payment_attempt !== null) {
    const at = invoice.next_payment_attempt;
    notes.cancelNextStep = later(ctx, at, `charge of ${invoice.id}`, (then) => chargeByItself(then, invoice));
  }
}

function finalizeByItself(ctx: Ctx, invoice: Invoice): void {
  if (invoice.status !== 'draft') return;
  try {
    finalizeAndPlan(ctx, invoice, true);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    change(
      ctx,
      ctx.account.invoices,
      invoice,
      (failed) => {
        failed.auto_advance = false;
        failed.last_finalization_error = {
          type: 'invalid_request_error',
          message: error.message,
          ...(error.code === undefined ? {} : { code: error.code }),
        };
      },
      'invoice.finalization_failed',
      'invoice.updated',
    );
  }
}

export function finalizeAndPlan(ctx: Ctx, invoice: Invoice, autoAdvance: boolean | undefined): Invoice {
  finalizeInvoice(ctx, invoice, autoAdvance);
  const mailed = invoice.auto_advance && invoice.collection_method === 'send_invoice';
  if (mailed && invoice.customer_email !== null) sendInvoice(ctx, invoice);
  planNextStep(ctx, invoice);
  return invoice;
}

function chargeByItself(ctx: Ctx, invoice: Invoice): void {
  if (invoice.status !== 'open') return;
  const method = defaultMethodOf(ctx, invoice);
  if (method === undefined) {
    recordMissingMethod(ctx, invoice);
    planNextStep(ctx, invoice);
    return;
  }
  collect(ctx, invoice, method);
}

export function defaultMethodOf(ctx: Ctx, invoice: Invoice): PaymentMethod | undefined {
  const parent = invoice.parent?.subscription_details as { subscription?: string } | undefined;
  const subscription = ctx.account.subscriptions.get(parent?.subscription ?? '');
  const customer = ctx.account.customers.get(invoice.customer);
  const id =
    invoice.default_payment_method ??
    subscription?.default_payment_method ??
    customer?.invoice_settings.default_payment_method;
  return id === null || id === undefined ? undefined : ctx.account.paymentMethods.get(id);
}

/**
 * Tries to take what is due with a method. An invoice whose card asks for authentication waits for its customer,
 * on or off session: the hosted page brings them back.
 */
export function collect(ctx: Ctx, invoice: Invoice, method: PaymentMethod): Confirmed {
  const intent = defaultIntentOf(ctx, invoice);
  if (intent === undefined) throw invalid('This invoice has no payment to collect.');
  if (intent.status === 'processing') {
    throw invalid(
      'A payment of this invoice is in processing already.',
      undefined,
      'payment_intent_unexpected_state',
    );
  }
  return confirmIntent(ctx, intent, { method, offSession: false });
}

/** `POST /v1/invoices/{id}/pay` */
export function payInvoice(ctx: Ctx, invoice: Invoice, params: Params): Invoice {
  if (invoice.status === 'draft') finalizeAndPlan(ctx, invoice, undefined);
  else requirePayable(invoice);
  // A draft with nothing due is paid by being finalized.
  if (invoice.amount_remaining === 0) return invoice;
  if (params.boolean('paid_out_of_band') === true) {
    payOutOfBand(ctx, invoice);
    planNextStep(ctx, invoice);
    return invoice;
  }
  const chosen = params.string('payment_method');
  const method = chosen === undefined ? defaultMethodOf(ctx, invoice) : chosenMethod(ctx, invoice, chosen);
  if (method === undefined) {
    throw new StripeError(
      'invalid_request_error',
      'There is no `default_payment_method` set on this Customer or Invoice. Please set either an ' +
        "`invoice.default_payment_method` or the customer's `invoice_settings.default_payment_method`.",
      { code: 'resource_missing', param: 'payment_method' },
    );
  }
  const offSession = params.boolean('off_session') ?? true;
  const { outcome, error } = collect(ctx, invoice, method);
  if (error !== undefined) throw error;
  if (outcome === 'requires_action') throw actionRequired(ctx, invoice, offSession);
  return invoice;
}

function chosenMethod(ctx: Ctx, invoice: Invoice, id: string): PaymentMethod {
  // Test tokens stand for a method of whichever customer they are used with.
  if (isToken(id)) return resolveMethod(ctx, id, 'payment_method');
  const method = requirePaymentMethod(ctx, id, 'payment_method');
  if (method.customer !== invoice.customer) {
    throw invalid(
      `The customer does not have a payment method with the ID ${id}. ` +
        'The payment method must be attached to the customer.',
      'payment_method',
      'resource_missing',
    );
  }
  return method;
}

/** The payment waits for the customer; the invoice stays open until they have authenticated. */
function actionRequired(ctx: Ctx, invoice: Invoice, offSession: boolean): StripeError {
  const intent = defaultIntentOf(ctx, invoice);
  return new StripeError(
    'card_error',
    'This payment requires additional user action before it can be completed successfully. Payment can be ' +
      'completed using the `PaymentIntent` associated with the invoice.',
    {
      status: 402,
      code: 'invoice_payment_intent_requires_action',
      more: {
        ...(offSession ? { decline_code: 'authentication_required' } : {}),
        payment_intent: structuredClone(intent),
      },
    },
  );
}

export function voidInvoice(ctx: Ctx, invoice: Invoice): Invoice {
  return close(ctx, invoice, 'void', 'invoice.voided');
}

export function markUncollectible(ctx: Ctx, invoice: Invoice): Invoice {
  return close(ctx, invoice, 'uncollectible', 'invoice.marked_uncollectible');
}

/** Source: docs.stripe.com/invoicing/integration/workflow-transitions; with payments: docs.stripe.com/invoicing/partial-payments. */
function close(ctx: Ctx, invoice: Invoice, status: 'void' | 'uncollectible', event: string): Invoice {
  const allowed = invoice.status === 'open' || (status === 'void' && invoice.status === 'uncollectible');
  if (!allowed) {
    throw invalid(
      `You can only pass in open invoices. This invoice isn't open; its status is ${invoice.status}.`,
      undefined,
      'invoice_not_editable',
    );
  }
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (closed) => {
      closed.status = status;
      closed.next_payment_attempt = null;
      closed.auto_advance = false;
      if (status === 'void') {
        closed.status_transitions.voided_at = now(ctx);
        if (!ctx.world.settings.voidKeepsAmounts)
          Object.assign(closed, { amount_due: 0, amount_remaining: 0 });
      } else {
        closed.status_transitions.marked_uncollectible_at = now(ctx);
      }
    },
    'invoice.updated',
    event,
  );
  if (status === 'void') cancelOpenPayments(ctx, invoice, 'void_invoice');
  if (status === 'void' || ctx.world.settings.uncollectibleGivesBalanceBack) giveBalanceBack(ctx, invoice);
  planNextStep(ctx, invoice);
  return invoice;
}

/** Hears of every payment; those of invoices move the invoice and its next step. */
export const invoiceListener: PaymentListener = (ctx, intent, outcome) => {
  for (const invoice of applyPayment(ctx, intent, outcome)) planNextStep(ctx, invoice);
};
