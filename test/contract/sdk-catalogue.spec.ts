import {
  ErrorsErrorsErrorResponse,
  Flexprice,
  FlexPriceError,
  HTTPClient,
  ResponseValidationError,
  type DtoCreatePriceRequest,
} from '@flexprice/sdk';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { accepted, SdkCoverage, sdkOf } from './sdk-client.js';

/** Everything goes through the official SDK, with the checks of answers that it makes by itself. */
describe('@flexprice/sdk 2.0.1: catalogue, customers, keys', () => {
  let server: TestApp;
  let sdk: Flexprice;
  let coverage: SdkCoverage;
  beforeAll(async () => {
    server = await startTestApp();
    sdk = sdkOf(server);
    coverage = new SdkCoverage(server, ['features', 'plans', 'prices', 'customers', 'secrets', 'tenants']);
  });
  afterAll(async () => {
    coverage.stop();
    await server.stop();
  });

  it('features: create, query, update, delete', async () => {
    const feature = await accepted(
      sdk.features.createFeature({
        name: 'Storage',
        lookupKey: 'storage',
        type: 'metered',
        description: 'Gigabytes kept',
        unitSingular: 'GB',
        unitPlural: 'GBs',
        metadata: { team: 'infra' },
        meter: {
          name: 'Storage',
          eventName: 'storage.kept',
          aggregation: { type: 'SUM', field: 'gb' },
          filters: [{ key: 'region', values: ['eu', 'us'] }],
          resetUsage: 'BILLING_PERIOD',
        },
      }),
    );
    expect(feature).toMatchObject({ lookupKey: 'storage', type: 'metered', meterId: feature.meter?.id });
    expect(feature.meter?.filters).toEqual([{ key: 'region', values: ['eu', 'us'] }]);
    const flag = await accepted(sdk.features.createFeature({ name: 'SSO', type: 'boolean' }));
    expect(flag.meter).toBeUndefined();

    const found = await accepted(
      sdk.features.queryFeature({
        featureIds: [feature.id as string],
        expand: 'meters',
        limit: 10,
        filters: [{ field: 'name', operator: 'contains', dataType: 'string', value: { string: 'stor' } }],
        sort: [{ field: 'created_at', direction: 'asc' }],
      }),
    );
    expect(found).toMatchObject({
      items: [{ id: feature.id, meter: { eventName: 'storage.kept' } }],
      pagination: { total: 1, limit: 10, offset: 0 },
    });
    const updated = await accepted(
      sdk.features.updateFeature(feature.id as string, { name: 'Disk', metadata: { team: 'data' } }),
    );
    expect(updated).toMatchObject({ name: 'Disk', metadata: { team: 'data' }, unitSingular: 'GB' });
    expect(await accepted(sdk.features.deleteFeature(feature.id as string))).toMatchObject({
      message: expect.any(String),
    });
    expect((await sdk.features.queryFeature({ featureIds: [feature.id as string] })).items).toEqual([]);
  });

  it('plans and prices: create, query, get, update, delete', async () => {
    const meter = await accepted(
      sdk.features.createFeature({
        name: 'Calls',
        type: 'metered',
        meter: {
          name: 'Calls',
          eventName: 'call',
          aggregation: { type: 'COUNT' },
          resetUsage: 'BILLING_PERIOD',
        },
      }),
    );
    const plan = await accepted(
      sdk.plans.createPlan({
        name: 'Pro',
        lookupKey: 'pro',
        description: 'For teams',
        displayOrder: 2,
        metadata: { tier: '2' },
      }),
    );
    const common: DtoCreatePriceRequest = {
      entityType: 'PLAN',
      entityId: plan.id as string,
      type: 'FIXED',
      billingModel: 'FLAT_FEE',
      billingCadence: 'RECURRING',
      billingPeriod: 'MONTHLY',
      billingPeriodCount: 1,
      invoiceCadence: 'ADVANCE',
      priceUnitType: 'FIAT',
      currency: 'USD',
      amount: '49.90',
      lookupKey: 'pro-base',
      displayName: 'Base fee',
    };
    const { lookupKey: _, amount: __, ...usage } = { ...common, invoiceCadence: 'ARREAR' as const };
    const base = await accepted(sdk.prices.createPrice(common));
    expect(base).toMatchObject({ amount: '49.9', currency: 'usd', billingPeriodCount: 1 });
    expect(await accepted(sdk.plans.syncPlanPrices(plan.id as string))).toMatchObject({
      message: expect.any(String),
      workflowId: expect.any(String),
      runId: expect.any(String),
    });
    const bulk = await accepted(
      sdk.prices.createPricesBulk({
        items: [
          {
            ...usage,
            type: 'USAGE',
            meterId: meter.meterId,
            billingModel: 'TIERED',
            tierMode: 'SLAB',
            tiers: [{ upTo: 1000, unitAmount: '0.01', flatAmount: '5' }, { unitAmount: '0.005' }],
          },
          {
            ...usage,
            type: 'USAGE',
            meterId: meter.meterId,
            billingModel: 'PACKAGE',
            amount: '3',
            transformQuantity: { divideBy: 100, round: 'up' },
            filterValues: { region: ['eu'] },
          },
        ],
      }),
    );
    expect(bulk.items).toMatchObject([
      {
        tierMode: 'SLAB',
        tiers: [{ upTo: 1000, unitAmount: '0.01' }, { unitAmount: '0.005' }],
        meter: { name: 'Calls' },
      },
      { transformQuantity: { divideBy: 100, round: 'up' }, amount: '3' },
    ]);
    expect(await accepted(sdk.prices.getPrice(base.id as string))).toEqual(base);
    const prices = await accepted(
      sdk.prices.queryPrice({
        planIds: [plan.id as string],
        expand: 'meters',
        sort: 'created_at',
        order: 'asc',
      }),
    );
    expect(prices.items?.map((price) => price.id)).toEqual([
      base.id,
      ...(bulk.items ?? []).map((price) => price.id),
    ]);

    const shown = await accepted(sdk.plans.getPlan(plan.id as string));
    expect(shown.prices).toHaveLength(3);
    expect(shown).toMatchObject({ displayOrder: 2, metadata: { tier: '2' } });
    const listed = await accepted(sdk.plans.queryPlan({ lookupKey: 'pro', expand: 'prices,meters' }));
    expect(listed.items?.[0]?.prices).toHaveLength(3);
    const updated = await accepted(
      sdk.plans.updatePlan(plan.id as string, { name: 'Team', displayOrder: 3 }),
    );
    expect(updated).toMatchObject({ name: 'Team', displayOrder: 3, lookupKey: 'pro' });
    expect(await accepted(sdk.prices.getPriceByLookupKey('pro-base'))).toEqual(base);
    const raised = await accepted(sdk.prices.updatePrice(base.id as string, { amount: '59' }));
    expect(raised).toMatchObject({ amount: '59', lookupKey: 'pro-base', displayName: 'Base fee' });
    expect(raised.id).not.toBe(base.id);
    await accepted(sdk.prices.deletePrice(raised.id as string, {}));
    const copy = await accepted(
      sdk.plans.postPlansIdClone(plan.id as string, { name: 'Team EU', lookupKey: 'team-eu' }),
    );
    expect(copy).toMatchObject({ name: 'Team EU', lookupKey: 'team-eu', displayOrder: 3 });
    expect(copy.prices).toHaveLength(2);
    expect(await accepted(sdk.entitlements.getPlanEntitlements(copy.id as string))).toMatchObject({
      id: copy.id,
      entitlements: [],
    });
    await accepted(sdk.plans.deletePlan(plan.id as string));
    expect((await sdk.plans.queryPlan({ planIds: [plan.id as string] })).items).toEqual([]);
  });

  it('customers: create, get, by external id, query, update both ways, delete', async () => {
    const customer = await accepted(
      sdk.customers.createCustomer({
        externalId: 'acme',
        name: 'Acme',
        email: 'billing@acme.test',
        addressLine1: '1 Main St',
        addressCity: 'Berlin',
        addressCountry: 'DE',
        addressPostalCode: '10115',
        metadata: { segment: 'smb' },
      }),
    );
    expect(await accepted(sdk.customers.getCustomer(customer.id as string))).toEqual(customer);
    expect(await accepted(sdk.customers.getCustomerByExternalId('acme'))).toEqual(customer);
    expect(await accepted(sdk.customers.getCustomerEntitlements(customer.id as string))).toMatchObject({
      customerId: customer.id,
      features: [],
    });
    expect(
      await accepted(sdk.customers.getCustomerUsageSummary({ customerLookupKey: 'acme' })),
    ).toMatchObject({ customerId: customer.id, features: [] });
    const found = await accepted(
      sdk.customers.queryCustomer({ externalIds: ['acme'], email: 'billing@acme.test' }),
    );
    expect(found.items).toEqual([customer]);
    const byId = await accepted(sdk.customers.updateCustomer({ name: 'Acme Inc.' }, customer.id as string));
    expect(byId).toMatchObject({ name: 'Acme Inc.', addressCity: 'Berlin' });
    const byExternalId = await accepted(
      sdk.customers.updateCustomer({ metadata: { segment: 'mid' } }, undefined, 'acme'),
    );
    expect(byExternalId).toMatchObject({ name: 'Acme Inc.', metadata: { segment: 'mid' } });
    expect((await accepted(sdk.invoices.getCustomerInvoiceSummary(customer.id as string))).summaries).toEqual(
      [],
    );
    await accepted(sdk.customers.deleteCustomer(customer.id as string));
    expect((await sdk.customers.queryCustomer({ externalId: 'acme' })).items).toEqual([]);
  });

  it('API keys and the tenant: create, list, delete; a deleted key is a key no more', async () => {
    const created = await accepted(sdk.secrets.createApiKey({ name: 'Backend', type: 'private_key' }));
    const other = sdkOf(server, created.apiKey);
    expect(await accepted(other.tenants.getTenantById(server.tenant.tenantId))).toMatchObject({
      id: server.tenant.tenantId,
      name: 'Test',
    });
    const listed = await accepted(sdk.secrets.listApiKeys(10, 0));
    expect(listed.items?.map((key) => key.id)).toContain(created.secret?.id);
    await accepted(sdk.secrets.deleteApiKey(created.secret?.id as string));
    await expect(other.tenants.getTenantById(server.tenant.tenantId)).rejects.toMatchObject({
      statusCode: 401,
    });
  });

  it('errors: the codes that an operation declares are typed, all others carry the body', async () => {
    const refused = await sdk.features
      .createFeature({ name: 'No meter', type: 'metered' })
      .catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(ErrorsErrorsErrorResponse);
    expect(refused).toMatchObject({
      statusCode: 400,
      success: false,
      error: { message: expect.stringContaining('meter') },
    });
    const missing = await sdk.plans.getPlan('plan_01K00000000000000000000000').catch((e: unknown) => e);
    expect(missing).toBeInstanceOf(ErrorsErrorsErrorResponse);
    expect(missing).toMatchObject({ statusCode: 404, message: expect.stringContaining('not found') });
    await sdk.customers.createCustomer({ externalId: 'twice', name: 'One' });
    const twice = await sdk.customers
      .createCustomer({ externalId: 'twice', name: 'Two' })
      .catch((e: unknown) => e);
    expect(twice).toBeInstanceOf(FlexPriceError);
    expect(twice).toMatchObject({ statusCode: 409, body: expect.stringContaining('already_exists') });
    const later = await sdk.scheduledTasks.getScheduledTask('task_1').catch((e: unknown) => e);
    expect(later).toBeInstanceOf(FlexPriceError);
    expect(later).toMatchObject({ statusCode: 501, body: expect.stringContaining('not_implemented') });
  });

  it('wallets and grants of a customer and of a plan: sdk-wallets.spec.ts has the rest', async () => {
    const { id } = await sdk.customers.createCustomer({ externalId: 'rich', name: 'Rich' });
    const plan = await sdk.plans.createPlan({ name: 'Generous', lookupKey: 'generous' });
    expect(await accepted(sdk.wallets.getWalletsByCustomerId(id as string))).toEqual([]);
    expect(await accepted(sdk.wallets.getCustomerWallets({ id }))).toEqual([]);
    expect(await accepted(sdk.customers.getCustomerUpcomingGrants(id as string))).toMatchObject({
      items: [],
    });
    expect(await accepted(sdk.creditGrants.getPlanCreditGrants(plan.id as string))).toMatchObject({
      items: [],
    });
  });

  it('would refuse an answer that lacks a single declared key: the checks are on', async () => {
    const httpClient = new HTTPClient({
      fetcher: async (input, init) => {
        const { items, ...rest } = (await (await fetch(input, init)).json()) as Record<string, any[]>;
        const { lookup_key: _, ...first } = items?.[0] as object & { lookup_key: string | null };
        return Response.json({ ...rest, items: [first] });
      },
    });
    const strict = new Flexprice({
      serverURL: `${server.url}/v1`,
      apiKeyAuth: server.tenant.apiKey,
      httpClient,
    });
    await expect(strict.features.queryFeature({})).rejects.toThrow(ResponseValidationError);
  });

  it('has got every answer with the exact code, every declared key at every depth, and the right kinds', () => {
    expect(coverage.differing()).toEqual([]);
  });

  it('has called every operation of the SDK that these houses serve', () => {
    expect(coverage.missing()).toEqual([]);
  });
});
