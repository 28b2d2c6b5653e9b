import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import type { Attempt } from '../provider-objects.js';
import { whopAdapter } from './whop.adapter.js';

let sandbox: Sandbox;
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => {
  sandbox.whop.clearFaults();
  expect(sandbox.whop.schemaViolations()).toEqual([]);
});
afterAll(() => sandbox.stop());

const tryOf = (number = 1): Attempt => ({ key: 'conn_1:inv_1:push', firstTriedAt: new Date(), number });

interface Shown {
  readonly id: string;
  readonly title: string;
  readonly visibility: string;
}

function account() {
  accounts += 1;
  const key = `apik_products_${accounts}`;
  const companyId = `biz_products_${accounts}`;
  const open = (settings: Readonly<Record<string, string>> = {}) =>
    whopAdapter.open(
      {
        connectionId: `conn_${accounts}`,
        environmentId: 'env_1',
        credentials: { api_key: key, company_id: companyId, ...settings },
      },
      { baseUrl: sandbox.whop.url, timeoutMs: 10_000, now: () => new Date() },
    );
  const prepare = async (settings?: Readonly<Record<string, string>>, attempt = tryOf()) =>
    (await open(settings).invoices?.prepare?.(attempt))?.settings;
  const products = () => sandbox.whop.objects('products', key) as Shown[];
  const calls = () => sandbox.whop.requests({ account: key }).length;
  return { key, companyId, open, prepare, products, calls };
}

/** A product that the merchant has made. */
async function someProduct({ open, key, companyId }: ReturnType<typeof account>): Promise<string> {
  await open().verify();
  const answer = await fetch(`${sandbox.whop.url}/products`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'api-version-date': '2026-07-20',
    },
    body: JSON.stringify({ account_id: companyId, title: 'My product' }),
  });
  return ((await answer.json()) as Shown).id;
}

test('without a product one is made, once, that nobody sees in the marketplace', async () => {
  const { prepare, products, calls } = account();
  const settings = await prepare();
  expect(products()).toMatchObject([{ title: 'Flexprice Billing Product', visibility: 'quick_link' }]);
  const id = products()[0]?.id ?? '';
  expect(settings).toEqual({ product_id: id, product_check: `created:${id}` });
  const before = calls();
  expect(await prepare(settings)).toBeUndefined();
  expect(calls()).toBe(before);
});

test('two first pushes at once make one product', async () => {
  const { prepare, products } = account();
  const [one, two] = await Promise.all([
    prepare(),
    prepare(undefined, { ...tryOf(), key: 'conn_1:inv_2:push' }),
  ]);
  expect(one).toEqual(two);
  expect(products()).toHaveLength(1);
});

test('a product whose id was lost is found again, with the key forgotten', async () => {
  const { key, prepare, products } = account();
  sandbox.whop.fault({ account: key, path: '/api/v1/products', method: 'POST', mode: 'drop_after' });
  await expect(prepare()).rejects.toMatchObject({ kind: 'unavailable' });
  sandbox.whop.pruneIdempotencyKeys(key);
  expect((await prepare(undefined, tryOf(2)))?.product_id).toBe(products()[0]?.id);
  expect(products()).toHaveLength(1);
});

test('a failure that Whop repeats under its key does not stand in the way for ever', async () => {
  const { key, prepare, products } = account();
  sandbox.whop.fault({ account: key, path: '/api/v1/products', method: 'POST', mode: 'error', status: 500 });
  for (const number of [1, 2, 3])
    await expect(prepare(undefined, tryOf(number))).rejects.toMatchObject({ kind: 'unavailable' });
  await prepare(undefined, tryOf(4));
  expect(products()).toHaveLength(1);
});

test('the same session can go on to push with the product it has made', async () => {
  const { open } = account();
  const { invoices } = open();
  await invoices?.prepare?.(tryOf());
  expect(await invoices?.prepare?.(tryOf())).toBeUndefined();
});

