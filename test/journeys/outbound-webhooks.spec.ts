import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { startTestApp, TRANSPORTS, type TestApp } from '../support/test-app.js';
import { isSignedWith, WebhookReceiver, type Received } from '../support/webhook-receiver.js';

const TIMEOUT_MS = 300;
const OPEN = { toPrivateAddresses: true, timeoutMs: TIMEOUT_MS };

describe.each(TRANSPORTS)('outbound webhooks, jobs by %s', (transport) => {
  let app: TestApp;
  let receiver: WebhookReceiver;
  let customer: any;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    app = await startTestApp({ transport, webhooks: OPEN });
    customer = await newCustomer('someone');
  });
  afterAll(async () => {
    await app.stop();
    await receiver.stop();
  });

  const endpoint = (path: string, more: object = {}): Promise<any> =>
    app.api.create('/webhook-endpoints', { url: receiver.url(path), ...more });
  const remove = (id: string): Promise<unknown> => app.api.expect(204, 'DELETE', `/webhook-endpoints/${id}`);
  const newCustomer = (name: string): Promise<any> =>
    app.api.create('/customers', {
      external_id: `${name}-${transport}`,
      name,
      email: `${name}@example.test`,
    });
  const deliveryOf = async (messageId: string): Promise<any> =>
    (await app.api.get(`/webhook-deliveries?message_id=${messageId}`)).items[0];
  const settled = (messageId: string, state: string): Promise<any> =>
    eventually(`delivery of ${messageId} ${state}`, async () => {
      const delivery = await deliveryOf(messageId);
      return delivery?.state === state ? delivery : undefined;
    });

  it('tell an endpoint what happens, signed, as the API shows it; each once', async () => {
    // Nobody listens yet: nothing is written down.
    await newCustomer('before');
    const { secret, ...made } = await endpoint('/hook');
    expect(made).toMatchObject({
      url: receiver.url(),
      event_types: null,
      state: 'enabled',
      disabled_reason: null,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made.secret_last4).toBe(secret.slice(-4));

    const told = await newCustomer('told');
    const invoice = await app.api.create('/invoices', {
      customer_id: told.id,
      currency: 'usd',
      amount_due: '25',
      line_items: [{ display_name: 'Work', amount: '25', quantity: '1' }],
    });
    await app.api.post(`/invoices/${invoice.id}/finalize`);
    await receiver.heard('invoice.update.finalized');
    await app.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '25',
      currency: 'usd',
      process_payment: true,
    });
    const paid = await receiver.heard('invoice.update.payment');
    await receiver.heard('payment.success');
    for (const type of ['customer.created', 'invoice.create.drafted']) await receiver.heard(type);

    expect(receiver.at().some(({ body }) => body.customer?.name === 'before')).toBe(false);
    expect(paid.body).toEqual({
      event_type: 'invoice.update.payment',
      invoice: await app.api.get(`/invoices/${invoice.id}`),
      id: paid.id,
      occurred_at: expect.any(String),
      environment_id: app.tenant.environmentId,
    });
    for (const one of receiver.at())
      expect([one.body.event_type, isSignedWith(secret, one)]).toEqual([one.body.event_type, true]);
    expect(isSignedWith(secret.replace(/.{3}=$/, 'AAA='), paid)).toBe(false);

    // Of the kept ones as well: neither message was written down twice, nor sent twice.
    const { items } = await app.api.get(`/webhook-messages?entity_id=${invoice.id}&order=asc`);
    expect(items.map((one: any) => one.type)).toEqual([
      'invoice.create.drafted',
      'invoice.update.finalized',
      'invoice.update.payment',
    ]);
    for (const message of items) {
      await settled(message.id as string, 'succeeded');
      expect(receiver.at().filter(({ id }) => id === message.id)).toHaveLength(1);
    }
    const message = await app.api.get(`/webhook-messages/${paid.id}`);
    expect(message).toMatchObject({
      type: 'invoice.update.payment',
      entity_type: 'invoice',
      payload: paid.body,
    });
    expect(message.deliveries).toMatchObject([
      {
        endpoint_id: made.id,
        state: 'succeeded',
        last_error: null,
        attempts: [{ number: 1, http_status: 200, error: null, response_excerpt: 'thank you' }],
      },
    ]);
    const shown = await app.api.get(`/webhook-endpoints/${made.id}`);
    expect(shown.last_success_at).not.toBeNull();
    expect(JSON.stringify([shown, await app.api.get('/webhook-endpoints')])).not.toContain(secret);
    await remove(made.id as string);
  });

  it('are sent again until they are taken: the same id and bytes, another time and signature', async () => {
    const { id, secret } = await endpoint('/again', { event_types: ['customer.updated'] });
    receiver.reply('/again', 500, 'silent', 302);
    await app.api.put(`/customers/${customer.id}`, { name: 'Again' });
    const [first, second] = await receiver.gets(2, '/again');
    expect(second!.id).toBe(first!.id);
    expect(second!.text).toBe(first!.text);
    expect(isSignedWith(secret as string, second!)).toBe(true);
    const tried = await eventually('the second try is over', async () => {
      const delivery = await deliveryOf(first!.id);
      return delivery.attempts[1]?.finished_at ? delivery : undefined;
    });
    expect(tried.attempts.map((one: any) => one.error)).toEqual([
      'it answered 500',
      'no answer within 0.3 s',
    ]);
    expect(tried).toMatchObject({ state: 'pending', last_error: 'no answer within 0.3 s' });
    // The third would be made in ten seconds or more.
    expect(
      Date.parse(tried.next_try_at as string) - Date.parse(tried.attempts[1].finished_at as string),
    ).toBeGreaterThan(9_900);
    expect((await app.api.get(`/webhook-endpoints/${id}`)).failing_since).not.toBeNull();

    // By hand it is made now. A redirect is not followed, and is no success.
    await app.api.expect(202, 'POST', `/webhook-deliveries/${tried.id}/resend`);
    const redirected = await eventually('the third try is over', async () => {
      const delivery = await deliveryOf(first!.id);
      return delivery.attempts[2]?.finished_at ? delivery : undefined;
    });
    expect(redirected.attempts[2]).toMatchObject({ number: 3, http_status: 302, error: 'it answered 302' });
    // With a new round the first wait is a second again.
    await receiver.gets(4, '/again');
    expect(await settled(first!.id, 'succeeded')).toMatchObject({ next_try_at: null, last_error: null });
    expect((await app.api.get(`/webhook-endpoints/${id}`)).failing_since).toBeNull();

    // One that was taken may be sent again, too.
    await app.api.expect(202, 'POST', `/webhook-deliveries/${tried.id}/resend`);
    const five = await receiver.gets(5, '/again');
    expect(new Set(five.map(({ id: of }: Received) => of)).size).toBe(1);
    await remove(id as string);
  });

  it('asked for again while a try is under way: that round is made, whatever became of the try', async () => {
    const { id } = await endpoint('/meanwhile', { event_types: ['customer.updated'] });
    receiver.reply('/meanwhile', 500, 'silent');
    await app.api.put(`/customers/${customer.id}`, { name: 'Meanwhile' });
    const [first] = await receiver.gets(1, '/meanwhile');
    const { id: delivery } = await eventually('the first try is over', async () => {
      const found = await deliveryOf(first!.id);
      return found.next_try_at ? found : undefined;
    });
    // The next one is the last of its round.
    await app.database.query(`UPDATE billing.webhook_deliveries SET round_attempts = 11 WHERE id = $1`, [
      delivery,
    ]);
    await receiver.gets(2, '/meanwhile');
    await app.api.expect(202, 'POST', `/webhook-deliveries/${delivery}/resend`);
    await receiver.gets(3, '/meanwhile');
    const { attempts } = await settled(first!.id, 'succeeded');
    expect(attempts.map((one: any) => one.error)).toEqual([
      'it answered 500',
      'no answer within 0.3 s',
      null,
    ]);
    await remove(id as string);
  });

  it('wait as long as the receiver asks for', async () => {
    const { id } = await endpoint('/busy', { event_types: ['customer.updated'] });
    receiver.reply('/busy', { status: 503, headers: { 'retry-after': '120' } });
    await app.api.put(`/customers/${customer.id}`, { name: 'Busy' });
    const [first] = await receiver.gets(1, '/busy');
    const delivery = await eventually('the try is over', async () => {
      const found = await deliveryOf(first!.id);
      return found.next_try_at ? found : undefined;
    });
    const waits =
      Date.parse(delivery.next_try_at as string) - Date.parse(delivery.attempts[0].finished_at as string);
    expect(waits).toBeGreaterThan(115_000);
    await remove(id as string);
  });

  it('go only where they are wanted: by type, not to what is disabled or deleted', async () => {
    const wanted = await endpoint('/wanted', { event_types: ['customer.deleted', 'Customer.Updated'] });
    expect(wanted.event_types).toEqual(['customer.deleted', 'customer.updated']);
    const off = await endpoint('/off');
    expect(await app.api.put(`/webhook-endpoints/${off.id}`, { enabled: false })).toMatchObject({
      state: 'disabled',
      disabled_reason: null,
    });
    const another = await newCustomer(`wanted`);
    await app.api.put(`/customers/${another.id}`, { name: 'Wanted' });
    await receiver.heard('customer.updated', (body) => body.customer.id === another.id, '/wanted');
    const { items } = await app.api.get(`/webhook-messages?entity_id=${another.id}`);
    expect(items.map((one: any) => one.type)).toEqual(['customer.updated']);
    expect(receiver.at('/wanted').map(({ body }) => body.event_type)).toEqual(['customer.updated']);
    expect(receiver.at('/off')).toEqual([]);
    const refused = await app.api.send('POST', `/webhook-endpoints/${off.id}/resend-failed`, {
      since: '2026-01-01T00:00:00Z',
    });
    expect([refused.status, refused.body.error.code]).toEqual([400, 'webhook_endpoint_disabled']);

    expect(
      await app.api.put(`/webhook-endpoints/${wanted.id}`, { event_types: [], description: 'all of it' }),
    ).toMatchObject({ event_types: null, description: 'all of it' });
    for (const { id } of [wanted, off]) await remove(id as string);
    expect((await app.api.send('GET', `/webhook-endpoints/${wanted.id}`)).status).toBe(404);
  });

  it('a secret is replaced with an overlap: both sign for a while, or only the new one', async () => {
    const { id, secret: first } = await endpoint('/rotated', { event_types: ['customer.updated'] });
    const { secret: second, ...rotated } = await app.api.post(`/webhook-endpoints/${id}/secret/rotate`);
    expect(Date.parse(rotated.previous_secret_valid_until as string) - Date.now()).toBeGreaterThan(
      23 * 3_600_000,
    );
    await app.api.put(`/customers/${customer.id}`, { name: 'Rotated' });
    const [both] = await receiver.gets(1, '/rotated');
    expect([first, second].map((secret) => isSignedWith(secret as string, both!))).toEqual([true, true]);

    const { secret: third, ...last } = await app.api.post(`/webhook-endpoints/${id}/secret/rotate`, {
      overlap_hours: 0,
    });
    expect(last.previous_secret_valid_until).toBeNull();
    await app.api.put(`/customers/${customer.id}`, { name: 'Rotated again' });
    const [, one] = await receiver.gets(2, '/rotated');
    expect([second, third].map((secret) => isSignedWith(secret as string, one!))).toEqual([false, true]);
    await remove(id as string);
  });

  it('an endpoint that is gone for good is disabled; enabled again, it gets what has failed', async () => {
    const { id } = await endpoint('/gone', { event_types: ['customer.updated'] });
    receiver.reply('/gone', 410);
    const since = new Date(Date.now() - 1000).toISOString();
    await app.api.put(`/customers/${customer.id}`, { name: 'Gone' });
    const [first] = await receiver.gets(1, '/gone');
    await settled(first!.id, 'failed');
    expect(await app.api.get(`/webhook-endpoints/${id}`)).toMatchObject({
      state: 'disabled',
      disabled_reason: 'it has answered 410 Gone',
    });
    const refused = await app.api.send(
      'POST',
      `/webhook-deliveries/${(await deliveryOf(first!.id)).id}/resend`,
    );
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toContain('410 Gone');

    expect(await app.api.put(`/webhook-endpoints/${id}`, { enabled: true })).toMatchObject({
      state: 'enabled',
      disabled_reason: null,
      failing_since: null,
    });
    expect(await app.api.expect(202, 'POST', `/webhook-endpoints/${id}/resend-failed`, { since })).toEqual({
      resent: 1,
      is_all: true,
    });
    const [, second] = await receiver.gets(2, '/gone');
    expect(second!.id).toBe(first!.id);
    await settled(first!.id, 'succeeded');
    await remove(id as string);
  });

  it('an endpoint that takes nothing rests; what comes meanwhile waits, and by hand it is tried at once', async () => {
    const { id } = await endpoint('/rests', { event_types: ['customer.updated'] });
    // More than the five that it takes: on a slow machine, second tries come between.
    receiver.reply('/rests', ...Array.from({ length: 50 }, () => 500 as const));
    for (let n = 1; n <= 5; n++) {
      await app.api.put(`/customers/${customer.id}`, { name: `Rests ${n}` });
      await receiver.heard('customer.updated', ({ customer: { name } }) => name === `Rests ${n}`, '/rests');
    }
    const resting = await eventually('it rests', async () => {
      const found = await app.api.get(`/webhook-endpoints/${id}`);
      return found.resting_until === null ? undefined : found;
    });
    await app.api.put(`/customers/${customer.id}`, { name: 'Waits' });
    const waiting = await eventually('the last one waits', async () => {
      const { items } = await app.api.get(`/webhook-deliveries?endpoint_id=${id}`);
      return items.find((one: any) => one.attempts.length === 0 && one.next_try_at === resting.resting_until);
    });
    expect(waiting.state).toBe('pending');

    receiver.reply('/rests');
    await app.api.expect(202, 'POST', `/webhook-deliveries/${waiting.id}/resend`);
    await receiver.heard('customer.updated', ({ customer: { name } }) => name === 'Waits', '/rests');
    await eventually('it is well again', async () => {
      const found = await app.api.get(`/webhook-endpoints/${id}`);
      return found.resting_until === null && found.failing_since === null;
    });
    await remove(id as string);
  });

  it('what is pending when its endpoint is deleted is given up', async () => {
    const { id } = await endpoint('/deleted', { event_types: ['customer.updated'] });
    receiver.reply('/deleted', 500);
    await app.api.put(`/customers/${customer.id}`, { name: 'Deleted' });
    const [first] = await receiver.gets(1, '/deleted');
    await remove(id as string);
    const delivery = await settled(first!.id, 'failed');
    expect(delivery.attempts).toHaveLength(1);
    expect(receiver.at('/deleted')).toHaveLength(1);
    expect((await app.api.send('POST', `/webhook-deliveries/${delivery.id}/resend`)).status).toBe(404);
  });

  it('a test is sent to one endpoint, whatever it wants to hear of', async () => {
    const { id, secret } = await endpoint('/tested', { event_types: ['customer.deleted'] });
    const other = await endpoint('/untested');
    const delivery = await app.api.expect(202, 'POST', `/webhook-endpoints/${id}/test`);
    expect(delivery).toMatchObject({ endpoint_id: id, state: 'pending' });
    const [test] = await receiver.gets(1, '/tested');
    expect(test!.body).toMatchObject({ event_type: 'webhook.test', endpoint: { id } });
    expect(isSignedWith(secret as string, test!)).toBe(true);
    await settled(delivery.message_id as string, 'succeeded');
    expect(receiver.at('/untested')).toEqual([]);
    for (const one of [id, other.id]) await remove(one as string);
  });

  it('what goes wrong here on the third day ends no delivery', async () => {
    const { id } = await endpoint('/days', { event_types: ['customer.updated'] });
    receiver.reply('/days', 500);
    await app.api.put(`/customers/${customer.id}`, { name: 'Days' });
    const [first] = await receiver.gets(1, '/days');
    const delivery = await eventually('the try is over', async () => {
      const found = await deliveryOf(first!.id);
      return found.next_try_at ? found : undefined;
    });
    const again = (set: string): Promise<unknown> =>
      app.database.query(`UPDATE billing.jobs SET run_at = now(), announced_at = NULL${set} WHERE key = $1`, [
        delivery.id,
      ]);
    // Nothing can be written down for a moment.
    await app.database.query('ALTER TABLE billing.webhook_attempts RENAME TO webhook_attempts_away');
    await again(`, retry_window_start = now() - interval '3 days'`);
    await eventually('the job has failed and waits', async () => {
      const [job] = await app.database.query(
        'SELECT state, last_error, run_at > now() AS waits FROM billing.jobs WHERE key = $1',
        [delivery.id],
      );
      return job?.state === 'queued' && job.waits === true && /webhook_attempts/.test(String(job.last_error));
    });
    await app.database.query('ALTER TABLE billing.webhook_attempts_away RENAME TO webhook_attempts');
    await again('');
    await receiver.gets(2, '/days');
    await settled(first!.id, 'succeeded');
    await remove(id as string);
  });

  it('a secret that was sealed with a key that is gone: the delivery says what to do', async () => {
    const { id } = await endpoint('/sealed', { event_types: ['customer.updated'] });
    await app.database.query(
      `UPDATE billing.webhook_endpoints SET secret = jsonb_set(secret, '{sealed}', '"v1.gone.AAAA.AAAA"') WHERE id = $1`,
      [id],
    );
    await app.api.put(`/customers/${customer.id}`, { name: 'Sealed' });
    const failed = await eventually('it has failed', async () => {
      const { items } = await app.api.get(`/webhook-deliveries?endpoint_id=${id}&state=failed`);
      return items[0];
    });
    expect(failed.last_error).toMatch(/SECRET_KEYS: rotate the secret/);
    await app.api.post(`/webhook-endpoints/${id}/secret/rotate`, { overlap_hours: 0 });
    await app.api.expect(202, 'POST', `/webhook-deliveries/${failed.id}/resend`);
    await receiver.gets(1, '/sealed');
    await remove(id as string);
  });

  it('belong to one environment: another tenant neither sees nor hears of them', async () => {
    const { id } = await endpoint('/mine');
    const { api } = await app.anotherTenant();
    for (const [method, path] of [
      ['GET', `/webhook-endpoints/${id}`],
      ['PUT', `/webhook-endpoints/${id}`],
      ['DELETE', `/webhook-endpoints/${id}`],
      ['POST', `/webhook-endpoints/${id}/test`],
      ['POST', `/webhook-endpoints/${id}/secret/rotate`],
    ] as const)
      expect([
        method,
        path,
        (await api.send(method, path, method === 'GET' ? undefined : {})).status,
      ]).toEqual([method, path, 404]);
    for (const list of ['/webhook-endpoints', '/webhook-messages', '/webhook-deliveries'])
      expect((await api.get(list)).items).toEqual([]);
    await api.create('/customers', { external_id: 'theirs', name: 'Theirs' });
    await newCustomer('mine');
    await receiver.heard('customer.created', ({ customer: { name } }) => name === 'mine', '/mine');
    expect(receiver.at('/mine').map(({ body }) => body.customer.name)).toEqual(['mine']);
    await remove(id as string);
  });
});

