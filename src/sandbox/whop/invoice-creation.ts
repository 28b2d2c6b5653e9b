import { exponentOf } from '../core/display.js';
import { multiply, parseDecimal } from '../core/decimal.js';
import { newId } from '../core/ids.js';
import { isObject, text, type JsonObject } from '../core/json.js';
import { nowIso, requireCompany, type Ctx } from './context.js';
import { badRequest, notFound, unprocessable } from './errors.js';
import { newNumbers, openInvoice, showInvoice } from './invoices.js';
import { tell } from './messages.js';
import type { Invoice, LineItem, Member, Plan } from './objects.js';
import { payInvoice } from './payments.js';
import { newProduct, requireProduct } from './products.js';

/** `POST /invoices`: a plan made for one invoice, and the invoice. */
export function createInvoice(ctx: Ctx, params: JsonObject): object {
  const company = requireCompany(ctx, text(ctx.newest ? params.account_id : params.company_id));
  const draft = params.save_as_draft === true;
  const price = priceOf(params.plan);
  const lineItems = lineItemsOf(params.line_items, price);
  const dueDate = dueDateOf(ctx, params.due_date);
  const finalizesAt = dateOf(params.automatically_finalizes_at, 'automatically_finalizes_at');
  const automatic = params.collection_method === 'charge_automatically';
  if (!draft && dueDate === null && !automatic) {
    throw unprocessable('due_date is required unless the invoice is saved as a draft');
  }
  const payer = automatic && !draft ? payerOf(ctx, params) : undefined;
  const member = payer?.member ?? memberOf(ctx, params.member_id);
  const { email, name } = whoOf(params, member, draft);
  const productId = productOf(ctx, company, params);
  const numbers = newNumbers(ctx);
  const plan: Plan = {
    id: newId('plan_', 14),
    companyId: company,
    productId,
    invoiceId: numbers.id,
    createdAt: nowIso(ctx),
    updatedAt: nowIso(ctx),
    currency: price.currency,
    initialPrice: price.amount,
    description: price.description,
    internalNotes: price.internalNotes,
  };
  const invoice: Invoice = {
    ...numbers,
    companyId: company,
    productId,
    planId: plan.id,
    createdAt: nowIso(ctx),
    updatedAt: nowIso(ctx),
    collectionMethod: text(params.collection_method),
    memberId: member?.id ?? null,
    status: 'draft',
    dueDate,
    email,
    customerName: name,
    lineItems,
    user: member?.user ?? null,
    cancelNextStep: () => undefined,
  };
  ctx.account.plans.set(plan.id, plan);
  ctx.account.invoices.set(invoice.id, invoice);
  if (finalizesAt !== null) finalizeLater(ctx, invoice, finalizesAt);
  else if (!draft) openInvoice(ctx, invoice);
  tell(ctx, company, 'invoice.created', (as) => showInvoice(as, invoice));
  if (payer !== undefined && invoice.status === 'open') {
    payInvoice(ctx, invoice, payer.member, payer.methodId, { authenticated: true });
  }
  return showInvoice(ctx, invoice);
}

function finalizeLater(ctx: Ctx, invoice: Invoice, at: string): void {
  invoice.cancelNextStep = ctx.account.clock.schedule(
    Date.parse(at),
    ctx.account.id,
    `finalization of ${invoice.id}`,
    () => {
      if (invoice.status === 'draft') openInvoice(ctx, invoice);
    },
  );
}

interface PriceOfPlan {
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly internalNotes: string | null;
}

function priceOf(plan: unknown): PriceOfPlan {
  if (!isObject(plan)) throw badRequest('plan is required');
  if ((plan.plan_type ?? 'one_time') !== 'one_time') {
    throw unprocessable('The sandbox plays invoices with one-time plans only');
  }
  // A caller that does not say is charged in dollars, whatever it meant.
  const currency = typeof plan.currency === 'string' ? plan.currency : 'usd';
  const amount = plan.initial_price ?? 0;
  if (typeof amount !== 'number') throw badRequest('plan.initial_price must be a number in major units');
  if (!(amount > 0)) throw unprocessable('The price of an invoice must be greater than zero');
  checkPlaces(amount, currency, 'plan.initial_price');
  return {
    amount,
    currency,
    description: typeof plan.description === 'string' ? plan.description : null,
    internalNotes: typeof plan.internal_notes === 'string' ? plan.internal_notes : null,
  };
}

