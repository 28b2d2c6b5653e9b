import type { Answer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { ServerProcess } from '../support/server-process.js';

const DAY = 24 * 3_600_000;
const YEAR_SECONDS = 365 * 86_400;

/** The process dies on the way of a clock. Whoever has asked for it asks again, with the same key. */
describe('kill -9 while a clock is moved', () => {
  let road: Road<ServerProcess>;
  let subscription: any;
  beforeAll(async () => {
    road = await Road.on(
      (sandbox) =>
        ServerProcess.start({
          transport: 'in-process',
          baseUrls: { stripe: sandbox.stripe.url },
          settings: { PROVIDER_STRIPE_CLOCK_URL: `${sandbox.stripe.url}/_sandbox/clock/follow` },
        }),
      [100, 500, 1000, 2000, 4000, 8000],
    );
    await road.connectStripe();
    const plan = await road.api.create('/plans', {
      name: 'Monthly',
      currency: 'usd',
      billing_period: 'monthly',
      prices: [{ pricing_model: 'flat', unit_price: '10', display_name: 'Base' }],
    });
    const customer = await road.customer('on-the-way');
    await road.saveCard(customer.id as string);
    subscription = await road.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      collection_method: 'charge_automatically',
    });
    await road.paid(subscription.latest_invoice.id as string);
  });
  afterAll(async () => {
    await road.stop();
  });

  const path = (): string => `/environments/${road.server.tenant.environmentId}`;
  const now = async (): Promise<number> => Date.parse((await road.api.get(path())).now as string);
  const advance = (): Promise<Answer> =>
    road.api.send(
      'POST',
      `${path()}/clock/advance`,
      { by_seconds: YEAR_SECONDS },
      { 'idempotency-key': 'a-year' },
    );
  const invoices = async (): Promise<any[]> =>
    (await road.api.post('/invoices/search', { subscription_id: subscription.id, limit: 100 })).items;
  const goal = async (): Promise<string> => {
    const [row] = await road.server.database.query(
      `SELECT steps ->> 'goal' AS goal FROM idempotency_keys WHERE key = 'a-year'`,
    );
    return String(row?.goal);
  };

  it('asked again with its key, it goes on to where the first try has set out for, and no further', async () => {
    const before = await now();
    const unanswered = advance().catch((error: unknown) => error);
    await eventually('it is on its way', async () => (await now()) > before + 60 * DAY);
    await road.server.kill();
    expect(await unanswered).toMatchObject({ message: 'fetch failed' });
    const wanted = await goal();
    await road.server.restart();
    const left = await now();
    expect(left).toBeLessThan(Date.parse(wanted));
    // Nobody else may move it just now, as far as anybody knows.
    const other = await road.api.send('POST', `${path()}/clock/advance`, { by_seconds: 60 });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'clock_is_moved' } } });

    await road.server.leasesOver();
    const answer = await advance();
    expect(answer).toMatchObject({ status: 200, body: { now: wanted, settled: true } });
    const paid = await invoices();
    expect(paid).toHaveLength(13);
    for (const { payment_status: status, finalized_at: at, paid_at: paidAt } of paid) {
      expect(status).toBe('SUCCEEDED');
      expect(Math.abs(Date.parse(paidAt as string) - Date.parse(at as string))).toBeLessThan(3_600_000);
    }
    const theirs = road.sandbox.stripe.objects('invoices') as any[];
    expect(theirs.map(({ status }) => status)).toEqual(Array(13).fill('paid'));

    const again = await advance();
    expect(again).toMatchObject({ status: 200, body: answer.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await now()).toBeLessThan(Date.parse(wanted) + 60_000);
  });

  it('where only the answer was lost, it is there already, and nothing happens again', async () => {
    const wanted = await goal();
    // As a process leaves it that dies between the last instant and the answer.
    await road.server.database.query(
      `UPDATE idempotency_keys SET http_status = NULL, answer = NULL WHERE key = 'a-year'`,
    );
    const made = await invoices();
    const answer = await advance();
    expect(answer).toMatchObject({ status: 200, body: { steps: 0, settled: true } });
    expect(Date.parse(answer.body.now as string)).toBeGreaterThanOrEqual(Date.parse(wanted));
    expect(await now()).toBeLessThan(Date.parse(wanted) + 60_000);
    expect(await invoices()).toEqual(made);
  });
});
