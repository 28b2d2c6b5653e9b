import { catalogueCases, planPush } from './catalogue.cases.js';
import { connectionCases } from './connection.cases.js';
import { customerCases } from './customer.cases.js';
import type { ContractCase, ContractHarness } from './harness.js';
import { invoiceCases } from './invoice.cases.js';
import { paymentCases, paymentUndertakings } from './payment.cases.js';
import { customerPush, invoicePush, recoveryCases } from './recovery.cases.js';
import { subscriptionCases, subscriptionUpdate } from './subscription.cases.js';
import { webhookCases } from './webhook.cases.js';
import { withdrawalCases } from './withdrawal.cases.js';

/**
 * The laws of `ProviderAdapter` as cases for any test runner:
 *
 *     for (const { name, run } of adapterContract(harness)) test(name, run);
 *
 * Which there are depends on the operation groups that the adapter has. A group without controls to look at it from
 * behind is an error, not a gap: a law that is not checked does not hold for long.
 */
export function adapterContract(harness: ContractHarness): ContractCase[] {
  const { adapter, remote } = harness;
  const session = adapter.open(harness.connection(), harness.runtime);
  const customers = controlsOf('customers', session.customers, remote.customers);
  const payments = controlsOf('payments', session.payments, remote.payments);
  const catalog = controlsOf('catalog', session.catalog, remote.catalog);
  const subscriptions = controlsOf('subscriptions', session.subscriptions, remote.subscriptions);
  return [
    ...connectionCases(harness),
    ...webhookCases(harness),
    ...(customers === undefined ? [] : customerCases(harness, customers)),
    ...(catalog === undefined ? [] : catalogueCases(harness, catalog)),
    ...(subscriptions === undefined ? [] : subscriptionCases(harness, subscriptions)),
    ...(session.invoices === undefined ? [] : [...invoiceCases(harness), ...withdrawalCases(harness)]),
    ...(payments === undefined ? [] : paymentCases(harness, payments)),
    ...recoveryCases(harness, [
      ...(customers === undefined ? [] : [customerPush(harness)]),
      ...(session.invoices === undefined ? [] : [invoicePush(harness)]),
      ...(catalog === undefined || session.catalog?.push === undefined ? [] : [planPush(harness, catalog)]),
      ...(subscriptions === undefined || session.subscriptions?.update === undefined
        ? []
        : [subscriptionUpdate(harness, subscriptions)]),
      ...(payments === undefined ? [] : paymentUndertakings(harness, payments)),
    ]),
  ];
}

function controlsOf<T>(name: string, group: object | undefined, controls: T | undefined): T | undefined {
  if (group !== undefined && controls === undefined)
    throw new Error(`the adapter has ${name}, but the harness has no controls for them`);
  return group === undefined ? undefined : controls;
}
