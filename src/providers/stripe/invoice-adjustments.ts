import type Stripe from 'stripe';
import { money, type Money } from '../../domain/money.js';
import type { RemoteAdjustment, RemoteReturn } from '../provider-objects.js';
import { fromStripeAmount } from './amounts.js';
import { dateOf, idOf, type StripeContext } from './context.js';
import { told } from './errors.js';
import { MARK } from './marks.js';

/** What a balance does for one invoice; what a credit note has put on it is told with the note. */
const OF_INVOICES: ReadonlySet<string> = new Set([
  'applied_to_invoice',
  'unapplied_from_invoice',
  'invoice_too_small',
  'invoice_too_large',
]);

export interface ReadAdjustments {
  readonly adjustments: readonly RemoteAdjustment[];
  /** Debts of the customer, from before, that Stripe collects with the invoice; its minor units. */
  readonly carriedIn: number;
}

/**
 * All that lies between what we have asked for and what Stripe asks for, or what came in: read from its own records, and
 * only where its figures say that there is something to read.
 */
export async function readAdjustments(
  ctx: StripeContext,
  invoice: Stripe.Invoice,
  parents: readonly Stripe.Invoice[],
  { paid, thorough }: { readonly paid: number; readonly thorough: boolean },
): Promise<ReadAdjustments> {
  if (invoice.status === 'draft' || invoice.status === null) return { adjustments: [], carriedIn: 0 };
  const { currency } = invoice;
  const notes = thorough || hasNotes(invoice) ? await notesOf(ctx, invoice) : [];
  const entries = mayHaveUsedBalance(invoice) ? await entriesOf(ctx, invoice) : [];
  const isGivenBack = isReturned(invoice, entries);
  const used = entries.filter(({ type }) => type !== 'unapplied_from_invoice');
  const carriedIn = isGivenBack ? 0 : -sumOf(used.filter(({ amount }) => amount < 0));
  const balance = used.filter(({ amount }) => amount > 0);
  const of = (amount: number): Money => fromStripeAmount(amount, currency);
  const adjustments: RemoteAdjustment[] = [
    ...editsOf(invoice, parents),
    ...balance.map((entry): RemoteAdjustment => ({
      remoteId: entry.id,
      kind: entry.type === 'applied_to_invoice' ? 'CUSTOMER_BALANCE' : 'CARRIED_OVER',
      amount: of(entry.amount),
      released: isGivenBack,
      reason: entry.description ?? undefined,
      at: dateOf(entry.created),
    })),
    ...notes.map((note) => readNote(note)),
  ];
  const issued = notes.filter(({ status }) => status !== 'void');
  const explained =
    issued.reduce((sum, note) => sum + note.pre_payment_amount, 0) +
    (isGivenBack ? 0 : sumOf(balance) - carriedIn);
  return {
    carriedIn,
    adjustments: [
      ...adjustments,
      ...unexplained(invoice, explained),
      ...writeOff(invoice),
      ...outOfBand(invoice, paid),
    ],
  };
}

const hasNotes = (invoice: Stripe.Invoice): boolean =>
  invoice.pre_payment_credit_notes_amount > 0 || invoice.post_payment_credit_notes_amount > 0;

/** Start and end of the balance are not always told: what is due says so, too. Of a void invoice nothing is sure. */
function mayHaveUsedBalance(invoice: Stripe.Invoice): boolean {
  const { starting_balance: start, ending_balance: end, total, amount_due: due } = invoice;
  const differs = total - invoice.pre_payment_credit_notes_amount !== due && invoice.status !== 'void';
  return differs || (end !== null && start !== end);
}

async function notesOf(ctx: StripeContext, { id }: Stripe.Invoice): Promise<Stripe.CreditNote[]> {
  const list = ctx.stripe.creditNotes.list({ invoice: id, limit: 100 });
  return (await told(list.autoPagingToArray({ limit: 10_000 }))).reverse();
}

async function entriesOf(
  ctx: StripeContext,
  { id, customer }: Stripe.Invoice,
): Promise<Stripe.CustomerBalanceTransaction[]> {
  const customerId = idOf(customer);
  if (customerId === undefined) return [];
  const list = ctx.stripe.customers.listBalanceTransactions(customerId, { invoice: id, limit: 100 });
  const entries = await told(list.autoPagingToArray({ limit: 10_000 }));
  return entries.filter((entry) => OF_INVOICES.has(entry.type) && idOf(entry.invoice) === id).reverse();
}

const sumOf = (entries: readonly { readonly amount: number }[]): number =>
  entries.reduce((sum, { amount }) => sum + amount, 0);

/** A void invoice has given back what it took; should any other have, there are entries that say so. */
const isReturned = (
  { status }: Stripe.Invoice,
  entries: readonly Stripe.CustomerBalanceTransaction[],
): boolean =>
  status === 'void' ||
  (entries.some(({ type }) => type === 'unapplied_from_invoice') && sumOf(entries) === 0);

