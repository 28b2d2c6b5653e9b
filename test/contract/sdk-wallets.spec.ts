import type { Flexprice } from '@flexprice/sdk';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { accepted, SdkCoverage, sdkOf } from './sdk-client.js';
import { violationsOf } from './shapes.js';

/** Everything goes through the official SDK, with the checks of answers that it makes by itself. */
describe('@flexprice/sdk 2.0.1: wallets, credit grants', () => {
  let server: TestApp;
  let sdk: Flexprice;
  let coverage: SdkCoverage;
  beforeAll(async () => {
    server = await startTestApp();
    sdk = sdkOf(server);
    coverage = new SdkCoverage(server, ['wallets', 'creditgrants']);
  });
  afterAll(async () => {
    coverage.stop();
    await server.stop();
  });

  it('a wallet: make, fill, look, change, close', async () => {
    const { id: customerId } = await sdk.customers.createCustomer({ externalId: 'w', name: 'W' });
    const wallet = await accepted(
      sdk.wallets.createWallet({
        customerId,
        currency: 'usd',
        conversionRate: '0.5',
        initialCreditsToLoad: '10',
        autoTopup: { enabled: false, threshold: 1, amount: 5, invoicing: true },
        metadata: { a: '1' },
      }),
    );
    const id = wallet.id as string;
    expect(wallet).toMatchObject({
      creditBalance: '10',
      balance: '5',
      autoTopup: { threshold: 1, amount: 5 },
    });
    const bought = await accepted(
      sdk.wallets.topUpWallet(id, {
        transactionReason: 'PURCHASED_CREDIT_INVOICED',
        creditsToAdd: '4',
        idempotencyKey: 'k',
        priority: 1,
      }),
    );
    expect(bought).toMatchObject({
      walletTransaction: { transactionStatus: 'pending', creditAmount: '4', amount: '2', priority: 1 },
      invoiceId: expect.stringMatching(/^inv_/),
    });
    expect(await accepted(sdk.wallets.getWallet(id))).toMatchObject({
      creditsAvailableBreakdown: { free: '10', purchased: '0' },
    });
    expect(await accepted(sdk.wallets.getWalletBalance(id, 'credits_available_breakdown'))).toMatchObject({
      realTimeBalance: '5',
      realTimeCreditBalance: '10',
    });
    expect(
      await accepted(sdk.wallets.updateWallet(id, { name: 'Main', config: { allowedPriceTypes: ['ALL'] } })),
    ).toMatchObject({ name: 'Main', config: { allowedPriceTypes: ['ALL'] } });
    expect(await accepted(sdk.wallets.queryWallet({ walletIds: [id], status: 'active' }))).toMatchObject({
      items: [{ id }],
    });
    expect(
      await accepted(sdk.wallets.getWalletTransactions({ idPathParameter: id, expand: 'customer,wallet' })),
    ).toMatchObject({ items: [{ wallet: { id } }, { customer: { id: customerId } }] });
    expect(
      await accepted(sdk.wallets.queryWalletTransaction({ type: 'credit', transactionStatus: 'pending' })),
    ).toMatchObject({ items: [{ referenceType: 'INVOICE', referenceId: bought.invoiceId }] });
    expect(await accepted(sdk.wallets.getWalletsByCustomerId(customerId as string))).toMatchObject([{ id }]);
    expect(
      await accepted(sdk.wallets.getCustomerWallets({ lookupKey: 'w', includeRealTimeBalance: true })),
    ).toMatchObject([{ id }]);
    expect(await accepted(sdk.wallets.terminateWallet(id))).toMatchObject({ walletStatus: 'closed' });
  });

  it('a grant: make, look, change, have it given, delete', async () => {
    const plan = await sdk.plans.createPlan({ name: 'Pro', lookupKey: 'pro' });
    await sdk.prices.createPrice({
      entityType: 'PLAN',
      entityId: plan.id as string,
      billingCadence: 'RECURRING',
      billingPeriod: 'MONTHLY',
      billingPeriodCount: 1,
      priceUnitType: 'FIAT',
      currency: 'usd',
      type: 'FIXED',
      billingModel: 'FLAT_FEE',
      invoiceCadence: 'ADVANCE',
      amount: '20',
    });
    const grant = await accepted(
      sdk.creditGrants.createCreditGrant({
        name: 'Monthly',
        scope: 'PLAN',
        planId: plan.id,
        credits: '12.5',
        cadence: 'RECURRING',
        period: 'MONTHLY',
        periodCount: 1,
        expirationType: 'DURATION',
        expirationDuration: 2,
        expirationDurationUnit: 'WEEK',
        priority: 2,
      }),
    );
    const id = grant.id as string;
    expect(await accepted(sdk.creditGrants.getCreditGrant(id))).toMatchObject({
      credits: '12.5',
      priority: 2,
    });
    expect(await accepted(sdk.creditGrants.updateCreditGrant(id, { name: 'Every month' }))).toMatchObject({
      name: 'Every month',
    });
    expect(await accepted(sdk.creditGrants.getPlanCreditGrants(plan.id as string))).toMatchObject({
      items: [{ id }],
    });
    const { id: customerId } = await sdk.customers.createCustomer({ externalId: 'g', name: 'G' });
    const subscription = await accepted(
      sdk.subscriptions.createSubscription({
        customerId,
        planId: plan.id as string,
        currency: 'usd',
        billingCadence: 'RECURRING',
        billingPeriod: 'MONTHLY',
        billingPeriodCount: 1,
      }),
    );
    const next = await accepted(sdk.subscriptions.getSubscriptionUpcomingGrants(subscription.id as string));
    expect(next).toMatchObject({ items: [{ credits: 12.5, applicationStatus: 'pending' }] });
    expect(await accepted(sdk.customers.getCustomerUpcomingGrants(customerId as string))).toMatchObject({
      items: [{ id: next.items?.[0]?.id }],
    });
    expect(await accepted(sdk.creditGrants.deleteCreditGrant(id, {}))).toMatchObject({
      message: expect.stringContaining('deleted'),
    });
  });

  it('lists what the published data does not name, key by key', async () => {
    const [{ id: customerId }] = (await server.api.post('/customers/search', { external_id: 'g' })).items;
    const grants = await server.api.get(`/customers/${customerId as string}/grants/upcoming`);
    // A number, as the clients of that field read it; its declared type says text.
    expect(violationsOf(grants, 'ref:ListCreditGrantApplicationsResponse')).toEqual([
      '$.items[0].credits is not a string: 12.5',
    ]);
    const wallets = await server.api.post('/wallets/search', {});
    expect(violationsOf(wallets, 'ref:ListResponseDtoWalletResponse')).toEqual([]);
    const found = await server.api.post('/wallets/transactions/search', { expand: 'wallet,customer' });
    expect(violationsOf(found, 'ref:ListWalletTransactionsResponse')).toEqual([]);
    const plans = await server.api.post('/plans/search', { lookup_key: 'pro' });
    const ofPlan = await server.api.get(`/plans/${plans.items[0].id as string}/creditgrants`);
    expect(violationsOf(ofPlan, 'ref:ListCreditGrantsResponse')).toEqual([]);
    const grant = await server.api.create('/creditgrants', {
      name: 'Once',
      scope: 'PLAN',
      plan_id: plans.items[0].id,
      credits: '1',
      cadence: 'ONETIME',
    });
    expect(violationsOf(grant, 'ref:CreditGrantResponse')).toEqual([]);
  });

  it('has got every answer with the exact code, every declared key at every depth, and the right kinds', () => {
    expect(coverage.differing()).toEqual([]);
  });

  it('has called every operation of the SDK that these houses serve', () => {
    expect(coverage.missing()).toEqual([]);
  });
});
