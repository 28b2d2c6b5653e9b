import type { DtoFeatureResponse, DtoPlanResponse, Flexprice } from '@flexprice/sdk';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { accepted, SdkCoverage, sdkOf } from './sdk-client.js';

const HOUR = 60 * 60 * 1000;

/** Everything goes through the official SDK, with the checks of answers that it makes by itself. */
describe('@flexprice/sdk 2.0.1: subscriptions, usage, invoices, payments', () => {
  let server: TestApp;
  let sdk: Flexprice;
  let coverage: SdkCoverage;
  let feature: DtoFeatureResponse;
  let plan: DtoPlanResponse;
  beforeAll(async () => {
    server = await startTestApp();
    sdk = sdkOf(server);
    coverage = new SdkCoverage(server, ['subscriptions', 'events']);
    feature = await sdk.features.createFeature({
      name: 'Tokens',
      type: 'metered',
      meter: {
        name: 'Tokens',
        eventName: 'tokens.used',
        aggregation: { type: 'SUM', field: 'n' },
        resetUsage: 'BILLING_PERIOD',
      },
    });
    plan = await sdk.plans.createPlan({ name: 'Pro', lookupKey: 'pro' });
    const price = {
      entityType: 'PLAN',
      entityId: plan.id as string,
      billingCadence: 'RECURRING',
      billingPeriod: 'MONTHLY',
      billingPeriodCount: 1,
      priceUnitType: 'FIAT',
      currency: 'usd',
    } as const;
    await sdk.prices.createPricesBulk({
      items: [
        { ...price, type: 'FIXED', billingModel: 'FLAT_FEE', invoiceCadence: 'ADVANCE', amount: '20' },
        {
          ...price,
          type: 'USAGE',
          billingModel: 'TIERED',
          invoiceCadence: 'ARREAR',
          meterId: feature.meterId,
          tierMode: 'SLAB',
          tiers: [{ upTo: 1000, unitAmount: '0.002' }, { unitAmount: '0.001' }],
        },
      ],
    });
  });
  afterAll(async () => {
    coverage.stop();
    await server.stop();
  });

  const customer = (externalId: string) =>
    sdk.customers.createCustomer({ externalId, name: `Customer ${externalId}` });

  const subscribe = async (externalId: string) => {
    const { id } = await customer(externalId);
    return accepted(
      sdk.subscriptions.createSubscription({
        customerId: id,
        planId: plan.id as string,
        currency: 'usd',
        billingCadence: 'RECURRING',
        billingPeriod: 'MONTHLY',
        billingPeriodCount: 1,
        billingCycle: 'anniversary',
        metadata: { deal: '42' },
      }),
    );
  };

  const oneOff = async (externalId: string, amount = '30.5') => {
    const { id } = await customer(externalId);
    return accepted(
      sdk.invoices.createInvoice({
        customerId: id as string,
        currency: 'usd',
        amountDue: amount,
        subtotal: amount,
        total: amount,
        description: 'Setup',
        lineItems: [{ displayName: 'Setup', amount, quantity: '1' }],
        metadata: { po: '7' },
      }),
    );
  };

  it('a month: subscribe, use, invoice, pay', async () => {
    const subscription = await subscribe('acme');
    expect(subscription).toMatchObject({ subscriptionStatus: 'active', metadata: { deal: '42' } });
    expect(subscription.lineItems).toHaveLength(2);
    expect(subscription.lineItems?.map((line) => line.price?.billingModel).sort()).toEqual([
      'FLAT_FEE',
      'TIERED',
    ]);
    expect(subscription.latestInvoice).toMatchObject({
      total: '20',
      invoiceStatus: 'FINALIZED',
      lineItems: [{ amount: '20', quantity: '1' }],
    });

    const grants = await accepted(sdk.subscriptions.getSubscriptionUpcomingGrants(subscription.id as string));
    expect(grants.items).toEqual([]);

    const start = new Date(subscription.currentPeriodStart as string);
    const end = new Date(subscription.currentPeriodEnd as string);
    const event = (id: string, n: string, hours: number) => ({
      eventName: 'tokens.used',
      externalCustomerId: 'acme',
      eventId: id,
      timestamp: new Date(start.getTime() + hours * HOUR).toISOString(),
      properties: { n, model: 'small' },
      source: 'sdk',
    });
    expect(await accepted(sdk.events.ingestEvent(event('one', '500', 0)))).toMatchObject({ event_id: 'one' });
    await accepted(
      sdk.events.ingestEventsBulk({ events: [event('two', '700.5', 1), event('three', '799.5', 30)] }),
    );
    const window = { startTime: start.toISOString(), endTime: end.toISOString() };
    const raw = await accepted(
      sdk.events.listRawEvents({ externalCustomerId: 'acme', ...window, pageSize: 2 }),
    );
    expect(raw).toMatchObject({ hasMore: true, totalCount: 3, events: [{ id: 'three' }, { id: 'two' }] });
    const next = await accepted(
      sdk.events.listRawEvents({ ...window, pageSize: 2, iterLastKey: raw.iterLastKey }),
    );
    expect(next).toMatchObject({ hasMore: false, events: [{ id: 'one', properties: { n: '500' } }] });
    expect(await accepted(sdk.events.getEvent('one'))).toMatchObject({
      event: { id: 'one', externalCustomerId: 'acme' },
      status: 'processed',
    });
    const usage = { externalCustomerId: 'acme', ...window };
    const byMeter = await accepted(
      sdk.events.getUsageByMeter({ meterId: feature.meterId as string, windowSize: 'DAY', ...usage }),
    );
    expect(byMeter).toMatchObject({ value: 2000, type: 'SUM', eventName: 'tokens.used' });
    expect(byMeter.results?.map((one) => one.value).reduce((a = 0, b = 0) => a + b)).toBe(2000);
    const counted = await accepted(
      sdk.events.getUsageStatistics({ eventName: 'tokens.used', aggregationType: 'COUNT', ...usage }),
    );
    expect(counted.value).toBe(3);
    const analytics = await accepted(
      sdk.events.getUsageAnalytics({ windowSize: 'DAY', expand: ['feature', 'meter', 'price'], ...usage }),
    );
    expect(analytics.items).toEqual([
      expect.objectContaining({ totalUsage: '2000', eventCount: 3, aggregationType: 'SUM' }),
    ]);

    await server.api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(end.getTime() + HOUR).toISOString(),
    });
    const found = await accepted(
      sdk.invoices.queryInvoice({
        subscriptionId: subscription.id,
        invoiceStatus: ['FINALIZED'],
        amountDueGt: 20,
        expand: 'customer,subscription',
      }),
    );
    // 1000 × 0.002 + 1000 × 0.001 + next month's 20
    expect(found.items).toMatchObject([
      {
        total: '23',
        billingReason: 'SUBSCRIPTION_CYCLE',
        customer: { externalId: 'acme' },
        subscription: { id: subscription.id },
      },
    ]);
    const [invoice] = found.items ?? [];
    expect(invoice?.subscription?.lineItems).toHaveLength(2);
    expect(invoice?.lineItems?.map((line) => line.amount).sort()).toEqual(['20', '3']);

    const payment = await accepted(
      sdk.payments.createPayment({
        destinationType: 'INVOICE',
        destinationId: invoice?.id as string,
        paymentMethodType: 'OFFLINE',
        amount: '23',
        currency: 'usd',
        metadata: { transfer: '1' },
      }),
    );
    expect(payment).toMatchObject({ paymentStatus: 'SUCCEEDED', amount: '23', metadata: { transfer: '1' } });
    expect(await accepted(sdk.invoices.getInvoice(invoice?.id as string))).toMatchObject({
      paymentStatus: 'SUCCEEDED',
      amountPaid: '23',
      amountRemaining: '0',
    });
  });

  it('subscriptions: get, query with expansions, cancel now with a final invoice, cancel later', async () => {
    const now = await subscribe('leaves-now');
    const later = await subscribe('leaves-later');
    expect(await accepted(sdk.subscriptions.getSubscription(now.id as string))).toMatchObject({
      id: now.id,
      lineItems: [{ price: { currency: 'usd' } }, { price: { currency: 'usd' } }],
    });
    const found = await accepted(
      sdk.subscriptions.querySubscription({
        subscriptionIds: [now.id as string, later.id as string],
        subscriptionStatus: ['active'],
        expand: 'customer,plan',
        withLineItems: true,
        sort: [{ field: 'created_at', direction: 'asc' }],
      }),
    );
    expect(found.items).toMatchObject([
      { customer: { externalId: 'leaves-now' }, plan: { lookupKey: 'pro' } },
      { customer: { externalId: 'leaves-later' }, plan: { lookupKey: 'pro' } },
    ]);
    const usedAt = new Date(now.currentPeriodStart as string).toISOString();
    await sdk.events.ingestEvent({
      eventName: 'tokens.used',
      externalCustomerId: 'leaves-now',
      timestamp: usedAt,
      properties: { n: '100' },
    });
    const ended = await accepted(
      sdk.subscriptions.cancelSubscription(now.id as string, {
        cancellationType: 'immediate',
        cancelImmediatelyInovicePolicy: 'generate_invoice',
        reason: 'moved away',
      }),
    );
    expect(ended).toMatchObject({
      status: 'cancelled',
      reason: 'moved away',
      prorationInvoice: { total: '0.2', billingReason: 'PRORATION' },
    });
    const ending = await accepted(
      sdk.subscriptions.cancelSubscription(later.id as string, { cancellationType: 'end_of_period' }),
    );
    expect(ending).toMatchObject({ status: 'active', effectiveDate: later.currentPeriodEnd });
    expect(await sdk.subscriptions.getSubscription(later.id as string)).toMatchObject({
      cancelAtPeriodEnd: true,
    });
  });

  it('subscriptions: draft, trial, pause, lines, usage, taken back cancellation', async () => {
    const { id: customerId } = await customer('long-life');
    const draft = await accepted(
      sdk.subscriptions.createSubscription({
        customerId,
        planId: plan.id as string,
        currency: 'usd',
        billingCadence: 'RECURRING',
        billingPeriod: 'MONTHLY',
        subscriptionStatus: 'draft',
      }),
    );
    expect(draft).toMatchObject({ subscriptionStatus: 'draft' });
    const id = draft.id as string;
    const startDate = new Date(draft.createdAt as string).toISOString();
    expect(await accepted(sdk.subscriptions.activateSubscription(id, { startDate }))).toMatchObject({
      subscriptionStatus: 'active',
      latestInvoice: { billingReason: 'SUBSCRIPTION_CREATE' },
    });
    const trial = await accepted(
      sdk.subscriptions.createSubscription({
        customerId,
        planId: plan.id as string,
        currency: 'usd',
        billingCadence: 'RECURRING',
        billingPeriod: 'MONTHLY',
        trialEnd: new Date(new Date(startDate).getTime() + 240 * 24 * HOUR).toISOString(),
      }),
    );
    expect(trial).toMatchObject({
      subscriptionStatus: 'trialing',
      latestInvoice: { billingReason: 'SUBSCRIPTION_TRIAL_START', total: '0' },
    });
    const paused = await accepted(
      sdk.subscriptions.pauseSubscription(id, { pauseMode: 'immediate', metadata: { by: 'test' } }),
    );
    expect(paused).toMatchObject({ pauseStatus: 'active', metadata: { by: 'test' } });
    expect(
      await accepted(sdk.subscriptions.resumeSubscription(id, { resumeMode: 'immediate' })),
    ).toMatchObject({ id: paused.id, pauseStatus: 'completed' });
    expect(await accepted(sdk.subscriptions.listSubscriptionPauses(id))).toMatchObject([
      { items: [{ id: paused.id }], total: 1 },
    ]);
    const priceId = draft.lineItems?.find((line) => line.priceType === 'FIXED')?.priceId as string;
    const line = await accepted(
      sdk.subscriptions.createSubscriptionLineItem(id, { priceId, quantity: 2, displayName: 'Seats' }),
    );
    expect(line).toMatchObject({ displayName: 'Seats', quantity: '2', subscriptionId: id });
    const dearer = await accepted(
      sdk.subscriptions.updateSubscriptionLineItem(line.id as string, { amount: '25' }),
    );
    expect(dearer).toMatchObject({ quantity: '2', price: { amount: '25' } });
    expect(
      await accepted(sdk.subscriptions.deleteSubscriptionLineItem(dearer.id as string, {})),
    ).toMatchObject({ id: dearer.id, endDate: expect.any(String) });
    expect(await accepted(sdk.subscriptions.getSubscriptionUsage({ subscriptionId: id }))).toMatchObject({
      amount: 0,
      currency: 'usd',
    });
    expect(await accepted(sdk.subscriptions.getSubscriptionV2(id, 'subscription_line_items'))).toMatchObject({
      id,
      lineItems: expect.any(Array),
    });
    await accepted(sdk.subscriptions.updateSubscription(id, { cancelAtPeriodEnd: true }));
    expect(
      await accepted(sdk.subscriptions.updateSubscription(id, { cancelAtPeriodEnd: false })),
    ).toMatchObject({
      cancelAtPeriodEnd: false,
      subscriptionStatus: 'active',
    });
  });

  it('subscriptions: addons, entitlements, a change of plan previewed and executed', async () => {
    const subscription = await subscribe('changes');
    const id = subscription.id as string;
    const addon = await server.api.create('/addons', { name: 'More', lookup_key: 'more-of-it' });
    await server.api.create('/entitlements', {
      entity_type: 'ADDON',
      entity_id: addon.id,
      feature_id: feature.id,
      feature_type: 'metered',
      usage_limit: 100,
    });
    const added = await accepted(
      sdk.subscriptions.addSubscriptionAddon({ subscriptionId: id, addonId: addon.id }),
    );
    expect(added).toMatchObject({ addonId: addon.id, addonStatus: 'active', entityType: 'subscription' });
    expect(await accepted(sdk.subscriptions.getSubscriptionEntitlements(id))).toMatchObject({
      subscriptionId: id,
      features: [
        { feature: { id: feature.id }, entitlement: { usageLimit: 100 }, sources: [{ quantity: 1 }] },
      ],
    });
    await accepted(
      sdk.subscriptions.removeSubscriptionAddon({ addonAssociationId: added.id as string, reason: 'done' }),
    );
    expect(await accepted(sdk.subscriptions.getSubscriptionAddonAssociations(id))).toMatchObject([
      { id: added.id, addonStatus: 'cancelled', cancellationReason: 'done' },
    ]);
    const target = await server.api.create('/plans', {
      name: 'Bigger',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [{ pricing_model: 'flat', unit_price: '50' }],
    });
    const change = {
      targetPlanId: target.id as string,
      billingCadence: 'RECURRING',
      billingCycle: 'anniversary',
      billingPeriod: 'MONTHLY',
      prorationBehavior: 'create_prorations',
    } as const;
    const preview = await accepted(sdk.subscriptions.previewSubscriptionChange(id, change));
    expect(preview).toMatchObject({ changeType: 'upgrade', targetPlan: { id: target.id } });
    const later = await accepted(
      sdk.subscriptions.executeSubscriptionChange(id, { ...change, changeAt: 'end_of_period' }),
    );
    expect(later).toMatchObject({ isScheduled: true, changeType: 'upgrade' });
    const scheduleId = later.scheduleId as string;
    expect(await accepted(sdk.subscriptions.getSubscriptionSchedule(scheduleId))).toMatchObject({
      id: scheduleId,
      status: 'pending',
      scheduleType: 'plan_change',
    });
    expect(await accepted(sdk.subscriptions.listSubscriptionSchedules(id))).toMatchObject({ count: 1 });
    expect(await accepted(sdk.subscriptions.listAllSubscriptionSchedules(true, id))).toMatchObject({
      schedules: [{ id: scheduleId }],
    });
    expect(await accepted(sdk.subscriptions.cancelSubscriptionSchedule(scheduleId))).toMatchObject({
      status: 'cancelled',
    });
    const executed = await accepted(sdk.subscriptions.executeSubscriptionChange(id, change));
    expect(executed).toMatchObject({
      changeType: 'upgrade',
      oldSubscription: { id, status: 'cancelled' },
      newSubscription: { planId: target.id, status: 'active' },
      invoice: { total: preview.nextInvoicePreview?.total },
    });
  });

  it('one-off invoices: create, finalize, mark paid, void', async () => {
    const draft = await oneOff('one-off');
    expect(draft).toMatchObject({
      invoiceStatus: 'DRAFT',
      metadata: { po: '7' },
      lineItems: [{ amount: '30.5' }],
    });
    expect(await accepted(sdk.invoices.finalizeInvoice(draft.id as string))).toMatchObject({
      message: expect.any(String),
    });
    const paid = await accepted(
      sdk.invoices.updateInvoicePaymentStatus(draft.id as string, { paymentStatus: 'SUCCEEDED' }),
    );
    expect(paid).toMatchObject({ paymentStatus: 'SUCCEEDED', amountPaid: '30.5' });
    const wrong = await oneOff('wrong');
    await accepted(sdk.invoices.voidInvoice(wrong.id as string));
    expect(await accepted(sdk.invoices.getInvoice(wrong.id as string))).toMatchObject({
      invoiceStatus: 'VOIDED',
    });
  });

  it('payments: written down first, processed, got, listed', async () => {
    const invoice = await oneOff('payer', '10');
    await sdk.invoices.finalizeInvoice(invoice.id as string);
    const written = await accepted(
      sdk.payments.createPayment({
        destinationType: 'INVOICE',
        destinationId: invoice.id as string,
        paymentMethodType: 'OFFLINE',
        amount: '10',
        currency: 'usd',
        processPayment: false,
      }),
    );
    expect(written.paymentStatus).toBe('INITIATED');
    const done = await accepted(sdk.payments.processPayment(written.id as string));
    expect(done).toMatchObject({ id: written.id, paymentStatus: 'SUCCEEDED' });
    expect(await accepted(sdk.payments.getPayment(written.id as string))).toEqual(done);
    const listed = await accepted(
      sdk.payments.listPayments({
        destinationId: invoice.id as string,
        paymentStatus: 'SUCCEEDED',
        limit: 5,
      }),
    );
    expect(listed).toMatchObject({ items: [{ id: written.id }], pagination: { total: 1, limit: 5 } });
  });

  it('has got every answer with the exact code, every declared key at every depth, and the right kinds', () => {
    expect(coverage.differing()).toEqual([]);
  });

  it('has called every operation of the SDK that these houses serve', () => {
    expect(coverage.missing()).toEqual([]);
  });
});
