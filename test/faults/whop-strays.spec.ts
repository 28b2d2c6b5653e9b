import { setProviderTimeout, struckBy } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { WhopAccount } from '../support/whop-account.js';

/**
 * A POST that Whop carries out long after we gave it up: our next try has looked, found nothing and made an invoice of
 * its own, and has looked once more. Then there are two, and nobody was told. At the newest date one key is one invoice.
 */
describe('a second invoice at Whop that a lost request has made', () => {
  let road: Road;
  let whop: WhopAccount;
  let connection: any;
  let customerId: string;
  beforeAll(async () => {
    road = await Road.start();
    customerId = (await road.customer('buyer')).id as string;
    whop = new WhopAccount(road);
    const secret = await whop.addWebhook(road.webhookUrl('whop'));
    connection = await whop.connect({ webhook_secret: secret, api_version_date: '2026-07-20' });
    await pushed(); // the product is there
    setProviderTimeout(road, 400);
  });
  afterAll(async () => {
    await road.stop();
  });

  const pushed = async () => {
    const { id } = await road.invoice(customerId, [{ amount: '25.00' }]);
    return road.invoiceWhen(
      id as string,
      'has its page',
      (one) => one.metadata.whop_checkout_url !== undefined,
    );
  };
  const statuses = (invoice: any) => whop.invoicesOf(invoice.id as string).map((one) => one.status);
  const reconcile = async () =>
    (await road.api.post(`/integrations/connections/${connection.id}/reconcile`)).changed;

  /** The first of its two requests takes effect last. */
  const pushedTwice = async () => {
    const rule = {
      account: whop.apiKey,
      method: 'POST',
      path: '/api/v1/invoices',
      mode: 'delay',
      ms: 3_000,
    } as const;
    const invoice = await struckBy(road.sandbox.whop, [rule], pushed);
    expect(statuses(invoice)).toEqual(['open']);
    const mapped = invoice.metadata.whop_invoice_id as string;
    await eventually('the late one is made', () => Promise.resolve(statuses(invoice).length === 2));
    const stray = whop.invoicesOf(invoice.id as string).find((one) => one.id !== mapped);
    expect(stray.status).toBe('open');
    return { invoice, mapped, stray };
  };

  it('is found and made void; the mapped one stays, and is paid', async () => {
    const { invoice, mapped, stray } = await pushedTwice();
    expect(await reconcile()).toBe(1);
    const remotes = Object.fromEntries(
      whop.invoicesOf(invoice.id as string).map((one) => [one.id, one.status]),
    );
    expect(remotes).toEqual({ [mapped]: 'open', [stray.id]: 'void' });
    const note = (await road.operationsOf(invoice.id as string)).find((one) => one.action === 'void_stray');
    expect(note).toMatchObject({
      state: 'succeeded',
      provider_entity_id: stray.id,
      reason: `a lost request had made ${stray.id} as well; ${mapped} stays, and ${stray.id} was made void`,
    });
    expect(await reconcile()).toBe(0);
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '25', overpaid_amount: '0' });
  });

  it('is money for our invoice when somebody was quicker and paid it, and the mapped one is made void', async () => {
    const { invoice, mapped, stray } = await pushedTwice();
    expect(await road.submit(whop.pageOf(stray))).toBe(303);
    // Nobody can place it yet: it is where a person sees it.
    await eventually('the money is parked', async () => {
      const { items } = await road.api.get('/integrations/webhook-events?state=parked&limit=10');
      return items.some(({ reason }: any) => reason.includes(`not ${stray.id}, which has been paid`));
    });
    expect((await road.api.get(`/invoices/${invoice.id}`)).amount_paid).toBe('0');
    expect(await reconcile()).toBeGreaterThan(0);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '25', overpaid_amount: '0' });
    expect(whop.invoices().find((one) => one.id === mapped).status).toBe('void');
    await reconcile();
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
  });

  it('shows as overpaid when both were paid', async () => {
    const { invoice, stray } = await pushedTwice();
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
    await road.paid(invoice.id as string);
    expect(await road.submit(whop.pageOf(stray))).toBe(303);
    await reconcile();
    await reconcile();
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      amount_paid: '50',
      overpaid_amount: '25',
    });
    const note = (await road.operationsOf(invoice.id as string)).filter((one) => one.action === 'void_stray');
    expect(note).toMatchObject([{ reason: expect.stringContaining('and it was paid') }]);
  });

  it('is not looked for where nothing was in doubt', async () => {
    const calm = new WhopAccount(road);
    await road.api.expect(200, 'DELETE', `/connections/${connection.id}`);
    setProviderTimeout(road, 3_000);
    connection = await calm.connect();
    await pushed();
    await reconcile();
    expect(calm.calls()).not.toHaveProperty('GET /plans');
  });
});
