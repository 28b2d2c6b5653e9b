import {
  AUTHENTICATION_REQUIRED,
  type CardRefusal,
  type TestBankAccount,
  type TestCard,
} from '../core/test-cards.js';
import { change } from './changes.js';
import { newCharge, outcomeOf } from './charges.js';
import { later, now, type Ctx, type PaymentOutcome } from './context.js';
import { openDispute } from './disputes.js';
import { cardError, errorRecord } from './declines.js';
import { StripeError } from './errors.js';
import type { PaymentIntent, PaymentMethod } from './objects.js';
import { attachMethod, behaviourOf, requirePaymentMethod } from './payment-methods.js';

export interface Confirmation {
  readonly method: PaymentMethod;
  /** The customer is not there to authenticate. */
  readonly offSession: boolean;
  /** The customer has authenticated. */
  readonly authenticated?: boolean;
  readonly returnUrl?: string | undefined;
  readonly errorOnRequiresAction?: boolean | undefined;
}

export interface Confirmed {
  readonly outcome: PaymentOutcome;
  /** Of a decline: what the call that confirmed is answered with. */
  readonly error: StripeError | undefined;
}

const AUTHENTICATION_FAILED: CardRefusal = {
  code: 'payment_intent_authentication_failure',
  declineCode: 'authentication_failed',
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new ' +
    'PaymentMethod to attempt to fulfill this PaymentIntent again.',
  advice: undefined,
  networkCode: undefined,
};

/** Tries to collect a payment with a method. A decline is an outcome, not an exception. */
export function confirmIntent(ctx: Ctx, intent: PaymentIntent, confirmation: Confirmation): Confirmed {
  const { method } = confirmation;
  const behaviour = behaviourOf(ctx, method);
  change(ctx, ctx.account.paymentIntents, intent, (changed) => {
    changed.payment_method = method.id;
    changed.last_payment_error = null;
    changed.next_action = null;
  });
  if (method.customer === null) behaviour.spent = intent.setup_future_usage === null;
  if (behaviour.method.kind !== 'card') {
    return told(ctx, intent, startDebit(ctx, intent, method, behaviour.method));
  }
  const card = behaviour.method;
  if (needsAuthentication(card, behaviour.setUp) && confirmation.authenticated !== true) {
    const refused = confirmation.offSession || confirmation.errorOnRequiresAction === true;
    return told(
      ctx,
      intent,
      refused
        ? decline(ctx, intent, method, AUTHENTICATION_REQUIRED)
        : askForAuthentication(ctx, intent, confirmation.returnUrl),
    );
  }
  const confirmed = told(
    ctx,
    intent,
    card.refusal === undefined ? succeed(ctx, intent, method) : decline(ctx, intent, method, card.refusal),
  );
  const charge = ctx.account.charges.get(intent.latest_charge ?? '');
  if (card.dispute !== undefined && charge?.paid === true) {
    const inquiry = card.dispute === 'inquiry';
    openDispute(ctx, charge, { inquiry, reason: inquiry ? 'general' : 'fraudulent' });
  }
  return confirmed;
}

/** Goes on after the customer has passed or failed the authentication that was asked for. */
export function finishAuthentication(ctx: Ctx, intent: PaymentIntent, passed: boolean): Confirmed {
  const method = requirePaymentMethod(ctx, intent.payment_method ?? '');
  if (passed) return confirmIntent(ctx, intent, { method, offSession: false, authenticated: true });
  return told(ctx, intent, decline(ctx, intent, method, AUTHENTICATION_FAILED));
}

/** What a person answers when the bank asks whether it is them. */
export type Authentication = 'complete' | 'fail' | undefined;

/** A payment on a hosted page: the customer is there and may authenticate in the same step or in the next. */
export function confirmOnPage(
  ctx: Ctx,
  intent: PaymentIntent,
  method: () => PaymentMethod,
  authentication: Authentication,
): Confirmed {
  if (intent.status === 'requires_action' && authentication !== undefined) {
    return finishAuthentication(ctx, intent, authentication === 'complete');
  }
  const confirmed = confirmIntent(ctx, intent, {
    method: method(),
    offSession: false,
    authenticated: authentication === 'complete',
  });
  return confirmed.outcome === 'requires_action' && authentication === 'fail'
    ? finishAuthentication(ctx, intent, false)
    : confirmed;
}

