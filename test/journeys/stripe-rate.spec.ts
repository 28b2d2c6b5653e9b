import { stripeInvoicesOf, struckBy } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';

const INVOICES = 12;

describe('what Stripe allows in a second', () => {
  let road: Road;
  let secretKey: string;
  let other: Awaited<ReturnType<Road['server']['anotherTenant']>>;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey } = await road.connectStripe());
    // Another environment of ours on the same account: its calls count for the same limit.
    other = await road.server.anotherTenant();
    await other.api.create('/connections', {
      provider: 'stripe',
      name: 'The same account',
      metadata: { secret_key: secretKey },
      sync_config: { customer_outbound_enabled: true, invoice_outbound_enabled: true },
    });
  });
  afterAll(async () => {
    await road.stop();
  });
  afterEach(() => {
    road.sandbox.stripe.setRateLimits('off');
    road.sandbox.stripe.clearFaults();
  });

  const bill = (api: Road['api'], customerId: string, amount: string): Promise<any> =>
    api.create('/invoices', {
      customer_id: customerId,
      currency: 'usd',
      amount_due: amount,
      line_items: [{ display_name: 'Line', amount, quantity: '1' }],
      invoice_status: 'FINALIZED',
    });

  /** Invoices of two environments at once; all are there, each once. */
  async function push(name: string): Promise<void> {
    const mine = await road.customer(name);
    const theirs = await other.api.create('/customers', {
      external_id: name,
      name,
      email: `${name}@other.test`,
    });
    const made = await Promise.all(
      Array.from({ length: INVOICES }, (_, i) =>
        i % 2 === 0 ? bill(road.api, mine.id as string, '10') : bill(other.api, theirs.id as string, '10'),
      ),
    );
    await eventually(
      'all open at Stripe',
      () =>
        Promise.resolve(
          made.every(({ id }) => stripeInvoicesOf(road, id as string).some((one) => one.status === 'open')),
        ),
      80_000,
    );
    for (const { id } of made) expect(stripeInvoicesOf(road, id as string)).toHaveLength(1);
  }
  const refusedNow = (): number => road.sandbox.stripe.requests({ status: 429 }).length;

  it('two environments on one account stay within its limits together', async () => {
    road.sandbox.stripe.setRateLimits('realistic');
    road.sandbox.stripe.clearRequests();
    await push('within');
    // None as they leave; on a busy machine two may arrive closer together than they left.
    expect(refusedNow()).toBeLessThanOrEqual(2);
    expect(road.sandbox.stripe.requests().length).toBeGreaterThan(INVOICES * 3);
    const times = road.sandbox.stripe.requests().map(({ at }) => Date.parse(at));
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
    // 25 in the first second and 22 in each later one is the most.
    expect(times.length).toBeLessThanOrEqual(25 + Math.ceil(span / 1000) * 22);
  }, 180_000);

  it('where somebody else uses the account too, its refusals are honoured and nothing is lost or doubled', async () => {
    road.sandbox.stripe.setRateLimits({ perAccountPerSecond: 12, perEndpointPerSecond: 5 });
    road.sandbox.stripe.clearRequests();
    await push('refused');
    expect(refusedNow()).toBeGreaterThan(0);
    // Without a pause after a refusal every waiting call would run into the next one.
    expect(refusedNow()).toBeLessThan(INVOICES * 3);
  }, 180_000);

  it('a lock and a refusal that says how long: tried again, not before', async () => {
    const customer = await road.customer('locked');
    await road.settled(customer.id as string);
    const busy = {
      error: { type: 'invalid_request_error', code: 'lock_timeout', message: 'This object is being used.' },
    };
    const invoice = await struckBy(
      road.sandbox.stripe,
      [
        { method: 'POST', path: '/v1/invoices', mode: 'error', status: 429, headers: { 'retry-after': '2' } },
        { method: 'POST', path: '/v1/invoices/{id}/send', mode: 'error', status: 429, body: busy },
      ],
      async () => {
        const made = await road.invoice(customer.id as string);
        await eventually(
          'open',
          () =>
            Promise.resolve(stripeInvoicesOf(road, made.id as string).some((one) => one.status === 'open')),
          80_000,
        );
        return made;
      },
    );
    const [push] = await road.settled(invoice.id as string);
    expect(push.tries.map((one: any) => one.error?.code ?? one.outcome)).toEqual([
      'rate_limit',
      'lock_timeout',
      'succeeded',
    ]);
    const [first, second] = push.tries;
    const waited = Date.parse(second.started_at as string) - Date.parse(first.finished_at as string);
    expect(waited).toBeGreaterThanOrEqual(1_950);
    expect(stripeInvoicesOf(road, invoice.id as string)).toHaveLength(1);
  }, 60_000);
});
