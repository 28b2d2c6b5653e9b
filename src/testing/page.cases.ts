import assert from 'node:assert/strict';
import type { ContractCase, ContractHarness, PaymentControls } from './harness.js';
import { bench, dollars, firstTry, present, unique } from './kit.js';
import { openCheckout, PAGES, someone } from './payment.kit.js';

/** Hosted pages, to pay and to save a method. */
export function pageCases(harness: ContractHarness, controls: PaymentControls): ContractCase[] {
  return [
    {
      name: 'a hosted page tells its payment when it is complete, and expires when it is not wanted',
      run: async () => {
        const who = await someone(harness);
        const payments = present(who.on.open().payments);
        const [paidId, leftId] = [unique('pay'), unique('pay')];
        const page = await openCheckout(harness, who, paidId)();
        assert.equal(page.status, 'open');
        assert.ok(page.url);
        assert.equal(page.paymentId, paidId);
        await controls.completeCheckout(who.on.connection, page.remoteId);
        const complete = await payments.fetchCheckout(page.remoteId);
        assert.equal(complete?.status, 'complete');
        assert.equal(complete.payment?.status, 'succeeded');
        assert.equal(complete.payment.paymentId, paidId);
        assert.deepEqual(complete.payment.amount, dollars(2500n));
        const left = await openCheckout(harness, who, leftId)();
        const ended = await payments.expireCheckout?.(left.remoteId, firstTry(harness));
        if (ended === undefined) return;
        assert.equal(ended.status, 'expired');
        const endedAgain = await payments.expireCheckout?.(left.remoteId, firstTry(harness));
        assert.equal(endedAgain?.status, 'expired');
        const done = await payments.expireCheckout?.(page.remoteId, firstTry(harness));
        assert.equal(done?.status, 'complete');
      },
    },
    {
      name: 'a set-up page saves a method, and says whether it is to become the default',
      run: async () => {
        for (const setDefault of [true, false]) {
          const who = await someone(harness);
          const payments = present(who.on.open().payments);
          const page = await payments.createSetup(
            {
              customerId: 'cust_contract',
              remoteCustomerId: who.remoteCustomerId,
              currency: 'usd',
              ...PAGES,
              setDefault,
              usage: 'off_session',
              paymentMethodTypes: undefined,
              metadata: {},
            },
            firstTry(harness),
          );
          assert.equal(page.mode, 'setup');
          await controls.completeCheckout(who.on.connection, page.remoteId);
          const complete = await payments.fetchCheckout(page.remoteId);
          assert.equal(complete?.status, 'complete');
          const set = await payments.fetchSetup(present(complete.remoteSetupId));
          assert.equal(set?.status, 'succeeded');
          assert.equal(set.setDefault, setDefault);
          assert.equal(set.remoteCustomerId, who.remoteCustomerId);
          const methods = await payments.listMethods(who.remoteCustomerId);
          assert.deepEqual(
            methods.map(({ remoteId }) => remoteId),
            [set.method?.remoteId],
          );
        }
      },
    },
    {
      name: 'a payment says whether its method is to become the default',
      run: async () => {
        const who = await someone(harness);
        const payments = present(who.on.open().payments);
        for (const setDefault of [true, false]) {
          const page = await openCheckout(harness, who, unique('pay'), setDefault)();
          await controls.completeCheckout(who.on.connection, page.remoteId);
          const complete = await payments.fetchCheckout(page.remoteId);
          assert.equal(complete?.payment?.setDefault ?? false, setDefault);
          const payment = await payments.fetch(present(complete?.remotePaymentId));
          assert.equal(payment?.setDefault ?? false, setDefault);
        }
      },
    },
    {
      name: 'payments, pages and set-ups that the provider has never heard of are null',
      run: async () => {
        const payments = present(bench(harness).open().payments);
        assert.equal(await payments.fetch('unknown_0000'), null);
        assert.equal(await payments.fetchCheckout('unknown_0000'), null);
        assert.equal(await payments.fetchSetup('unknown_0000'), null);
      },
    },
  ];
}