describe('what was told', () => {
  it('is removed after 30 days, with its deliveries and tries', async () => {
    const receiver = await WebhookReceiver.start();
    const app = await startTestApp({ webhooks: OPEN });
    try {
      await app.api.create('/webhook-endpoints', { url: receiver.url() });
      for (const name of ['old', 'older', 'new'])
        await app.api.create('/customers', { external_id: name, name });
      await receiver.gets(3);
      const all = await eventually('all are delivered', async () => {
        const { items } = await app.api.get('/webhook-messages');
        return (
          items.every((one: any) => one.deliveries[0]?.state === 'succeeded') && items.length === 3 && items
        );
      });
      const named = (name: string): string => all.find((one: any) => one.payload.customer.name === name).id;
      for (const [name, days] of [
        ['old', 31],
        ['older', 300],
        ['new', 29],
      ] as const)
        await app.database.query(
          `UPDATE billing.webhook_messages SET created_at = now() - make_interval(days => $2) WHERE id = $1`,
          [named(name), days],
        );
      // A worker looks when it starts.
      const another = await startTestApp({ database: app.database, secretKey: app.secretKey });
      await eventually('two are gone', async () => {
        const { items } = await app.api.get('/webhook-messages');
        return items.length === 1 && items[0].id === named('new');
      });
      await another.close();
      for (const table of ['webhook_deliveries', 'webhook_attempts'])
        expect(await app.database.query(`SELECT id FROM billing.${table}`)).toHaveLength(1);
    } finally {
      await app.stop();
      await receiver.stop();
    }
  });
});

