import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { requireCustomer } from './customers.js';
import { invalid, noSuch } from './errors.js';
import type { BalanceEntry, Customer, Invoice } from './objects.js';
import { minimumCharge } from './payment-intents.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import type { Route } from './route.js';

/** What invoices have taken of a balance, or left to it; these are given back when the invoice is voided. */
const OF_INVOICES: readonly string[] = ['applied_to_invoice', 'invoice_too_small', 'unapplied_from_invoice'];

interface Movement {
  readonly amount: number;
  readonly type: string;
  readonly currency: string;
  readonly invoice?: string;
  readonly creditNote?: string;
  readonly description?: string | null;
  readonly metadata?: Record<string, string>;
}

/**
 * One entry of a customer's balance: positive amounts are owed by the customer. No event tells of it but, by setting,
 * `customer.updated`. Source: docs.stripe.com/billing/customer/balance; the types of CustomerBalanceTransactions.
 */
export function moveBalance(ctx: Ctx, customer: Customer, movement: Movement): BalanceEntry {
  const ending = customer.balance + movement.amount;
  const entry = create(ctx, ctx.account.balanceEntries, {
    id: newId('cbtxn_', 24),
    object: 'customer_balance_transaction',
    amount: movement.amount,
    checkout_session: null,
    created: now(ctx),
    credit_note: movement.creditNote ?? null,
    currency: movement.currency,
    customer: customer.id,
    customer_account: null,
    description: movement.description ?? null,
    ending_balance: ending,
    invoice: movement.invoice ?? null,
    livemode: ctx.account.livemode,
    metadata: movement.metadata ?? {},
    type: movement.type,
  });
  change(
    ctx,
    ctx.account.customers,
    customer,
    (changed) => {
      changed.balance = ending;
      changed.currency ??= movement.currency;
    },
    ...(ctx.world.settings.balanceTellsCustomer ? ['customer.updated'] : []),
  );
  return entry;
}

/**
 * The balance is settled with an invoice as it is finalized, whole and unasked; what would be too little to charge is
 * carried over to it. Source: docs.stripe.com/billing/customer/balance.
 */
export function applyBalance(ctx: Ctx, invoice: Invoice, customer: Customer): void {
  const { currency, id } = invoice;
  const due = invoice.total + invoice.starting_balance;
  const applied = Math.min(0, due) - invoice.starting_balance;
  if (applied !== 0)
    moveBalance(ctx, customer, { amount: applied, type: 'applied_to_invoice', currency, invoice: id });
  const tooLittle = due > 0 && due < minimumCharge(ctx, currency);
  if (tooLittle)
    moveBalance(ctx, customer, { amount: due, type: 'invoice_too_small', currency, invoice: id });
  invoice.ending_balance = customer.balance;
  invoice.amount_due = tooLittle ? 0 : Math.max(0, due);
  invoice.amount_remaining = invoice.amount_due;
}

/** Source: docs.stripe.com/changelog/2019-12-03/customer-balances-returned-voided-invoices. */
export function giveBalanceBack(ctx: Ctx, invoice: Invoice): number {
  const used = usedBy(ctx, invoice);
  const customer = ctx.account.customers.get(invoice.customer);
  if (used === 0 || customer === undefined) return 0;
  const { currency, id } = invoice;
  moveBalance(ctx, customer, { amount: -used, type: 'unapplied_from_invoice', currency, invoice: id });
  return used;
}

export const usedBy = (ctx: Ctx, { id }: Invoice): number =>
  ctx.account.balanceEntries
    .values()
    .filter((entry) => entry.invoice === id && OF_INVOICES.includes(entry.type))
    .reduce((sum, { amount }) => sum + amount, 0);

/** Merchants make adjustments only. */
function createEntry(ctx: Ctx, params: Params, customerId: string): BalanceEntry {
  const amount = params.requireInteger('amount');
  if (amount === 0) throw invalid('The amount must not be 0.', 'amount');
  return moveBalance(ctx, requireCustomer(ctx, customerId), {
    amount,
    type: 'adjustment',
    currency: params.require('currency').toLowerCase(),
    description: params.string('description') ?? null,
    metadata: params.metadata(),
  });
}

const BASE = '/v1/customers/:id/balance_transactions';

export const customerBalanceRoutes: readonly Route[] = [
  { method: 'POST', url: BASE, schema: 'CustomerCreateBalanceTransactionParams', run: createEntry },
  {
    method: 'GET',
    url: BASE,
    schema: 'CustomerListBalanceTransactionsParams',
    run: (ctx, params, id) => {
      requireCustomer(ctx, id);
      const invoice = params.string('invoice');
      const entries = ctx.account.balanceEntries
        .newestFirst()
        .filter((entry) => entry.customer === id && (invoice === undefined || entry.invoice === invoice));
      const url = `/v1/customers/${id}/balance_transactions`;
      return listPage(ctx, url, 'customer_balance_transaction', entries, params);
    },
  },
  {
    method: 'GET',
    url: `${BASE}/:entry`,
    schema: 'CustomerRetrieveBalanceTransactionParams',
    run: (ctx, _params, id, entryId) => {
      const entry = ctx.account.balanceEntries.get(entryId);
      if (entry?.customer !== id) throw noSuch('customer_balance_transaction', entryId);
      return entry;
    },
  },
];
