import { newId } from '../core/ids.js';
import type { TestMethod } from '../core/test-cards.js';
import { AUTHENTICATION_REQUIRED } from '../core/test-cards.js';
import { nowIso, type Ctx } from './context.js';
import { notFound } from './errors.js';
import { fallDue, isPayable, move } from './invoices.js';
import { tell } from './messages.js';
import type { Invoice, Member, Payment } from './objects.js';
import { showPayment } from './payment-view.js';
import { requirePlan } from './plans.js';

export function requirePayment(ctx: Ctx, id: string): Payment {
  const payment = ctx.account.payments.get(id);
  if (payment === undefined) throw notFound('Payment', id);
  return payment;
}

/** The member with this address, or a new one. */
export function memberFor(ctx: Ctx, email: string | null, name: string | null): Member {
  const known = [...ctx.account.members.values()].find(({ user }) => email !== null && user.email === email);
  if (known !== undefined) return known;
  const member: Member = {
    id: newId('mber_', 14),
    user: { id: newId('user_', 14), name, username: newId('guest', 8).toLowerCase(), email },
    methods: new Map(),
  };
  ctx.account.members.set(member.id, member);
  return member;
}

export function saveMethod(member: Member, method: TestMethod): string {
  const id = newId('payt_', 14);
  member.methods.set(id, method);
  return id;
}

/** Tries to collect an invoice. The payment that it returns tells how that went. */
export function payInvoice(
  ctx: Ctx,
  invoice: Invoice,
  member: Member,
  methodId: string,
  options: { authenticated: boolean },
): Payment {
  const method = member.methods.get(methodId);
  if (method === undefined) throw notFound('Payment method', methodId);
  const plan = requirePlan(ctx, invoice.planId);
  const payment: Payment = {
    id: newId('pay_', 14),
    companyId: invoice.companyId,
    invoiceId: invoice.id,
    planId: plan.id,
    member,
    methodId,
    method,
    createdAt: nowIso(ctx),
    currency: plan.currency,
    total: plan.initialPrice,
    updatedAt: nowIso(ctx),
    paidAt: null,
    status: 'open',
    substatus: 'pending',
    failureMessage: null,
    authenticated: options.authenticated,
    refunds: [],
  };
  ctx.account.payments.set(payment.id, payment);
  invoice.user = member.user;
  if (method.kind !== 'card') waitForBank(ctx, payment);
  else if (method.authentication !== undefined && !options.authenticated) {
    fail(ctx, payment, AUTHENTICATION_REQUIRED.message);
  } else if (method.refusal !== undefined) fail(ctx, payment, method.refusal.message);
  else succeed(ctx, payment);
  return payment;
}

function waitForBank(ctx: Ctx, payment: Payment): void {
  payment.status = 'pending';
  tell(ctx, payment.companyId, 'payment.pending', (as) => showPayment(as, payment));
  const { method } = payment;
  if (method.kind === 'card' || method.settles === 'stays') return;
  const at = ctx.account.clock.now() + ctx.world.settings.asyncPaymentSeconds * 1000;
  ctx.account.clock.schedule(at, ctx.account.id, `bank debit of ${payment.id}`, () => {
    if (payment.status === 'pending') {
      settlePayment(ctx, payment, method.settles === 'succeeds' ? 'succeeded' : 'failed');
    }
  });
}

export function settlePayment(ctx: Ctx, payment: Payment, result: 'succeeded' | 'failed'): void {
  if (result === 'succeeded') succeed(ctx, payment);
  else fail(ctx, payment, payment.method.refusal?.message ?? 'The payment was returned by the bank.');
}

function succeed(ctx: Ctx, payment: Payment): void {
  payment.status = 'paid';
  payment.substatus = 'succeeded';
  payment.paidAt = nowIso(ctx);
  payment.updatedAt = payment.paidAt;
  tell(ctx, payment.companyId, 'payment.succeeded', (as) => showPayment(as, payment));
  const invoice = ctx.account.invoices.get(payment.invoiceId);
  if (invoice !== undefined && isPayable(invoice)) move(ctx, invoice, 'paid', 'invoice.paid');
}

function fail(ctx: Ctx, payment: Payment, message: string): void {
  payment.status = 'open';
  payment.substatus = 'failed';
  payment.failureMessage = message;
  payment.updatedAt = nowIso(ctx);
  tell(ctx, payment.companyId, 'payment.failed', (as) => showPayment(as, payment));
  const invoice = ctx.account.invoices.get(payment.invoiceId);
  if (invoice !== undefined) fallDue(ctx, invoice);
}