function readNote(note: Stripe.CreditNote): RemoteAdjustment {
  const of = (amount: number): Money => fromStripeAmount(amount, note.currency);
  const refunds = note.refunds.flatMap(({ refund, amount_refunded: amount, type }): RemoteReturn[] =>
    type === 'payment_record_refund' || amount <= 0
      ? []
      : [{ remoteId: idOf(refund) ?? '', by: 'refund', amount: of(amount) }],
  );
  const outside = note.out_of_band_amount ?? 0;
  const refunded = note.refunds.reduce((sum, { amount_refunded: amount }) => sum + amount, 0);
  const entry = idOf(note.customer_balance_transaction);
  const credited = note.post_payment_amount - refunded - outside;
  return {
    remoteId: note.id,
    kind: 'CREDIT_NOTE',
    amount: of(note.pre_payment_amount),
    released: note.status === 'void',
    givenBack: [
      ...refunds,
      ...(entry === undefined || credited <= 0
        ? []
        : [{ remoteId: entry, by: 'balance' as const, amount: of(credited) }]),
      ...(outside <= 0
        ? []
        : [{ remoteId: `${note.id}:out_of_band`, by: 'outside' as const, amount: of(outside) }]),
    ],
    reason: note.memo ?? note.reason ?? undefined,
    at: dateOf(note.created),
  };
}

/** Edited there, or taxed: an invoice that asks for another total than we have asked it for. */
function editsOf(invoice: Stripe.Invoice, parents: readonly Stripe.Invoice[]): RemoteAdjustment[] {
  const mark = [invoice, ...parents].map(({ metadata }) => metadata?.[MARK.asked]).find(isWhole);
  if (mark === undefined) return [];
  const of = (amount: number): Money => fromStripeAmount(amount, invoice.currency);
  const tax = (invoice.total_taxes ?? [])
    .filter(({ tax_behavior: behavior }) => behavior === 'exclusive')
    .reduce((sum, { amount }) => sum + amount, 0);
  const edited = Number(mark) - (invoice.total - tax);
  const found: [RemoteAdjustment['kind'], string, number, string][] = [
    ['REVISION', `${invoice.id}:edited`, edited, 'the invoice was edited at Stripe'],
    ['TAX', `${invoice.id}:tax`, -tax, 'Stripe has put tax on the invoice'],
  ];
  return found
    .filter(([, , amount]) => amount !== 0)
    .map(([kind, remoteId, amount, reason]) => ({
      remoteId,
      kind,
      amount: of(amount),
      released: invoice.status === 'void',
      reason,
    }));
}

const isWhole = (mark: string | undefined): mark is string => mark !== undefined && /^\d{1,15}$/.test(mark);

function unexplained(invoice: Stripe.Invoice, explained: number): RemoteAdjustment[] {
  if (invoice.status === 'void') return [];
  const amount = invoice.total - invoice.amount_due - explained;
  const remoteId = `${invoice.id}:other`;
  return amount === 0
    ? []
    : [
        {
          remoteId,
          kind: 'OTHER',
          amount: fromStripeAmount(amount, invoice.currency),
          released: false,
          varies: true,
          reason: 'Stripe asks for another amount than its total, credit notes and balance come to',
        },
      ];
}

/** Given up; should it be paid or voided all the same, that counts. */
function writeOff(invoice: Stripe.Invoice): RemoteAdjustment[] {
  const at = invoice.status_transitions.marked_uncollectible_at;
  if (at === null) return [];
  const isGivenUp = invoice.status === 'uncollectible';
  const reason = invoice.status_details?.uncollectible?.reason;
  return [
    {
      remoteId: `${invoice.id}:write_off`,
      kind: 'WRITE_OFF',
      amount: fromStripeAmount(isGivenUp ? invoice.amount_remaining : 0, invoice.currency),
      released: !isGivenUp,
      settlesRest: true,
      reason: reason ?? 'marked uncollectible at Stripe',
      at: dateOf(at),
    },
  ];
}

/** Paid, and not all of it by payments that are there: somebody has marked it. We settle by payment records of our own. */
function outOfBand(invoice: Stripe.Invoice, paid: number): RemoteAdjustment[] {
  const amount = invoice.amount_paid - paid;
  if (invoice.status !== 'paid' || amount <= 0) return [];
  return [
    {
      remoteId: `${invoice.id}:out_of_band`,
      kind: 'OUT_OF_BAND',
      amount: fromStripeAmount(amount, invoice.currency),
      released: false,
      settlesRest: true,
      reason: 'marked as paid out of band at Stripe',
      at: dateOf(invoice.status_transitions.paid_at),
    },
  ];
}

/** Nothing of an invoice is asked for twice: debts from before are not ours. */
export const askedOf = (invoice: Stripe.Invoice, carriedIn: number): Money => {
  const own = fromStripeAmount(Math.max(0, invoice.amount_remaining - carriedIn), invoice.currency);
  return money(own.amount, own.currency);
};
