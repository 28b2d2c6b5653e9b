import { money } from '../../src/domain/money.js';
import { rate } from '../../src/domain/rate.js';
import { InvoicesService } from '../../src/invoices/invoices.service.js';
import type { InvoiceDraftInput } from '../../src/invoices/invoices.types.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { violationsOf } from '../contract/shapes.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('drafting with coupons, credits and taxes', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('applies them in the order of the contract, stores what each has done, and shows it', async () => {
    const customer = await server.api.create('/customers', { external_id: 'drafted', name: 'D' });
    const line = { displayName: 'Line', quantity: rate(1), period: null };
    const input: InvoiceDraftInput = {
      customerId: customer.id as string,
      subscriptionId: null,
      type: 'ONE_OFF',
      billingReason: 'MANUAL',
      billingPeriod: null,
      collectionMethod: 'send_invoice',
      currency: 'usd',
      period: null,
      lines: [
        { ...line, amount: rate('100'), priceType: 'USAGE', adjustedEntitlementQuantity: rate('2.5') },
        { ...line, amount: rate('50'), priceType: 'FIXED' },
      ],
      coupons: [
        {
          couponId: 'coupon_line',
          couponAssociationId: 'coupon_assoc_1',
          lineIndex: 1,
          type: 'fixed',
          amount: money(1000n, 'usd'),
          snapshot: { name: 'Ten off' },
        },
        {
          couponId: 'coupon_all',
          couponAssociationId: null,
          lineIndex: null,
          type: 'percentage',
          percentage: rate('10'),
          snapshot: {},
        },
      ],
      credits: [
        {
          walletId: 'wallet_1',
          purse: 'allowed',
          amount: rate('30.009'),
          priceTypes: ['USAGE'],
          paysTax: false,
        },
      ],
      taxes: [
        {
          taxRateId: 'taxrate_1',
          taxAssociationId: null,
          entityType: 'invoice',
          entityId: null,
          type: 'percentage',
          percentage: rate('20'),
          taxRate: null,
        },
      ],
    };
    const uow = server.app.get(UnitOfWork, { strict: false });
    const invoices = server.app.get(InvoicesService, { strict: false });
    const { tenantId, environmentId } = server.tenant;
    const caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
    const { invoice } = await uow.run(caller, (ctx) => invoices.draft(ctx, input));
    const shown = await server.api.get(`/invoices/${invoice.id}`);
    expect(violationsOf(shown, 'ref:InvoiceResponse')).toEqual([]);
    // 150 − 10 − 14 = 126; 25.20 tax on it; 30 of the 90 for usage are prepaid.
    expect(shown).toMatchObject({
      subtotal: '150',
      total_discount: '24',
      total_prepaid_credits_applied: '30',
      total_tax: '25.2',
      total: '121.2',
      amount_remaining: '121.2',
      line_items: [
        {
          line_item_discount: '0',
          invoice_level_discount: '10',
          prepaid_credits_applied: '30',
          adjusted_entitlement_quantity: '2.5',
        },
        { line_item_discount: '10', invoice_level_discount: '4', prepaid_credits_applied: '0' },
      ],
      coupon_applications: [
        {
          coupon_id: 'coupon_line',
          coupon_association_id: 'coupon_assoc_1',
          invoice_line_item_id: shown.line_items[1].id,
          discount_type: 'fixed',
          discount_percentage: null,
          original_price: '50',
          discounted_amount: '10',
          final_price: '40',
          coupon_snapshot: { name: 'Ten off' },
        },
        {
          coupon_id: 'coupon_all',
          invoice_line_item_id: null,
          discount_percentage: '10',
          original_price: '140',
          discounted_amount: '14',
          final_price: '126',
        },
      ],
      taxes: [{ tax_rate_id: 'taxrate_1', entity_id: invoice.id, taxable_amount: '126', tax_amount: '25.2' }],
    });
    const applied = await uow.run(caller, (ctx) => invoices.applicationsOf(ctx, [invoice.id]));
    expect(applied.credits).toMatchObject([{ walletId: 'wallet_1', amount: 3000n }]);
  });
});
