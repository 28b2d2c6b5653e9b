import type { FaultRule } from '../../src/sandbox/index.js';
import { expectWhole, setProviderTimeout, struckBy, whopInvoicesOf } from '../support/faults.js';
import { Road } from '../support/road.js';
import { TRANSPORTS, type Transport } from '../support/test-app.js';

/** What a lost request has done is answered to the same request again, by its key. */
const MISFORTUNES: readonly (readonly [string, Omit<FaultRule, 'path' | 'method'>])[] = [
  ['done, and the answer was lost', { mode: 'drop_after' }],
  ['not done, and the connection was cut', { mode: 'drop_before' }],
  ['done, and a 500', { mode: 'error_after', status: 500 }],
  ['not done, and a 500', { mode: 'error', status: 500 }],
  ['done, and a gateway’s 504', { mode: 'error_after', status: 504 }],
  ['refused by the rate limit', { mode: 'error', status: 429, headers: { 'retry-after': '1' } }],
  ['done after we gave up waiting', { mode: 'delay', ms: 1_700 }],
];

const misfortunesOn = (transport: Transport) =>
  MISFORTUNES.filter(
    ([, { mode }]) => transport === 'in-process' || mode === 'drop_after' || mode === 'delay',
  );

describe.each(TRANSPORTS)('a push to Whop, cut at each call, jobs by %s', (transport) => {
  let road: Road;
  let customerId: string;
  let connectionId: string;

  const connect = async () => {
    connectionId = (await road.connectWhop()).connection.id as string;
  };

  beforeAll(async () => {
    road = await Road.start({ transport });
    await connect();
    customerId = (await road.customer('buyer')).id as string;
    setProviderTimeout(road, 1_500);
  });
  afterAll(async () => {
    await road.stop();
  });

  const pushAndPay = async (rule: FaultRule, pushed: (invoice: any) => void = () => undefined) => {
    const made = await struckBy(road.sandbox.whop, [rule], async () => {
      const { id } = await road.invoice(customerId, [{ amount: '19.90' }, { amount: '0.09' }]);
      return road.invoiceWhen(
        id as string,
        'has its page',
        (one) => one.metadata.whop_checkout_url !== undefined,
      );
    });
    const id = made.id as string;
    await expectWhole(road, 'whop', id, { status: 'open', total: 19.99, lines: 2 });
    pushed(made);
    const page = (await road.api.get(`/invoices/${id}`)).metadata.whop_checkout_url as string;
    expect(await road.submit(page)).toBe(303);
    await road.paid(id);
    await expectWhole(road, 'whop', id, { status: 'paid', total: 19.99, lines: 2 });
    return id;
  };

  it.each(misfortunesOn(transport))('create of the product: %s', async (_what, misfortune) => {
    // A connection whose product is not made yet, and no other: each connection is told every invoice.
    await road.api.send('DELETE', `/connections/${connectionId}`);
    await connect();
    await pushAndPay({ method: 'POST', path: '/api/v1/products', ...misfortune });
    const products = (road.sandbox.whop.objects('products') as any[]).filter(
      (one) => one.title === 'Flexprice Billing Product',
    );
    expect(new Set(products.map((one) => one.account.id)).size).toBe(products.length);
  });

  it.each(misfortunesOn(transport))('create of the invoice: %s', async (_what, misfortune) => {
    const id = await pushAndPay({ method: 'POST', path: '/api/v1/invoices', ...misfortune });
    const [push] = await road.operationsOf(id);
    expect(push.attempts).toBeGreaterThan(1);
    expect(whopInvoicesOf(road, id)).toHaveLength(1);
  });

  it.each(misfortunesOn(transport))('reading of the page: %s', async (_what, misfortune) => {
    // It comes with the invoice, where it does: then there is nothing to read.
    road.sandbox.whop.configure({ tellsPage: false });
    await pushAndPay({ method: 'GET', path: '/api/v1/plans/{id}', ...misfortune });
  });
});