/** Ends a bank debit that is in processing. */
export function settleDebit(ctx: Ctx, intent: PaymentIntent, result: 'succeeded' | 'failed'): Confirmed {
  const method = requirePaymentMethod(ctx, intent.payment_method ?? '');
  const charge = ctx.account.charges.get(intent.latest_charge ?? '');
  const { refusal = RETURNED } = behaviourOf(ctx, method).method;
  if (charge !== undefined) {
    change(
      ctx,
      ctx.account.charges,
      charge,
      (settled) => {
        settled.status = result;
        settled.paid = result === 'succeeded';
        settled.captured = settled.paid;
        settled.amount_captured = settled.paid ? settled.amount : 0;
        settled.outcome = outcomeOf(result, result === 'failed' ? refusal : undefined);
        if (!settled.paid) {
          settled.failure_code = refusal.code;
          settled.failure_message = refusal.message;
        }
      },
      result === 'succeeded' ? 'charge.succeeded' : 'charge.failed',
    );
  }
  return told(
    ctx,
    intent,
    result === 'succeeded'
      ? markSucceeded(ctx, intent, method)
      : markDeclined(ctx, intent, method, refusal, intent.latest_charge),
  );
}

const RETURNED: CardRefusal = {
  code: 'payment_method_provider_decline',
  declineCode: 'generic_decline',
  message: 'The payment was returned by the bank.',
  advice: undefined,
  networkCode: undefined,
};

export function needsAuthentication(card: TestCard, setUp: boolean): boolean {
  return card.authentication === 'always' || (card.authentication === 'unless_set_up' && !setUp);
}

function succeed(ctx: Ctx, intent: PaymentIntent, method: PaymentMethod): Confirmed {
  const charge = newCharge(ctx, intent, method, 'succeeded');
  change(ctx, ctx.account.paymentIntents, intent, (changed) => {
    changed.latest_charge = charge.id;
  });
  return markSucceeded(ctx, intent, method);
}

function markSucceeded(ctx: Ctx, intent: PaymentIntent, method: PaymentMethod): Confirmed {
  if (intent.setup_future_usage !== null && intent.customer !== null) {
    behaviourOf(ctx, method).setUp = true;
    attachMethod(ctx, method, intent.customer);
  }
  change(
    ctx,
    ctx.account.paymentIntents,
    intent,
    (changed) => {
      changed.status = 'succeeded';
      changed.amount_received = changed.amount;
      changed.next_action = null;
      changed.last_payment_error = null;
    },
    'payment_intent.succeeded',
  );
  return { outcome: 'succeeded', error: undefined };
}

function decline(ctx: Ctx, intent: PaymentIntent, method: PaymentMethod, refusal: CardRefusal): Confirmed {
  const charge = newCharge(ctx, intent, method, 'failed', refusal);
  return markDeclined(ctx, intent, method, refusal, charge.id);
}

function markDeclined(
  ctx: Ctx,
  intent: PaymentIntent,
  method: PaymentMethod,
  refusal: CardRefusal,
  charge: string | null,
): Confirmed {
  const circumstances = charge === null ? { method } : { method, charge };
  change(
    ctx,
    ctx.account.paymentIntents,
    intent,
    (changed) => {
      changed.status = 'requires_payment_method';
      changed.latest_charge = charge;
      changed.payment_method = null;
      changed.next_action = null;
      changed.last_payment_error = errorRecord(refusal, circumstances);
    },
    'payment_intent.payment_failed',
  );
  return { outcome: 'declined', error: cardError(refusal, { ...circumstances, paymentIntent: intent }) };
}

function askForAuthentication(ctx: Ctx, intent: PaymentIntent, returnUrl: string | undefined): Confirmed {
  const url = `${ctx.world.pagesUrl()}/authenticate/${intent.id}`;
  change(
    ctx,
    ctx.account.paymentIntents,
    intent,
    (changed) => {
      changed.status = 'requires_action';
      changed.next_action =
        returnUrl === undefined
          ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
          : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
    },
    'payment_intent.requires_action',
  );
  return { outcome: 'requires_action', error: undefined };
}

function startDebit(
  ctx: Ctx,
  intent: PaymentIntent,
  method: PaymentMethod,
  bank: TestBankAccount,
): Confirmed {
  const charge = newCharge(ctx, intent, method, 'pending');
  change(
    ctx,
    ctx.account.paymentIntents,
    intent,
    (changed) => {
      changed.status = 'processing';
      changed.latest_charge = charge.id;
    },
    'payment_intent.processing',
  );
  if (bank.settles !== 'stays') {
    const at = now(ctx) + ctx.world.settings.asyncPaymentSeconds;
    later(ctx, at, `bank debit of ${intent.id}`, (then) => {
      if (intent.status !== 'processing' || intent.latest_charge !== charge.id) return;
      settleDebit(then, intent, bank.settles === 'succeeds' ? 'succeeded' : 'failed');
    });
  }
  return { outcome: 'processing', error: undefined };
}

function told(ctx: Ctx, intent: PaymentIntent, confirmed: Confirmed): Confirmed {
  for (const listener of ctx.world.paymentListeners) listener(ctx, intent, confirmed.outcome);
  return confirmed;
}
