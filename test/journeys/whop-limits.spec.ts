import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { startTestApp } from '../support/test-app.js';
import { WhopAccount } from '../support/whop-account.js';

const postsOf = (road: Road, whop: WhopAccount) =>
  road.sandbox.whop.requests({ account: whop.apiKey, method: 'POST', path: '/api/v1/invoices' });
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

  it('is one call each, ten a second at most to one operation', async () => {
    const whop = new WhopAccount(road);
    const { id } = await whop.connect();
    const customer = await road.customer('slow');
    await withPage(road, (await road.invoice(customer.id as string)).id as string);
    road.sandbox.whop.clearRequests();
    const invoices = await Promise.all(Array.from({ length: 12 }, () => road.invoice(customer.id as string)));
    for (const invoice of invoices) await withPage(road, invoice.id as string);
    expect(whop.calls()).toMatchObject({ 'POST /invoices': 12 });
    const times = postsOf(road, whop).map(({ at }) => Date.parse(at));
    // Any eleven calls in a row take a second; a busy machine may be late, never early.
    for (let n = 10; n < times.length; n += 1) expect(times[n]! - times[n - 10]!).toBeGreaterThan(950);
    await road.api.expect(200, 'DELETE', `/connections/${id}`);
  });

  it('stops for everybody who asks for the same when Whop says that it is too much, for as long as it says', async () => {
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
      body: { error: { type: 'rate_limit_exceeded', message: 'Try again in 3 seconds.' } },
    });
    const [first, second] = await Promise.all([
      road.invoice(customer.id as string),
      road.invoice(customer.id as string),
    ]);
    for (const invoice of [first, second]) await withPage(road, invoice.id as string);
    const calls = postsOf(road, whop);
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

  it('is one call each, when a hundred are pushed', async () => {
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
    // The test of the connection, and the look of the one that was refused before.
    expect(reads).toBeLessThan(30);
    expect(calls).not.toHaveProperty('GET /plans'); // their pages came along
    for (const invoiceId of ids) expect(whop.invoicesOf(invoiceId)).toHaveLength(1);
  }, 60_000);
});
