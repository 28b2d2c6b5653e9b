import { newId } from '../core/ids.js';
import type { CardRefusal } from '../core/test-cards.js';
import { needsAuthentication, type Authentication } from './charging.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { cardError, errorRecord } from './declines.js';
import { noSuch, StripeError } from './errors.js';
import type { Metadata, PaymentMethod, SetupIntent } from './objects.js';
import { attachMethod, behaviourOf, requirePaymentMethod } from './payment-methods.js';

export interface NewSetup {
  readonly customer: string | null;
  readonly description?: string | null;
  readonly metadata?: Metadata;
  readonly usage?: string;
}

export interface SetUp {
  readonly outcome: 'succeeded' | 'requires_action' | 'declined';
  readonly error: StripeError | undefined;
}

const AUTHENTICATION_FAILED: CardRefusal = {
  code: 'setup_intent_authentication_failure',
  declineCode: 'authentication_failed',
  message:
    'The latest attempt to set up the payment method has failed because authentication failed. You can provide ' +
    'payment_method_data or a new PaymentMethod to attempt to fulfill this SetupIntent again.',
  advice: undefined,
  networkCode: undefined,
};

export function requireSetup(ctx: Ctx, id: string, param = 'id'): SetupIntent {
  const setup = ctx.account.setupIntents.get(id);
  if (setup === undefined) throw noSuch('setupintent', id, param);
  return setup;
}

export function newSetup(ctx: Ctx, from: NewSetup): SetupIntent {
  const id = newId('seti_', 24);
  const setup: SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    cancellation_reason: null,
    client_secret: `${id}_secret_${newId('', 25)}`,
    created: now(ctx),
    customer: from.customer,
    customer_account: null,
    description: from.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: ctx.account.livemode,
    managed_payments: null,
    mandate: null,
    metadata: { ...from.metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card', 'us_bank_account'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: from.usage ?? 'off_session',
  };
  return create(ctx, ctx.account.setupIntents, setup, 'setup_intent.created');
}

/** Saves a method for later. The card may ask the customer to authenticate, or be declined. */
export function confirmSetup(
  ctx: Ctx,
  setup: SetupIntent,
  method: PaymentMethod,
  options: { authenticated?: boolean; returnUrl?: string | undefined } = {},
): SetUp {
  const behaviour = behaviourOf(ctx, method);
  const { method: card } = behaviour;
  change(ctx, ctx.account.setupIntents, setup, (changed) => {
    changed.payment_method = method.id;
    changed.next_action = null;
    changed.last_setup_error = null;
  });
  if (card.kind === 'card') {
    if (card.refusal !== undefined && card.refusesChargeOnly !== true) {
      return declined(ctx, setup, method, card.refusal);
    }
    if (needsAuthentication(card, behaviour.setUp) && options.authenticated !== true) {
      return askForAuthentication(ctx, setup, options.returnUrl);
    }
  }
  behaviour.setUp = true;
  if (setup.customer !== null) attachMethod(ctx, method, setup.customer);
  change(
    ctx,
    ctx.account.setupIntents,
    setup,
    (changed) => {
      changed.status = 'succeeded';
    },
    'setup_intent.succeeded',
  );
  return { outcome: 'succeeded', error: undefined };
}

export function finishSetupAuthentication(ctx: Ctx, setup: SetupIntent, passed: boolean): SetUp {
  const method = requirePaymentMethod(ctx, setup.payment_method ?? '');
  return passed
    ? confirmSetup(ctx, setup, method, { authenticated: true })
    : declined(ctx, setup, method, AUTHENTICATION_FAILED);
}

/** A set-up on a hosted page: the customer is there and may authenticate in the same step or in the next. */
export function confirmSetupOnPage(
  ctx: Ctx,
  setup: SetupIntent,
  method: () => PaymentMethod,
  authentication: Authentication,
): SetUp {
  if (setup.status === 'requires_action' && authentication !== undefined) {
    return finishSetupAuthentication(ctx, setup, authentication === 'complete');
  }
  const done = confirmSetup(ctx, setup, method(), { authenticated: authentication === 'complete' });
  return done.outcome === 'requires_action' && authentication === 'fail'
    ? finishSetupAuthentication(ctx, setup, false)
    : done;
}

function askForAuthentication(ctx: Ctx, setup: SetupIntent, returnUrl: string | undefined): SetUp {
  const url = `${ctx.world.pagesUrl()}/authenticate/${setup.id}`;
  change(
    ctx,
    ctx.account.setupIntents,
    setup,
    (changed) => {
      changed.status = 'requires_action';
      changed.next_action =
        returnUrl === undefined
          ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
          : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
    },
    'setup_intent.requires_action',
  );
  return { outcome: 'requires_action', error: undefined };
}

function declined(ctx: Ctx, setup: SetupIntent, method: PaymentMethod, refusal: CardRefusal): SetUp {
  change(
    ctx,
    ctx.account.setupIntents,
    setup,
    (changed) => {
      changed.status = 'requires_payment_method';
      changed.payment_method = null;
      changed.next_action = null;
      changed.last_setup_error = errorRecord(refusal, { method });
    },
    'setup_intent.setup_failed',
  );
  return { outcome: 'declined', error: cardError(refusal, { method, setupIntent: setup }) };
}

export function cancelSetup(ctx: Ctx, setup: SetupIntent, reason: string | null): SetupIntent {
  if (setup.status === 'succeeded' || setup.status === 'canceled') {
    throw new StripeError(
      'invalid_request_error',
      `You cannot cancel this SetupIntent because it has a status of ${setup.status}.`,
      { code: 'setup_intent_unexpected_state', more: { setup_intent: structuredClone(setup) } },
    );
  }
  return change(
    ctx,
    ctx.account.setupIntents,
    setup,
    (changed) => {
      changed.status = 'canceled';
      changed.cancellation_reason = reason;
      changed.next_action = null;
    },
    'setup_intent.canceled',
  );
}
