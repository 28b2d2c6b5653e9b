import assert from 'node:assert/strict';
import type { ContractCase, ContractHarness, PaymentControls } from './harness.js';
import {
  again,
  dollars,
  firstTry,
  invoiceOf,
  oneInvoice,
  payer,
  prepared,
  present,
  refused,
  unique,
} from './kit.js';
import { chargeOf, someone } from './payment.kit.js';

/** Charges of saved methods. */
export function chargeCases(harness: ContractHarness, controls: PaymentControls): ContractCase[] {
  return [
    {
      name: 'a charge that succeeds is told with its amount, and reads back',
      run: async () => {
        const who = await someone(harness);
        const method = await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'succeeds');
        const request = chargeOf(who, method);
        const payments = present(who.on.open().payments);
        const result = await payments.charge(request, firstTry(harness));
        assert.equal(result.outcome, 'accepted');
        assert.equal(result.payment.status, 'succeeded');
        assert.equal(result.payment.paymentId, request.paymentId);
        assert.deepEqual(result.payment.amount, request.amount);
        const read = await payments.fetch(result.payment.remoteId);
        assert.equal(read?.status, 'succeeded');
        assert.equal(read.paymentId, request.paymentId);
      },
    },
    {
      name: 'a refund goes back once however often it is tried, and is told with its payment',
      run: async () => {
        const who = await someone(harness);
        const method = await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'succeeds');
        const payments = present(who.on.open().payments);
        if (payments.refund === undefined) return;
        const request = chargeOf(who, method);
        const result = await payments.charge(request, firstTry(harness));
        assert.equal(result.outcome, 'accepted');
        const { remoteId: remotePaymentId } = result.payment;
        const refund = {
          refundId: unique('refund'),
          paymentId: request.paymentId,
          remotePaymentId,
          amount: dollars(1000n),
          reason: undefined,
        };
        const attempt = firstTry(harness);
        const first = await payments.refund(refund, attempt);
        harness.remote.forgetKeys?.(who.on.connection);
        const second = await payments.refund(refund, again(attempt));
        assert.equal(second.remoteId, first.remoteId);
        const rest = { ...refund, refundId: unique('refund'), amount: dollars(2000n) };
        await refused(who.on, payments.refund(rest, firstTry(harness)), 'invalid');
        const read = await payments.fetch(remotePaymentId);
        assert.deepEqual(
          read?.reversals?.refunds.map(({ refundId, amount }) => [refundId, amount.amount]),
          [[refund.refundId, 1000n]],
        );
      },
    },
    {
      name: 'a decline is a value, and the same one when the try is repeated',
      run: async () => {
        const who = await someone(harness);
        await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'declines');
        const request = chargeOf(who);
        const attempt = firstTry(harness);
        const payments = present(who.on.open().payments);
        const first = await payments.charge(request, attempt);
        assert.equal(first.outcome, 'declined');
        assert.ok(first.decline.code !== '' && first.decline.message !== '');
        const second = await payments.charge(request, again(attempt));
        assert.equal(second.outcome, 'declined');
        assert.equal(second.decline.code, first.decline.code);
        assert.equal(controls.collected(who.on.connection, request.paymentId).length, 0);
      },
    },
    {
      name: 'a new attempt after a decline charges another method',
      run: async () => {
        const who = await someone(harness);
        await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'declines');
        const request = chargeOf(who);
        const payments = present(who.on.open().payments);
        assert.equal((await payments.charge(request, firstTry(harness))).outcome, 'declined');
        await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'succeeds');
        // A second try of the new attempt: it must not take the former attempt's decline for its own.
        const result = await payments.charge(request, again(firstTry(harness)));
        assert.equal(result.outcome, 'accepted');
        assert.equal(controls.collected(who.on.connection, request.paymentId).length, 1);
      },
    },
    {
      name: 'a method that asks for its holder is a decline that says so',
      run: async () => {
        const who = await someone(harness);
        await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'asks_for_authentication');
        const result = await present(who.on.open().payments).charge(chargeOf(who), firstTry(harness));
        assert.equal(result.outcome, 'declined');
        assert.equal(result.decline.code, 'authentication_required');
      },
    },
    {
      name: 'no method to charge is a decline that says so',
      run: async () => {
        const who = await someone(harness);
        const result = await present(who.on.open().payments).charge(chargeOf(who), firstTry(harness));
        assert.equal(result.outcome, 'declined');
        assert.equal(result.decline.code, 'no_default_payment_method');
      },
    },
    {
      name: 'methods are listed, with the default among them',
      run: async () => {
        const who = await someone(harness);
        const payments = present(who.on.open().payments);
        assert.deepEqual(await payments.listMethods(who.remoteCustomerId), []);
        const first = await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'succeeds');
        const second = await controls.saveMethod(who.on.connection, who.remoteCustomerId, 'succeeds');
        await payments.setDefaultMethod(who.remoteCustomerId, first, firstTry(harness));
        const methods = await payments.listMethods(who.remoteCustomerId);
        assert.deepEqual(
          methods.filter(({ isDefault }) => isDefault).map(({ remoteId }) => remoteId),
          [first],
        );
        assert.ok(methods.some(({ remoteId }) => remoteId === second));
      },
    },
  ];
}

