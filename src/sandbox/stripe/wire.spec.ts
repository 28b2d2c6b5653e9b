import fs from 'node:fs';
import Stripe from 'stripe';
import { SchemaFile } from '../core/schemas.js';
import { type Sandbox, startSandbox } from '../index.js';
import { errorOf, newKey, stripeClient } from '../test-support.js';
import { stripeRoutes } from './routes.js';
import { DEFAULT_SETTINGS } from './settings.js';
import { WireCheck } from './wire-check.js';

const FILES = ['requests', 'objects'].map(
  (name) => new URL(`./schemas/${name}.schema.json`, import.meta.url),
);

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => sandbox.stop());
beforeEach(() => sandbox.stripe.clearSchemaViolations());

test.each(FILES)('%s was generated from the SDK that is installed', (file) => {
  const { $comment: comment, $id: id } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>;
  expect(comment).toContain(`stripe-node ${Stripe.PACKAGE_VERSION} (MIT)`);
  expect(id).toContain(Stripe.API_VERSION);
});

test('an unknown parameter is refused by name, however deep, and recorded', async () => {
  const stripe = stripeClient(sandbox);
  const { id } = await stripe.customers.create({});
  const top = await errorOf(
    stripe.paymentIntents.create({ amount: 1, currency: 'usd', payment_method_types: ['card'] } as never),
  );
  expect(top).toMatchObject({ statusCode: 400, code: 'parameter_unknown', param: 'payment_method_types' });
  const invoice = await stripe.invoices.create({ customer: id, currency: 'usd' });
  const deep = await errorOf(
    stripe.invoices.addLines(invoice.id, { lines: [{ amount: 1 }, { amount: 1, currency: 'usd' } as never] }),
  );
  expect(deep.param).toBe('lines[1][currency]');
  expect(sandbox.stripe.schemaViolations()).toMatchObject([
    { direction: 'request', schema: 'PaymentIntentCreateParams', where: 'POST /v1/payment_intents' },
    { direction: 'request', schema: 'InvoiceAddLinesParams', where: 'POST /v1/invoices/{id}/add_lines' },
  ]);
});

test('types and choices are checked, because the compiler leaves the choices open', async () => {
  const stripe = stripeClient(sandbox);
  const { id } = await stripe.customers.create({});
  const choice = await errorOf(stripe.invoices.create({ customer: id, collection_method: 'bogus' }));
  expect(choice).toMatchObject({ param: 'collection_method' });
  expect(choice.message).toMatch(/must be one of charge_automatically, send_invoice/);
  const number = await errorOf(stripe.paymentIntents.create({ amount: 1.5, currency: 'usd' }));
  expect(number).toMatchObject({ code: 'parameter_invalid_integer', param: 'amount' });
  const url = await errorOf(
    stripe.checkout.sessions.create({ mode: 'setup', currency: 'usd', ui_mode: 'hosted' }),
  );
  expect(url.param).toBe('ui_mode');
  const missing = await errorOf(stripe.paymentIntents.create({ currency: 'usd' } as never));
  expect(missing).toMatchObject({ code: 'parameter_missing', param: 'amount' });
});

test('a caller that pins another version is answered, and recorded', async () => {
  const stripe = stripeClient(sandbox, newKey(), { apiVersion: '2025-03-31.basil' as never });
  await stripe.customers.list();
  expect(sandbox.stripe.schemaViolations()).toMatchObject([
    { schema: '(headers)', where: 'GET /v1/customers' },
  ]);
});

test('a sandbox that is not strict lets unknown parameters pass', async () => {
  sandbox.stripe.configure({ strict: false });
  try {
    const stripe = stripeClient(sandbox);
    const params = { amount: 1, currency: 'usd', payment_method_types: ['card'] } as never;
    expect((await stripe.paymentIntents.create(params)).amount).toBe(1);
    expect(sandbox.stripe.schemaViolations()).toEqual([]);
  } finally {
    sandbox.stripe.configure({ strict: true });
  }
});

test('answers and webhooks are held against the types: what is wrong is recorded', () => {
  const check = new WireCheck({ ...DEFAULT_SETTINGS });
  check.response({ object: 'customer', id: 'cus_1', surprise: true }, 'GET /v1/customers/{id}');
  check.response({ object: 'list', data: [{ object: 'unheard_of' }] }, 'GET /v1/unheard');
  check.webhook({ object: 'event', type: 'invoice.bogus', data: { object: { object: 'invoice' } } });
  expect(check.violations().map(({ schema, direction }) => [direction, schema])).toEqual([
    ['response', 'Customer'],
    ['response', '(none)'],
    ['webhook', 'EventBase'],
    ['webhook', 'Invoice'],
  ]);
  expect(check.violations()[0]?.errors.join()).toContain('surprise');
});

test('form bodies are read like Stripe reads them', async () => {
  const key = newKey();
  const send = async (body: string, type = 'application/x-www-form-urlencoded'): Promise<Response> =>
    fetch(`${sandbox.stripe.url}/v1/customers`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
        'stripe-version': Stripe.API_VERSION,
        'content-type': type,
      },
      body,
    });
  const created = await send('name=%C3%9Cn%C3%AF&metadata[a]=1&address[line1]=1+Main&expand[]=subscriptions');
  expect(await created.json()).toMatchObject({
    name: 'Ünï',
    metadata: { a: '1' },
    address: { line1: '1 Main' },
    subscriptions: { object: 'list', data: [] },
  });
  expect((await send('{"name":"x"}', 'application/json')).status).toBe(400);
  const wrong = await errorOf(stripeClient(sandbox, key).customers.list({ expand: ['data.nonsense'] }));
  expect(wrong.message).toMatch(/cannot be expanded/);
  expect((await errorOf(stripeClient(sandbox, key).rawRequest('GET', '/v1/coupons'))).statusCode).toBe(404);
});

test('every parameter type that a route names exists', () => {
  const requests = new SchemaFile(FILES[0]!, { coerce: true });
  const unknown = stripeRoutes.filter(({ schema }) => schema !== undefined && !requests.has(schema));
  expect(unknown).toEqual([]);
});
