import type { Flexprice } from '@flexprice/sdk';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { accepted, SdkCoverage, sdkOf } from './sdk-client.js';

/** Everything goes through the official SDK, with the checks of answers that it makes by itself. */
describe('@flexprice/sdk 2.0.1: coupons, taxes, entitlements, groups, addons', () => {
  let server: TestApp;
  let sdk: Flexprice;
  let coverage: SdkCoverage;
  beforeAll(async () => {
    server = await startTestApp();
    sdk = sdkOf(server);
    coverage = new SdkCoverage(server, ['coupons', 'taxes', 'entitlements', 'groups', 'addons']);
  });
  afterAll(async () => {
    coverage.stop();
    await server.stop();
  });

  it('coupons: create, get, query, update, delete', async () => {
    const tenth = await accepted(
      sdk.coupons.createCoupon({
        name: 'A tenth',
        type: 'percentage',
        percentageOff: '10.50',
        cadence: 'repeated',
        durationInPeriods: 3,
        maxRedemptions: 100,
        redeemBefore: '2099-01-01T00:00:00Z',
        metadata: { campaign: 'spring' },
      }),
    );
    expect(tenth).toMatchObject({ percentageOff: '10.5', durationInPeriods: 3, totalRedemptions: 0 });
    const fiver = await accepted(
      sdk.coupons.createCoupon({
        name: 'A fiver',
        type: 'fixed',
        amountOff: '5',
        currency: 'USD',
        cadence: 'once',
      }),
    );
    expect(fiver).toMatchObject({ amountOff: '5', currency: 'usd' });
    expect(await accepted(sdk.coupons.getCoupon(tenth.id as string))).toEqual(tenth);
    expect(await accepted(sdk.coupons.queryCoupon({ couponIds: [fiver.id as string] }))).toMatchObject({
      items: [fiver],
      pagination: { total: 1 },
    });
    const renamed = await accepted(sdk.coupons.updateCoupon(tenth.id as string, { name: 'Spring' }));
    expect(renamed).toMatchObject({ name: 'Spring', metadata: { campaign: 'spring' } });
    await accepted(sdk.coupons.deleteCoupon(tenth.id as string));
    await expect(sdk.coupons.getCoupon(tenth.id as string)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('tax rates and associations: create, get, list, update, delete', async () => {
    const vat = await accepted(
      sdk.taxRates.createTaxRate({
        name: 'VAT',
        code: 'vat-19',
        taxRateType: 'percentage',
        percentageValue: '19',
        scope: 'EXTERNAL',
        description: 'Germany',
      }),
    );
    const fee = await accepted(
      sdk.taxRates.createTaxRate({ name: 'Fee', code: 'fee', taxRateType: 'fixed', fixedValue: '0.50' }),
    );
    expect(fee).toMatchObject({ fixedValue: '0.5', scope: 'INTERNAL', taxRateStatus: 'ACTIVE' });
    expect(await accepted(sdk.taxRates.getTaxRate(vat.id as string))).toEqual(vat);
    const listed = await accepted(sdk.taxRates.getTaxRates({ taxrateCodes: ['vat-19', 'none'] }));
    expect(listed).toEqual([vat]);
    const renamed = await accepted(
      sdk.taxRates.updateTaxRate(vat.id as string, { name: 'MwSt', metadata: { country: 'de' } }),
    );
    expect(renamed).toMatchObject({ name: 'MwSt', percentageValue: '19' });

    const customer = await accepted(sdk.customers.createCustomer({ externalId: 'taxed', name: 'Taxed' }));
    const association = await accepted(
      sdk.taxAssociations.createTaxAssociation({
        externalCustomerId: 'taxed',
        taxRateCode: 'vat-19',
        priority: 2,
        currency: 'EUR',
      }),
    );
    expect(association).toMatchObject({
      entityType: 'customer',
      entityId: customer.id,
      priority: 2,
      currency: 'eur',
      taxRate: { code: 'vat-19' },
    });
    expect(await accepted(sdk.taxAssociations.getTaxAssociation(association.id as string))).toEqual(
      association,
    );
    const found = await accepted(
      sdk.taxAssociations.listTaxAssociations(undefined, undefined, 'taxed', vat.id as string),
    );
    expect(found.items).toEqual([association]);
    const updated = await accepted(
      sdk.taxAssociations.updateTaxAssociation(association.id as string, { autoApply: false, priority: 1 }),
    );
    expect(updated).toMatchObject({ autoApply: false, priority: 1 });
    expect(await accepted(sdk.taxAssociations.deleteTaxAssociation(association.id as string))).toMatchObject({
      id: association.id,
      status: 'deleted',
    });
    await accepted(sdk.taxRates.deleteTaxRate(vat.id as string));
  });

  it('addons and entitlements: create, bulk, get, query, update, delete', async () => {
    const seats = await accepted(
      sdk.addons.createAddon({
        name: 'Seats',
        lookupKey: 'seats',
        type: 'multiple_instance',
        metadata: { nested: { any: 1 } },
      }),
    );
    await accepted(
      sdk.prices.createPrice({
        entityType: 'ADDON',
        entityId: seats.id as string,
        type: 'FIXED',
        billingModel: 'FLAT_FEE',
        billingCadence: 'RECURRING',
        billingPeriod: 'ANNUAL',
        billingPeriodCount: 1,
        invoiceCadence: 'ADVANCE',
        priceUnitType: 'FIAT',
        currency: 'usd',
        amount: '9',
        trialPeriod: 14,
      }),
    );
    const plan = await accepted(sdk.plans.createPlan({ name: 'Team', lookupKey: 'team' }));
    const [flag, tier] = [
      await accepted(sdk.features.createFeature({ name: 'SSO', type: 'boolean' })),
      await accepted(sdk.features.createFeature({ name: 'Support', type: 'static' })),
    ];
    const calls = await accepted(
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
    const limit = await accepted(
      sdk.entitlements.createEntitlement({
        entityType: 'PLAN',
        entityId: plan.id,
        featureId: calls.id as string,
        featureType: 'metered',
        usageLimit: 1000,
        usageResetPeriod: 'DAILY',
        isSoftLimit: true,
      }),
    );
    expect(limit).toMatchObject({
      usageLimit: 1000,
      usageResetPeriod: 'DAILY',
      isSoftLimit: true,
      isEnabled: true,
      planId: plan.id,
      feature: { name: 'Calls' },
    });
    const bulk = await accepted(
      sdk.entitlements.createEntitlementsBulk({
        items: [
          { planId: plan.id, featureId: flag.id as string, featureType: 'boolean' },
          {
            entityType: 'ADDON',
            entityId: seats.id,
            featureId: tier.id as string,
            featureType: 'static',
            staticValue: 'gold',
          },
        ],
      }),
    );
    expect(bulk.items).toMatchObject([{ isEnabled: true }, { staticValue: 'gold', entityType: 'ADDON' }]);
    expect(await accepted(sdk.entitlements.getEntitlement(limit.id as string))).toEqual(limit);
    const found = await accepted(
      sdk.entitlements.queryEntitlement({ planIds: [plan.id as string], featureType: 'metered' }),
    );
    expect(found.items).toEqual([limit]);
    const ofAddon = await accepted(sdk.entitlements.getAddonEntitlements(seats.id as string));
    expect(ofAddon.items).toMatchObject([{ staticValue: 'gold' }]);
    const ofPlan = await accepted(sdk.entitlements.getPlanEntitlements(plan.id as string));
    expect(ofPlan.entitlements).toHaveLength(2);
    expect((await accepted(sdk.plans.getPlan(plan.id as string))).entitlements).toHaveLength(2);
    expect(
      await accepted(sdk.entitlements.updateEntitlement(limit.id as string, { usageLimit: 5000 })),
    ).toMatchObject({ usageLimit: 5000, usageResetPeriod: 'DAILY' });
    await accepted(sdk.entitlements.deleteEntitlement(limit.id as string));

    const shown = await accepted(sdk.addons.getAddon(seats.id as string));
    expect(shown).toMatchObject({
      type: 'multiple_instance',
      metadata: { nested: { any: 1 } },
      prices: [{ amount: '9', entityType: 'ADDON', trialPeriod: 14 }],
      entitlements: [{ staticValue: 'gold' }],
    });
    expect(await accepted(sdk.addons.getAddonByLookupKey('seats'))).toEqual(shown);
    expect((await accepted(sdk.addons.queryAddon({ lookupKeys: ['seats'] }))).items).toEqual([shown]);
    expect(
      await accepted(sdk.addons.updateAddon(seats.id as string, { description: 'More of them' })),
    ).toMatchObject({ name: 'Seats', description: 'More of them' });
    await accepted(sdk.addons.deleteAddon(seats.id as string));
  });

  it('groups: create, get, query, delete', async () => {
    const group = await accepted(
      sdk.groups.createGroup({ name: 'Compute', lookupKey: 'compute', entityType: 'feature' }),
    );
    // 2.0.1 knows no group_id on features: this generation groups them over HTTP.
    const feature = await server.api.create('/features', {
      name: 'CPU',
      type: 'boolean',
      group_id: group.id,
    });
    expect(feature.group).toMatchObject({ id: group.id, name: 'Compute', entity_ids: [feature.id] });
    const shown = await accepted(sdk.groups.getGroup(group.id as string));
    expect(shown.entityIds).toEqual([feature.id]);
    expect((await accepted(sdk.groups.queryGroup({ lookupKey: 'compute' }))).items).toEqual([shown]);
    await accepted(sdk.groups.deleteGroup(group.id as string));
    const left = await server.api.post('/features/search', { feature_ids: [feature.id] });
    expect(left.items).toMatchObject([{ id: feature.id, group: null, group_id: null }]);
  });

  it('has got every answer with the exact code, every declared key at every depth, and the right kinds', () => {
    expect(coverage.differing()).toEqual([]);
  });

  it('has called every operation of the SDK that these houses serve', () => {
    expect(coverage.missing()).toEqual([]);
  });
});
