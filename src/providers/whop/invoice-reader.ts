import { zeroMoney, type Money } from '../../domain/money.js';
import type {
  RemoteAdjustment,
  RemoteInvoice,
  RemoteInvoiceStatus,
  RemotePayment,
} from '../provider-objects.js';
import { fromWhopPrice, isWritten } from './amounts.js';
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
  const url = invoice.pay_online_url ?? plan?.purchase_url ?? undefined;
  const isProcessing = invoice.payment_processing === true && status !== 'paid';
  return {
    remoteId: invoice.id,
    invoiceId: plan?.internal_notes ?? undefined,
    foreign: false, // Whop has no place for the mark of an environment; our ids are unique in all of them
    remoteCustomerId: undefined,
    status,
    state: stateOf(invoice),
    isProcessing,
    total,
    amountRemaining: status === 'paid' || status === 'void' ? total && zeroMoney(total.currency) : total,
    hostedUrl: url,
    pdfUrl: undefined,
    payments: paid,
    adjustments: [...markedPaid(invoice, total, paid), ...writeOff(invoice, total)],
    metadata: {
      whop_invoice_id: invoice.id,
      whop_invoice_status: invoice.status,
      ...(invoice.payment_processing === undefined ? {} : { whop_payment_processing: String(isProcessing) }),
      ...(url === undefined ? {} : { whop_checkout_url: url }),
    },
  };
}

/** With what a list tells of it, too: so that a poll sees a payment begin, and fail. */
export const stateOf = ({ status, payment_processing: clearing }: WhopInvoice): string =>
  clearing === true && status !== 'paid' ? `${status}, payment processing` : status;

/** Whether an invoice that tells no price as a number asks for this amount all the same: by its lines, or as it is written. */
export function tellsPrice(
  { current_plan: plan, line_items: lines = [] }: WhopInvoice,
  amount: Money,
): boolean {
  if (plan?.currency !== amount.currency) return false;
  if (lines.length === 0) return isWritten(plan.formatted_price ?? '', amount);
  const totals = lines.map(({ total }) => fromWhopPrice(total, plan.currency));
  const sum = totals.reduce((all, total) => (total === undefined ? all : all + total.amount), 0n);
  return totals.every((total) => total !== undefined) && sum === amount.amount;
}

export const priceOfPlan = (plan: WhopPlan): Money | undefined =>
  fromWhopPrice(plan.initial_price, plan.currency);

export const priceOf = (invoice: WhopInvoice, plan: WhopPlan): Money | undefined =>
  fromWhopPrice(plan.initial_price, plan.currency ?? invoice.current_plan?.currency);

/**
 * Paid, and there is no payment: somebody has marked it, we or a person; Whop does not say who. Where there is one, it is
 * all that was shown, whatever it comes to; so it is where Whop only names it.
 */
const markedPaid = (
  invoice: WhopInvoice,
  total: Money | undefined,
  paid: readonly RemotePayment[],
): RemoteAdjustment[] =>
  invoice.status !== 'paid' || total === undefined || paid.length > 0 || invoice.payment != null
    ? []
    : [
        {
          remoteId: `${invoice.id}:marked_paid`,
          kind: 'OUT_OF_BAND',
          amount: total,
          released: false,
          settlesRest: true,
          mayBeOurs: true,
          reason: 'marked as paid at Whop',
        },
      ];

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
