import { CreditGrantResponse, toCreditGrantResponse } from '../creditgrants/credit-grants.responses.js';
import type { CreditGrant } from '../../wallets/credit-grants.types.js';
import { CustomerResponse } from '../customers/customers.responses.js';
import { formatRate } from '../../domain/rate.js';
import { MeterResponse } from '../features/features.responses.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import { CouponAssociationResponse, toCouponAssociationResponse } from '../coupons/coupons.responses.js';
import type { AppliedCoupon } from '../../plans/coupons.types.js';
import { PlanResponse } from '../plans/plans.responses.js';
import type { MeteredPrice } from '../../plans/plans.types.js';
import { PriceResponse, toPriceResponse } from '../prices/prices.responses.js';
import { SubscriptionPauseResponse, toPauseResponse } from './subscription-pauses.responses.js';
import type {
  Subscription,
  SubscriptionLineItem,
  SubscriptionPause,
} from '../../subscriptions/subscriptions.types.js';

export class SubscriptionLineItemResponse {
  id!: string;
  subscription_id!: string;
  customer_id!: string;
  entity_type!: string;
  entity_id!: string;
  plan_display_name!: string | null;
  price_id!: string;
  price_type!: string;
  price!: PriceResponse | null;
  invoice_cadence!: string;
  billing_period!: string;
  billing_period_count!: number;
  meter_id!: string | null;
  meter!: MeterResponse | null;
  meter_display_name!: string | null;
  display_name!: string;
  /** Decimal string. */
  quantity!: string;
  currency!: string;
  start_date!: Date;
  end_date!: Date | null;
  metadata!: Record<string, string>;
  addon_association_id!: string | null;
  commitment_amount!: string | null;
  commitment_duration!: string | null;
  commitment_overage_factor!: string | null;
  commitment_quantity!: string | null;
  commitment_time_buckets!: Record<string, unknown>[] | null;
  commitment_true_up_enabled!: boolean | null;
  commitment_type!: string | null;
  commitment_windowed!: boolean | null;
  price_unit!: string | null;
  price_unit_id!: string | null;
  subscription_phase_id!: string | null;
  trial_period!: number | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class SubscriptionResponse {
  id!: string;
  customer_id!: string;
  /** On request: `expand=customer`. */
  customer!: CustomerResponse | null;
  plan_id!: string;
  plan!: PlanResponse | null;
  subscription_status!: string;
  subscription_type!: string;
  currency!: string;
  billing_cadence!: string;
  billing_period!: string;
  billing_period_count!: number;
  billing_cycle!: string;
  billing_anchor!: Date;
  timezone!: string;
  customer_timezone!: string;
  start_date!: Date;
  end_date!: Date | null;
  current_period_start!: Date;
  current_period_end!: Date;
  cancel_at!: Date | null;
  cancel_at_period_end!: boolean;
  cancelled_at!: Date | null;
  collection_method!: string;
  payment_behavior!: string;
  payment_terms!: string | null;
  proration_behavior!: string;
  line_items!: SubscriptionLineItemResponse[];
  /** The invoice that the request has made, when it has made one. */
  latest_invoice!: Record<string, unknown> | null;
  lookup_key!: string | null;
  metadata!: Record<string, string>;
  active_pause_id!: string | null;
  auto_invoice_threshold!: string | null;
  checkout_session!: Record<string, unknown> | null;
  commitment_amount!: string | null;
  commitment_duration!: string | null;
  coupon_associations!: CouponAssociationResponse[];
  /** Copies of its plan's among them. */
  credit_grants!: CreditGrantResponse[];
  enable_true_up!: boolean;
  entitlements!: Record<string, unknown>[] | null;
  gateway_payment_method_id!: string | null;
  invoicing_customer_id!: string | null;
  overage_factor!: string;
  parent_subscription_id!: string | null;
  pause_status!: string;
  /** All of them, past ones and those that lie ahead. */
  pauses!: SubscriptionPauseResponse[];
  phases!: Record<string, unknown>[] | null;
  synced_price_sequence!: number | null;
  trial_start!: Date | null;
  trial_end!: Date | null;
  version!: number;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListSubscriptionsResponse {
  items!: SubscriptionResponse[];
  pagination!: PaginationResponse;
}

/** What a subscription is shown with; null where it was not asked for. */
export interface SubscriptionParts {
  readonly lines: readonly SubscriptionLineItem[];
  readonly prices: ReadonlyMap<string, MeteredPrice>;
  readonly customer: CustomerResponse | null;
  readonly plan: PlanResponse | null;
  readonly latestInvoice: object | null;
  readonly pauses: readonly SubscriptionPause[];
  readonly coupons: readonly AppliedCoupon[];
  readonly creditGrants: readonly CreditGrant[];
}

export const toLineItemResponse = (
  row: SubscriptionLineItem,
  priced: MeteredPrice | undefined,
): SubscriptionLineItemResponse => {
  const price = priced === undefined ? null : toPriceResponse(priced);
  return {
    id: row.id,
    subscription_id: row.subscriptionId,
    customer_id: row.customerId,
    entity_type: row.entityType,
    entity_id: row.entityId,
    plan_display_name: row.planDisplayName,
    price_id: row.priceId,
    price_type: row.priceType,
    price,
    invoice_cadence: row.invoiceCadence,
    billing_period: row.billingPeriod,
    billing_period_count: row.billingPeriodCount,
    meter_id: row.meterId,
    meter: price?.meter ?? null,
    meter_display_name: row.meterDisplayName,
    display_name: row.displayName,
    quantity: formatRate(row.quantity),
    currency: row.currency,
    start_date: row.startDate,
    end_date: row.endDate,
    metadata: row.metadata,
    addon_association_id: row.addonAssociationId,
    commitment_amount: row.commitment?.type === 'amount' ? row.commitment.value : null,
    commitment_duration: row.commitment?.duration ?? null,
    commitment_overage_factor: row.commitment?.overage_factor ?? null,
    commitment_quantity: row.commitment?.type === 'quantity' ? row.commitment.value : null,
    commitment_time_buckets: null,
    commitment_true_up_enabled: row.commitment?.true_up ?? null,
    commitment_type: row.commitment?.type ?? null,
    commitment_windowed: row.commitment?.windowed ?? null,
    price_unit: null,
    price_unit_id: null,
    subscription_phase_id: null,
    trial_period: row.trialPeriodDays,
    tenant_id: row.tenantId,
    environment_id: row.environmentId,
    status: row.status,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    created_by: row.createdBy,
    updated_by: row.updatedBy,
  };
};

export const toSubscriptionResponse = (
  row: Subscription,
  parts: SubscriptionParts,
): SubscriptionResponse => ({
  id: row.id,
  customer_id: row.customerId,
  customer: parts.customer,
  plan_id: row.planId,
  plan: parts.plan,
  subscription_status: row.subscriptionStatus,
  subscription_type: 'standalone',
  currency: row.currency,
  billing_cadence: 'RECURRING',
  billing_period: row.billingPeriod,
  billing_period_count: row.billingPeriodCount,
  billing_cycle: row.billingCycle,
  billing_anchor: row.billingAnchor,
  timezone: row.timezone,
  customer_timezone: row.timezone,
  start_date: row.startDate,
  end_date: row.endDate,
  current_period_start: row.currentPeriodStart,
  current_period_end: row.currentPeriodEnd,
  cancel_at: row.cancelAt,
  cancel_at_period_end: row.cancelAtPeriodEnd,
  cancelled_at: row.cancelledAt,
  collection_method: row.collectionMethod,
  payment_behavior: row.paymentBehavior,
  payment_terms: row.paymentTerms,
  proration_behavior: row.prorationBehavior,
  line_items: parts.lines.map((line) => toLineItemResponse(line, parts.prices.get(line.priceId))),
  latest_invoice: parts.latestInvoice as Record<string, unknown> | null,
  lookup_key: row.lookupKey,
  metadata: row.metadata,
  active_pause_id: row.activePauseId,
  auto_invoice_threshold: null,
  checkout_session: null,
  commitment_amount: row.commitment?.amount ?? null,
  commitment_duration: row.commitment?.duration ?? null,
  coupon_associations: parts.coupons.map(toCouponAssociationResponse),
  credit_grants: parts.creditGrants.map(toCreditGrantResponse),
  enable_true_up: row.commitment?.true_up ?? false,
  entitlements: null,
  gateway_payment_method_id: null,
  invoicing_customer_id: null,
  overage_factor: row.commitment?.overage_factor ?? '1',
  parent_subscription_id: null,
  pause_status: row.pauseStatus,
  pauses: parts.pauses.map(toPauseResponse),
  phases: null,
  synced_price_sequence: null,
  trial_start: row.trialStart,
  trial_end: row.trialEnd,
  version: row.version,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