describe('what outbound webhooks tell of', () => {
  let app: TestApp;
  let receiver: WebhookReceiver;
  let customer: any;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    app = await startTestApp({ webhooks: OPEN });
    await app.api.create('/webhook-endpoints', { url: receiver.url() });
    customer = await app.api.create('/customers', { external_id: 'catalogue', name: 'Catalogue' });
  });
  afterAll(async () => {
    await app.stop();
    await receiver.stop();
  });

  it('subscriptions: drafts, activation, pause, resumption, the end', async () => {
    const plan = await app.api.create('/plans', {
      name: 'Told',
      lookup_key: 'told',
      currency: 'usd',
      billing_period: 'MONTHLY',
      prices: [{ pricing_model: 'flat', unit_price: '10' }],
    });
    const subscription = await app.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      currency: 'usd',
      billing_period: 'MONTHLY',
      subscription_status: 'draft',
    });
    const isIts = (body: any): boolean => body.subscription.id === subscription.id;
    const draft = await receiver.heard('subscription.draft.created', isIts);
    expect(draft.body.subscription).toMatchObject({ subscription_status: 'draft', plan_id: plan.id });
    expect(draft.body.subscription.line_items).toHaveLength(1);
    await app.api.post(`/subscriptions/${subscription.id}/activate`, { start_date: subscription.start_date });
    await receiver.heard('subscription.activated', isIts);
    await app.api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
    await receiver.heard('subscription.paused', isIts);
    await app.api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
    await receiver.heard('subscription.resumed', isIts);
    await app.api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
    const ended = await receiver.heard('subscription.cancelled', isIts);
    expect(ended.body.subscription.subscription_status).toBe('cancelled');
  });

  it('wallets with their movements, and credit notes', async () => {
    const wallet = await app.api.post('/wallets', {
      customer_id: customer.id,
      currency: 'usd',
      name: 'Told',
    });
    await receiver.heard('wallet.created', (body) => body.wallet.id === wallet.id);
    await app.api.post(`/wallets/${wallet.id}/top-up`, {
      credits_to_add: '5',
      transaction_reason: 'FREE_CREDIT_GRANT',
    });
    const credited = await receiver.heard('wallet.transaction.created');
    expect(credited.body.transaction).toMatchObject({
      type: 'credit',
      credit_amount: '5',
      wallet: { id: wallet.id },
    });
    await app.api.post(`/wallets/${wallet.id}/terminate`);
    await receiver.heard('wallet.terminated', (body) => body.wallet.wallet_status === 'closed');

    const invoice = await app.api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '8',
      line_items: [{ display_name: 'Work', amount: '8', quantity: '1' }],
      invoice_status: 'FINALIZED',
    });
    await app.api.post(`/invoices/${invoice.id}/comms/trigger`);
    await receiver.heard('invoice.communication.triggered', (body) => body.invoice.id === invoice.id);
    const [line] = (await app.api.get(`/invoices/${invoice.id}`)).line_items;
    const note = await app.api.create('/creditnotes', {
      invoice_id: invoice.id,
      reason: 'SERVICE_ISSUE',
      line_items: [{ invoice_line_item_id: line.id, amount: '3' }],
    });
    const told = await receiver.heard('credit_note.created');
    expect(told.body.credit_note).toMatchObject({ id: note.id, total_amount: '3' });
    await app.api.post(`/invoices/${invoice.id}/void`);
    await receiver.heard('invoice.update.voided', (body) => body.invoice.invoice_status === 'VOIDED');
  });

  it('payments that are begun, and deleted', async () => {
    const invoice = await app.api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '9',
      line_items: [{ display_name: 'Work', amount: '9', quantity: '1' }],
      invoice_status: 'FINALIZED',
    });
    const payment = await app.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '9',
      currency: 'usd',
      process_payment: false,
    });
    const isIts = ({ payment: { id } }: any): boolean => id === payment.id;
    const begun = await receiver.heard(
      payment.payment_status === 'INITIATED' ? 'payment.created' : 'payment.pending',
      isIts,
    );
    expect(begun.body.payment).toMatchObject({ amount: '9', destination_id: invoice.id });
    await app.api.expect(200, 'DELETE', `/payments/${payment.id}`);
    await eventually('its deletion was relayed and told, or had nothing to tell', async () => {
      const [{ open }] = (await app.database.query(
        `SELECT (SELECT count(*) FROM billing.outbox_events WHERE relayed_at IS NULL)::int
              + (SELECT count(*) FROM billing.jobs WHERE kind LIKE 'notification.%' AND state <> 'done')::int AS open`,
      )) as [{ open: number }];
      return open === 0;
    });
  });

  it('an invoice of more lines than a receiver would read comes without them, and says so', async () => {
    const line = { display_name: 'Work', amount: '1', quantity: '1' };
    const invoice = await app.api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '251',
      line_items: Array.from({ length: 251 }, () => line),
      invoice_status: 'FINALIZED',
    });
    const { body } = await receiver.heard('invoice.update.finalized', (one) => one.invoice.id === invoice.id);
    expect(body.invoice).toMatchObject({ total: '251', line_items: null, line_items_omitted: true });
  });

  it('every type can be asked for', async () => {
    const { items } = await app.api.get('/webhook-endpoints/event-types');
    const made = await app.api.create('/webhook-endpoints', {
      url: receiver.url('/all'),
      event_types: items,
    });
    expect(made.event_types).toEqual(items);
  });
});

