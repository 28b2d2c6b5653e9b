import assert from 'node:assert/strict';
import type { ChargeResult, RemoteCheckout } from '../providers/provider-objects.js';
import { chargeCases, collectionCases } from './charge.cases.js';
import { settled } from './connection.cases.js';
import type { ContractCase, ContractHarness, PaymentControls } from './harness.js';
import { present, unique } from './kit.js';
import { pageCases } from './page.cases.js';
import { chargeOf, openCheckout, someone } from './payment.kit.js';
import type { Undertaking } from './recovery.cases.js';

/** Both of them have to happen once. */
export function paymentUndertakings(harness: ContractHarness, controls: PaymentControls): Undertaking[] {
  return [
    {
      name: 'a charge',
      begin: async () => {
        const who = await someone(harness);
        const { on, remoteCustomerId } = who;
        await controls.saveMethod(on.connection, remoteCustomerId, 'succeeds');
        const request = chargeOf(who);
        return {
          on,
          work: (attempt) => present(on.open().payments).charge(request, attempt),
          check: (answer) => {
            assert.equal((answer as ChargeResult).outcome, 'accepted');
            assert.equal(controls.collected(on.connection, request.paymentId).length, 1, 'not charged once');
          },
        };
      },
    },
    {
      name: 'a hosted page',
      begin: async () => {
        const who = await someone(harness);
        const paymentId = unique('pay');
        return {
          on: who.on,
          work: openCheckout(harness, who, paymentId),
          check: (answer) => {
            assert.deepEqual(
              controls.checkouts(who.on.connection, paymentId).map(({ remoteId }) => remoteId),
              [(answer as RemoteCheckout).remoteId],
            );
          },
        };
      },
    },
  ];
}

export function paymentCases(harness: ContractHarness, controls: PaymentControls): ContractCase[] {
  return [
    ...chargeCases(harness, controls),
    ...collectionCases(harness, controls),
    ...pageCases(harness, controls),
  ].map((one) => settled(harness, one));
}
