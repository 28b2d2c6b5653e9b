import { createHash } from 'node:crypto';
import { newId } from '../core/ids.js';
import {
  accountByIban,
  methodByNumber,
  methodByToken,
  type TestBankAccount,
  type TestCard,
  type TestMethod,
} from '../core/test-cards.js';
import { change } from './changes.js';
import { now, type Ctx } from './context.js';
import { cardError } from './declines.js';
import { invalid, missingParam, noSuch, notPlayed } from './errors.js';
import type { MethodBehaviour } from './notes.js';
import type { PaymentMethod } from './objects.js';
import { Params } from './params.js';

export function requirePaymentMethod(ctx: Ctx, id: string, param = 'id'): PaymentMethod {
  const method = ctx.account.paymentMethods.get(id);
  if (method === undefined) throw noSuch('PaymentMethod', id, param);
  return method;
}

/** A stored payment method, or a new one made from a test token such as `pm_card_visa`. */
export function resolveMethod(ctx: Ctx, idOrToken: string, param: string): PaymentMethod {
  const known = methodByToken(idOrToken);
  return known === undefined ? requirePaymentMethod(ctx, idOrToken, param) : newMethod(ctx, known);
}

export function behaviourOf(ctx: Ctx, method: PaymentMethod): MethodBehaviour {
  const behaviour = ctx.account.behaviours.get(method.id);
  if (behaviour === undefined) throw new Error(`${method.id} has no behaviour`);
  return behaviour;
}

/** Newest first. */
export function methodsOf(ctx: Ctx, customer: string): PaymentMethod[] {
  return ctx.account.paymentMethods.newestFirst().filter((method) => method.customer === customer);
}

export interface Expiry {
  readonly month: number;
  readonly year: number;
}

export function newMethod(
  ctx: Ctx,
  method: TestMethod,
  details: { expiry?: Expiry | undefined; billing?: Params | undefined } = {},
): PaymentMethod {
  const { account } = ctx;
  const { billing } = details;
  const created = now(ctx);
  const stored: PaymentMethod = {
    id: newId('pm_', 24),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: billing?.address('address') ?? {
        city: null,
        country: null,
        line1: null,
        line2: null,
        postal_code: null,
        state: null,
      },
      email: billing?.string('email') ?? null,
      name: billing?.string('name') ?? null,
      phone: billing?.string('phone') ?? null,
      tax_id: null,
    },
    created,
    customer: null,
    customer_account: null,
    livemode: account.livemode,
    metadata: {},
    type: method.kind,
    ...(method.kind === 'card'
      ? { card: cardDetails(ctx, method, details.expiry) }
      : { [method.kind]: method.kind === 'sepa_debit' ? sepaDetails(method) : bankDetails(method) }),
  };
  account.paymentMethods.insert(stored, created);
  account.behaviours.set(stored.id, { method, setUp: false, spent: false });
  return stored;
}