describe('what outbound webhooks tell of providers', () => {
  let road: Road;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    road = await Road.start({ webhooks: OPEN });
    await road.api.create('/webhook-endpoints', { url: receiver.url() });
  });
  afterAll(async () => {
    await road.stop();
    await receiver.stop();
  });

  it('what has reached them, what has not and why, and a connection that is paused and works again', async () => {
    const { connection, secretKey } = await road.connectStripe();
    const customer = await road.customer('watched');
    const pushed = await receiver.heard('integration.sync_succeeded');
    expect(pushed.body.integration).toMatchObject({
      entity_type: 'customer',
      entity_id: customer.id,
      provider: 'stripe',
      connection_id: connection.id,
      action: 'push',
    });
    const refuse = (status: number, message: string) =>
      road.sandbox.stripe.fault({
        method: 'POST',
        path: '/v1/invoices',
        mode: 'error',
        status,
        body: { error: { type: 'invalid_request_error', message } },
      });
    const broken = refuse(400, 'Not today.');
    const invoice = await road.invoice(customer.id as string);
    const failed = await receiver.heard('integration.sync_failed');
    expect(failed.body.integration).toMatchObject({ entity_type: 'invoice', entity_id: invoice.id });
    expect(failed.body.integration.reason).toContain('Not today.');
    road.sandbox.stripe.clearFaults(broken.id);

    const locked = refuse(401, 'Invalid API key.');
    await road.invoice(customer.id as string);
    const paused = await receiver.heard('connection.paused');
    expect(paused.body.connection).toMatchObject({ id: connection.id, provider: 'stripe', state: 'paused' });
    expect(paused.body.connection.paused_reason).toContain('Invalid API key.');
    road.sandbox.stripe.clearFaults(locked.id);
    await road.api.post(`/connections/${connection.id}/test`);
    const resumed = await receiver.heard('connection.resumed');
    expect(resumed.body.connection).toMatchObject({ state: 'active', paused_reason: null });
    expect(receiver.received.map(({ text }) => text).join()).not.toContain(secretKey);
  });
});

