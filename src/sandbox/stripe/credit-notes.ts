import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { moveBalance } from './customer-balance.js';
import { requireCustomer } from './customers.js';
import { invalid, missingParam, noSuch, notPlayed } from './errors.js';
import { planNextStep } from './invoice-collection.js';
import { defaultIntentOf, paymentsOf } from './invoice-payments.js';
import { askForTheRest, settleWithoutMoney } from './invoice-settlement.js';
import { requireInvoice } from './invoices.js';
import type { CreditNote, Invoice, Refund } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { refundCharge, requireRefund } from './refunds.js';
import type { Route } from './route.js';

/*
 * A note lowers what an invoice asks for, and beyond that says how money goes back.
 * Sources: the types of CreditNotes (create); docs.stripe.com/invoicing/dashboard/credit-notes;
 * docs.stripe.com/invoicing/integration/programmatic-credit-notes.
 */

function createNote(ctx: Ctx, params: Params): CreditNote {
  const invoice = requireInvoice(ctx, params.require('invoice'), 'invoice');
  if (invoice.status === 'draft' || invoice.status === 'void')
    throw invalid(`Credit notes are for finalized invoices; this one is ${invoice.status}.`, 'invoice');
  if (defaultIntentOf(ctx, invoice)?.status === 'processing')
    throw invalid('A payment of this invoice is in progress.', 'invoice');
  if (params.has('shipping_cost')) throw notPlayed('shipping costs of credit notes', 'shipping_cost');
  const amount = amountOf(params);
  const left = creditableOf(ctx, invoice);
  if (amount < 1 || amount > left)
    throw invalid(`The sum of credit note amounts must be at most ${left}.`, 'amount');
  const open = invoice.status === 'paid' ? 0 : invoice.amount_remaining;
  const pre = Math.min(amount, open);
  const post = amount - pre;
  const parts = partsOf(ctx, params);
  if (parts.refund + parts.linked + parts.credit + parts.outOfBand !== post)
    throw invalid(
      `The sum of refunds, credit_amount and out_of_band_amount must equal the post payment amount, ${post}.`,
      'refund_amount',
    );
  return issue(ctx, invoice, params, { amount, pre, post, ...parts });
}

interface Parts {
  readonly refund: number;
  readonly linked: number;
  readonly credit: number;
  readonly outOfBand: number;
}

function amountOf(params: Params): number {
  const amount = params.integer('amount');
  const lines = params.objects('lines');
  if (amount !== undefined) return amount;
  if (lines.length === 0) throw missingParam('amount');
  return lines.reduce((sum, line) => {
    const unit = line.integer('unit_amount');
    const own =
      line.integer('amount') ?? (unit === undefined ? undefined : unit * (line.integer('quantity') ?? 1));
    if (own === undefined) throw notPlayed('lines of credit notes without an amount', line.nameOf('amount'));
    return sum + own;
  }, 0);
}

function partsOf(ctx: Ctx, params: Params): Parts {
  return {
    refund: params.integer('refund_amount') ?? 0,
    credit: params.integer('credit_amount') ?? 0,
    outOfBand: params.integer('out_of_band_amount') ?? 0,
    linked: params.objects('refunds').reduce((sum, link) => {
      const id = link.string('refund');
      if (id === undefined) throw notPlayed('refunds of payment records', link.nameOf('type'));
      return sum + (link.integer('amount_refunded') ?? requireRefund(ctx, id).amount);
    }, 0),
  };
}

/** Notes, and refunds that none of them names, together never exceed the invoice. */
function creditableOf(ctx: Ctx, invoice: Invoice): number {
  const notes = notesOn(ctx, invoice);
  const named = new Set(notes.flatMap(({ refunds }) => refunds.map(({ refund }) => refund)));
  const loose = refundsOf(ctx, invoice).filter(({ id }) => !named.has(id));
  const taken = [...notes.map(({ amount }) => amount), ...loose.map(({ amount }) => amount)];
  return invoice.total - taken.reduce((sum, one) => sum + one, 0);
}

const notesOn = (ctx: Ctx, { id }: Invoice): CreditNote[] =>
  ctx.account.creditNotes.values().filter((note) => note.invoice === id && note.status === 'issued');

const intentsOf = (ctx: Ctx, invoice: Invoice): (string | undefined)[] =>
  paymentsOf(ctx, invoice).flatMap(({ status, payment }) =>
    status === 'paid' ? [payment.payment_intent] : [],
  );

function refundsOf(ctx: Ctx, invoice: Invoice): Refund[] {
  const intents = intentsOf(ctx, invoice);
  return ctx.account.refunds
    .values()
    .filter(
      ({ payment_intent: intent, status }) =>
        intent !== null && intents.includes(intent) && status !== 'failed' && status !== 'canceled',
    );
}

