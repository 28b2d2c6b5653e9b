import Stripe from 'stripe';
import { money } from '../../domain/money.js';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import type { PaymentOperations } from '../provider-adapter.js';
import type { Attempt, ChargeRequest, CheckoutRequest, SetupRequest } from '../provider-objects.js';
import { stripeAdapter } from './stripe.adapter.js';

let sandbox: Sandbox;
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => {
  sandbox.stripe.clearFaults();
  expect(sandbox.stripe.schemaViolations()).toEqual([]);
});
afterAll(() => sandbox.stop());

async function account() {
  accounts += 1;
  const key = `sk_test_payments_${String(accounts).padStart(6, '0')}`;
  const { hostname, port } = new URL(sandbox.stripe.url);
  const stripe = new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false });
  const { id: customerId } = await stripe.customers.create({ email: 'ada@example.com' });
  const { payments } = stripeAdapter.open(
    { connectionId: 'conn_1', environmentId: 'env_1', credentials: { secret_key: key } },
    { baseUrl: sandbox.stripe.url, timeoutMs: 10_000, now: () => new Date() },
  );
  const attach = async (token: string) =>
    (await stripe.paymentMethods.attach(token, { customer: customerId })).id;
  const sent = (path: string) =>
    sandbox.stripe.requests({ account: key, path, method: 'POST' }).at(-1)?.params;
  const calls = () =>
    sandbox.stripe.requests({ account: key }).map(({ method, template }) => `${method} ${template ?? ''}`);
  sandbox.stripe.clearRequests();
  return { key, stripe, customerId, payments: payments as PaymentOperations, attach, sent, calls };
}

const tryOf = (key: string, number = 1): Attempt => ({ key, firstTriedAt: new Date(), number });

const chargeOf = (remoteCustomerId: string, remotePaymentMethodId?: string): ChargeRequest => ({
  paymentId: 'pay_1',
  invoiceId: 'inv_1',
  remoteCustomerId,
  remotePaymentMethodId,
  amount: money(2500n, 'usd'),
  description: 'Invoice INV-1',
  saveCardAndMakeDefault: false,
  metadata: { order: '7' },
});