describe.each(TRANSPORTS)('receivers that never answer, jobs by %s', (transport) => {
  it('hold up nothing but webhooks: a provider is told meanwhile', async () => {
    const receiver = await WebhookReceiver.start();
    const road = await Road.start({ transport, webhooks: { ...OPEN, timeoutMs: 15_000 } });
    try {
      await road.connectStripe();
      // More than a worker has hands, of either kind.
      const silent = Array.from({ length: 48 }, (_, n) => `/silent-${n}`);
      for (const path of silent) {
        receiver.reply(path, 'silent');
        await road.api.create('/webhook-endpoints', {
          url: receiver.url(path),
          event_types: ['customer.created'],
        });
      }
      await road.customer('first');
      await eventually('many are held', () => Promise.resolve(receiver.received.length >= 16));
      const began = Date.now();
      const second = await road.customer('second');
      await road.settled(second.id as string);
      expect((await road.operationsOf(second.id as string)).map(({ state }) => state)).toEqual(['succeeded']);
      expect(Date.now() - began).toBeLessThan(10_000);
    } finally {
      await receiver.stop();
      await road.stop();
    }
  });
});

describe('what an endpoint may not be', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(async () => {
    await app.stop();
  });

  it.each([
    ['no address', { url: 'hook' }, /https/],
    ['another protocol', { url: 'ftp://example.com/' }, /https/],
    ['plain http', { url: 'http://example.com/hook' }, /https/],
    ['a password in it', { url: 'https://user:secret@example.com/hook' }, /password/],
    ['this machine', { url: 'https://127.0.0.1/hook' }, /private network/],
    ['this machine in other digits', { url: 'https://0x7f000001/hook' }, /private network/],
    ['this machine by IPv6', { url: 'https://[::1]/hook' }, /private network/],
    ['IPv4 within IPv6', { url: 'https://[::ffff:10.0.0.1]/hook' }, /private network/],
    ['where clouds keep keys', { url: 'https://169.254.169.254/latest' }, /link-local/],
    ['without an address', {}, /url/],
    [
      'for types that do not exist',
      { url: 'https://example.com/', event_types: ['invoice.eaten'] },
      /event_types/,
    ],
    ['for no type', { url: 'https://example.com/', event_types: [] }, /event_types/],
  ])('%s', async (_, body, words) => {
    const { status, body: answer } = await app.api.send('POST', '/webhook-endpoints', body);
    expect(status).toBe(400);
    expect(answer.error.message).toMatch(words);
    expect((await app.api.get('/webhook-endpoints')).items).toEqual([]);
  });

  it('a name that leads into a private network: it is looked at when it is called', async () => {
    const { id } = await app.api.create('/webhook-endpoints', { url: 'HTTPS://LocalHost:9/hook' });
    const { message_id: message } = await app.api.expect(202, 'POST', `/webhook-endpoints/${id}/test`);
    const [delivery] = await eventually('it was tried', async () => {
      const { items } = await app.api.get(`/webhook-deliveries?message_id=${message}`);
      return items[0].last_error === null ? undefined : items;
    });
    expect(delivery.last_error).toMatch(
      /localhost is not called: (127\.0\.0\.1|::1) is an address of a private network/,
    );
    await app.api.expect(204, 'DELETE', `/webhook-endpoints/${id}`);
  });

  it('one of too many', async () => {
    for (let n = 0; n < 50; n++)
      await app.api.create('/webhook-endpoints', { url: `https://example.com/${n}` });
    const { status, body } = await app.api.send('POST', '/webhook-endpoints', {
      url: 'https://example.com/',
    });
    expect([status, body.error.code]).toEqual([400, 'too_many_webhook_endpoints']);
  });
});