function checkPlaces(amount: number, currency: string, name: string): void {
  const places = /\.(\d+)$/.exec(String(amount))?.[1]?.length ?? 0;
  if (places > exponentOf(currency)) {
    throw unprocessable(`${name} has more decimals than ${currency.toUpperCase()} has`);
  }
}

export function lineItemsOf(value: unknown, price: { amount: number; currency: string }): LineItem[] {
  if (!Array.isArray(value)) return [];
  const items = value.map((item: unknown) => {
    if (!isObject(item)) throw badRequest('line_items must be objects');
    return {
      label: text(item.label),
      quantity: typeof item.quantity === 'number' ? item.quantity : 1,
      unitPrice: Number(item.unit_price),
    };
  });
  const total = items.reduce(
    (sum, { quantity, unitPrice }) => sum + multiply(decimalOf(quantity), decimalOf(unitPrice)),
    0n,
  );
  if (items.length > 0 && total !== decimalOf(price.amount)) {
    throw unprocessable('The sum of the line items (quantity × unit_price) must equal the price of the plan');
  }
  return items;
}

function decimalOf(value: number): bigint {
  const decimal = parseDecimal(value);
  if (decimal === undefined) throw badRequest(`${value} is not an amount`);
  return decimal;
}

function dateOf(value: unknown, name: string): string | null {
  if (value === undefined || value === null) return null;
  const time = Date.parse(text(value));
  if (Number.isNaN(time)) throw badRequest(`${name} is not a date`);
  return new Date(time).toISOString();
}

export function dueDateOf(ctx: Ctx, value: unknown): string | null {
  const date = dateOf(value, 'due_date');
  if (date !== null && Date.parse(date) <= ctx.account.clock.now()) {
    throw unprocessable('due_date must be in the future');
  }
  return date;
}

function memberOf(ctx: Ctx, id: unknown): Member | undefined {
  if (id === undefined || id === null) return undefined;
  const member = ctx.account.members.get(text(id));
  if (member === undefined) throw notFound('Member', text(id));
  return member;
}

function whoOf(
  params: JsonObject,
  member: Member | undefined,
  draft: boolean,
): { email: string | null; name: string | null } {
  const email =
    typeof params.email_address === 'string' ? params.email_address : (member?.user.email ?? null);
  const name = typeof params.customer_name === 'string' ? params.customer_name : (member?.user.name ?? null);
  if (email !== null && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    throw unprocessable('email_address is not a valid email address');
  }
  if (!draft && member === undefined && (email === null || name === null || name.trim() === '')) {
    throw unprocessable('email_address and customer_name are required without a member_id');
  }
  return { email, name };
}

function productOf(ctx: Ctx, company: string, params: JsonObject): string {
  const { product_id: id, product } = params;
  if (typeof id === 'string') {
    if (requireProduct(ctx, id).companyId !== company) throw notFound('Product', id);
    return id;
  }
  if (!isObject(product)) throw badRequest('product_id or product is required');
  return newProduct(ctx, company, text(product.title)).id;
}

/** Whoever saved the method that is to be charged. */
function payerOf(ctx: Ctx, params: JsonObject): { member: Member; methodId: string } {
  if (typeof params.payment_method_id !== 'string') {
    throw unprocessable('payment_method_id is required for charge_automatically');
  }
  const methodId = params.payment_method_id;
  for (const member of ctx.account.members.values()) {
    if (member.methods.has(methodId)) return { member, methodId };
  }
  throw notFound('Payment method', methodId);
}
