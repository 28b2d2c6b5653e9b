import type { Answer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { ServerProcess } from '../support/server-process.js';

/** The process dies between what a request does and its answer. The client sends it again, with its key. */
describe('kill -9 before the answer', () => {
  let road: Road<ServerProcess>;
  let keys = 0;
  beforeAll(async () => {
    road = await Road.on(
      (sandbox) =>
        ServerProcess.start({
          transport: 'in-process',
          baseUrls: { stripe: sandbox.stripe.url, whop: sandbox.whop.url },
        }),
      [100, 500, 1000, 2000, 4000, 8000],
    );
    await road.connectStripe({ invoice_outbound_enabled: false });
  });
  afterAll(async () => {
    await road.stop();
  });

  const send = (path: string, body: unknown, key: string): Promise<Answer> =>
    road.api.send('POST', path, body, { 'idempotency-key': key });
  const newKey = (): string => `killed-${++keys}`;
  const isRepeated = ({ headers }: Answer): boolean => headers.get('idempotent-replayed') === 'true';

  /** Sends a request and kills the server when `isAt`; answers what the request gets from the server after it. */
  async function sentAgain(
    path: string,
    body: unknown,
    isAt: () => Promise<boolean>,
    before: () => unknown = () => undefined,
  ): Promise<Answer> {
    const key = newKey();
    const unanswered = send(path, body, key).catch((error: unknown) => error);
    await eventually('it is done, and not answered', isAt);
    await road.server.kill();
    expect(await unanswered).toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    await before();
    await road.server.restart();
    return eventually('its lease is over', async () => {
      const answer = await send(path, body, key);
      return answer.body.error?.code !== 'idempotency_in_progress' && answer;
    });
  }

  const charged = async (): Promise<any> => {
    const customer = await road.customer(`killed-${++keys}`);
    await road.saveCard(customer.id as string);
    return road.invoice(customer.id as string, [{ amount: '100' }]);
  };
  const charge = (invoice: any): object => ({
    destination_type: 'INVOICE',
    destination_id: invoice.id,
    payment_method_type: 'CARD',
    payment_gateway: 'stripe',
    amount: '20',
    currency: 'usd',
  });
  const struck = (id: string) => (): Promise<boolean> =>
    Promise.resolve((road.sandbox.stripe.faults().find((one) => one.id === id)?.struck ?? 0) > 0);
  const intentsOf = (invoice: any): any[] =>
    (road.sandbox.stripe.objects('payment_intents') as any[]).filter(
      (one) => one.metadata.flexprice_invoice_id === invoice.id,
    );

  it('POST /payments by card: charged once, and the second answer is that payment', async () => {
    const invoice = await charged();
    const { id } = road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/payment_intents',
      mode: 'delay',
      ms: 700,
    });
    const answer = await sentAgain('/payments', charge(invoice), struck(id), () => {
      road.sandbox.stripe.clearFaults(id);
    });
    expect(answer).toMatchObject({ status: 201, body: { payment_status: 'SUCCEEDED', amount: '20' } });
    expect(intentsOf(invoice)).toHaveLength(1);
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({ amount_paid: '20' });
    const { items } = await road.api.get(`/payments?destination_id=${invoice.id}`);
    expect(items.map((one: any) => one.id)).toEqual([answer.body.id]);
  });

  it('POST /payments/{id}/refunds: given back once', async () => {
    const invoice = await charged();
    const payment = await road.api.create('/payments', charge(invoice));
    const { id } = road.sandbox.stripe.fault({ method: 'POST', path: '/v1/refunds', mode: 'delay', ms: 700 });
    const answer = await sentAgain(`/payments/${payment.id}/refunds`, { amount: '5' }, struck(id), () => {
      road.sandbox.stripe.clearFaults(id);
      return road.server.leasesOver();
    });
    expect(answer).toMatchObject({ status: 201, body: { amount: '5' } });
    await eventually('given back', async () => {
      const now = await road.api.get(`/payments/${payment.id}`);
      return now.refunds.length === 1 && now.refunded_amount === '5';
    });
    const refunds = (road.sandbox.stripe.objects('refunds') as any[]).filter(
      (one) => one.payment_intent === payment.gateway_payment_id,
    );
    expect(refunds).toHaveLength(1);
  });

  /** A commit of a key that takes its time: the request is done, and its server does not hear of it. */
  const slowCommit = async (): Promise<void> => {
    await road.server.database.query(
      `CREATE FUNCTION billing.slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$`,
    );
    await road.server.database.query(
      `CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON billing.idempotency_keys DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION billing.slowly()`,
    );
  };
  const committing = async (): Promise<boolean> =>
    (
      await road.server.database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      )
    ).length > 0;

  it('POST /subscriptions: one subscription with one invoice, and the answer that the first one would have got', async () => {
    const customer = await road.customer(`killed-${++keys}`);
    const plan = await road.api.create('/plans', {
      name: 'Pro',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [{ pricing_model: 'flat', unit_price: '49', display_name: 'Fee' }],
    });
    await slowCommit();
    const answer = await sentAgain(
      '/subscriptions',
      { customer_id: customer.id, plan_id: plan.id },
      committing,
    );
    await road.server.database.query('DROP TRIGGER slowly ON billing.idempotency_keys');
    expect([answer.status, isRepeated(answer)]).toEqual([201, true]);
    expect(answer.body).toMatchObject({ subscription_status: 'active', latest_invoice: { total: '49' } });
    const { items: subscriptions } = await road.api.post('/subscriptions/search', {
      customer_id: customer.id,
    });
    expect(subscriptions.map((one: any) => one.id)).toEqual([answer.body.id]);
    const { items: invoices } = await road.api.post('/invoices/search', { customer_id: customer.id });
    expect(invoices).toHaveLength(1);
  });
});
