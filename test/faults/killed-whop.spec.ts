import { expectWhole } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { ServerProcess } from '../support/server-process.js';
import { WhopAccount } from '../support/whop-account.js';

/** A server of its own, on a machine that is busy with other tests. */
const STARTS_MS = 120_000;

/** The process dies in the midst of each call to Whop, which has no idempotency for invoices. */
describe('kill -9 while Whop is told', () => {
  let road: Road<ServerProcess>;
  let whop: WhopAccount;
  let customerId: string;

  beforeAll(async () => {
    road = await Road.on(
      (sandbox) =>
        ServerProcess.start({
          transport: 'in-process',
          baseUrls: { stripe: sandbox.stripe.url, whop: sandbox.whop.url },
        }),
      // Webhooks wait for a server that is down for some seconds.
      [100, 500, 1000, 2000, 4000, 8000],
    );
    whop = new WhopAccount(road);
    customerId = (await road.customer('killed')).id as string;
    const secret = await whop.addWebhook(road.webhookUrl('whop'));
    await whop.connect({ webhook_secret: secret });
  }, STARTS_MS);
  afterAll(async () => {
    await road.stop();
  });

  const killedDuring = async (method: string, path: string, work: () => Promise<unknown>) => {
    const { id } = road.sandbox.whop.fault({ account: whop.apiKey, method, path, mode: 'delay', ms: 700 });
    const asked = work().catch((error: unknown) => error);
    await eventually('the call is under way', () =>
      Promise.resolve((road.sandbox.whop.faults().find((fault) => fault.id === id)?.struck ?? 0) > 0),
    );
    await road.server.kill();
    await asked;
    road.sandbox.whop.clearFaults(id);
    await road.server.leasesOver();
    await road.server.restart();
  };
  const invoice = async () =>
    (await road.invoice(customerId, [{ amount: '10.00' }, { amount: '7.26' }])).id as string;
  const withPage = (id: string) =>
    road.invoiceWhen(id, 'has its page', (one) => one.metadata.whop_checkout_url !== undefined);

  it.each([
    ['POST', '/api/v1/products'],
    ['POST', '/api/v1/invoices'],
    ['GET', '/api/v1/plans/{id}'],
  ])(
    '%s %s: one product, one invoice that can be paid, its page on ours',
    async (method, path) => {
      let id = '';
      road.sandbox.whop.configure({ tellsPage: path !== '/api/v1/plans/{id}' });
      await killedDuring(method, path, async () => {
        id = await invoice();
      });
      const { metadata } = await withPage(id);
      await expectWhole(road, 'whop', id, { status: 'open', total: 17.26, lines: 2 });
      expect(whop.invoicesOf(id)).toHaveLength(1);
      expect(whop.products()).toHaveLength(1);
      expect(await road.submit(metadata.whop_checkout_url as string)).toBe(303);
      await road.paid(id);
      await expectWhole(road, 'whop', id, { status: 'paid', total: 17.26, lines: 2 });
    },
    STARTS_MS,
  );

  it(
    'POST /api/v1/invoices/{id}/mark_paid: marked paid, and no second payment',
    async () => {
      const id = await invoice();
      await withPage(id);
      await killedDuring('POST', '/api/v1/invoices/{id}/mark_paid', () =>
        road.api.create('/payments', {
          destination_type: 'INVOICE',
          destination_id: id,
          payment_method_type: 'OFFLINE',
          amount: '17.26',
          currency: 'usd',
        }),
      );
      await road.settled(id);
      await eventually('told', () => Promise.resolve(whop.invoicesOf(id)[0].status === 'paid'));
      await expectWhole(road, 'whop', id, { status: 'paid', total: 17.26, lines: 2 });
    },
    STARTS_MS,
  );

  it(
    'POST /api/v1/invoices/{id}/void: void there',
    async () => {
      const id = await invoice();
      await withPage(id);
      await killedDuring('POST', '/api/v1/invoices/{id}/void', () => road.api.post(`/invoices/${id}/void`));
      const operations = await road.settled(id);
      expect(operations.map((one) => `${one.action} ${one.state}`)).toEqual([
        'push succeeded',
        'void succeeded',
      ]);
      expect(whop.invoicesOf(id).map((one) => one.status)).toEqual(['void']);
    },
    STARTS_MS,
  );
});
