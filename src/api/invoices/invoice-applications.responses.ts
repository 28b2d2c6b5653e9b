import { formatMoney, money } from '../../domain/money.js';
import { formatRate } from '../../domain/rate.js';
import type { InvoiceCouponApplication, InvoiceTaxApplication } from '../../invoices/invoices.types.js';

export class CouponApplicationResponse {
  id!: string;
  invoice_id!: string;
  /** Null: the whole invoice. */
  invoice_line_item_id!: string | null;
  subscription_id!: string | null;
  coupon_id!: string;
  coupon_association_id!: string | null;
  coupon_snapshot!: Record<string, unknown>;
  discount_type!: string;
  discount_percentage!: string | null;
  currency!: string;
  original_price!: string;
  discounted_amount!: string;
  final_price!: string;
  applied_at!: Date;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class TaxAppliedResponse {
  id!: string;
  tax_rate_id!: string;
  /** The rate as it was when it was applied. */
  tax_rate!: Record<string, unknown> | null;
  tax_association_id!: string | null;
  entity_type!: string;
  entity_id!: string;
  currency!: string;
  taxable_amount!: string;
  tax_amount!: string;
  applied_at!: Date;
  idempotency_key!: string | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export const toCouponApplicationResponse = (row: InvoiceCouponApplication): CouponApplicationResponse => {
  const amount = (minor: bigint): string => formatMoney(money(minor, row.currency));
  return {
    id: row.id,
    invoice_id: row.invoiceId,
    invoice_line_item_id: row.invoiceLineItemId,
    subscription_id: row.subscriptionId,
    coupon_id: row.couponId,
    coupon_association_id: row.couponAssociationId,
    coupon_snapshot: row.couponSnapshot,
    discount_type: row.discountType,
    discount_percentage: row.discountPercentage === null ? null : formatRate(row.discountPercentage),
    currency: row.currency,
    original_price: amount(row.originalPrice),
    discounted_amount: amount(row.discountedAmount),
    final_price: amount(row.finalPrice),
    applied_at: row.createdAt,
    metadata: row.metadata,
    ...stampsOf(row),
  };
};

export const toTaxAppliedResponse = (row: InvoiceTaxApplication): TaxAppliedResponse => ({
  id: row.id,
  tax_rate_id: row.taxRateId,
  tax_rate: row.taxRate,
  tax_association_id: row.taxAssociationId,
  entity_type: row.entityType,
  entity_id: row.entityId,
  currency: row.currency,
  taxable_amount: formatMoney(money(row.taxableAmount, row.currency)),
  tax_amount: formatMoney(money(row.taxAmount, row.currency)),
  applied_at: row.createdAt,
  idempotency_key: null,
  metadata: row.metadata,
  ...stampsOf(row),
});

const stampsOf = (row: InvoiceCouponApplication | InvoiceTaxApplication) => ({
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
