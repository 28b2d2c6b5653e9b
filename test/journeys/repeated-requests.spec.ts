import pg from 'pg';
import { PeriodicTasks } from '../../src/platform/jobs/periodic-tasks.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { CHARGE_FAILS_CARD, Road } from '../support/road.js';
import { startTestApp } from '../support/test-app.js';
import { walletWith } from '../support/wallets.js';

/** A card's payment turned into one that is recorded. */
const OFFLINE = { payment_method_type: 'OFFLINE', payment_gateway: undefined };

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
    const body = { customer_id: (await somebody()).id, plan_id: await planOf('49') };
    const key = newKey();
    const first = await send('/subscriptions', body, key);
    expect(first).toMatchObject({ status: 201, body: { latest_invoice: { amount_due: '49' } } });
    expect(await send('/subscriptions', body, key)).toMatchObject({ status: 201, body: first.body });
    const { items } = await road.api.post('/invoices/search', { customer_id: body.customer_id });
    expect(items).toHaveLength(1);
  });

  describe('by its key', () => {
    const reused = (answer: Answer): void =>
      expect([answer.status, answer.body.code, answer.body.error.code]).toEqual([
        409,
        'already_exists',
        'idempotency_key_reused',
      ]);
    const customerBody = (): Record<string, unknown> => ({ external_id: `named-${++people}`, name: 'Named' });

    it('is refused by name when its body, its path or its query is another; the order of members is none', async () => {
      const key = newKey();
      const body = { external_id: `named-${++people}`, name: 'Named', metadata: { a: '1', b: '2' } };
      expect(await send('/customers', body, key)).toMatchObject({ status: 201 });
      reused(await send('/customers', { ...body, name: 'Other' }, key));
      const { metadata, name, external_id } = body;
      const turned = { metadata: { b: metadata.b, a: metadata.a }, name, external_id };
      expect(replayed(await send('/customers', turned, key))).toBe(true);

      const [one, two] = await Promise.all(
        [1, 2].map(async () => road.invoice((await somebody()).id as string)),
      );
      expect(await send(`/invoices/${one.id}/recalculate`, {}, key)).toMatchObject({ status: 400 });
      expect(await send(`/invoices/${one.id}/void`, {}, key)).toMatchObject({ status: 200 });
      reused(await send(`/invoices/${two.id}/void`, {}, key));
      reused(await send(`/invoices/${one.id}/void?all=true`, {}, key));
      expect(await road.api.get(`/invoices/${two.id}`)).toMatchObject({ invoice_status: 'FINALIZED' });
    });

    it('is the same under both base paths, and another for another route, environment or tenant', async () => {
      const key = newKey();
      const body = customerBody();
      const first = await send('/customers', body, key);
      const alias = await road.api
        .with({ base: '/api/v1' })
        .send('POST', '/customers', body, { 'idempotency-key': key });
      expect([alias.body, replayed(alias)]).toEqual([first.body, true]);
      const { api } = await road.server.anotherTenant();
      const theirs = await api.send('POST', '/customers', body, { 'idempotency-key': key });
      expect([theirs.status, replayed(theirs), theirs.body.id === first.body.id]).toEqual([
        201,
        false,
        false,
      ]);
      expect(await send('/plans', { name: 'Same key' }, key)).toMatchObject({ status: 201 });
    });

    it.each([
      ['an empty one in the header', 'header', ''],
      ['a longer one in the header', 'header', 'k'.repeat(256)],
      ['a longer one in the body', 'body', 'k'.repeat(256)],
      ['one that cannot be stored in the body', 'body', 'k\0'],
    ])('of 1 to 255 characters that can be stored: %s is refused', async (_what, where, wrong) => {
      const sent = (key: string): Promise<Answer> =>
        where === 'header'
          ? send('/customers', customerBody(), key)
          : send('/customers', { ...customerBody(), idempotency_key: key }, undefined);
      const refused = await sent(wrong);
      const field = where === 'header' ? 'Idempotency-Key' : 'idempotency_key';
      expect([refused.status, Object.keys(refused.body.details.fields)]).toEqual([400, [field]]);
      expect(await sent(newKey().padEnd(255, 'k'))).toMatchObject({ status: 201 });
    });

    it('in the body too, on every route, and beside one in the header', async () => {
      const [header, key] = [newKey(), newKey()];
      const body = { ...customerBody(), idempotency_key: key };
      const first = await send('/customers', body, header);
      expect(first.status).toBe(201);
      for (const again of [header, undefined, newKey()]) {
        const answer = await send('/customers', body, again);
        expect([answer.body, replayed(answer)]).toEqual([first.body, true]);
      }
      reused(await send('/customers', { ...customerBody(), idempotency_key: key }, newKey()));
      reused(await send('/customers', { ...customerBody(), idempotency_key: newKey() }, header));
      const pair = { ...customerBody(), idempotency_key: newKey() };
      const both = await Promise.all([newKey(), newKey()].map((one) => send('/customers', pair, one)));
      expect(both.map(({ status }) => status)).toEqual([201, 201]);
      expect(both[0]!.body).toEqual(both[1]!.body);
    });

    it('of an invoice, payment, refund, credit note or movement answers that for ever, and nothing else', async () => {
      const customer = await somebody();
      const invoice = await road.invoice(customer.id as string, [{ amount: '100' }]);
      const other = await road.invoice((await somebody()).id as string, [{ amount: '100' }]);
      const wallet = await walletWith(road.api, customer.id as string, '10');
      const payment = await road.api.create('/payments', charge(invoice, '20', { ...OFFLINE }));
      const otherPayment = await road.api.create('/payments', charge(other, '20', { ...OFFLINE }));
      const note = (of: any): object => ({
        invoice_id: of.id,
        reason: 'DUPLICATE',
        line_items: [{ invoice_line_item_id: of.line_items[0].id, amount: '1' }],
      });
      const bill = { currency: 'usd', amount_due: '3' };
      const bought = { transaction_reason: 'FREE_CREDIT_GRANT' };
      const made: [string, object, string, object][] = [
        [
          '/invoices',
          { ...bill, customer_id: customer.id },
          '/invoices',
          { ...bill, customer_id: other.customer_id },
        ],
        ['/payments', charge(invoice, '5', OFFLINE), '/payments', charge(other, '5', OFFLINE)],
        [
          `/payments/${payment.id}/refunds`,
          { amount: '2' },
          `/payments/${otherPayment.id}/refunds`,
          { amount: '2' },
        ],
        ['/creditnotes', note(invoice), '/creditnotes', note(other)],
        [
          `/wallets/${wallet.id}/top-up`,
          { ...bought, credits_to_add: '4' },
          `/wallets/${wallet.id}/top-up`,
          { ...bought, credits_to_add: '5' },
        ],
        [`/wallets/${wallet.id}/debit`, { credits: '1' }, `/wallets/${wallet.id}/debit`, { credits: '2' }],
      ];
      for (const [path, body, otherPath, otherBody] of made) {
        const key = newKey();
        const first = await send(path, { ...body, idempotency_key: key }, undefined);
        expect([path, first.status < 300]).toEqual([path, true]);
        await road.server.database.query('DELETE FROM idempotency_keys');
        const again = await send(path, { ...body, idempotency_key: key }, undefined);
        const idOf = ({ body: shown }: Answer): string => shown.wallet_transaction?.id ?? shown.id;
        expect([path, again.status, idOf(again), replayed(again)]).toEqual([
          path,
          first.status,
          idOf(first),
          false,
        ]);
        await road.server.database.query('DELETE FROM idempotency_keys');
        reused(await send(otherPath, { ...otherBody, idempotency_key: key }, undefined));
        expect(await send(path, { ...body, idempotency_key: '' }, undefined)).toMatchObject({
          status: 400,
          body: { details: { fields: { idempotency_key: expect.any(String) } } },
        });
      }
    });
  });

  describe('that was refused', () => {
    it('before anything was done is tried again: what it asks for may be possible by then', async () => {
      const key = newKey();
      const draft = await road.invoice((await somebody()).id as string, undefined, {
        invoice_status: 'DRAFT',
      });
      const body = charge(draft, '25', OFFLINE);
      expect(await send('/payments', body, key)).toMatchObject({ status: 400 });
      await road.api.post(`/invoices/${draft.id}/finalize`);
      const paid = await send('/payments', body, key);
      expect([paid.status, replayed(paid)]).toEqual([201, false]);

      const wrong = await send('/customers', { name: 7 }, key);
      expect(wrong.status).toBe(400);
      expect(
        await send('/customers', { external_id: `right-${++people}`, name: 'Right' }, key),
      ).toMatchObject({ status: 201 });
    });

    it('because of us is done when it comes again', async () => {
      const key = newKey();
      const { database } = road.server;
      await database.query(`CREATE FUNCTION billing.out_of_order() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'out of order'; END $$`);
      await database.query(`CREATE TRIGGER out_of_order BEFORE INSERT ON billing.customers
        FOR EACH ROW EXECUTE FUNCTION billing.out_of_order()`);
      const body = { external_id: `later-${++people}`, name: 'Later' };
      expect(await send('/customers', body, key)).toMatchObject({ status: 500 });
      await database.query('DROP TRIGGER out_of_order ON billing.customers');
      const made = await send('/customers', body, key);
      expect([made.status, replayed(made)]).toEqual([201, false]);
    });

    it('because the provider could not be reached goes on where it was: one page, and its payment waits for it', async () => {
      const key = newKey();
      const customer = await cardholder();
      const invoice = await road.invoice(customer.id as string);
      const body = {
        invoice_id: invoice.id,
        success_url: 'https://shop.test/ok',
        cancel_url: 'https://shop.test/no',
      };
      const { id } = road.sandbox.stripe.fault({
        method: 'POST',
        path: '/v1/checkout/sessions',
        mode: 'error',
        status: 503,
        times: 20,
      });
      expect(await send('/payments/stripe/checkout', body, key)).toMatchObject({
        status: 503,
        body: { error: { code: 'provider_unavailable' } },
      });
      road.sandbox.stripe.clearFaults(id);
      const page = await send('/payments/stripe/checkout', body, key);
      expect([page.status, replayed(page)]).toEqual([200, false]);
      expect(await road.api.get(`/payments/${page.body.payment_id}`)).toMatchObject({
        payment_status: 'PENDING',
        error_message: null,
      });
      const pages = await road.server.database.query(
        'SELECT id FROM checkout_sessions WHERE invoice_id = $1',
        [invoice.id],
      );
      expect(pages).toHaveLength(1);
      expect(await road.submit(page.body.checkout_url as string)).toBe(303);
      expect(await road.paid(invoice.id as string)).toMatchObject({
        amount_paid: '25',
        overpaid_amount: '0',
      });
    });
  });

  describe('while the first one is under way', () => {
    it('waits for ten seconds, then says so; the first one is answered, and after that every other', async () => {
      const key = newKey();
      const wallet = await walletWith(road.api, (await somebody()).id as string, '10');
      const body = { credits_to_add: '5', transaction_reason: 'FREE_CREDIT_GRANT' };
      const path = `/wallets/${wallet.id}/top-up`;
      const hold = new pg.Client({ connectionString: road.server.database.url });
      await hold.connect();
      await hold.query('BEGIN; LOCK TABLE billing.wallets IN EXCLUSIVE MODE');
      const first = send(path, body, key);
      await eventually('the first one is at it', async () => {
        const waiting = await road.server.database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length > 0;
      });
      const began = Date.now();
      const second = await send(path, body, key);
      expect([
        second.status,
        second.body.code,
        second.body.error.code,
        second.headers.get('retry-after'),
      ]).toEqual([409, 'version_conflict', 'idempotency_in_progress', '1']);
      expect(Date.now() - began).toBeGreaterThan(9_000);
      // Another key is not held up by it.
      expect(await send('/plans', { name: 'Meanwhile' }, newKey())).toMatchObject({ status: 201 });
      const third = send(path, body, key);
      await hold.query('ROLLBACK');
      await hold.end();
      const answers = await Promise.all([first, third]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0].body).toEqual(answers[1].body);
      expect(await road.api.get(`/wallets/${wallet.id}`)).toMatchObject({ credit_balance: '15' });
    });

    it('and is taken for dead, is done by the second; the first, waking up, records nothing', async () => {
      const key = newKey();
      const invoice = await road.invoice((await cardholder()).id as string, [{ amount: '100' }]);
      const { id } = road.sandbox.stripe.fault({
        method: 'POST',
        path: '/v1/payment_intents',
        mode: 'delay',
        ms: 1_500,
      });
      const first = send('/payments', charge(invoice), key);
      await eventually('the charge is under way', () =>
        Promise.resolve((road.sandbox.stripe.faults().find((fault) => fault.id === id)?.struck ?? 0) > 0),
      );
      await road.server.database.query(
        `UPDATE idempotency_keys SET lease_until = now() - interval '1 second' WHERE key = $1`,
        [key],
      );
      const answers = await Promise.all([first, send('/payments', charge(invoice), key)]);
      expect(answers.map(({ status, body }) => [status, body.id])).toEqual(
        answers.map(() => [201, answers[0].body.id]),
      );
      await eventually(
        'paid',
        async () => (await road.api.get(`/invoices/${invoice.id}`)).amount_paid === '20',
      );
      expect(intentsOf(invoice)).toHaveLength(1);
    });
  });

  it('at two servers at once is done once, and answered by both alike', async () => {
    const { database, secretKey } = road.server;
    const providers = Road.providersOf(road.sandbox);
    const other = await startTestApp({ database, secretKey, providers, worker: { enabled: false } });
    try {
      const servers = [road.api, road.api.with({}), new ApiClient(other.url, road.api.key)];
      const everywhere = (path: string, body: unknown): Promise<Answer[]> => {
        const key = newKey();
        return Promise.all(servers.map((api) => api.send('POST', path, body, { 'idempotency-key': key })));
      };
      const plan_id = await planOf('49');
      for (let round = 0; round < 3; round++) {
        const { id: customer_id } = await somebody();
        const made = await everywhere('/subscriptions', { customer_id, plan_id });
        expect(made.map(({ status, body }) => [status, body])).toEqual(made.map(() => [201, made[0]!.body]));
        const { items } = await road.api.post('/invoices/search', { customer_id });
        expect(items).toHaveLength(1);

        // Each of them knows of the name only when it is taken.
        const named = await everywhere('/customers', { external_id: `both-${++people}`, name: 'Both' });
        expect(named.map(({ status, body }) => [status, body.id])).toEqual(
          named.map(() => [201, named[0]!.body.id]),
        );

        const invoice = await road.invoice((await cardholder()).id as string, [{ amount: '100' }]);
        const paid = await everywhere('/payments', charge(invoice));
        expect(paid.map(({ status, body }) => [status, body.id])).toEqual(
          paid.map(() => [201, paid[0]!.body.id]),
        );
        expect(intentsOf(invoice)).toHaveLength(1);
        expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({ amount_paid: '20' });
      }
    } finally {
      await other.close();
    }
  });

  it('events without ids are taken once, and what hangs on them is counted once', async () => {
    const customer = await somebody();
    const event = { event_name: 'again', external_customer_id: customer.external_id };
    const key = newKey();
    const answers = [await send('/events', event, key), await send('/events', event, key)];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]!.body).toEqual(answers[1]!.body);
    const bulk = { events: [event, event, { ...event, event_id: 'mine' }] };
    const bulkKey = newKey();
    for (let n = 0; n < 2; n++)
      expect(await send('/events/bulk', bulk, bulkKey)).toMatchObject({ status: 202 });
    const { value } = await road.api.post('/events/usage', {
      event_name: 'again',
      external_customer_id: customer.external_id,
      aggregation_type: 'COUNT',
    });
    expect(value).toBe(4);
    expect(await send('/events', { ...event, event_name: 'other' }, key)).toMatchObject({ status: 409 });
  });

  it('events that could not be stored are when they come again, and wrong ones may be put right', async () => {
    const { database } = road.server;
    const customer = await somebody();
    const event = { event_name: 'stored', external_customer_id: customer.external_id };
    const key = newKey();
    expect(await send('/events', { ...event, timestamp: 'yesterday' }, key)).toMatchObject({ status: 400 });
    await database.query(`CREATE FUNCTION billing.no_more() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION 'no more'; END $$`);
    await database.query(`CREATE TRIGGER no_more BEFORE INSERT ON billing.usage_event_ids
      FOR EACH ROW EXECUTE FUNCTION billing.no_more()`);
    expect(await send('/events', event, key)).toMatchObject({ status: 500 });
    await database.query('DROP TRIGGER no_more ON billing.usage_event_ids');
    const stored = await send('/events', event, key);
    expect(stored).toMatchObject({ status: 202 });
    expect(await road.api.get(`/events/lookup?event_id=${stored.body.event_id}`)).toMatchObject({
      event: { event_name: 'stored' },
    });
  });

  it('events of two requests with one key at once: one is taken, the other refused', async () => {
    const customer = await somebody();
    const key = newKey();
    const names = ['first', 'second'];
    const answers = await Promise.all(
      names.map((name) =>
        send('/events', { event_name: name, external_customer_id: customer.external_id }, key),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    const counts = await Promise.all(
      names.map((name) =>
        road.api.post('/events/usage', {
          event_name: name,
          external_customer_id: customer.external_id,
          aggregation_type: 'COUNT',
        }),
      ),
    );
    expect(counts.map(({ value }) => value as number).sort()).toEqual([0, 1]);
  });

  it('is answered with the secret that is shown once, which is stored sealed', async () => {
    const key = newKey();
    const body = { name: 'Once' };
    const first = await send('/secrets/api/keys', body, key);
    const second = await send('/secrets/api/keys', body, key);
    expect(second.body).toEqual(first.body);
    const stored = await road.server.database.query('SELECT * FROM idempotency_keys WHERE key = $1', [key]);
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toContain(first.body.api_key);
    // In the row of another request it does not open.
    const other = newKey();
    await send('/secrets/api/keys', { name: 'Other' }, other);
    await road.server.database.query(
      `UPDATE idempotency_keys SET answer = (SELECT answer FROM idempotency_keys WHERE key = $1) WHERE key = $2`,
      [key, other],
    );
    expect(await send('/secrets/api/keys', { name: 'Other' }, other)).toMatchObject({ status: 500 });
  });

  it('is known for a day, and forgotten after that', async () => {
    const { database, app } = road.server;
    const [day, older] = [newKey(), newKey()];
    for (const key of [day, older]) await send('/plans', { name: key }, key);
    const aged = `UPDATE idempotency_keys SET updated_at = now() - $2::interval WHERE key = $1`;
    await database.query(aged, [day, '24 hours 1 minute']);
    await database.query(aged, [older, '26 hours']);
    const task = app
      .get(PeriodicTasks, { strict: false })
      .all()
      .find(({ name }) => name === 'idempotency-keys');
    await task!.run();
    const again = await Promise.all([day, older].map((key) => send('/plans', { name: key }, key)));
    expect(again.map(replayed)).toEqual([true, false]);
  });
});
