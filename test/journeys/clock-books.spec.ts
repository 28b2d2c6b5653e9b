import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHARGE_FAILS_CARD, GOOD_CARD, Road } from '../support/road.js';
import { startTestApp, TRANSPORTS, type Transport } from '../support/test-app.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** When all begin, in the environment's time: after whatever it takes to write them down. */
const START = Math.ceil(Date.now() / DAY) * DAY + 2 * DAY + 9 * HOUR;
/** A whole year once; with Bull, which changes who wakes a worker and nothing else, as many as mend the card. */
const MONTHS: Readonly<Record<Transport, number>> = { 'in-process': 12, bull: 3 };
/** What each begins at. Two of them begin together. */
const BEGINS: Readonly<Record<string, number>> = { paying: 0, failing: 0, mended: 700, sent: 3 * HOUR };

const monthsLater = (months: number): number => {
  const at = new Date(START);
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + months);
  return at.getTime() + 20 * DAY;
};

/** A listener of the account's own at the provider, that does something about failed charges: as a person would. */
async function failuresHeard(
  road: Road,
  secretKey: string,
  heard: (customer: string) => void,
): Promise<() => void> {
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const event = JSON.parse(Buffer.concat(parts).toString());
      if (event.type === 'invoice.payment_failed') heard(event.data.object.customer as string);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await road.stripeEndpoint(secretKey, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

interface Books {
  readonly settled: readonly boolean[];
  readonly steps: number;
  readonly invoices: Readonly<Record<string, readonly any[]>>;
  readonly payments: readonly any[];
  readonly credits: readonly any[];
  readonly theirs: readonly any[];
}

/** A year of an environment with cards that pay, fail, and are mended after a while, usage, and monthly credits that expire. */
async function yearOf(transport: Transport, way: readonly number[]): Promise<Books> {
  const road = await Road.on((sandbox) =>
    startTestApp({ transport, providers: Road.providersOf(sandbox), worker: { clockPatienceMs: 20_000 } }),
  );
  const { api, sandbox } = road;
  const { secretKey } = await road.connectStripe();
  const remote = new Map<string, string>();
  const failures = new Map<string, number>();
  let mend = (): void => undefined;
  const deaf = await failuresHeard(road, secretKey, (customer) => {
    const count = (failures.get(customer) ?? 0) + 1;
    failures.set(customer, count);
    // The first invoice is given up after four charges; of the second, the second is refused.
    if (customer === remote.get('mended') && count === 6) mend();
  });
  try {
    const feature = await api.create('/features', {
      name: 'Calls',
      feature_type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'SUM', field: 'units' } },
    });
    const plan = await api.create('/plans', {
      name: 'Monthly',
      currency: 'usd',
      billing_period: 'monthly',
      prices: [
        { pricing_model: 'flat', unit_price: '10', display_name: 'Base' },
        { feature_id: feature.id, pricing_model: 'tiered', tiers: [{ unit_price: '0.01' }] },
      ],
    });
    await api.create('/creditgrants', {
      name: 'Monthly',
      scope: 'PLAN',
      plan_id: plan.id,
      credits: '1',
      cadence: 'RECURRING',
      period: 'MONTHLY',
      period_count: 1,
      expiration_type: 'DURATION',
      expiration_duration: 10,
      expiration_duration_unit: 'DAY',
    });
    const names = new Map<string, string>();
    for (const [name, begins] of Object.entries(BEGINS)) {
      const customer = await road.customer(name);
      names.set(customer.id as string, name);
      if (name !== 'sent')
        await road.saveCard(customer.id as string, name === 'paying' ? GOOD_CARD : CHARGE_FAILS_CARD);
      if (name === 'mended') {
        const { items } = await api.get(`/payments/customers/${customer.id}/methods`);
        mend = () => {
          sandbox.stripe.changeCard(items[0].provider_method_id as string, GOOD_CARD);
        };
      }
      await api.create('/subscriptions', {
        customer_id: customer.id,
        plan_id: plan.id,
        collection_method: name === 'sent' ? 'send_invoice' : 'charge_automatically',
        start_date: new Date(START + begins).toISOString(),
      });
    }
    for (const { id, metadata } of sandbox.stripe.objects('customers', secretKey) as any[])
      remote.set(names.get(metadata.flexprice_customer_id as string) ?? '', id as string);
    const events = Array.from({ length: MONTHS[transport] }, (_, n) => ({
      event_id: `call-${n}`,
      event_name: 'call',
      external_customer_id: n % 2 === 0 ? 'paying' : 'sent',
      timestamp: new Date(monthsLater(n) - 5 * DAY).toISOString(),
      properties: { units: 100 * (n + 1) },
    })).filter(({ timestamp }) => Date.parse(timestamp) > START + DAY);
    await api.expect(202, 'POST', '/events/bulk', { events });

    const settled: boolean[] = [];
    let steps = 0;
    for (const to of way) {
      const advanced = await api.post(`/environments/${road.server.tenant.environmentId}/clock/advance`, {
        to: new Date(to).toISOString(),
      });
      settled.push(advanced.settled as boolean);
      steps += advanced.steps as number;
    }
    return { settled, steps, ...(await booksOf(road, secretKey, names)) };
  } finally {
    deaf();
    await road.stop();
  }
}

