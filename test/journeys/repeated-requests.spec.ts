import { eventually } from '../support/eventually.js';
import { DECLINED_CARD, CHARGE_FAILS_CARD, Road } from '../support/road.js';
import type { Answer } from '../support/api-client.js';

let keys = 0;
const newKey = (): string => `key-${++keys}`;
const replayed = ({ headers }: Answer): boolean => headers.get('idempotent-replayed') === 'true';

/** What a client sends again, because it did not hear the answer, is done once. */
describe('a request that is sent again', () => {
  let road: Road;
  let people = 0;
  beforeAll(async () => {
    road = await Road.start();
    await road.connectStripe({ invoice_outbound_enabled: false });
  });
  afterAll(async () => {
    await road.stop();
  });

  const send = (path: string, body: unknown, key: string | undefined, headers = {}): Promise<Answer> =>
    road.api.send('POST', path, body, {
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    });
  const somebody = (): Promise<any> => road.customer(`again-${++people}`);
  const cardholder = async (card?: string): Promise<any> => {
    const customer = await somebody();
    await road.saveCard(customer.id as string, card);
    return customer;
  };
  const charge = (invoice: any, amount = '20', more: Record<string, unknown> = {}) => ({
    destination_type: 'INVOICE',
    destination_id: invoice.id,
    payment_method_type: 'CARD',
    payment_gateway: 'stripe',
    amount,
    currency: 'usd',
    process_payment: true,
    ...more,
  });
  const intentsOf = (invoice: any): any[] =>
    (road.sandbox.stripe.objects('payment_intents') as any[]).filter(
      (one) => one.metadata.flexprice_invoice_id === invoice.id,
    );
  const planOf = async (amount: string): Promise<string> => {
    const plan = await road.api.create('/plans', { name: 'Plan', lookup_key: newKey() });
    await road.api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'FIXED',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      billing_cadence: 'RECURRING',
      invoice_cadence: 'ADVANCE',
      currency: 'usd',
      amount,
    });
    return plan.id as string;
  };

  describe('POST /payments by card', () => {
    it('charges once when it is sent again with its Idempotency-Key', async () => {
      const invoice = await road.invoice((await cardholder()).id as string, [{ amount: '100' }]);
      const key = newKey();
      const first = await send('/payments', charge(invoice), key);
      expect(first).toMatchObject({ status: 201, body: { payment_status: 'SUCCEEDED' } });
      const second = await send('/payments', charge(invoice), key);
      expect(second).toMatchObject({ status: 201, body: first.body });
      expect([replayed(first), replayed(second)]).toEqual([false, true]);
      expect(intentsOf(invoice)).toHaveLength(1);
      expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({ amount_paid: '20' });
      // Another key is another payment.
      expect(await send('/payments', charge(invoice), newKey())).toMatchObject({ status: 201 });
      expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({ amount_paid: '40' });
    });

    it.each(['header', 'body'])(
      'charges once when it is sent twice at once, the key in its %s',
      async (where) => {
        const invoice = await road.invoice((await cardholder()).id as string, [{ amount: '100' }]);
        const key = newKey();
        const body = charge(invoice, '20', where === 'body' ? { idempotency_key: key } : {});
        const pair = await Promise.all(
          [1, 2].map(() => send('/payments', body, where === 'body' ? undefined : key)),
        );
        expect(pair.map(({ status }) => status)).toEqual([201, 201]);
        expect(pair[0]!.body).toEqual(pair[1]!.body);
        expect(pair.map(replayed).sort()).toEqual([false, true]);
        expect(intentsOf(invoice)).toHaveLength(1);
        expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({ amount_paid: '20' });
      },
    );

    it('answers a decline again as it was, and does not ask the bank once more', async () => {
      const invoice = await road.invoice((await cardholder(CHARGE_FAILS_CARD)).id as string);
      const key = newKey();
      const first = await send('/payments', charge(invoice), key);
      expect(first).toMatchObject({ status: 400, body: { error: { code: 'card_declined' } } });
      const second = await send('/payments', charge(invoice), key);
      expect(second).toMatchObject({ status: 400, body: first.body });
      expect(replayed(second)).toBe(true);
      expect(intentsOf(invoice)).toHaveLength(1);
    });
  });

  it('POST /subscriptions makes one subscription, with one invoice', async () => {
    const customer = await somebody();
    const body = {
      customer_id: customer.id,
      plan_id: await planOf('49'),
      currency: 'usd',
      billing_period: 'MONTHLY',
    };
    const key = newKey();
    const first = await send('/subscriptions', body, key);
    expect(first).toMatchObject({ status: 201, body: { latest_invoice: { amount_due: '49' } } });
    expect(await send('/subscriptions', body, key)).toMatchObject({ status: 201, body: first.body });
    const { items } = await road.api.get(`/invoices?customer_id=${customer.id}`);
    expect(items).toHaveLength(1);
    expect(DECLINED_CARD).toBeDefined();
    expect(eventually).toBeDefined();
  });
});
