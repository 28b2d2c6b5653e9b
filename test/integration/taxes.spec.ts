import { CustomersService } from '../../src/customers/customers.service.js';
import { parseCurrency } from '../../src/domain/currency.js';
import { TaxAssociationsService } from '../../src/plans/tax-associations.service.js';
import { taxValue, type TaxOverride } from '../../src/plans/taxes.types.js';
import type { Caller, Ctx } from '../../src/platform/context.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('taxes', () => {
  let server: TestApp;
  let associations: TaxAssociationsService;
  let customers: CustomersService;
  let uow: UnitOfWork;
  let caller: Caller;
  beforeAll(async () => {
    server = await startTestApp();
    associations = server.app.get(TaxAssociationsService, { strict: false });
    customers = server.app.get(CustomersService, { strict: false });
    uow = server.app.get(UnitOfWork, { strict: false });
    const { tenantId, environmentId } = server.tenant;
    caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
  });
  afterAll(async () => {
    await server.stop();
  });

  const run = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => uow.run(caller, work);
  const newRate = (code: string, more: Record<string, unknown> = {}): Promise<any> =>
    server.api.create('/taxes/rates', { name: code, code, percentage_value: '19', ...more });
  const associate = (tax_rate_code: string, more: Record<string, unknown>): Promise<any> =>
    server.api.post('/taxes/associations', { tax_rate_code, ...more });
  const newCustomer = (external_id: string): Promise<any> =>
    server.api.create('/customers', { external_id, name: external_id });
  const codesOf = async (entity_type: string, entity_id: string): Promise<string[]> =>
    (
      await server.api.get(`/taxes/associations?entity_type=${entity_type}&entity_id=${entity_id}&order=asc`)
    ).items.map((one: any) => one.tax_rate.code);
  const inherit = (subscriptionId: string, customerId: string, overrides?: TaxOverride[], startDate?: Date) =>
    run(async (ctx) =>
      associations.inheritToSubscription(
        ctx,
        {
          id: subscriptionId,
          customer: await customers.get(ctx, customerId),
          startDate: startDate ?? ctx.now,
        },
        overrides,
      ),
    );
  /** A real one: what a tax is tied to must exist. */
  const newSubscription = async (customerId: string): Promise<any> => {
    const plan = await server.api.create('/plans', {
      name: 'P',
      prices: [{ pricing_model: 'flat', unit_price: 5, currency: 'eur', billing_period: 'monthly' }],
    });
    return server.api.create('/subscriptions', { customer_id: customerId, plan_id: plan.id });
  };

  describe('rates', () => {
    it.each<[string, Record<string, unknown>, string[]]>([
      ['no value', {}, ['percentage_value']],
      ['both values', { percentage_value: '5', fixed_value: '1' }, ['fixed_value']],
      ['more than all', { percentage_value: '100.5' }, ['percentage_value']],
      ['a negative percentage', { percentage_value: '-1' }, ['percentage_value']],
      ['a negative amount', { fixed_value: '-1' }, ['fixed_value']],
      [
        'a fixed one with a percentage',
        { tax_rate_type: 'fixed', percentage_value: '5' },
        ['fixed_value', 'percentage_value'],
      ],
      ['an unknown scope', { percentage_value: '5', scope: 'SOMEWHERE' }, ['scope']],
    ])('are refused with %s', async (_what, wrong, fields) => {
      const { status, body } = await server.api.send('POST', '/taxes/rates', {
        name: 'W',
        code: 'wrong',
        ...wrong,
      });
      expect({ status, code: body.code }).toEqual({ status: 400, code: 'validation_error' });
      expect(Object.keys(body.details.fields).sort()).toEqual(fields);
      expect((await server.api.get('/taxes/rates?taxrate_codes=wrong')).items).toEqual([]);
    });

    it('answer a list, and to client generation 2.0 the bare array that it reads', async () => {
      const made = await newRate('listed');
      const path = `/taxes/rates?taxrate_codes=listed,other`;
      expect(await server.api.get(path)).toEqual({
        items: [made],
        pagination: { total: 1, limit: 50, offset: 0 },
      });
      const old = await server.api.send('GET', path, undefined, {
        'user-agent': 'speakeasy-sdk/typescript 2.0.1 2.755.9 1.0 @flexprice/sdk',
      });
      expect(old.body).toEqual([made]);
      expect((await server.api.get('/taxes/rates?scope=EXTERNAL')).items).toEqual([]);
    });

    it('keep their value, and their code unique', async () => {
      const { id } = await newRate('fixed-now', { percentage_value: undefined, fixed_value: '2.50' });
      await newRate('other');
      const value = await server.api.send('PUT', `/taxes/rates/${id}`, { fixed_value: '9' });
      expect({ status: value.status, fields: value.body.details.fields }).toEqual({
        status: 501,
        fields: ['fixed_value'],
      });
      expect((await server.api.send('PUT', `/taxes/rates/${id}`, { code: 'other' })).status).toBe(409);
      expect(
        (await server.api.send('POST', '/taxes/rates', { name: 'x', code: 'other', fixed_value: 1 })).status,
      ).toBe(409);
      expect(await server.api.get(`/taxes/rates/${id}`)).toMatchObject({
        code: 'fixed-now',
        tax_rate_type: 'fixed',
        fixed_value: '2.5',
        percentage_value: null,
      });
    });

    it('cannot go while something is taxed by them', async () => {
      const { id } = await newRate('busy');
      const customer = await newCustomer('busy');
      const { id: associationId } = await associate('busy', {
        entity_type: 'customer',
        entity_id: customer.id,
      });
      const { status, body } = await server.api.send('DELETE', `/taxes/rates/${id}`);
      expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'tax_rate_in_use' });
      const deleted = await server.api.expect(200, 'DELETE', `/taxes/associations/${associationId}`);
      expect(deleted).toMatchObject({ id: associationId, status: 'deleted' });
      await server.api.expect(204, 'DELETE', `/taxes/rates/${id}`);
      expect((await server.api.send('GET', `/taxes/rates/${id}`)).status).toBe(404);
    });
  });

  describe('associations', () => {
    it('need something that exists, and a rate that is active', async () => {
      const { id } = await newRate('assoc');
      const customer = await newCustomer('assoc');
      const statusOf = async (body: Record<string, unknown>) =>
        (await server.api.send('POST', '/taxes/associations', { tax_rate_code: 'assoc', ...body })).status;
      expect(await statusOf({})).toBe(400);
      expect(await statusOf({ entity_type: 'customer' })).toBe(400);
      expect(await statusOf({ entity_type: 'planet', entity_id: 'x' })).toBe(400);
      expect(await statusOf({ entity_type: 'customer', entity_id: 'cust_none' })).toBe(404);
      expect(await statusOf({ entity_type: 'subscription', entity_id: 'subs_none' })).toBe(404);
      expect(await statusOf({ entity_type: 'tenant', entity_id: 'tenant_other' })).toBe(404);
      expect(await statusOf({ external_customer_id: 'nobody' })).toBe(404);
      expect(await statusOf({ external_customer_id: 'assoc', entity_id: 'cust_other' })).toBe(400);
      expect(await statusOf({ external_customer_id: 'assoc', tax_rate_code: 'none' })).toBe(404);
      expect(await statusOf({ entity_type: 'invoice', entity_id: 'inv_1' })).toBe(501);
      expect(await statusOf({ external_customer_id: 'assoc', end_date: '2020-01-01T00:00:00Z' })).toBe(400);
      await server.api.put(`/taxes/rates/${id}`, { tax_rate_status: 'INACTIVE' });
      expect(await statusOf({ external_customer_id: 'assoc' })).toBe(400);
      expect(await codesOf('customer', customer.id)).toEqual([]);
      await server.api.put(`/taxes/rates/${id}`, { tax_rate_status: 'ACTIVE' });
      expect(await statusOf({ external_customer_id: 'assoc' })).toBe(200);
      expect(await statusOf({ external_customer_id: 'assoc' })).toBe(409);
      expect(await codesOf('customer', customer.id)).toEqual(['assoc']);
    });

    it('difference: apply by themselves unless the caller says otherwise', async () => {
      await newRate('auto');
      await newCustomer('auto');
      const made = await associate('auto', { external_customer_id: 'auto' });
      expect(made).toMatchObject({ auto_apply: true, priority: 0, currency: null, end_date: null });
      const changed = await server.api.put(`/taxes/associations/${made.id}`, { auto_apply: false });
      expect(changed).toMatchObject({ auto_apply: false, priority: 0 });
    });

    it('are the tenant’s own without an id', async () => {
      await newRate('own');
      const made = await associate('own', { entity_type: 'tenant' });
      expect(made).toMatchObject({ entity_type: 'tenant', entity_id: server.tenant.tenantId });
      await server.api.expect(200, 'DELETE', `/taxes/associations/${made.id}`);
    });
  });

  describe('inheritance is a copy', () => {
    it('of the tenant’s rates to a customer that is created, and not to older ones', async () => {
      const older = await newCustomer('older');
      await newRate('copied');
      const source = await associate('copied', { entity_type: 'tenant', priority: 3, metadata: { a: '1' } });
      const customer = await newCustomer('newer');
      const copy = await eventually('copied', async () => {
        const { items } = await server.api.get(`/taxes/associations?external_customer_id=newer`);
        return items[0];
      });
      expect(copy).toMatchObject({
        entity_type: 'customer',
        entity_id: customer.id,
        priority: 3,
        metadata: { a: '1' },
        inherited_from: source.id,
        tax_rate: { code: 'copied' },
      });
      expect(copy.id).not.toBe(source.id);
      expect(await codesOf('customer', older.id)).toEqual([]);

      // What changes above does not reach it, nor does catching up late.
      await server.api.expect(200, 'DELETE', `/taxes/associations/${source.id}`);
      await newRate('later');
      const later = await associate('later', { entity_type: 'tenant' });
      await run(async (ctx) => associations.inheritToCustomer(ctx, await customers.get(ctx, customer.id)));
      expect(await codesOf('customer', customer.id)).toEqual(['copied']);
      await server.api.expect(200, 'DELETE', `/taxes/associations/${copy.id}`);
      await run(async (ctx) => associations.inheritToCustomer(ctx, await customers.get(ctx, customer.id)));
      expect(await codesOf('customer', customer.id)).toEqual([]);
      await server.api.expect(200, 'DELETE', `/taxes/associations/${later.id}`);
    });

    it('of the customer’s rates to a subscription, even when the customer’s own copies are not made yet', async () => {
      await newRate('through');
      const source = await associate('through', { entity_type: 'tenant' });
      const customer = await newCustomer('through');
      await inherit('subs_through', customer.id);
      expect(await codesOf('subscription', 'subs_through')).toEqual(['through']);
      await newRate('too-late');
      await associate('too-late', { external_customer_id: 'through' });
      expect(await codesOf('subscription', 'subs_through')).toEqual(['through']);
      await server.api.expect(200, 'DELETE', `/taxes/associations/${source.id}`);
    });

    it('gives way to overrides, of which there may be none', async () => {
      await newRate('usual');
      await newRate('special');
      const customer = await newCustomer('special');
      const subscription = await newSubscription(customer.id);
      await associate('usual', { external_customer_id: 'special' });
      await inherit(subscription.id, customer.id, [{ taxRateCode: 'special', priority: 7 }]);
      expect(await codesOf('subscription', subscription.id)).toEqual(['special']);
      await inherit('subs_untaxed', customer.id, []);
      expect(await codesOf('subscription', 'subs_untaxed')).toEqual([]);
      await expect(
        inherit(subscription.id, customer.id, [{ taxRateCode: 'unheard-of' }]),
      ).rejects.toMatchObject({ kind: 'not_found' });
    });
  });

  describe('on bills', () => {
    const january = { start: new Date('2030-01-01T00:00:00Z'), end: new Date('2030-02-01T00:00:00Z') };
    const applied = async (subscriptionIds: string[], currency = 'eur', period = january) => {
      const bills = subscriptionIds.map((subscriptionId) => ({ subscriptionId, currency, period }));
      const found = await run((ctx) => associations.applicable(ctx, bills));
      return bills.map((bill) => found.get(bill)!.map((one) => one.taxRate.code));
    };

    it('stand by priority; only active rates, in the currency, applied by themselves, in the period', async () => {
      const customer = await newCustomer('billed');
      for (const [code, more] of Object.entries<Record<string, unknown>>({
        'b-second': { priority: 2 },
        'a-first': { priority: 1 },
        'c-euro': { priority: 3, currency: 'EUR' },
        'd-by-hand': { auto_apply: false },
        'e-over': { start_date: '2029-01-01T00:00:00Z', end_date: '2030-01-01T00:00:00Z' },
        'f-to-come': { priority: 4, start_date: '2030-02-01T00:00:00Z' },
        'g-inactive': {},
      })) {
        await newRate(code);
        await associate(code, { external_customer_id: 'billed', ...more });
      }
      const [inactive] = (await server.api.get('/taxes/rates?taxrate_codes=g-inactive')).items;
      await server.api.put(`/taxes/rates/${inactive.id}`, { tax_rate_status: 'INACTIVE' });
      await inherit('subs_b1', customer.id, undefined, new Date('2029-06-01T00:00:00Z'));
      await inherit('subs_b2', customer.id, undefined, january.end);
      expect(await applied(['subs_b1', 'subs_b2', 'subs_none'])).toEqual([
        ['a-first', 'b-second', 'c-euro'],
        [],
        [],
      ]);
      expect(await applied(['subs_b1'], 'usd')).toEqual([['a-first', 'b-second']]);
      expect(
        await applied(['subs_b1'], 'usd', { start: january.end, end: new Date('2030-03-01T00:00:00Z') }),
      ).toEqual([['a-first', 'b-second', 'f-to-come']]);
    });

    it('are values of the domain: a fixed one in the currency of the bill', async () => {
      const fixed = await newRate('v-fixed', { percentage_value: undefined, fixed_value: '1.5' });
      await newCustomer('valued');
      await associate('v-fixed', { external_customer_id: 'valued' });
      const value = await run(async (ctx) => {
        const { rows } = await associations.list(ctx, { tax_rate_id: fixed.id });
        return ['eur', 'jpy'].map((code) => taxValue(rows[0]!.taxRate, parseCurrency(code)!));
      });
      expect(value).toEqual([
        { type: 'fixed', amount: { amount: 150n, currency: 'eur' } },
        { type: 'fixed', amount: { amount: 2n, currency: 'jpy' } },
      ]);
    });
  });

  it('are another tenant’s nowhere', async () => {
    const made = await newRate('foreign');
    await newCustomer('foreign');
    const association = await associate('foreign', { external_customer_id: 'foreign' });
    const { api } = await server.anotherTenant();
    for (const [method, path, body] of [
      ['GET', `/taxes/rates/${made.id}`],
      ['PUT', `/taxes/rates/${made.id}`, { name: 'taken' }],
      ['DELETE', `/taxes/rates/${made.id}`],
      ['GET', `/taxes/associations/${association.id}`],
      ['PUT', `/taxes/associations/${association.id}`, { priority: 9 }],
      ['DELETE', `/taxes/associations/${association.id}`],
    ] as [string, string, unknown?][])
      expect((await api.send(method, path, body)).status).toBe(404);
    expect((await server.api.get(`/taxes/associations/${association.id}`)).priority).toBe(0);
  });
});
