import { formatExact, minorOf } from './amounts.js';
import { operationsOf, remotesOf, sandboxOf, type Subject } from './lane.js';
import type { Operation } from './operations.js';

const PAYABLE = ['open', 'past_due', 'uncollectible'];

/** What is wrong; nothing, when all is as it has to be. */
export async function verdict(subject: Subject, pair: readonly Operation[]): Promise<string[]> {
  const { lane, invoice: made } = subject;
  const wrong: string[] = [];
  const invoice = await lane.api.get(`/invoices/${made.id}`);
  const { items: payments } = await lane.api.get(`/payments?destination_id=${made.id}&limit=100`);
  const remotes = remotesOf(subject);
  const owed = invoice.invoice_status === 'FINALIZED' ? minorOf(invoice.amount_remaining) : 0n;

  const payable = remotes.filter(({ status }) => PAYABLE.includes(status as string));
  if (payable.length > 1) wrong.push(`${payable.length} invoices can be paid there`);
  const asked = sumOf(payable.map((one) => askedOf(subject, one)));
  if (asked > owed) wrong.push(`asked for ${formatExact(asked)}, owed ${formatExact(owed)}`);
  // What was given back here is owed again here, and asked for there only by hand.
  if (asked < owed && !pair.includes('refund'))
    wrong.push(`asked for ${formatExact(asked)} only, owed ${formatExact(owed)}`);
  const drafts = remotes.filter(({ status }) => status === 'draft');
  if (drafts.length > 0 && payable.length === 0 && owed > 0n)
    wrong.push('a draft, and nothing that can be paid');
  const complete = remotes.filter(({ status }) => PAYABLE.includes(status as string) || status === 'paid');
  if (complete.length > 1) wrong.push(`${complete.length} complete invoices`);

  const { items: notes } = await lane.api.get(`/creditnotes?invoice_id=${made.id}`);
  wrong.push(...booksOf(invoice, payments, notes));
  if (lane.provider === 'stripe')
    wrong.push(...customerOf(subject, await lane.api.get(`/customers/${subject.customer.id}`)));
  for (const { action, entity_type: type, state, reason } of await operationsOf(subject))
    if (state === 'failed') wrong.push(`${type} ${action} failed: ${reason}`);
  return wrong;
}

const sumOf = (all: readonly bigint[]): bigint => all.reduce((sum, one) => sum + one, 0n);

const askedOf = ({ lane }: Subject, remote: any): bigint =>
  lane.provider === 'stripe' ? BigInt(remote.amount_remaining) : minorOf(String(remote.plan.initial_price));

function booksOf(invoice: any, payments: readonly any[], notes: readonly any[]): string[] {
  const wrong: string[] = [];
  const [total, paid, remaining, over] = [
    invoice.total,
    invoice.amount_paid,
    invoice.amount_remaining,
    invoice.overpaid_amount,
  ].map((one) => minorOf(one as string)) as [bigint, bigint, bigint, bigint];
  const finalized = notes.filter((one) => one.credit_note_status === 'FINALIZED');
  const adjusted = sumOf(finalized.map((one) => minorOf(one.total_amount as string)));
  if (invoice.invoice_status === 'FINALIZED' && total - adjusted - paid + over !== remaining)
    wrong.push(`books: ${total} - ${adjusted} - ${paid} + ${over} is not ${remaining}`);
  const succeeded = payments.filter((one) =>
    ['SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED'].includes(one.payment_status as string),
  );
  const came = sumOf(
    succeeded.map((one) => minorOf(one.amount as string) - minorOf(one.refunded_amount as string)),
  );
  if (came !== paid) wrong.push(`payments come to ${came}, amount_paid is ${paid}`);
  if (over > 0n) wrong.push(`overpaid by ${over}`);
  return wrong;
}

function customerOf({ lane, customer }: Subject, now: any): string[] {
  const there = ((sandboxOf(lane) as any).objects('customers') as any[]).filter(
    (one) => one.metadata?.flexprice_customer_id === customer.id,
  );
  const names = there.map((one) => one.name);
  return names.length === 1 && names[0] === now.name
    ? []
    : [`customers there: ${JSON.stringify(names)}, ${now.name} here`];
}
