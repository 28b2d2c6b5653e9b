import { CouponAssociationsService } from '../../src/plans/coupon-associations.service.js';
import { couponValue, type DiscountedBill, type RedeemInput } from '../../src/plans/coupons.types.js';
import type { Caller, Ctx } from '../../src/platform/context.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('coupons', () => {
  let server: TestApp;
  let associations: CouponAssociationsService;
  let uow: UnitOfWork;
  let caller: Caller;
  beforeAll(async () => {
    server = await startTestApp();
    associations = server.app.get(CouponAssociationsService, { strict: false });
    uow = server.app.get(UnitOfWork, { strict: false });
    const { tenantId, environmentId } = server.tenant;
    caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
  });
  afterAll(async () => {
    await server.stop();
  });

  const run = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => uow.run(caller, work);
  const redeem = (input: RedeemInput) => run((ctx) => associations.redeem(ctx, input));
  const coupon = (more: Record<string, unknown> = {}): Promise<any> =>
    server.api.create('/coupons', {
      name: 'Ten percent',
      type: 'percentage',
      percentage_off: '10',
      cadence: 'forever',
      ...more,
    });
  const redemptions = async (id: string) => (await server.api.get(`/coupons/${id}`)).total_redemptions;
  const all = async () => (await server.api.post('/coupons/search', { limit: 1000 })).pagination.total;

  describe('as they are created', () => {
    it.each<[string, Record<string, unknown>, string[]]>([
      ['a percentage without one', { percentage_off: undefined }, ['percentage_off']],
      ['no percent', { percentage_off: '0' }, ['percentage_off']],
      ['more than all', { percentage_off: '100.01' }, ['percentage_off']],
      ['a percentage and an amount', { amount_off: '5' }, ['amount_off']],
      [
        'a fixed one without amount and currency',
        { type: 'fixed', percentage_off: undefined },
        ['amount_off', 'currency'],
      ],
      [
        'a fixed one with a percentage',
        { type: 'fixed', amount_off: '5', currency: 'usd' },
        ['percentage_off'],
      ],
      [
        'a fixed one of nothing',
        { type: 'fixed', percentage_off: undefined, amount_off: '0', currency: 'usd' },
        ['amount_off'],
      ],
      [
        'less than a cent',
        { type: 'fixed', percentage_off: undefined, amount_off: '0.001', currency: 'usd' },
        ['amount_off'],
      ],
      [
        'a fraction of a yen',
        { type: 'fixed', percentage_off: undefined, amount_off: '0.5', currency: 'jpy' },
        ['amount_off'],
      ],
      ['a repeated one without a number', { cadence: 'repeated' }, ['duration_in_periods']],
      ['a number of periods for once', { cadence: 'once', duration_in_periods: 2 }, ['duration_in_periods']],
      ['no periods', { cadence: 'repeated', duration_in_periods: 0 }, ['duration_in_periods']],
      ['no redemptions', { max_redemptions: 0 }, ['max_redemptions']],
      [
        'an empty window',
        { redeem_after: '2026-01-02T00:00:00Z', redeem_before: '2026-01-02T00:00:00Z' },
        ['redeem_before'],
      ],
      ['unknown words', { type: 'gift', cadence: 'monthly' }, ['cadence', 'type']],
    ])('refuses %s', async (_what, wrong, fields) => {
      const before = await all();
      const answer = await server.api.send('POST', '/coupons', {
        name: 'Wrong',
        type: 'percentage',
        percentage_off: '10',
        cadence: 'forever',
        ...wrong,
      });
      expect({ status: answer.status, code: answer.body.code }).toEqual({
        status: 400,
        code: 'validation_error',
      });
      expect(Object.keys(answer.body.details.fields).sort()).toEqual(fields);
      expect(await all()).toBe(before);
    });

    it('refuses a code that is taken, and gives it back when its coupon is deleted', async () => {
      const first = await coupon({ coupon_code: 'SPRING' });
      const again = await server.api.send('POST', '/coupons', {
        name: 'B',
        type: 'percentage',
        percentage_off: '5',
        cadence: 'once',
        coupon_code: 'SPRING',
      });
      expect(again.status).toBe(409);
      expect(await server.api.get('/coupons/code/SPRING')).toEqual(first);
      expect(await server.api.expect(200, 'DELETE', `/coupons/${first.id}`)).toEqual({
        message: expect.any(String),
      });
      expect((await server.api.send('GET', '/coupons/code/SPRING')).status).toBe(404);
      expect((await coupon({ coupon_code: 'SPRING' })).id).not.toBe(first.id);
    });

    it('refuses rules, which it does not know, by name', async () => {
      const answer = await server.api.send('POST', '/coupons', {
        name: 'R',
        type: 'percentage',
        percentage_off: '5',
        cadence: 'once',
        rules: { first_purchase: true },
      });
      expect({ status: answer.status, fields: answer.body.details.fields }).toEqual({
        status: 501,
        fields: ['rules'],
      });
    });

    it('changes its name and metadata, and nothing that it takes off', async () => {
      const { id } = await coupon({ metadata: { a: '1' } });
      const changed = await server.api.put(`/coupons/${id}`, { name: 'New', percentage_off: '90' });
      expect(changed).toMatchObject({ name: 'New', percentage_off: '10', metadata: { a: '1' } });
    });
  });

  describe('as they are redeemed', () => {
    it('by id and by code, for a subscription, a line, or all of a customer’s subscriptions', async () => {
      const { id } = await coupon({ coupon_code: 'EVERYWHERE' });
      const levels: RedeemInput[] = [
        { coupon: { id }, customerId: 'cust_1' },
        { coupon: { code: 'EVERYWHERE' }, customerId: 'cust_1', subscriptionId: 'subs_1', currency: 'usd' },
        { coupon: { id }, customerId: 'cust_1', subscriptionId: 'subs_1', subscriptionLineItemId: 'line_1' },
      ];
      for (const level of levels) await redeem(level);
      expect(await redemptions(id)).toBe(3);
      const list = await server.api.get(`/coupons/associations?coupon_ids=${id},other&order=asc`);
      expect(list.items).toMatchObject([
        { subscription_id: null, subscription_line_item_id: null, coupon: { id, total_redemptions: 3 } },
        { subscription_id: 'subs_1', subscription_line_item_id: null },
        { subscription_id: 'subs_1', subscription_line_item_id: 'line_1' },
      ]);
      const one = list.items[1];
      expect(await server.api.get(`/coupons/associations/${one.id}`)).toEqual(one);
      const ofLine = await server.api.get('/coupons/associations?subscription_line_item_ids=line_1');
      expect(ofLine.items.map((item: { id: string }) => item.id)).toEqual([list.items[2].id]);
    });

    it('not twice for the same thing; again after it has ended there', async () => {
      const { id } = await coupon();
      const target = { coupon: { id }, customerId: 'cust_2', subscriptionId: 'subs_2' };
      const { association } = await redeem(target);
      await expect(redeem(target)).rejects.toMatchObject({ kind: 'already_exists' });
      expect(await redemptions(id)).toBe(1);
      await run((ctx) => associations.end(ctx, association.id, ctx.now));
      await redeem(target);
      expect(await redemptions(id)).toBe(2);
    });

    it.each<[string, Record<string, unknown>, string]>([
      ['before its window', { redeem_after: '2090-01-01T00:00:00Z' }, 'coupon_not_redeemable_yet'],
      ['after its window', { redeem_before: '2020-01-01T00:00:00Z' }, 'coupon_expired'],
      [
        'in another currency',
        { type: 'fixed', percentage_off: undefined, amount_off: '5', currency: 'eur' },
        'coupon_currency_mismatch',
      ],
    ])('refused %s, without a trace', async (_what, terms, code) => {
      const { id } = await coupon(terms);
      const attempt = redeem({ coupon: { id }, customerId: 'c', subscriptionId: 's', currency: 'usd' });
      await expect(attempt).rejects.toMatchObject({ kind: 'invalid_operation', code });
      expect(await redemptions(id)).toBe(0);
      expect((await server.api.get(`/coupons/associations?coupon_ids=${id}`)).items).toEqual([]);
    });

    it('no more often than it can be, however many come at once', async () => {
      const { id } = await coupon({ max_redemptions: 2 });
      const tries = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) =>
          redeem({ coupon: { id }, customerId: `c${i}`, subscriptionId: `s${i}` }),
        ),
      );
      expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(2);
      expect(tries.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))).toEqual(
        Array(4).fill('coupon_used_up'),
      );
      expect(await redemptions(id)).toBe(2);
    });

    it('gives the redemption back when the unit of work fails', async () => {
      const { id } = await coupon({ max_redemptions: 1 });
      const failed = run(async (ctx) => {
        await associations.redeem(ctx, { coupon: { id }, customerId: 'c', subscriptionId: 's' });
        throw new Error('the subscription could not be made');
      });
      await expect(failed).rejects.toThrow('could not be made');
      expect(await redemptions(id)).toBe(0);
      await redeem({ coupon: { id }, customerId: 'c', subscriptionId: 's' });
    });

    it('not once it is deleted; where it was redeemed it goes on', async () => {
      const { id } = await coupon();
      await redeem({ coupon: { id }, customerId: 'c_gone', subscriptionId: 's_gone' });
      await server.api.expect(200, 'DELETE', `/coupons/${id}`);
      await expect(redeem({ coupon: { id }, customerId: 'x', subscriptionId: 'y' })).rejects.toMatchObject({
        kind: 'not_found',
      });
      expect(await applied([bill('s_gone', 'c_gone', 1)])).toEqual({ 's_gone/1': [id] });
    });
  });

  const month = (n: number) => ({
    start: new Date(Date.UTC(2099, n - 1, 1)),
    end: new Date(Date.UTC(2099, n, 1)),
  });
  const bill = (subscriptionId: string, customerId: string, n: number, currency = 'usd'): DiscountedBill => ({
    subscriptionId,
    customerId,
    currency,
    period: month(n),
    billingKey: `${subscriptionId}/${n}`,
  });
  /** What lowers the bills, by coupon id; recorded when they are really made. */
  const applied = (bills: DiscountedBill[], toBill = false): Promise<Record<string, string[]>> =>
    run(async (ctx) => {
      const found = await associations.applicable(ctx, bills, { toBill });
      if (toBill) for (const [key, coupons] of found) await associations.recordUses(ctx, key, coupons);
      return Object.fromEntries(
        [...found].map(([key, coupons]) => [key, coupons.map((one) => one.coupon.id)]),
      );
    });

  describe('as they are applied', () => {
    it('once, a number of times, or forever; a bill that is made again keeps them', async () => {
      const once = await coupon({ cadence: 'once' });
      const twice = await coupon({ cadence: 'repeated', duration_in_periods: 2 });
      const forever = await coupon();
      for (const { id } of [once, twice, forever])
        await redeem({ coupon: { id }, customerId: 'c_cad', subscriptionId: 's_cad' });
      const first = [once.id, twice.id, forever.id];
      expect(await applied([bill('s_cad', 'c_cad', 1)])).toEqual({ 's_cad/1': first });
      expect(await applied([bill('s_cad', 'c_cad', 1)], true)).toEqual({ 's_cad/1': first });
      expect(await applied([bill('s_cad', 'c_cad', 2)], true)).toEqual({ 's_cad/2': [twice.id, forever.id] });
      expect(await applied([bill('s_cad', 'c_cad', 1)], true)).toEqual({ 's_cad/1': first });
      expect(await applied([bill('s_cad', 'c_cad', 3)], true)).toEqual({ 's_cad/3': [forever.id] });
    });

    it('to many subscriptions at once, in a constant number of queries', async () => {
      const { id } = await coupon();
      const bills = Array.from({ length: 30 }, (_, i) => bill(`s_many_${i}`, `c_many_${i}`, 1));
      for (const one of bills.slice(0, 15))
        await redeem({ coupon: { id }, customerId: one.customerId, subscriptionId: one.subscriptionId });
      const counted = await run(async (ctx) => {
        let queries = 0;
        const runner = ctx.em.queryRunner!;
        const original = runner.query.bind(runner);
        runner.query = (...args: Parameters<typeof original>) => {
          queries += 1;
          return original(...args);
        };
        const found = await associations.applicable(ctx, bills, { toBill: true });
        runner.query = original;
        return { queries, discounted: [...found.values()].filter((one) => one.length > 0).length };
      });
      expect(counted.discounted).toBe(15);
      expect(counted.queries).toBeLessThanOrEqual(4);
    });

    it('over all of a customer’s subscriptions, but once is once', async () => {
      const { id } = await coupon({ cadence: 'once' });
      await redeem({ coupon: { id }, customerId: 'c_all' });
      const bills = [bill('s_all_1', 'c_all', 1), bill('s_all_2', 'c_all', 1), bill('s_other', 'c_other', 1)];
      expect(await applied(bills, true)).toEqual({ 's_all_1/1': [id], 's_all_2/1': [], 's_other/1': [] });
      expect(await applied([bill('s_all_2', 'c_all', 2)], true)).toEqual({ 's_all_2/2': [] });
      await run((ctx) =>
        associations
          .list(ctx, { coupon_ids: [id] })
          .then(({ rows }) => associations.releaseUses(ctx, 's_all_1/1', [rows[0]!.association.id])),
      );
      expect(await applied([bill('s_all_2', 'c_all', 2)], true)).toEqual({ 's_all_2/2': [id] });
    });

    it('only in its currency, and only to periods that it reaches', async () => {
      const euros = await coupon({
        type: 'fixed',
        percentage_off: undefined,
        amount_off: '5',
        currency: 'eur',
      });
      await redeem({ coupon: { id: euros.id }, customerId: 'c_cur' });
      expect(await applied([bill('s_usd', 'c_cur', 1), bill('s_eur', 'c_cur', 1, 'eur')])).toEqual({
        's_usd/1': [],
        's_eur/1': [euros.id],
      });
      const { id } = await coupon();
      await redeem({
        coupon: { id },
        customerId: 'c_win',
        subscriptionId: 's_win',
        startDate: month(2).start,
        endDate: month(4).start,
      });
      const months = [1, 2, 3, 4].map((n) => bill('s_win', 'c_win', n));
      expect(await applied(months)).toEqual({
        's_win/1': [],
        's_win/2': [id],
        's_win/3': [id],
        's_win/4': [],
      });
    });

    it('twenty workers that bill one customer at once use a coupon for one bill once', async () => {
      const { id } = await coupon({ cadence: 'once' });
      await redeem({ coupon: { id }, customerId: 'c_race' });
      const found = await Promise.all(
        Array.from({ length: 20 }, (_, i) => applied([bill(`s_race_${i}`, 'c_race', 1)], true)),
      );
      expect(found.flatMap((one) => Object.values(one)).filter((ids) => ids.length > 0)).toEqual([[id]]);
    });

    it('as what the domain takes off', async () => {
      const terms = [
        await coupon({ percentage_off: '12.5' }),
        await coupon({ type: 'fixed', percentage_off: undefined, amount_off: '5.05', currency: 'eur' }),
      ];
      for (const { id } of terms) await redeem({ coupon: { id }, customerId: 'c_val' });
      const values = await run(async (ctx) => {
        const found = await associations.applicable(ctx, [bill('s_val', 'c_val', 1, 'eur')], {
          toBill: false,
        });
        return [...found.values()].flat().map((one) => couponValue(one.coupon));
      });
      expect(values).toMatchObject([
        { type: 'percentage' },
        { type: 'fixed', amount: { amount: 505n, currency: 'eur' } },
      ]);
    });
  });

  it('are another tenant’s nowhere', async () => {
    const { id } = await coupon({ coupon_code: 'MINE' });
    const { association } = await redeem({ coupon: { id }, customerId: 'c', subscriptionId: 's_mine' });
    const { api } = await server.anotherTenant();
    for (const [method, path, body] of [
      ['GET', `/coupons/${id}`],
      ['GET', '/coupons/code/MINE'],
      ['PUT', `/coupons/${id}`, { name: 'taken' }],
      ['DELETE', `/coupons/${id}`],
      ['GET', `/coupons/associations/${association.id}`],
    ] as [string, string, unknown?][])
      expect((await api.send(method, path, body)).status).toBe(404);
    expect((await api.get('/coupons/associations')).items).toEqual([]);
    expect((await server.api.get(`/coupons/${id}`)).name).toBe('Ten percent');
  });
});
