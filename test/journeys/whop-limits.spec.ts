import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { startTestApp } from '../support/test-app.js';
import { WhopAccount } from '../support/whop-account.js';

const atOf = (road: Road, whop: WhopAccount): number[] =>
  road.sandbox.whop.requests({ account: whop.apiKey }).map(({ at }) => Date.parse(at));
const withPage = (road: Road, id: string) =>
  road.invoiceWhen(id, 'has its page', (one) => one.metadata.whop_checkout_url !== undefined);

describe('what Whop is asked, when nobody has said how much it takes', () => {
  let road: Road;
  beforeAll(async () => {
    road = await Road.on((sandbox) =>
      startTestApp({
        providers: { baseUrls: { stripe: sandbox.stripe.url, whop: sandbox.whop.url }, timeoutMs: 3_000 },
      }),
    );
  });
  afterAll(async () => {
    await road.stop();
  });

  it('is two calls a second, however many invoices wait', async () => {
    const whop = new WhopAccount(road);
    const { id } = await whop.connect();
    const customer = await road.customer('slow');
    const invoices = await Promise.all(Array.from({ length: 5 }, () => road.invoice(customer.id as string)));
    for (const invoice of invoices) await withPage(road, invoice.id as string);
    const calls = atOf(road, whop);
    expect(calls.length).toBeGreaterThanOrEqual(12); // two for the product, two for each invoice
    // Any three calls in a row take about a second; a busy machine may be late, never early.
    for (let n = 2; n < calls.length; n += 1) expect(calls[n]! - calls[n - 2]!).toBeGreaterThan(850);
    await road.api.expect(200, 'DELETE', `/connections/${id}`);
  });

  it('stops for everybody when Whop says that it is too much, for as long as it says', async () => {
    const whop = new WhopAccount(road);
    await whop.connect();
    const customer = await road.customer('limited');
    await withPage(road, (await road.invoice(customer.id as string)).id as string);
    road.sandbox.whop.fault({
      account: whop.apiKey,
      method: 'POST',
      path: '/api/v1/invoices',
      mode: 'error',
      status: 429,
      headers: { 'retry-after': '3' },
    });
    const [first, second] = await Promise.all([
      road.invoice(customer.id as string),
      road.invoice(customer.id as string),
    ]);
    for (const invoice of [first, second]) await withPage(road, invoice.id as string);
    const calls = road.sandbox.whop.requests({ account: whop.apiKey });
    const refused = calls.findIndex(({ status }) => status === 429);
    expect(refused).toBeGreaterThan(0);
    expect(Date.parse(calls[refused + 1]!.at) - Date.parse(calls[refused]!.at)).toBeGreaterThan(2_900);
    for (const invoice of [first, second]) expect(whop.invoicesOf(invoice.id as string)).toHaveLength(1);
  });
});

describe('what invoices cost', () => {
  let road: Road;
  beforeAll(async () => {
    road = await Road.start();
  });
  afterAll(async () => {
    await road.stop();
  });

  it('is one call each and one for the pages of a hundred, when a hundred are pushed', async () => {
    const whop = new WhopAccount(road);
    const { id } = await whop.connect();
    const customer = await road.customer('many');
    await withPage(road, (await road.invoice(customer.id as string)).id as string);
    // They wait for a connection that is paused, and go out together.
    road.sandbox.whop.revokeKey(whop.apiKey);
    await road.invoice(customer.id as string);
    await eventually(
      'paused',
      async () => (await road.api.get(`/connections/${id}`)).health.state === 'paused',
    );
    const ids: string[] = [];
    for (let n = 0; n < 10; n += 1)
      for (const one of await Promise.all(
        Array.from({ length: 10 }, () => road.invoice(customer.id as string)),
      ))
        ids.push(one.id as string);
    await eventually('all wait', async () => {
      const { items } = await road.api.get('/integrations/operations?state=pending,retrying&limit=1000');
      return items.length === 101;
    });
    road.sandbox.whop.attachKey(whop.apiKey, whop.companyId);
    road.sandbox.whop.clearRequests();
    expect(await road.api.post(`/connections/${id}/test`)).toMatchObject({ ok: true });
    for (const invoiceId of ids) await withPage(road, invoiceId);
    const calls = whop.calls();
    expect(calls['POST /invoices']).toBe(101);
    const reads = Object.entries(calls)
      .filter(([call]) => call !== 'POST /invoices')
      .reduce((sum, [, count]) => sum + count, 0);
    // The test of the connection, the look of the one that was refused before, the pages of the last few and of the rest.
    expect(reads).toBeLessThan(30);
    expect(calls['GET /plans']).toBeLessThanOrEqual(5);
    for (const invoiceId of ids) expect(whop.invoicesOf(invoiceId)).toHaveLength(1);
  }, 60_000);
});