describe('a charge', () => {
  test('of a method is one call, and carries what a later try needs', async () => {
    const { customerId, payments, attach, sent, calls } = await account();
    const method = await attach('pm_card_visa');
    sandbox.stripe.clearRequests();
    const result = await payments.charge(chargeOf(customerId, method), tryOf('pay_1:1'));
    expect(calls()).toEqual(['POST /v1/payment_intents']);
    expect(sent('/v1/payment_intents')).toMatchObject({
      amount: '2500',
      currency: 'usd',
      customer: customerId,
      payment_method: method,
      off_session: 'true',
      confirm: 'true',
      description: 'Invoice INV-1',
      metadata: {
        flexprice_payment_id: 'pay_1',
        flexprice_invoice_id: 'inv_1',
        flexprice_environment: 'env_1',
        flexprice_attempt: 'pay_1:1',
        sync_source: 'flexprice',
        order: '7',
      },
    });
    expect(result).toMatchObject({
      outcome: 'accepted',
      payment: { status: 'succeeded', method: { brand: 'visa', last4: '4242', remoteId: method } },
    });
  });

  test.each([
    ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline', 'try_again_later'],
    [
      'pm_card_visa_chargeDeclinedInsufficientFunds',
      'insufficient_funds',
      'insufficient_funds',
      'try_again_later',
    ],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card', 'do_not_try_again'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error', 'try_again_later'],
    ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card', 'do_not_try_again'],
  ])('of %s is declined as %s (%s), with the advice %s', async (token, code, providerCode, advice) => {
    const { customerId, payments, attach, key } = await account();
    // Cards that refuse everything cannot be attached: an ordinary one that turns bad afterwards can.
    const method = await attach('pm_card_visa');
    const number = DECLINING[token as keyof typeof DECLINING];
    sandbox.stripe.changeCard(method, number);
    const result = await payments.charge(chargeOf(customerId, method), tryOf('pay_1:1'));
    expect(result).toMatchObject({
      outcome: 'declined',
      decline: { code, providerCode, advice },
      payment: { paymentId: 'pay_1', status: 'failed', amount: money(2500n, 'usd') },
    });
    expect(sandbox.stripe.objects('payment_intents', key)).toHaveLength(1);
  });

  test('makes its method the default when that is asked for', async () => {
    const { customerId, payments, attach, stripe } = await account();
    const method = await attach('pm_card_visa');
    const request = { ...chargeOf(customerId, method), saveCardAndMakeDefault: true };
    expect(await payments.charge(request, tryOf('pay_1:1'))).toMatchObject({ outcome: 'accepted' });
    const customer = (await stripe.customers.retrieve(customerId)) as Stripe.Customer;
    expect(customer.invoice_settings.default_payment_method).toBe(method);
  });

  test('stays accepted when its method could not be made the default', async () => {
    const { key, customerId, payments, attach } = await account();
    const request = { ...chargeOf(customerId, await attach('pm_card_visa')), saveCardAndMakeDefault: true };
    sandbox.stripe.fault({ account: key, path: '/v1/customers/{id}', method: 'POST', mode: 'drop_before' });
    expect(await payments.charge(request, tryOf('pay_1:1'))).toMatchObject({ outcome: 'accepted' });
  });

  test('of a customer who is not there is not_found', async () => {
    const { payments } = await account();
    const charge = payments.charge(chargeOf('cus_nobody'), tryOf('pay_1:1'));
    await expect(charge).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('of a bank account is in processing, and then as it ends', async () => {
    const { customerId, payments, attach } = await account();
    const result = await payments.charge(
      chargeOf(customerId, await attach('pm_usBankAccount_success')),
      tryOf('pay_1:1'),
    );
    expect(result).toMatchObject({
      outcome: 'accepted',
      payment: { status: 'processing', paidAt: undefined },
    });
    const id = result.payment?.remoteId ?? '';
    sandbox.stripe.settlePayment(id, 'succeeded');
    expect(await payments.fetch(id)).toMatchObject({ status: 'succeeded', amount: money(2500n, 'usd') });
  });

  test('never goes past a key that is taken with another method, however long ago that was', async () => {
    const { key, customerId, payments, attach, stripe } = await account();
    const asDefault = async (id: string) =>
      stripe.customers.update(customerId, { invoice_settings: { default_payment_method: id } });
    await asDefault(await attach('pm_card_visa'));
    sandbox.stripe.fault({ account: key, path: '/v1/payment_intents', mode: 'error', status: 500 });
    const attempt = { ...tryOf('pay_1:1'), firstTriedAt: new Date(Date.now() - 3_600_000) };
    await expect(payments.charge(chargeOf(customerId), attempt)).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await asDefault(await attach('pm_card_mastercard'));
    const second = payments.charge(chargeOf(customerId), { ...attempt, number: 2 });
    await expect(second).rejects.toMatchObject({ kind: 'unavailable', code: 'idempotency_key_in_use' });
    expect(sandbox.stripe.objects('payment_intents', key)).toEqual([]);
  });

  test('another attempt never charges a payment that has gone through', async () => {
    const { customerId, payments, attach, key } = await account();
    const request = chargeOf(customerId, await attach('pm_card_visa'));
    await payments.charge(request, tryOf('pay_1:1'));
    expect(await payments.charge(request, tryOf('pay_1:2', 2))).toMatchObject({ outcome: 'accepted' });
    expect(sandbox.stripe.objects('payment_intents', key)).toHaveLength(1);
  });
});

const DECLINING = {
  pm_card_chargeCustomerFail: '4000000000000341',
  pm_card_visa_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_chargeDeclinedExpiredCard: '4000000000000069',
  pm_card_chargeDeclinedProcessingError: '4000000000000119',
  pm_card_visa_chargeDeclinedStolenCard: '4000000000009979',
};

test('the payment of an invoice names its invoice', async () => {
  const { stripe, customerId, payments } = await account();
  const invoice = await stripe.invoices.create({ customer: customerId, currency: 'usd' });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 900, description: 'x' }] });
  await stripe.invoices.pay(invoice.id, { payment_method: 'pm_card_visa' });
  const [intent] = (await stripe.paymentIntents.list({ customer: customerId })).data;
  expect(await payments.fetch(intent?.id ?? '')).toMatchObject({
    remoteInvoiceId: invoice.id,
    paymentId: undefined,
    foreign: false,
    status: 'succeeded',
  });
});

