import { exponentOf } from '../core/display.js';
import { newHex, newId } from '../core/ids.js';
import { nowIso, type Ctx } from './context.js';
import { notFound, unprocessable } from './errors.js';
import { tell } from './messages.js';
import type { Invoice, InvoiceStatus, Plan } from './objects.js';
import { formattedPrice } from './money.js';
import { purchaseUrlOf, requirePlan } from './plans.js';

export function requireInvoice(ctx: Ctx, id: string): Invoice {
  const invoice = ctx.account.invoices.get(id);
  if (invoice === undefined) throw notFound('Invoice', id);
  return invoice;
}

export function isPayable(invoice: Invoice): boolean {
  return invoice.status === 'open' || invoice.status === 'past_due' || invoice.status === 'uncollectible';
}

/** As lists show it. */
export function showListed(ctx: Ctx, invoice: Invoice): object {
  const plan = requirePlan(ctx, invoice.planId);
  return {
    id: invoice.id,
    created_at: invoice.createdAt,
    current_plan: {
      id: plan.id,
      currency: plan.currency,
      formatted_price: formattedPrice(plan),
      ...(ctx.newest ? { description: plan.description } : {}),
    },
    due_date: invoice.dueDate,
    email_address: invoice.email,
    fetch_invoice_token: invoice.token,
    line_items: invoice.lineItems.map(({ label, quantity, unitPrice }, index) => ({
      label,
      position: index + 1,
      quantity,
      total: roundedProduct(quantity, unitPrice, plan.currency),
      unit_price: unitPrice,
    })),
    number: invoice.number,
    status: invoice.status,
    user:
      invoice.user === null
        ? null
        : { id: invoice.user.id, name: invoice.user.name, username: invoice.user.username },
    ...(ctx.newest ? { payment_processing: isProcessing(ctx, invoice) } : {}),
  };
}

export function showInvoice(ctx: Ctx, invoice: Invoice): object {
  const listed = showListed(ctx, invoice);
  if (!ctx.newest) return listed;
  const plan = requirePlan(ctx, invoice.planId);
  const product = ctx.account.products.get(invoice.productId);
  return {
    ...listed,
    automatically_finalizes_at: null,
    charge_buyer_fee: false,
    collection_method: invoice.collectionMethod,
    company: { id: invoice.companyId },
    customer_name: invoice.customerName,
    mailing_address: null,
    member: invoice.memberId === null ? null : { id: invoice.memberId },
    pay_online_url:
      ctx.world.settings.tellsPage && invoice.status !== 'draft' ? payOnlineUrlOf(ctx, invoice, plan) : null,
    payment: settledBy(ctx, invoice),
    product: { id: invoice.productId, title: product?.title ?? '' },
    subscription_billing_anchor_at: null,
    updated_at: invoice.updatedAt,
  };
}

/** The page with the address of the customer filled in. */
const payOnlineUrlOf = (ctx: Ctx, invoice: Invoice, plan: Plan): string =>
  `${purchaseUrlOf(ctx, plan)}${invoice.email === null ? '' : `?email=${encodeURIComponent(invoice.email)}`}`;

/** A payment by bank debit, while the bank has not decided. */
export const isProcessing = (ctx: Ctx, { id }: Invoice): boolean =>
  [...ctx.account.payments.values()].some(
    ({ invoiceId, status }) => invoiceId === id && status === 'pending',
  );

/** Null while it is unpaid, and when it was marked as paid. */
function settledBy(ctx: Ctx, { id, status }: Invoice): { id: string } | null {
  const { namesRefundedPayments } = ctx.world.settings;
  const found = [...ctx.account.payments.values()].find(
    (payment) =>
      payment.invoiceId === id &&
      payment.status === 'paid' &&
      (namesRefundedPayments || payment.substatus !== 'refunded'),
  );
  return status === 'paid' && found !== undefined ? { id: found.id } : null;
}

function roundedProduct(quantity: number, unitPrice: number, currency: string): number {
  return Number((quantity * unitPrice).toFixed(exponentOf(currency)));
}

export function newNumbers(ctx: Ctx): { id: string; token: string; number: string } {
  return {
    id: newId('inv_', 14),
    token: newHex(24),
    number: `#${String(ctx.account.invoices.size + 1).padStart(4, '0')}`,
  };
}

/** Draft to open. An invoice that is not paid by its due date becomes past due by itself. */
export function openInvoice(ctx: Ctx, invoice: Invoice): void {
  invoice.cancelNextStep();
  invoice.status = 'open';
  if (invoice.dueDate === null) return;
  const at = Date.parse(invoice.dueDate);
  invoice.cancelNextStep = ctx.account.clock.schedule(at, ctx.account.id, `due date of ${invoice.id}`, () => {
    fallDue(ctx, invoice);
  });
}

/** Not while a payment is being cleared: then it is past due when that fails. */
export function fallDue(ctx: Ctx, invoice: Invoice): void {
  const isLate = invoice.dueDate !== null && Date.parse(invoice.dueDate) <= ctx.account.clock.now();
  if (invoice.status === 'open' && isLate && !isProcessing(ctx, invoice))
    move(ctx, invoice, 'past_due', 'invoice.past_due');
}

export function move(ctx: Ctx, invoice: Invoice, status: InvoiceStatus, event: string): void {
  if (status !== 'past_due') invoice.cancelNextStep();
  invoice.status = status;
  const plan = requirePlan(ctx, invoice.planId);
  plan.updatedAt = nowIso(ctx);
  invoice.updatedAt = plan.updatedAt;
  tell(ctx, invoice.companyId, event, (as) => showInvoice(as, invoice));
}

/** Settled without money having come in through Whop. */
export function markPaid(ctx: Ctx, invoice: Invoice): true {
  if (invoice.status === 'paid') throw unprocessable('Invoice is already paid');
  if (!isPayable(invoice))
    throw unprocessable(`An invoice that is ${invoice.status} cannot be marked as paid`);
  move(ctx, invoice, 'paid', 'invoice.paid');
  return true;
}

export function voidInvoice(ctx: Ctx, invoice: Invoice): true {
  if (!isPayable(invoice) && invoice.status !== 'draft') {
    throw unprocessable(`An invoice that is ${invoice.status} cannot be voided`);
  }
  move(ctx, invoice, 'void', 'invoice.voided');
  return true;
}

export function markUncollectible(ctx: Ctx, invoice: Invoice): true {
  if (invoice.status !== 'open' && invoice.status !== 'past_due') {
    throw unprocessable(`An invoice that is ${invoice.status} cannot be marked as uncollectible`);
  }
  move(ctx, invoice, 'uncollectible', 'invoice.marked_uncollectible');
  return true;
}
