import { change, create } from './changes.js';
import { type Authentication, confirmOnPage } from './charging.js';
import { requireSession, planOf } from './checkout-sessions.js';
import { later, now, type Ctx, type PaymentListener } from './context.js';
import { newCustomer } from './customers.js';
import { invalid, type StripeError } from './errors.js';
import type { PaymentIntent, PaymentMethod, Session } from './objects.js';
import { cancelIntent, isUnfinished, newIntent } from './payment-intents.js';
import { cancelSetup, confirmSetupOnPage, requireSetup } from './setup-intents.js';

export interface Submission {
  /** Made only when it is needed: a method that is being authenticated is not asked for again. */
  readonly method: () => PaymentMethod;
  readonly email: string | null;
  readonly name: string | null;
  readonly save: boolean;
  readonly authentication: Authentication;
}

export type Submitted =
  | { readonly outcome: 'complete' }
  | { readonly outcome: 'requires_action' }
  | { readonly outcome: 'declined'; readonly error: StripeError };

export function planExpiry(ctx: Ctx, session: Session): void {
  planOf(ctx, session).cancelExpiry = later(ctx, session.expires_at, `expiry of ${session.id}`, (then) => {
    if (session.status === 'open') expireSession(then, session);
  });
}

/** What the button of a hosted page does. */
export function submitSession(ctx: Ctx, session: Session, submission: Submission): Submitted {
  if (session.status !== 'open') throw invalid(`This Checkout Session is ${session.status}.`);
  note(ctx, session, submission);
  if (session.mode === 'setup') return setUp(ctx, session, submission);
  if (session.amount_total === 0) {
    complete(ctx, session, 'no_payment_required');
    return { outcome: 'complete' };
  }
  const intent = intentOf(ctx, session, submission);
  const { outcome, error } = confirmOnPage(ctx, intent, submission.method, submission.authentication);
  if (error !== undefined) return { outcome: 'declined', error };
  return { outcome: outcome === 'requires_action' ? outcome : 'complete' };
}

/** Remembers who is at the page, and makes a customer of them where that was asked for. */
function note(ctx: Ctx, session: Session, { email, name }: Submission): void {
  const known = ctx.account.customers.get(session.customer ?? '');
  const who = {
    email: known?.email ?? session.customer_email ?? email,
    name: known?.name ?? name,
  };
  session.customer_details = {
    address: known?.address ?? null,
    business_name: null,
    email: who.email,
    individual_name: null,
    name: who.name,
    phone: known?.phone ?? null,
    tax_exempt: known?.tax_exempt ?? 'none',
    tax_ids: [],
  };
  if (session.customer === null && planOf(ctx, session).createCustomer) {
    session.customer = create(ctx, ctx.account.customers, newCustomer(ctx, who), 'customer.created').id;
  }
}

function intentOf(ctx: Ctx, session: Session, { save }: Submission): PaymentIntent {
  const plan = planOf(ctx, session);
  const usage = plan.setupFutureUsage ?? (plan.offerToSave && save ? 'off_session' : null);
  const begun = ctx.account.paymentIntents.get(session.payment_intent ?? '');
  if (begun !== undefined) {
    begun.setup_future_usage = usage;
    return begun;
  }
  const intent = newIntent(ctx, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    customer: session.customer,
    description: plan.intentDescription,
    metadata: plan.intentMetadata,
    receiptEmail: plan.receiptEmail,
    setupFutureUsage: usage,
    shipping: plan.shipping,
  });
  session.payment_intent = intent.id;
  ctx.account.sessions.touch(session, now(ctx));
  return intent;
}

function setUp(ctx: Ctx, session: Session, submission: Submission): Submitted {
  const setup = requireSetup(ctx, session.setup_intent ?? '');
  setup.customer ??= session.customer;
  const { outcome, error } = confirmSetupOnPage(ctx, setup, submission.method, submission.authentication);
  if (error !== undefined) return { outcome: 'declined', error };
  if (outcome === 'requires_action') return { outcome };
  complete(ctx, session, 'no_payment_required');
  return { outcome: 'complete' };
}

function complete(ctx: Ctx, session: Session, paymentStatus: Session['payment_status']): void {
  planOf(ctx, session).cancelExpiry();
  change(
    ctx,
    ctx.account.sessions,
    session,
    (completed) => {
      completed.status = 'complete';
      completed.payment_status = paymentStatus;
      completed.url = null;
    },
    'checkout.session.completed',
  );
}

export function expireSession(ctx: Ctx, session: Session): Session {
  if (session.status !== 'open') {
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ` +
        `${session.status}.`,
    );
  }
  planOf(ctx, session).cancelExpiry();
  change(
    ctx,
    ctx.account.sessions,
    session,
    (expired) => {
      expired.status = 'expired';
      expired.url = null;
    },
    'checkout.session.expired',
  );
  const intent = ctx.account.paymentIntents.get(session.payment_intent ?? '');
  if (intent !== undefined && isUnfinished(intent)) cancelIntent(ctx, intent, 'expired');
  const setup = ctx.account.setupIntents.get(session.setup_intent ?? '');
  if (setup !== undefined && setup.status !== 'succeeded') cancelSetup(ctx, setup, null);
  return session;
}

/** Where a completed page sends the customer. */
export function successUrlOf(session: Session): string {
  return session.success_url
    .replaceAll('{CHECKOUT_SESSION_ID}', session.id)
    .replaceAll('%7BCHECKOUT_SESSION_ID%7D', session.id);
}

/** Hears of every payment; the one of a session completes it, a delayed one has its second word later. */
export const sessionListener: PaymentListener = (ctx, intent, outcome) => {
  const [owner] = ctx.account.sessions.where('intent', intent.id);
  if (owner === undefined) return;
  const session = requireSession(ctx, owner.id);
  if (session.status === 'open') {
    if (outcome === 'succeeded') complete(ctx, session, 'paid');
    else if (outcome === 'processing') complete(ctx, session, 'unpaid');
    return;
  }
  if (session.payment_status !== 'unpaid') return;
  if (outcome === 'succeeded') {
    change(
      ctx,
      ctx.account.sessions,
      session,
      (paid) => {
        paid.payment_status = 'paid';
      },
      'checkout.session.async_payment_succeeded',
    );
  } else if (outcome === 'declined') {
    change(ctx, ctx.account.sessions, session, () => undefined, 'checkout.session.async_payment_failed');
  }
};
