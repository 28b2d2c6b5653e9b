import Stripe from 'stripe';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import { stripeAdapter } from './stripe.adapter.js';
import { STRIPE_EVENTS } from './webhooks.js';

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

const URL_OF_OURS = 'https://billing.example/v1/webhooks/stripe/conn_1';

function account() {
  accounts += 1;
  const key = `sk_test_endpoints_${String(accounts).padStart(6, '0')}`;
  const register = (number: number) => {
    const { webhookEndpoints } = stripeAdapter.open(
      { connectionId: 'conn_1', environmentId: 'env_1', credentials: { secret_key: key } },
      { baseUrl: sandbox.stripe.url, timeoutMs: 10_000, now: () => new Date() },
    );
    if (webhookEndpoints === undefined) throw new Error('no endpoints');
    return webhookEndpoints.register(URL_OF_OURS, {
      key: 'conn_1:webhook',
      firstTriedAt: new Date(),
      number,
    });
  };
  const endpoints = () => sandbox.stripe.objects('webhook_endpoints', key) as Stripe.WebhookEndpoint[];
  return { key, register, endpoints };
}

test('an endpoint is registered with the events and the version that are read here', async () => {
  const { register, endpoints } = account();
  const { remoteId, secret } = await register(1);
  expect(secret).toMatch(/^whsec_/);
  expect(endpoints()).toMatchObject([{ id: remoteId, url: URL_OF_OURS, enabled_events: STRIPE_EVENTS }]);
  expect(await register(1)).toEqual({ remoteId, secret }); // the recorded answer still tells the secret
});

test('one whose secret was lost is replaced, not left behind', async () => {
  const { key, register, endpoints } = account();
  sandbox.stripe.fault({ account: key, method: 'POST', mode: 'drop_after' });
  await expect(register(1)).rejects.toMatchObject({ kind: 'unavailable' });
  const { remoteId } = await register(2);
  expect(endpoints().map(({ id }) => id)).toEqual([remoteId]);
});