/** Invoices that the provider charges by itself, within the push. */
export function collectionCases(harness: ContractHarness, controls: PaymentControls): ContractCase[] {
  const push = async (behaviour: Parameters<PaymentControls['saveMethod']>[2] | 'none', lost?: number) => {
    const on = await prepared(harness);
    const customer = await payer(harness, on);
    if (behaviour !== 'none') await controls.saveMethod(on.connection, present(customer.remoteId), behaviour);
    const invoice = invoiceOf(harness, customer, { collectionMethod: 'charge_automatically' });
    const attempt = firstTry(harness);
    const work = (current = attempt) => present(on.open().invoices).push(invoice, current);
    if (lost === undefined) return { on, invoice, answer: await work() };
    harness.remote.arrange(on.connection, { kind: 'lost', after: lost });
    const first = await work().catch(() => undefined);
    harness.remote.calm();
    return { on, invoice, answer: first ?? (await work(again(attempt))) };
  };
  return [
    {
      name: 'an invoice that is charged at once is paid, with its payment',
      run: async () => {
        const { on, invoice, answer } = await push('succeeds');
        oneInvoice(harness, on, invoice, answer);
        assert.equal(answer.status, 'paid');
        assert.equal(answer.decline, undefined);
        assert.deepEqual(answer.payments[0]?.amount, invoice.amountDue);
      },
    },
    {
      name: 'a decline within a push is a value, and leaves the invoice open to be paid',
      run: async () => {
        for (const [behaviour, code] of [
          ['declines', undefined],
          ['asks_for_authentication', 'authentication_required'],
          ['none', 'no_default_payment_method'],
        ] as const) {
          const { on, invoice, answer } = await push(behaviour);
          oneInvoice(harness, on, invoice, answer);
          assert.equal(answer.status, 'open');
          assert.ok(answer.decline !== undefined, `${behaviour}: the decline is not told`);
          if (code !== undefined) assert.equal(answer.decline.code, code);
          assert.ok(answer.hostedUrl, `${behaviour}: there is no page to pay on`);
        }
      },
    },
    {
      name: 'an invoice that is charged at once is charged once, whichever answer is lost',
      run: async () => {
        for (let lost = 0; lost < 6; lost += 1)
          for (const behaviour of ['succeeds', 'declines'] as const) {
            const { on, invoice, answer } = await push(behaviour, lost);
            oneInvoice(harness, on, invoice, answer);
            assert.equal(answer.status, behaviour === 'succeeds' ? 'paid' : 'open');
            assert.equal(answer.payments.length, behaviour === 'succeeds' ? 1 : 0);
          }
      },
    },
  ];
}