function cardDetails(ctx: Ctx, card: TestCard, expiry: Expiry | undefined): object {
  return {
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: card.brand,
    exp_month: expiry?.month ?? 12,
    exp_year: expiry?.year ?? new Date(ctx.account.clock.now()).getUTCFullYear() + 3,
    fingerprint: fingerprint(card.number),
    funding: card.funding,
    generated_from: null,
    last4: card.number.slice(-4),
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function bankDetails(bank: TestBankAccount): object {
  return {
    account_holder_type: 'individual',
    account_type: 'checking',
    bank_name: 'STRIPE TEST BANK',
    financial_connections_account: null,
    fingerprint: fingerprint(bank.number),
    last4: bank.number.slice(-4),
    networks: { preferred: 'ach', supported: ['ach'] },
    routing_number: '110000000',
    status_details: null,
  };
}

function sepaDetails({ number }: TestBankAccount): object {
  return {
    bank_code: number.slice(4, 9),
    branch_code: null,
    country: number.slice(0, 2),
    fingerprint: fingerprint(number),
    generated_from: { charge: null, setup_attempt: null },
    last4: number.slice(-4),
  };
}

function fingerprint(number: string): string {
  return createHash('sha256').update(`sandbox:${number}`).digest('base64url').slice(0, 16);
}

/** Saves a method for a customer. A card that would be declined is declined here already. */
export function attachMethod(ctx: Ctx, method: PaymentMethod, customer: string): PaymentMethod {
  if (method.customer === customer) return method;
  if (method.customer !== null) {
    throw invalid(
      'The payment method you provided has already been attached to a customer.',
      'payment_method',
      'payment_method_unexpected_state',
    );
  }
  const { method: behaviour, spent } = behaviourOf(ctx, method);
  if (spent) {
    throw invalid(
      'This PaymentMethod was previously used without being attached to a Customer or was detached from a ' +
        'Customer, and may not be used again.',
      'payment_method',
    );
  }
  if (behaviour.kind === 'card' && behaviour.refusal !== undefined && behaviour.refusesChargeOnly !== true) {
    throw cardError(behaviour.refusal, {});
  }
  return change(
    ctx,
    ctx.account.paymentMethods,
    method,
    (attached) => {
      attached.customer = customer;
    },
    'payment_method.attached',
  );
}

export function detachMethod(ctx: Ctx, method: PaymentMethod): PaymentMethod {
  if (method.customer === null) {
    throw invalid(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      'payment_method',
    );
  }
  const customer = ctx.account.customers.get(method.customer);
  behaviourOf(ctx, method).spent = true;
  const { detachKeepsDefault, detachTellsCustomer } = ctx.world.settings;
  // What becomes of the default, no page says.
  if (customer?.invoice_settings.default_payment_method === method.id && !detachKeepsDefault) {
    change(
      ctx,
      ctx.account.customers,
      customer,
      (changed) => {
        changed.invoice_settings.default_payment_method = null;
      },
      ...(detachTellsCustomer ? ['customer.updated'] : []),
    );
  }
  return change(
    ctx,
    ctx.account.paymentMethods,
    method,
    (detached) => {
      detached.customer = null;
    },
    'payment_method.detached',
  );
}

/** From the parameters of a payment method or of `payment_method_data`. */
export function methodFrom(ctx: Ctx, params: Params): PaymentMethod {
  const type = params.require('type');
  const billing = params.object('billing_details');
  if (type === 'card') {
    const card = params.object('card');
    if (card === undefined) throw missingParam(params.nameOf('card'));
    const token = card.string('token');
    if (token !== undefined) {
      const known = methodByToken(token);
      if (known === undefined) throw noSuch('token', token, card.nameOf('token'));
      return newMethod(ctx, known, { billing });
    }
    const known = methodByNumber(card.require('number'));
    if (known?.kind !== 'card') {
      throw invalid('Your card number is incorrect.', card.nameOf('number'), 'incorrect_number');
    }
    const expiry = { month: card.requireInteger('exp_month'), year: card.requireInteger('exp_year') };
    return newMethod(ctx, known, { billing, expiry });
  }
  if (type === 'us_bank_account') {
    const number = params.object('us_bank_account')?.string('account_number') ?? '';
    const known = methodByNumber(number);
    if (known?.kind !== 'us_bank_account') {
      throw invalid('Must use test bank account numbers.', 'us_bank_account[account_number]');
    }
    return newMethod(ctx, known, { billing });
  }
  if (type === 'sepa_debit') {
    const known = accountByIban(params.object('sepa_debit')?.string('iban') ?? '');
    if (known === undefined)
      throw invalid('Must use test IBANs.', 'sepa_debit[iban]', 'invalid_bank_account_iban');
    for (const field of ['name', 'email'] as const) billing?.require(field);
    return newMethod(ctx, known, { billing });
  }
  throw notPlayed(`payment methods of type ${type}`, params.nameOf('type'));
}