function issue(
  ctx: Ctx,
  invoice: Invoice,
  params: Params,
  figures: Parts & { readonly amount: number; readonly pre: number; readonly post: number },
): CreditNote {
  const { amount, pre, post } = figures;
  const id = newId('cn_', 24);
  const refunds = params.objects('refunds').map((link): CreditNote['refunds'][number] => {
    const refund = requireRefund(ctx, link.require('refund'));
    return linkOf(refund, link.integer('amount_refunded') ?? refund.amount);
  });
  if (figures.refund > 0) refunds.push(...refundParts(ctx, invoice, figures.refund));
  const entry =
    figures.credit === 0
      ? null
      : moveBalance(ctx, requireCustomer(ctx, invoice.customer), {
          amount: -figures.credit,
          type: 'credit_note',
          currency: invoice.currency,
          creditNote: id,
          ...(ctx.world.settings.creditNoteEntryNamesInvoice ? { invoice: invoice.id } : {}),
        });
  const note: CreditNote = {
    id,
    object: 'credit_note',
    amount,
    amount_shipping: 0,
    created: now(ctx),
    currency: invoice.currency,
    customer: invoice.customer,
    customer_account: null,
    customer_balance_transaction: entry?.id ?? null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: now(ctx),
    invoice: invoice.id,
    lines: { object: 'list', data: [], has_more: false, url: `/v1/credit_notes/${id}/lines` },
    livemode: ctx.account.livemode,
    memo: params.string('memo') ?? null,
    metadata: params.metadata(),
    number: `${invoice.number ?? ''}-CN-${String(notesOn(ctx, invoice).length + 1).padStart(2, '0')}`,
    out_of_band_amount: figures.outOfBand === 0 ? null : figures.outOfBand,
    pdf: `${ctx.world.pagesUrl()}/credit_notes/${id}/pdf`,
    post_payment_amount: post,
    pre_payment_amount: pre,
    pretax_credit_amounts: [],
    reason: params.string('reason') ?? null,
    refunds,
    shipping_cost: null,
    status: 'issued',
    subtotal: amount,
    subtotal_excluding_tax: amount,
    total: amount,
    total_excluding_tax: amount,
    total_taxes: [],
    type: pre === 0 ? 'post_payment' : post === 0 ? 'pre_payment' : 'mixed',
    voided_at: null,
  };
  create(ctx, ctx.account.creditNotes, note, 'credit_note.created');
  lower(ctx, invoice, pre, post);
  return note;
}

const linkOf = (refund: Refund, amount: number): CreditNote['refunds'][number] => ({
  amount_refunded: amount,
  payment_record_refund: null,
  refund: refund.id,
  type: 'refund',
});

/** From whatever charges of the invoice have money left. */
function refundParts(ctx: Ctx, invoice: Invoice, amount: number): CreditNote['refunds'] {
  let left = amount;
  const links: CreditNote['refunds'] = [];
  for (const id of intentsOf(ctx, invoice)) {
    const intent = ctx.account.paymentIntents.get(id ?? '');
    const charge = ctx.account.charges.get(intent?.latest_charge ?? '');
    if (charge === undefined) continue;
    const part = Math.min(left, charge.amount_captured - charge.amount_refunded);
    if (part <= 0) continue;
    links.push(linkOf(refundCharge(ctx, charge, part, { reason: null, metadata: {} }), part));
    left -= part;
  }
  if (left > 0) throw invalid(`Only ${amount - left} can be refunded.`, 'refund_amount');
  return links;
}

function lower(ctx: Ctx, invoice: Invoice, pre: number, post: number): void {
  const before = invoice.status;
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (changed) => {
      changed.pre_payment_credit_notes_amount += pre;
      changed.post_payment_credit_notes_amount += post;
      changed.amount_due -= pre;
      changed.amount_remaining -= pre;
    },
    'invoice.updated',
  );
  if (before === 'paid') return;
  if (invoice.amount_remaining === 0) settleWithoutMoney(ctx, invoice);
  else askForTheRest(ctx, invoice);
  planNextStep(ctx, invoice);
}

function voidNote(ctx: Ctx, id: string): CreditNote {
  const note = requireNote(ctx, id);
  const invoice = requireInvoice(ctx, note.invoice);
  if (note.status === 'void') throw invalid('This credit note is void already.');
  if (invoice.status !== 'open')
    throw invalid(`Only credit notes of open invoices can be voided; this one's is ${invoice.status}.`);
  change(
    ctx,
    ctx.account.creditNotes,
    note,
    (voided) => {
      voided.status = 'void';
      voided.voided_at = now(ctx);
    },
    'credit_note.voided',
  );
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (raised) => {
      raised.pre_payment_credit_notes_amount -= note.pre_payment_amount;
      raised.amount_due += note.pre_payment_amount;
      raised.amount_remaining += note.pre_payment_amount;
    },
    'invoice.updated',
  );
  askForTheRest(ctx, invoice);
  return note;
}

function requireNote(ctx: Ctx, id: string): CreditNote {
  const note = ctx.account.creditNotes.get(id);
  if (note === undefined) throw noSuch('credit note', id);
  return note;
}

export const creditNoteRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/credit_notes', schema: 'CreditNoteCreateParams', run: createNote },
  {
    method: 'GET',
    url: '/v1/credit_notes',
    schema: 'CreditNoteListParams',
    run: (ctx, params) => {
      const invoice = params.string('invoice');
      const customer = params.string('customer');
      const notes = ctx.account.creditNotes
        .newestFirst()
        .filter(
          (note) =>
            (invoice === undefined || note.invoice === invoice) &&
            (customer === undefined || note.customer === customer),
        );
      return listPage(ctx, '/v1/credit_notes', 'credit_note', notes, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/credit_notes/:id',
    schema: 'CreditNoteRetrieveParams',
    run: (ctx, _params, id) => requireNote(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/credit_notes/:id',
    schema: 'CreditNoteUpdateParams',
    run: (ctx, params, id) =>
      change(
        ctx,
        ctx.account.creditNotes,
        requireNote(ctx, id),
        (changed) => {
          changed.memo = params.string('memo') ?? changed.memo;
          changed.metadata = params.metadata(changed.metadata);
        },
        'credit_note.updated',
      ),
  },
  {
    method: 'POST',
    url: '/v1/credit_notes/:id/void',
    schema: 'CreditNoteVoidCreditNoteParams',
    run: (ctx, _params, id) => voidNote(ctx, id),
  },
];
