import { expectWhole, stripeInvoicesOf } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { ServerProcess } from '../support/server-process.js';
import { TRANSPORTS } from '../support/test-app.js';

const LINES = [{ amount: '10.00' }, { amount: '7.26' }];

/** The process dies while a provider works on its call: what it was told it never hears. */
describe.each(TRANSPORTS)('kill -9, jobs by %s', (transport) => {
  let road: Road<ServerProcess>;
  let secretKey: string;
  let customerId: string;
  let connectionId: string;

  beforeAll(async () => {
    road = await Road.on(
      (sandbox) =>
        ServerProcess.start({
          transport,
          baseUrls: { stripe: sandbox.stripe.url, whop: sandbox.whop.url },
        }),
      // Webhooks wait for a server that is down for some seconds.
      [100, 500, 1000, 2000, 4000, 8000],
    );
    const connected = await road.connectStripe();
    secretKey = connected.secretKey;
    connectionId = connected.connection.id as string;
    customerId = (await road.customer('killed')).id as string;
    await road.saveCard(customerId);
  });
  afterAll(async () => {
    await road.stop();
  });

  /** Kills the server while its call is on the way, and starts another in its place. */
  const killedDuring = async (
    provider: 'stripe' | 'whop',
    path: string,
    work: () => Promise<unknown>,
  ): Promise<void> => {
    const played = road.sandbox[provider];
    const { id } = played.fault({ method: 'POST', path, mode: 'delay', ms: 700 });
    const asked = work().catch((error: unknown) => error);
    await eventually('the call is under way', () =>
      Promise.resolve((played.faults().find((fault) => fault.id === id)?.struck ?? 0) > 0),
    );
    await road.server.kill();
    await asked;
    played.clearFaults(id);
    await road.server.leasesOver();
    await road.server.restart();
  };

  it.each([['/v1/invoices'], ['/v1/invoices/{id}/add_lines'], ['/v1/invoices/{id}/pay']])(
    'POST %s: one invoice at Stripe, whole and paid, once',
    async (path) => {
      let invoiceId = '';
      await killedDuring('stripe', path, async () => {
        invoiceId = (await road.invoice(customerId, LINES, { collection_method: 'charge_automatically' }))
          .id as string;
      });
      await road.paid(invoiceId);
      await expectWhole(road, 'stripe', invoiceId, { status: 'paid', total: 1726, lines: 2 }, secretKey);
    },
  );

  it('POST /v1/customers: one customer at Stripe', async () => {
    let id = '';
    await killedDuring('stripe', '/v1/customers', async () => {
      ({ id } = await road.customer('killed-early'));
    });
    await road.settled(id);
    const remotes = (road.sandbox.stripe.objects('customers') as any[]).filter(
      (one) => one.metadata.flexprice_customer_id === id,
    );
    expect(remotes).toHaveLength(1);
  });

  it('POST /v1/payment_intents: charged once, and the payment learns of it', async () => {
    const outbound = (is: boolean) =>
      road.api.put(`/connections/${connectionId}`, { sync_config: { invoice_outbound_enabled: is } });
    await outbound(false); // an invoice that is at Stripe is paid there
    const invoice = await road.invoice(customerId, LINES);
    await killedDuring('stripe', '/v1/payment_intents', () =>
      road.api.send('POST', '/payments', {
        destination_type: 'INVOICE',
        destination_id: invoice.id,
        payment_method_type: 'CARD',
        payment_gateway: 'stripe',
        amount: '17.26',
        currency: 'usd',
      }),
    );
    const paid = await road.paid(invoice.id as string);
    expect(paid).toMatchObject({ amount_paid: '17.26', overpaid_amount: '0' });
    const intents = (road.sandbox.stripe.objects('payment_intents') as any[]).filter(
      (one) => one.metadata.flexprice_invoice_id === invoice.id && one.status === 'succeeded',
    );
    expect(intents).toHaveLength(1);
    await outbound(true);
  });

  it('while a webhook is handled: it was stored before it was acknowledged, and is handled after', async () => {
    const invoice = await road.invoice(customerId, LINES, { collection_method: 'send_invoice' });
    await road.settled(invoice.id as string);
    const [remote] = stripeInvoicesOf(road, invoice.id as string);
    const slow = road.sandbox.stripe.fault({
      method: 'GET',
      path: '/v1/invoices/{id}',
      mode: 'delay',
      ms: 700,
      times: 20,
    });
    expect(await road.submit(remote.hosted_invoice_url as string)).toBe(303);
    await eventually('the event is fetched', () =>
      Promise.resolve((road.sandbox.stripe.faults().find((one) => one.id === slow.id)?.struck ?? 0) > 0),
    );
    await road.server.kill();
    road.sandbox.stripe.clearFaults(slow.id);
    await road.server.leasesOver();
    await road.server.restart();
    await road.paid(invoice.id as string);
    await expectWhole(
      road,
      'stripe',
      invoice.id as string,
      { status: 'paid', total: 1726, lines: 2 },
      secretKey,
    );
  });

  it('POST /api/v1/invoices of Whop: one invoice that can be paid', async () => {
    const { connection } = await road.connectWhop();
    let invoiceId = '';
    await killedDuring('whop', '/api/v1/invoices', async () => {
      invoiceId = (await road.invoice(customerId, LINES)).id as string;
    });
    await road.settled(invoiceId);
    await expectWhole(road, 'whop', invoiceId, { status: 'open', total: 17.26, lines: 2 });
    await road.api.send('DELETE', `/connections/${connection.id}`);
  });
});