test('a configured product is checked once, and again when another one is configured', async () => {
  const on = account();
  const first = await someProduct(on);
  const settings = { product_id: first, ...(await on.prepare({ product_id: first })) };
  expect(settings).toEqual({ product_id: first, product_check: `configured:${first}` });
  expect(await on.prepare(settings)).toBeUndefined();
  const second = await someProduct(on);
  expect(await on.prepare({ ...settings, product_id: second })).toEqual({
    product_check: `configured:${second}`,
  });
});

test('a configured product that is not there, or somebody else’s, is an error that names the field', async () => {
  const [mine, theirs] = [account(), account()];
  await mine.open().verify();
  const foreign = await someProduct(theirs);
  for (const [id, code] of [
    ['prod_gone', 'product_not_found'],
    [foreign, 'product_of_other_company'],
  ] as const) {
    const expected = { kind: 'invalid', code, param: 'product_id' };
    await expect(mine.prepare({ product_id: id })).rejects.toMatchObject(expected);
    await expect(mine.open({ product_id: id }).verify()).rejects.toMatchObject(expected);
  }
  expect(mine.products()).toEqual([]);
});

test('a product that we have made and that is gone is made anew, on the try after', async () => {
  const { prepare, products } = account();
  const gone = { product_id: 'prod_gone', product_check: 'created:prod_gone' };
  expect(await prepare(gone)).toBeUndefined();
  const forgotten = await prepare(gone, tryOf(2));
  expect(forgotten).toEqual({ product_check: 'gone:prod_gone' });
  expect(products()).toEqual([]);
  const settings = await prepare({ ...gone, ...forgotten });
  const [made] = products();
  expect(made?.title).toBe('Flexprice Billing Product');
  expect(settings).toEqual({ product_id: made?.id, product_check: `created:${made?.id ?? ''}` });
});

test('that a product cannot be read just now makes no new one', async () => {
  const { key, prepare, products } = account();
  sandbox.whop.fault({ account: key, path: '/api/v1/products/{id}', mode: 'error', status: 500 });
  const made = { product_id: 'prod_x', product_check: 'created:prod_x' };
  await expect(prepare(made, tryOf(2))).rejects.toMatchObject({ kind: 'unavailable' });
  expect(products()).toEqual([]);
});

describe('verifying', () => {
  test('checks a configured product with the key and the company', async () => {
    const on = account();
    const id = await someProduct(on);
    expect(await on.open({ product_id: id }).verify()).toEqual({
      accountId: on.companyId,
      livemode: undefined,
      settings: { product_check: `configured:${id}` },
    });
    expect(await on.open().verify()).toEqual({ accountId: on.companyId, livemode: undefined });
  });

  test('of a company that is not the key’s names the company', async () => {
    const [mine, theirs] = [account(), account()];
    await mine.open().verify();
    await theirs.open().verify();
    for (const company_id of [theirs.companyId, 'biz_nobody'])
      await expect(mine.open({ company_id }).verify()).rejects.toMatchObject({
        kind: 'auth',
        param: 'company_id',
      });
  });
});

test('a webhook is registered with its secret, and replaces one whose secret was lost', async () => {
  const { key, open } = account();
  const url = 'https://billing.example/v1/webhooks/whop/conn_1';
  sandbox.whop.fault({ account: key, path: '/api/v1/webhooks', method: 'POST', mode: 'drop_after' });
  const register = () => open().webhookEndpoints?.register(url, tryOf());
  await expect(register()).rejects.toMatchObject({ kind: 'unavailable' });
  const registered = await register();
  expect(registered?.secret).toMatch(/^ws_/);
  const webhooks = sandbox.whop.objects('webhooks', key) as (Shown & { events: string[] })[];
  expect(webhooks.map(({ id }) => id)).toEqual([registered?.remoteId]);
  expect(webhooks[0]?.events).toContain('invoice.paid');
});
