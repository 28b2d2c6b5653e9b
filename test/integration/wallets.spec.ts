import { startTestApp, type TestApp } from '../support/test-app.js';

describe('wallets', () => {
  let server: TestApp;
  let api: TestApp['api'];
  let seq = 0;
  beforeAll(async () => {
    server = await startTestApp();
    api = server.api;
  });
  afterAll(async () => {
    await server.stop();
  });

  const customer = (): Promise<any> =>
    api.create('/customers', { external_id: `w-${++seq}`, name: `Customer ${seq}` });
  const wallet = async (more: Record<string, unknown> = {}): Promise<any> =>
    api.post('/wallets', { customer_id: (await customer()).id, currency: 'usd', ...more });
  const topUp = (id: string, more: Record<string, unknown> = {}): Promise<any> =>
    api.post(`/wallets/${id}/top-up`, {
      transaction_reason: 'FREE_CREDIT_GRANT',
      credits_to_add: '10',
      ...more,
    });
  const transactions = async (id: string): Promise<any[]> =>
    (await api.get(`/wallets/${id}/transactions?order=asc`)).items;
  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
  /** The refusal, and the proof that it left nothing behind. */
  const refused = async (status: number, code: string, path: string, body: unknown, walletId?: string) => {
    const before = walletId && [await api.get(`/wallets/${walletId}`), await transactions(walletId)];
    const answer = await api.send('POST', path, body);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
    if (walletId)
      expect([await api.get(`/wallets/${walletId}`), await transactions(walletId)]).toEqual(before);
    return answer.body;
  };

  describe('making one', () => {
    it('has the documented defaults, also for callers that send nothing but a customer and a currency', async () => {
      const { id, external_id } = await customer();
      const made = await api.post('/wallets', { external_customer_id: external_id, currency: 'USD' });
      expect(made).toMatchObject({
        customer_id: id,
        currency: 'usd',
        wallet_type: 'PRE_PAID',
        wallet_status: 'active',
        conversion_rate: '1',
        topup_conversion_rate: '1',
        balance: '0',
        credit_balance: '0',
        config: { allowed_price_types: ['USAGE'] },
        auto_topup: null,
      });
      const postpaid = await api.post('/wallets', {
        customer_id: id,
        currency: 'usd',
        wallet_type: 'post_paid',
      });
      expect(postpaid.config).toEqual({ allowed_price_types: ['ALL'] });
    });

    it('loads initial credits as a free grant, at the conversion rate', async () => {
      const made = await wallet({
        conversion_rate: '0.5',
        initial_credits_to_load: '100',
        initial_credits_to_load_expiry_date: 20991231,
      });
      expect(made).toMatchObject({ credit_balance: '100', balance: '50', topup_conversion_rate: '0.5' });
      expect(await transactions(made.id)).toMatchObject([
        {
          type: 'credit',
          transaction_status: 'completed',
          transaction_reason: 'FREE_CREDIT_GRANT',
          credit_amount: '100',
          amount: '50',
          credit_balance_before: '0',
          credit_balance_after: '100',
          credits_available: '100',
          expiry_date: '2099-12-31T00:00:00.000Z',
        },
      ]);
    });

    it('is refused for a second active one of the same currency and type, and allowed after termination', async () => {
      const { id } = await customer();
      const body = { customer_id: id, currency: 'usd', initial_credits_to_load: '5' };
      const first = await api.post('/wallets', body);
      await refused(409, 'already_exists', '/wallets', body, first.id);
      await api.post('/wallets', { ...body, currency: 'eur' });
      await api.post('/wallets', { ...body, wallet_type: 'POST_PAID' });
      await api.post(`/wallets/${first.id}/terminate`);
      const second = await api.post('/wallets', body);
      const list = await api.get(`/customers/${id}/wallets`);
      expect(list.map((one: any) => one.wallet_status)).toEqual(['closed', 'active', 'active', 'active']);
      expect(second.id).not.toBe(first.id);
    });

    it('is one wallet only, however many ask at once', async () => {
      const { id } = await customer();
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => api.send('POST', '/wallets', { customer_id: id, currency: 'usd' })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    });

    it.each([
      ['no customer', { customer_id: undefined }, ['customer_id']],
      ['a currency that is none', { currency: 'xyz' }, ['currency']],
      ['a conversion rate of nothing', { conversion_rate: '0' }, ['conversion_rate']],
      ['a negative load', { initial_credits_to_load: '-1' }, ['initial_credits_to_load']],
      ['a type that is none', { wallet_type: 'GIFT' }, ['wallet_type']],
      [
        'a load that is expired already',
        { initial_credits_to_load: '1', initial_credits_expiry_date_utc: '2020-01-01T00:00:00Z' },
        ['initial_credits_expiry_date_utc'],
      ],
      [
        'a day that is none',
        { initial_credits_to_load_expiry_date: 20990230 },
        ['initial_credits_to_load_expiry_date'],
      ],
      [
        'two expiry dates that differ',
        {
          initial_credits_to_load_expiry_date: 20990201,
          initial_credits_expiry_date_utc: '2099-02-02T00:00:00Z',
        },
        ['initial_credits_expiry_date_utc', 'initial_credits_to_load_expiry_date'],
      ],
      [
        'an automatic top-up that does not say when and how much',
        { auto_topup: { enabled: true } },
        ['auto_topup.threshold', 'auto_topup.amount'],
      ],
      ['an automatic top-up of nothing', { auto_topup: { amount: '0' } }, ['auto_topup.amount']],
      [
        'price types that are none',
        { config: { allowed_price_types: ['X'] } },
        ['config.allowed_price_types'],
      ],
    ])('is refused with %s, and nothing is left of it', async (_what, change, fields) => {
      const { id } = await customer();
      const body = { customer_id: id, currency: 'usd', ...change };
      const answer = await refused(400, 'validation_error', '/wallets', body);
      expect(Object.keys(answer.details.fields)).toEqual(fields);
      expect(await api.get(`/customers/${id}/wallets`)).toEqual([]);
    });

    it('is refused for a customer that is not there, or is deleted', async () => {
      await refused(404, 'not_found', '/wallets', { customer_id: 'cust_none', currency: 'usd' });
      const { id } = await customer();
      await api.expect(204, 'DELETE', `/customers/${id}`);
      await refused(400, 'customer_deleted', '/wallets', { customer_id: id, currency: 'usd' });
    });

    it('names what is not supported yet', async () => {
      const { id } = await customer();
      const answer = await refused(501, 'not_implemented', '/wallets', {
        customer_id: id,
        currency: 'usd',
        price_unit: 'tokens',
        alert_settings: { alert_enabled: true },
        auto_topup: { cooldown: 3600000000000 },
      });
      expect(answer.details.fields.sort()).toEqual(['alert_settings', 'auto_topup.cooldown', 'price_unit']);
    });
  });

  it('keeps its customer from being deleted while it is active', async () => {
    const made = await wallet();
    const answer = await api.send('DELETE', `/customers/${made.customer_id}`);
    expect([answer.status, answer.body.error.code]).toEqual([400, 'customer_in_use']);
    await api.post(`/wallets/${made.id}/terminate`);
    await api.expect(204, 'DELETE', `/customers/${made.customer_id}`);
  });

  it('changes name, description, metadata, config and automatic top-up; what is left out stays', async () => {
    const made = await wallet({ description: 'first', metadata: { a: '1' } });
    const changed = await api.put(`/wallets/${made.id}`, {
      name: 'Main',
      config: { allowed_price_types: ['ALL'] },
      auto_topup: { enabled: false, threshold: 5, amount: '20.5', invoicing: true },
    });
    expect(changed).toMatchObject({
      name: 'Main',
      description: 'first',
      metadata: { a: '1' },
      config: { allowed_price_types: ['ALL'] },
      auto_topup: { enabled: false, threshold: 5, amount: 20.5, invoicing: true, cooldown: null },
    });
    expect(await api.put(`/wallets/${made.id}`, { auto_topup: { threshold: 7 } })).toMatchObject({
      name: 'Main',
      auto_topup: { threshold: 7, amount: 20.5, invoicing: true },
    });
  });

  describe('topping up', () => {
    it('takes credits, or an amount at the rate of purchase; credits win', async () => {
      const { id } = await wallet({ conversion_rate: '2', topup_conversion_rate: '0.5' });
      const direct = { transaction_reason: 'PURCHASED_CREDIT_DIRECT', credits_to_add: undefined };
      expect(await topUp(id, { ...direct, amount: '10' })).toMatchObject({
        invoice_id: null,
        checkout_session: null,
        wallet: { credit_balance: '20', balance: '40' },
        wallet_transaction: {
          transaction_status: 'completed',
          transaction_reason: 'PURCHASED_CREDIT_DIRECT',
          credit_amount: '20',
          amount: '10',
        },
      });
      expect(
        (await topUp(id, { ...direct, credits_to_add: 3, amount: '999' })).wallet_transaction,
      ).toMatchObject({
        credit_amount: '3',
        amount: '1.5',
      });
      // What is given was not bought: it is shown with what it is worth.
      expect((await topUp(id, { credits_to_add: '1' })).wallet_transaction).toMatchObject({ amount: '2' });
      expect(await api.get(`/wallets/${id}`)).toMatchObject({
        credit_balance: '24',
        credits_available_breakdown: { free: '1', purchased: '23' },
      });
    });

    it('difference: two equal top-ups in one second are two; with one idempotency key they are one', async () => {
      const { id } = await wallet();
      await Promise.all([topUp(id), topUp(id)]);
      expect((await api.get(`/wallets/${id}`)).credit_balance).toBe('20');
      const keyed = await Promise.all(
        Array.from({ length: 5 }, () => topUp(id, { idempotency_key: 'order-7' })),
      );
      expect(new Set(keyed.map((one) => one.wallet_transaction.id)).size).toBe(1);
      expect((await api.get(`/wallets/${id}`)).credit_balance).toBe('30');
      await refused(
        409,
        'idempotency_key_reused',
        `/wallets/${id}/top-up`,
        { transaction_reason: 'FREE_CREDIT_GRANT', credits_to_add: '11', idempotency_key: 'order-7' },
        id,
      );
      const other = await wallet();
      await refused(
        409,
        'idempotency_key_reused',
        `/wallets/${other.id}/top-up`,
        { transaction_reason: 'FREE_CREDIT_GRANT', credits_to_add: '10', idempotency_key: 'order-7' },
        other.id,
      );
    });

    it('gives bonus credits with bought ones, with an expiry of their own', async () => {
      const { id } = await wallet();
      const expiry = inDays(3);
      const { wallet: after, wallet_transaction: main } = await topUp(id, {
        transaction_reason: 'PURCHASED_CREDIT_DIRECT',
        bonus_credits_to_add: '2',
        bonus_credits_expiry_date_utc: expiry,
        priority: 4,
      });
      expect(after.credit_balance).toBe('12');
      expect(await transactions(id)).toMatchObject([
        { id: main.id, credit_amount: '10', expiry_date: null, priority: 4 },
        {
          transaction_reason: 'PURCHASED_CREDIT_BONUS',
          credit_amount: '2',
          expiry_date: expiry,
          parent_transaction_id: main.id,
          priority: 4,
        },
      ]);
    });

    it.each([
      ['nothing to add', { credits_to_add: undefined }, 'credits_to_add'],
      ['credits of nothing', { credits_to_add: '0' }, 'credits_to_add'],
      ['negative credits', { credits_to_add: '-5' }, 'credits_to_add'],
      ['a negative amount', { credits_to_add: undefined, amount: '-5' }, 'amount'],
      ['a reason that is ours to give', { transaction_reason: 'CREDIT_NOTE' }, 'transaction_reason'],
      ['no reason', { transaction_reason: undefined }, 'transaction_reason'],
      ['an expiry in the past', { expiry_date_utc: '2020-01-01T00:00:00Z' }, 'expiry_date_utc'],
      [
        'an expiry in the past, key or no key',
        { expiry_date_utc: '2020-01-01T00:00:00Z', idempotency_key: 'late' },
        'expiry_date_utc',
      ],
      ['a bonus on a gift', { bonus_credits_to_add: '1' }, 'bonus_credits_to_add'],
      [
        'a bonus expiry without a bonus',
        {
          transaction_reason: 'PURCHASED_CREDIT_DIRECT',
          bonus_credits_expiry_date_utc: '2099-01-01T00:00:00Z',
        },
        'bonus_credits_expiry_date_utc',
      ],
      [
        'a bonus that is expired already',
        {
          transaction_reason: 'PURCHASED_CREDIT_DIRECT',
          bonus_credits_to_add: '1',
          bonus_credits_expiry_date_utc: '2020-01-01T00:00:00Z',
        },
        'bonus_credits_expiry_date_utc',
      ],
      ['a key of ours', { idempotency_key: 'system:grant:1' }, 'idempotency_key'],
      [
        'an invoice for less than a cent',
        { transaction_reason: 'PURCHASED_CREDIT_INVOICED', credits_to_add: '0.001' },
        'credits_to_add',
      ],
      [
        'an invoice for a fraction of a cent',
        { transaction_reason: 'PURCHASED_CREDIT_INVOICED', credits_to_add: undefined, amount: '1.005' },
        'amount',
      ],
    ])('is refused with %s', async (_what, change, field) => {
      const { id, customer_id } = await wallet();
      const body = { transaction_reason: 'FREE_CREDIT_GRANT', credits_to_add: '10', ...change };
      const answer = await refused(400, 'validation_error', `/wallets/${id}/top-up`, body, id);
      expect(Object.keys(answer.details.fields)).toEqual([field]);
      expect((await api.post('/invoices/search', { customer_id })).items).toEqual([]);
    });

    it('names what is not supported yet', async () => {
      const { id } = await wallet();
      const answer = await refused(
        501,
        'not_implemented',
        `/wallets/${id}/top-up`,
        {
          transaction_reason: 'FREE_CREDIT_GRANT',
          credits_to_add: '1',
          force_sync_invoice: true,
          checkout: { payment_provider: 'razorpay' },
        },
        id,
      );
      expect(answer.details.fields.sort()).toEqual(['checkout', 'force_sync_invoice']);
    });
  });

  describe('spending', () => {
    it('takes priority first, then what expires first, then the biggest', async () => {
      const { id } = await wallet();
      await topUp(id, { credits_to_add: '5', description: 'small' });
      await topUp(id, { credits_to_add: '9', description: 'big' });
      await topUp(id, { credits_to_add: '5', expiry_date_utc: inDays(9), description: 'soon' });
      await topUp(id, { credits_to_add: '5', priority: 2, description: 'second' });
      await topUp(id, { credits_to_add: '5', priority: 1, description: 'first' });
      const left = async (): Promise<Record<string, string>> =>
        Object.fromEntries(
          (await transactions(id))
            .filter((one) => one.type === 'credit')
            .map((one) => [one.description, one.credits_available]),
        );
      const { wallet: after, wallet_transaction: debit } = await api.post(`/wallets/${id}/debit`, {
        credits: '17',
        description: 'by hand',
      });
      expect(after.credit_balance).toBe('12');
      expect(debit).toMatchObject({
        type: 'debit',
        transaction_reason: 'MANUAL_BALANCE_DEBIT',
        credit_amount: '17',
        credit_balance_before: '29',
        credit_balance_after: '12',
        credits_available: '0',
      });
      expect(await left()).toEqual({ small: '5', big: '7', soon: '0', second: '0', first: '0' });
    });

    it('is whole or not at all, and never below nothing, however many ask at once', async () => {
      const { id } = await wallet({ initial_credits_to_load: '10' });
      const body = await refused(
        400,
        'insufficient_credits',
        `/wallets/${id}/debit`,
        { credits: '10.01' },
        id,
      );
      expect(body.details).toMatchObject({ available_credits: '10', requested_credits: '10.01' });
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => api.send('POST', `/wallets/${id}/debit`, { credits: '3' })),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
      expect((await api.get(`/wallets/${id}`)).credit_balance).toBe('1');
    });

    it('is once under one key', async () => {
      const { id } = await wallet({ initial_credits_to_load: '10' });
      const debit = { credits: '3', idempotency_key: 'refund-1' };
      const [one, two] = [
        await api.post(`/wallets/${id}/debit`, debit),
        await api.post(`/wallets/${id}/debit`, debit),
      ];
      expect(two.wallet_transaction.id).toBe(one.wallet_transaction.id);
      expect(two.wallet.credit_balance).toBe('7');
      await refused(409, 'idempotency_key_reused', `/wallets/${id}/debit`, { ...debit, credits: '4' }, id);
    });

    it.each([{ credits: '0' }, { credits: '-1' }, {}])('is refused for %j', async (body) => {
      const { id } = await wallet({ initial_credits_to_load: '10' });
      await refused(400, 'validation_error', `/wallets/${id}/debit`, body, id);
    });
  });

  describe('termination', () => {
    it('takes what is left, closes, and is final', async () => {
      const { id } = await wallet({ initial_credits_to_load: '10' });
      const closed = await api.post(`/wallets/${id}/terminate`);
      expect(closed).toMatchObject({
        wallet_status: 'closed',
        credit_balance: '0',
        message: expect.any(String),
      });
      expect((await transactions(id)).at(-1)).toMatchObject({
        type: 'debit',
        transaction_reason: 'WALLET_TERMINATION',
        credit_amount: '10',
        credit_balance_after: '0',
      });
      for (const [method, path, body] of [
        ['POST', 'terminate', {}],
        ['POST', 'top-up', { transaction_reason: 'FREE_CREDIT_GRANT', credits_to_add: '1' }],
        ['POST', 'debit', { credits: '1' }],
        ['PUT', '', { name: 'again' }],
      ] as const) {
        const answer = await api.send(method, `/wallets/${id}${path && `/${path}`}`, body);
        expect([answer.status, answer.body.error.code]).toEqual([400, 'wallet_not_active']);
        // Clients look for these words.
        expect(answer.body.message).toContain('already terminated');
      }
      expect(await api.get(`/wallets/${id}/balance/real-time`)).toMatchObject({
        balance: '0',
        credit_balance: '0',
        real_time_balance: '0',
        real_time_credit_balance: '0',
      });
    });

    it('of an empty wallet writes no transaction', async () => {
      const { id } = await wallet();
      await api.post(`/wallets/${id}/terminate`);
      expect(await transactions(id)).toEqual([]);
    });
  });

  it('searches wallets and transactions, and belongs to one environment', async () => {
    const { id, customer_id } = await wallet({ initial_credits_to_load: '10' });
    await topUp(id, { priority: 3, expiry_date_utc: inDays(2) });
    await api.post(`/wallets/${id}/debit`, { credits: '1' });
    const found = await api.post('/wallets/search', {
      wallet_ids: [id],
      status: 'active',
      sort: 'created_at',
      filters: [{ field: 'customer_id', operator: 'eq', value: { string: customer_id } }],
    });
    expect(found).toMatchObject({ items: [{ id }], pagination: { total: 1, limit: 50, offset: 0 } });
    expect((await api.post('/wallets/search', { wallet_ids: [id], status: 'closed' })).items).toEqual([]);
    const search = async (body: object): Promise<any[]> =>
      (await api.post('/wallets/transactions/search', { expand: 'wallet,customer', ...body })).items.filter(
        (one: any) => one.wallet_id === id,
      );
    expect(await search({ type: 'debit' })).toMatchObject([
      { transaction_reason: 'MANUAL_BALANCE_DEBIT', wallet: { id }, customer: { id: customer_id } },
    ]);
    expect(await search({ priority: 3 })).toHaveLength(1);
    expect(await search({ credits_available_gt: 9.5 })).toHaveLength(1);
    expect(await search({ expiry_date_before: inDays(3), expiry_date_after: inDays(1) })).toHaveLength(1);
    expect(
      (await api.get(`/wallets/${id}/transactions?transaction_reason=FREE_CREDIT_GRANT&limit=1`)).pagination,
    ).toEqual({ total: 2, limit: 1, offset: 0 });
    const stranger = (await server.anotherTenant()).api;
    for (const path of [`/wallets/${id}`, `/wallets/${id}/transactions`, `/wallets/${id}/balance/real-time`])
      expect((await stranger.send('GET', path)).status).toBe(404);
    expect((await stranger.send('POST', `/wallets/${id}/debit`, { credits: '1' })).status).toBe(404);
    expect((await api.send('POST', '/wallets/search', { expand: 'customer' })).status).toBe(400);
  });
});
