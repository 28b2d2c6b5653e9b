import { subtractMoney, sumMoney, zeroMoney, type Money } from '../../domain/money.js';
import type {
  RemoteAdjustment,
  RemoteInvoice,
  RemoteInvoiceStatus,
  RemotePayment,
} from '../provider-objects.js';
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

/**
 * Without the plan an invoice has neither a price as a number, nor a page, nor our id; without its payments nothing is
 * said of money.
 */
export function readInvoice(
  invoice: WhopInvoice,
  plan: WhopPlan | undefined,
  paid: readonly RemotePayment[] = [],
): RemoteInvoice {
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
    payments: paid,
    adjustments: [...markedPaid(invoice, total, paid), ...writeOff(invoice, total)],
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

/** Paid, and by no payment that there is: somebody has marked it, we or a person; Whop does not say who. */
function markedPaid(
  invoice: WhopInvoice,
  total: Money | undefined,
  paid: readonly RemotePayment[],
): RemoteAdjustment[] {
  if (invoice.status !== 'paid' || total === undefined) return [];
  const collected = sumMoney(
    paid.map(({ amount }) => amount),
    total.currency,
  );
  const amount = subtractMoney(total, collected);
  return amount.amount <= 0n
    ? []
    : [
        {
          remoteId: `${invoice.id}:marked_paid`,
          kind: 'OUT_OF_BAND',
          amount,
          released: false,
          settlesRest: true,
          mayBeOurs: true,
          reason: 'marked as paid at Whop',
        },
      ];
}

/** Given up; should it be paid or voided all the same, that counts. Whop does not keep that it once was. */
const writeOff = (invoice: WhopInvoice, total: Money | undefined): RemoteAdjustment[] =>
  total === undefined || invoice.status !== 'uncollectible'
    ? []
    : [
        {
          remoteId: `${invoice.id}:write_off`,
          kind: 'WRITE_OFF',
          amount: total,
          released: false,
          settlesRest: true,
          reason: 'marked uncollectible at Whop',
        },
      ];