async function booksOf(
  road: Road,
  secretKey: string,
  names: ReadonlyMap<string, string>,
): Promise<Omit<Books, 'settled' | 'steps'>> {
  const { api } = road;
  const { items } = await api.post('/invoices/search', { limit: 1000 });
  const invoices: Record<string, any[]> = {};
  for (const name of names.values()) invoices[name] = [];
  for (const one of items.sort((a: any, b: any) => a.invoice_number.localeCompare(b.invoice_number)))
    invoices[names.get(one.customer_id as string) ?? '']?.push({
      number: one.invoice_number,
      status: [one.invoice_status, one.payment_status],
      period: [one.period_start, one.period_end],
      money: [one.subtotal, one.total, one.amount_paid, one.amount_remaining],
      at: [one.finalized_at, one.paid_at, one.due_date],
    });
  const payments = (await api.get('/payments?limit=1000')).items
    .map((one: any) => ({
      of: one.invoice_number,
      money: [one.amount, one.currency],
      how: [one.payment_status, one.payment_method_type, one.payment_gateway],
      at: one.succeeded_at,
    }))
    .sort((a: any, b: any) => String(a.of).localeCompare(String(b.of)));
  const credits: any[] = [];
  for (const [id, name] of names)
    for (const wallet of await api.get(`/customers/${id}/wallets`))
      for (const one of (await api.get(`/wallets/${wallet.id}/transactions?limit=1000`)).items)
        credits.push([name, one.created_at, one.type, one.transaction_reason, one.credit_amount].join(' '));
  const theirs = (road.sandbox.stripe.objects('invoices', secretKey) as any[])
    .map((one) => ({
      of: one.metadata.flexprice_invoice_number,
      status: one.status,
      money: [one.total, one.amount_paid, one.amount_remaining],
      attempts: one.attempt_count,
      at: [one.created, one.status_transitions.finalized_at, one.status_transitions.paid_at],
    }))
    .sort((a, b) => String(a.of).localeCompare(String(b.of)));
  return { invoices, payments, credits: credits.sort(), theirs };
}

describe.each(TRANSPORTS)('months of a test environment, jobs by %s', (transport) => {
  it('leaves the same books, to the second, in one advance and in one a month', async () => {
    const months = MONTHS[transport];
    const once = await yearOf(transport, [monthsLater(months)]);
    const often = await yearOf(
      transport,
      Array.from({ length: months }, (_, n) => monthsLater(n + 1)),
    );
    expect(once.settled).toEqual([true]);
    expect(often.settled).toEqual(Array(months).fill(true));
    expect(often).toEqual({ ...once, settled: often.settled });

    // And they are right.
    const { invoices, theirs, payments, credits } = once;
    const states = (name: string): string[] => invoices[name]!.map(({ status }) => status[1]);
    expect(states('paying').length).toBeGreaterThanOrEqual(months);
    expect(new Set(states('paying'))).toEqual(new Set(['SUCCEEDED']));
    expect(states('failing')).not.toContain('SUCCEEDED');
    const [given, late, ...others] = states('mended');
    expect(given).not.toBe('SUCCEEDED');
    expect([late, ...others]).toEqual(Array(others.length + 1).fill('SUCCEEDED'));
    for (const { at } of invoices.paying!) expect(at[1]).toBe(at[0]);
    const [finalized, paid] = invoices.mended![1].at as string[];
    // Refused at once and after three days, paid after five more.
    expect(Date.parse(paid!) - Date.parse(finalized!)).toBe(8 * DAY);
    const all = Object.values(invoices).flat();
    expect(theirs.map(({ of }) => of)).toEqual(all.map(({ number }) => number).sort());
    expect(payments.map(({ of }) => of)).toEqual(
      all
        .filter(({ status }) => status[1] === 'SUCCEEDED')
        .map(({ number }) => number)
        .sort(),
    );
    for (const reason of ['SUBSCRIPTION_CREDIT_GRANT', 'CREDIT_EXPIRED'])
      expect(credits.filter((one: string) => one.includes(reason)).length).toBeGreaterThan(months);
  }, 240_000);
});