describe('a hosted page', () => {
  const pageOf = (remoteCustomerId: string, more: Partial<CheckoutRequest> = {}): CheckoutRequest => ({
    paymentId: 'pay_1',
    invoiceId: 'inv_1',
    remoteCustomerId,
    amount: money(5n, 'isk'),
    description: 'Invoice INV-1',
    successUrl: 'https://app.example/done?session={CHECKOUT_SESSION_ID}',
    cancelUrl: 'https://app.example/back',
    saveCardAndMakeDefault: true,
    expiresAt: undefined,
    metadata: {},
    ...more,
  });

  test('is one call, with the marks on the session and on its payment', async () => {
    const { customerId, payments, calls, sent } = await account();
    const page = await payments.createCheckout(pageOf(customerId), tryOf('pay_1:1'));
    expect(calls()).toEqual(['POST /v1/checkout/sessions']);
    const params = sent('/v1/checkout/sessions') as Record<string, never>;
    expect(params).toMatchObject({
      mode: 'payment',
      ui_mode: 'hosted_page',
      client_reference_id: 'pay_1',
      line_items: [{ quantity: '1', price_data: { currency: 'isk', unit_amount: '500' } }],
      metadata: { flexprice_payment_id: 'pay_1', flexprice_environment: 'env_1' },
      payment_intent_data: {
        metadata: { flexprice_payment_id: 'pay_1', flexprice_environment: 'env_1' },
        setup_future_usage: 'off_session',
      },
    });
    expect(params).not.toHaveProperty('payment_method_types');
    expect(params).not.toHaveProperty('expires_at');
    expect(page).toMatchObject({ mode: 'payment', status: 'open', paymentId: 'pay_1', foreign: false });
  });

  test.each([
    ['too early', 5 * 60_000, 30 * 60_000],
    ['in between', 3_600_000, 3_600_000],
    ['too late', 72 * 3_600_000, 24 * 3_600_000],
  ])('that is to expire %s expires as near to it as Stripe allows', async (_name, wanted, given) => {
    const { customerId, payments } = await account();
    const expiresAt = new Date(Date.now() + wanted);
    const page = await payments.createCheckout(pageOf(customerId, { expiresAt }), tryOf('pay_1:1'));
    expect(Math.abs((page.expiresAt?.getTime() ?? 0) - Date.now() - given)).toBeLessThan(65_000);
  });

  test('to save a method needs a currency, unless it is said which methods', async () => {
    const { customerId, payments, sent } = await account();
    const setup: SetupRequest = {
      customerId: 'cust_1',
      remoteCustomerId: customerId,
      currency: 'eur',
      successUrl: 'https://app.example/done',
      cancelUrl: 'https://app.example/back',
      setDefault: true,
      usage: 'off_session',
      paymentMethodTypes: undefined,
      metadata: {},
    };
    const page = await payments.createSetup(setup, tryOf('setup:1'));
    expect(sent('/v1/checkout/sessions')).toMatchObject({
      mode: 'setup',
      currency: 'eur',
      setup_intent_data: { metadata: { set_default: 'true', flexprice_customer_id: 'cust_1' } },
    });
    expect(page.remoteSetupId).toMatch(/^seti_/);
    expect(page.clientSecret).toMatch(/^seti_.*_secret_/);
    await payments.createSetup({ ...setup, paymentMethodTypes: ['card'] }, tryOf('setup:2'));
    const params = sent('/v1/checkout/sessions');
    expect(params).toMatchObject({ allowed_payment_method_types: ['card'] });
    expect(params).not.toHaveProperty('currency');
  });

  test('whose payment is declined stays open, and tells the decline when it is given up', async () => {
    const { stripe, customerId, payments } = await account();
    const page = await payments.createCheckout(pageOf(customerId), tryOf('pay_1:1'));
    const body = new URLSearchParams({ card_number: '4000000000000002' });
    await fetch(`${page.url ?? ''}/submit`, { method: 'POST', body, redirect: 'manual' });
    const after = await payments.fetchCheckout(page.remoteId);
    expect(after?.status).toBe('open');
    const [intent] = (await stripe.paymentIntents.list({ customer: customerId })).data;
    expect(await payments.fetch(intent?.id ?? '')).toMatchObject({
      status: 'failed',
      paymentId: 'pay_1',
      decline: { code: 'card_declined' },
    });
  });
});
