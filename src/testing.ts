/**
 * For the authors of adapters, and for the tests of hosts that embed us. Nothing in here needs a test runner:
 * the contract is a list of cases, and the fake provider lives in memory.
 */
export { adapterContract } from './testing/adapter-contract.js';
export type {
  CatalogControls,
  ContractCase,
  ContractHarness,
  CustomerControls,
  Mishap,
  PaymentControls,
  RemoteControls,
  RemoteInvoiceFacts,
  RemoteObject,
  SubscriptionControls,
  WebhookSamples,
} from './testing/harness.js';
export { fakeProvider, type FakeProvider } from './testing/fake-provider.js';
