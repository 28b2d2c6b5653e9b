import { zeroMoney, type Money } from '../../domain/money.js';
import type { RemoteInvoice, RemoteInvoiceStatus, RemotePayment } from '../provider-objects.js';
import { fromWhopPrice } from './amounts.js';
import type { WhopInvoice, WhopPlan } from './objects.js';

const STATUSES: ReadonlyMap<string | null, RemoteInvoiceStatus> = new Map([
  ['draft', 'draft'],
  ['open', 'open'],
  ['past_due', 'open'],
  ['paid', 'paid'],
  ['uncollectible', 'uncollectible'],
  ['void', 'void'],
]);

/** Without the plan an invoice has neither a price as a number, nor a page, nor our id. */
export function readInvoice(invoice: WhopInvoice, plan: WhopPlan | undefined): RemoteInvoice {
  const status = STATUSES.get(invoice.status) ?? 'pending';
  const total = plan === undefined ? undefined : priceOf(invoice, plan);
  const url = plan?.purchase_url ?? undefined;
  return {
    remoteId: invoice.id,
    invoiceId: plan?.internal_notes ?? undefined,
    foreign: false, // Whop has no place for the mark of an environment; our ids are unique in all of them
    remoteCustomerId: undefined,
    status,
    state: invoice.status,
    total,
    amountRemaining: status === 'paid' || status === 'void' ? total && zeroMoney(total.currency) : total,
    hostedUrl: url,
    pdfUrl: undefined,
    payments: status === 'paid' && total !== undefined ? [paymentOf(invoice, total)] : [],
    settledOutside: false,
    metadata: {
      whop_invoice_id: invoice.id,
      whop_invoice_status: invoice.status,
      ...(url === undefined ? {} : { whop_checkout_url: url }),
    },
  };
}

export const priceOfPlan = (plan: WhopPlan): Money | undefined =>
  fromWhopPrice(plan.initial_price, plan.currency);

export const priceOf = (invoice: WhopInvoice, plan: WhopPlan): Money | undefined =>
  fromWhopPrice(plan.initial_price, plan.currency ?? invoice.current_plan?.currency);

/**
 * Whop ties no payment to an invoice by id, and an invoice is paid whole or not at all: so its payment is named after
 * it, and is the same however often it is read. Whether it was marked as paid instead, Whop does not tell.
 */
function paymentOf(invoice: WhopInvoice, amount: Money): RemotePayment {
  return {
    remoteId: `whop_invoice:${invoice.id}`,
    paymentId: undefined,
    foreign: false,
    remoteInvoiceId: invoice.id,
    remoteCustomerId: undefined,
    status: 'succeeded',
    amount,
    paidAt: undefined,
    method: undefined,
    decline: undefined,
    metadata: {},
    inferred: true,
  };
}
