import { CustomerResponse } from '../customers/customers.responses.js';
import { formatMoney, money } from '../../domain/money.js';
import { formatRate } from '../../domain/rate.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import { SubscriptionResponse } from '../subscriptions/subscriptions.responses.js';
import {
  CouponApplicationResponse,
  TaxAppliedResponse,
  toCouponApplicationResponse,
  toTaxAppliedResponse,
} from './invoice-applications.responses.js';
import { InvoiceAdjustmentResponse, toInvoiceAdjustmentResponse } from './invoice-adjustments.responses.js';
import type { InvoiceAdjustment } from '../../invoices/invoice-adjustments.service.js';
import type { Invoice, InvoiceApplications, InvoiceLineItem } from '../../invoices/invoices.types.js';

export class InvoiceLineItemResponse {
  /** Null on a preview. */
  id!: string | null;
  invoice_id!: string | null;
  customer_id!: string;
  subscription_id!: string | null;
  subscription_line_item_id!: string | null;
  entity_type!: string | null;
  entity_id!: string | null;
  price_id!: string | null;
  price_type!: string | null;
  meter_id!: string | null;
  display_name!: string;
  plan_display_name!: string | null;
  meter_display_name!: string | null;
  /** Decimal string. */
  quantity!: string;
  currency!: string;
  /** Decimal string in major units. */
  amount!: string;
  line_item_discount!: string;
  invoice_level_discount!: string;
  prepaid_credits_applied!: string;
  period_start!: Date | null;
  period_end!: Date | null;
  metadata!: Record<string, string>;
  adjusted_entitlement_quantity!: string | null;
  commitment_info!: Record<string, unknown> | null;
  parent_line_item_id!: string | null;
  price_unit!: string | null;
  price_unit_amount!: string | null;
  price_unit_id!: string | null;
  usage_analytics!: Record<string, unknown>[] | null;
  usage_breakdown!: Record<string, unknown>[] | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class PaymentDetailsResponse {
  payment_method!: string;
  brand!: string | null;
  last4!: string | null;
}

export class InvoiceResponse {
  /** Null on a preview. */
  id!: string | null;
  invoice_number!: string | null;
  customer_id!: string;
  customer!: CustomerResponse | null;
  subscription_id!: string | null;
  subscription!: SubscriptionResponse | null;
  subscription_customer_id!: string | null;
  invoice_type!: string;
  invoice_status!: string;
  payment_status!: string;
  billing_reason!: string;
  billing_period!: string | null;
  billing_sequence!: number | null;
  currency!: string;
  /** All amounts: decimal strings in major units. */
  subtotal!: string;
  total_discount!: string;
  total_prepaid_credits_applied!: string;
  total_tax!: string;
  total!: string;
  amount_due!: string;
  amount_paid!: string;
  amount_remaining!: string;
  overpaid_amount!: string;
  refunded_amount!: string;
  /** What credit notes before the payment and the adjustments take off together; negative where they add to it. */
  adjustment_amount!: string;
  /** What lowers what is owed, or raises it, without being money. */
  adjustments!: InvoiceAdjustmentResponse[];
  description!: string | null;
  issue_date!: Date | null;
  due_date!: Date | null;
  period_start!: Date | null;
  period_end!: Date | null;
  finalized_at!: Date | null;
  paid_at!: Date | null;
  voided_at!: Date | null;
  last_computed_at!: Date | null;
  invoice_pdf_url!: string | null;
  /** How it was paid, once it is. */
  payment_details!: PaymentDetailsResponse | null;
  line_items!: InvoiceLineItemResponse[] | null;
  coupon_applications!: CouponApplicationResponse[] | null;
  taxes!: TaxAppliedResponse[] | null;
  idempotency_key!: string | null;
  is_manually_edited!: boolean;
  recalculated_invoice_id!: string | null;
  /** Also the providers' ids and links: `stripe_hosted_invoice_url`, `whop_checkout_url`. */
  metadata!: Record<string, string>;
  version!: number;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListInvoicesResponse {
  items!: InvoiceResponse[];
  pagination!: PaginationResponse;
}

export interface InvoiceParts {
  /** Null when lines were not asked for. */
  readonly lines: readonly InvoiceLineItem[] | null;
  readonly customer: CustomerResponse | null;
  readonly subscription: SubscriptionResponse | null;
  readonly applications: Pick<InvoiceApplications, 'coupons' | 'taxes'>;
  readonly adjustments: readonly InvoiceAdjustment[];
}

export const toInvoiceLineItemResponse = (row: InvoiceLineItem): InvoiceLineItemResponse => {
  const amount = (minor: bigint): string => formatMoney(money(minor, row.currency));
  return {
    id: row.id,
    invoice_id: row.invoiceId,
    customer_id: row.customerId,
    subscription_id: row.subscriptionId,
    subscription_line_item_id: row.subscriptionLineItemId,
    entity_type: row.entityType,
    entity_id: row.entityId,
    price_id: row.priceId,
    price_type: row.priceType,
    meter_id: row.meterId,
    display_name: row.displayName,
    plan_display_name: row.planDisplayName,
    meter_display_name: row.meterDisplayName,
    quantity: formatRate(row.quantity),
    currency: row.currency,
    amount: amount(row.amount),
    line_item_discount: amount(row.lineItemDiscount),
    invoice_level_discount: amount(row.invoiceLevelDiscount),
    prepaid_credits_applied: amount(row.prepaidCreditsApplied),
    period_start: row.periodStart,
    period_end: row.periodEnd,
    metadata: row.metadata,
    adjusted_entitlement_quantity:
      row.adjustedEntitlementQuantity === null ? null : formatRate(row.adjustedEntitlementQuantity),
    commitment_info: row.commitmentInfo,
    parent_line_item_id: null,
    price_unit: null,
    price_unit_amount: null,
    price_unit_id: null,
    usage_analytics: null,
    usage_breakdown: null,
    tenant_id: row.tenantId,
    environment_id: row.environmentId,
    status: row.status,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    created_by: row.createdBy,
    updated_by: row.updatedBy,
  };
};

export const toInvoiceResponse = (row: Invoice, parts: InvoiceParts): InvoiceResponse => {
  const amount = (minor: bigint): string => formatMoney(money(minor, row.currency));
  return {
    id: row.id,
    invoice_number: row.invoiceNumber,
    customer_id: row.customerId,
    customer: parts.customer,
    subscription_id: row.subscriptionId,
    subscription: parts.subscription,
    subscription_customer_id: row.subscriptionId === null ? null : row.customerId,
    invoice_type: row.invoiceType,
    invoice_status: row.invoiceStatus,
    payment_status: row.paymentStatus,
    billing_reason: row.billingReason,
    billing_period: row.billingPeriod,
    billing_sequence: row.billingSequence,
    currency: row.currency,
    subtotal: amount(row.subtotal),
    total_discount: amount(row.totalDiscount),
    total_prepaid_credits_applied: amount(row.totalPrepaidCreditsApplied),
    total_tax: amount(row.totalTax),
    total: amount(row.total),
    amount_due: amount(row.total - row.adjustmentAmount),
    amount_paid: amount(row.amountPaid),
    amount_remaining: amount(row.amountRemaining),
    overpaid_amount: amount(row.overpaidAmount),
    refunded_amount: amount(row.refundedAmount),
    adjustment_amount: amount(row.adjustmentAmount),
    adjustments: parts.adjustments.map(toInvoiceAdjustmentResponse),
    description: row.description,
    issue_date: row.issueDate,
    due_date: row.dueDate,
    period_start: row.periodStart,
    period_end: row.periodEnd,
    finalized_at: row.finalizedAt,
    paid_at: row.paidAt,
    voided_at: row.voidedAt,
    last_computed_at: row.lastComputedAt,
    invoice_pdf_url: row.invoicePdfUrl,
    payment_details: row.paymentDetails,
    line_items: parts.lines?.map(toInvoiceLineItemResponse) ?? null,
    coupon_applications: parts.applications.coupons.map(toCouponApplicationResponse),
    taxes: parts.applications.taxes.map(toTaxAppliedResponse),
    idempotency_key: row.idempotencyKey,
    is_manually_edited: row.isManuallyEdited,
    recalculated_invoice_id: row.recalculatedInvoiceId,
    metadata: row.metadata,
    version: row.version,
    tenant_id: row.tenantId,
    environment_id: row.environmentId,
    status: row.status,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    created_by: row.createdBy,
    updated_by: row.updatedBy,
  };
};
