import { formatMoney, money, subtractMoney } from '../../domain/money.js';
import { prorationDays } from '../../domain/subscribing/proration.js';
import type { Period } from '../../domain/period.js';
import { formatRate, rate } from '../../domain/rate.js';
import type { Plan } from '../../plans/plans.types.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { InvoiceResponse } from '../invoices/invoices.responses.js';
import type { PlanChangeScheduled } from '../../subscription-changes/plan-change/plan-change-scheduling.service.js';
import type { PlanChanged } from '../../subscription-changes/plan-change/plan-change.service.js';
import { creditOf } from '../../billing/prorations.service.js';

export class PlanSummaryResponse {
  id!: string;
  name!: string;
  lookup_key!: string | null;
  description!: string | null;
}

export class SubscriptionSummaryResponse {
  id!: string;
  plan_id!: string;
  status!: string;
  billing_anchor!: Date;
  current_period_start!: Date;
  current_period_end!: Date;
  created_at!: Date;
  /** When it ended; null while it goes on. */
  archived_at!: Date | null;
}

export class ProrationDetailsResponse {
  /** All amounts: decimal strings in major units. What was paid for the rest of the old period. */
  credit_amount!: string;
  credit_description!: string;
  /** What the new plan charges at once. */
  charge_amount!: string;
  charge_description!: string;
  /** Charge less credit. Negative: that much goes to the prepaid wallet. */
  net_amount!: string;
  currency!: string;
  /** The old plan's period. */
  current_period_start!: Date;
  current_period_end!: Date;
  /** Begun days, to show; it is reckoned in milliseconds. */
  days_used!: number;
  days_remaining!: number;
  proration_date!: Date;
}

export class BillingCycleInfoResponse {
  billing_anchor!: Date;
  billing_cadence!: string;
  billing_period!: string;
  billing_period_count!: number;
  period_start!: Date;
  period_end!: Date;
}

export class InvoiceLineItemPreviewResponse {
  description!: string;
  amount!: string;
  quantity!: string;
  /** Null where it has no end as a decimal. */
  unit_price!: string | null;
  is_proration!: boolean;
  period_start!: Date | null;
  period_end!: Date | null;
}

export class InvoicePreviewResponse {
  currency!: string;
  due_date!: Date | null;
  line_items!: InvoiceLineItemPreviewResponse[];
  subtotal!: string;
  tax_amount!: string;
  total!: string;
}

export class SubscriptionChangePreviewResponse {
  subscription_id!: string;
  change_type!: string;
  current_plan!: PlanSummaryResponse;
  target_plan!: PlanSummaryResponse;
  effective_date!: Date;
  new_billing_cycle!: BillingCycleInfoResponse;
  /** The new plan's first invoice, when it has one. */
  next_invoice_preview!: InvoicePreviewResponse | null;
  /** Null without proration. */
  proration_details!: ProrationDetailsResponse | null;
  warnings!: string[];
  metadata!: Record<string, string>;
}

export class SubscriptionChangeExecuteResponse {
  change_type!: string;
  effective_date!: Date;
  old_subscription!: SubscriptionSummaryResponse;
  /** Null where it is scheduled. */
  new_subscription!: SubscriptionSummaryResponse | null;
  /** The new plan's first invoice; when it has none, that of the old plan's usage. */
  invoice!: InvoiceResponse | null;
  /** Null without proration. */
  proration_applied!: ProrationDetailsResponse | null;
  credit_grants!: Record<string, unknown>[];
  is_scheduled!: boolean;
  schedule_id!: string | null;
  scheduled_at!: Date | null;
  metadata!: Record<string, string>;
}

export const toPlanSummary = (plan: Plan): PlanSummaryResponse => ({
  id: plan.id,
  name: plan.name,
  lookup_key: plan.lookupKey,
  description: plan.description,
});

export const toSubscriptionSummary = (row: Subscription): SubscriptionSummaryResponse => ({
  id: row.id,
  plan_id: row.planId,
  status: row.subscriptionStatus,
  billing_anchor: row.billingAnchor,
  current_period_start: row.currentPeriodStart,
  current_period_end: row.currentPeriodEnd,
  created_at: row.createdAt,
  archived_at: row.cancelledAt,
});

/** Nothing has happened yet. */
export const toScheduledChange = ({
  type,
  old,
  schedule,
}: PlanChangeScheduled): SubscriptionChangeExecuteResponse => ({
  change_type: type,
  effective_date: schedule.scheduledAt,
  old_subscription: toSubscriptionSummary(old),
  new_subscription: null,
  invoice: null,
  proration_applied: null,
  credit_grants: [],
  is_scheduled: true,
  schedule_id: schedule.id,
  scheduled_at: schedule.scheduledAt,
  metadata: schedule.metadata,
});

export function toProrationDetails(changed: PlanChanged): ProrationDetailsResponse | null {
  const { before, next, credits, charged, behavior } = changed;
  if (behavior === 'none') return null;
  const credit = creditOf(credits, before.currency);
  const at = next.startDate;
  return {
    credit_amount: formatMoney(credit),
    credit_description: `Unused time on ${changed.from.name}`,
    charge_amount: formatMoney(charged),
    charge_description: changed.to.name,
    net_amount: formatMoney(subtractMoney(charged, credit)),
    currency: before.currency,
    current_period_start: before.currentPeriodStart,
    current_period_end: before.currentPeriodEnd,
    days_used: daysOf({ start: before.currentPeriodStart, end: at }),
    days_remaining: daysOf({ start: at, end: before.currentPeriodEnd }),
    proration_date: at,
  };
}

const daysOf = (period: Period): number => (period.start < period.end ? prorationDays(period) : 0);

export const toBillingCycleInfo = (next: Subscription): BillingCycleInfoResponse => ({
  billing_anchor: next.billingAnchor,
  billing_cadence: 'RECURRING',
  billing_period: next.billingPeriod,
  billing_period_count: next.billingPeriodCount,
  period_start: next.currentPeriodStart,
  period_end: next.currentPeriodEnd,
});

export const toInvoicePreview = (invoice: InvoiceResponse): InvoicePreviewResponse => ({
  currency: invoice.currency,
  due_date: invoice.due_date,
  line_items: (invoice.line_items ?? []).map((line) => ({
    description: line.display_name,
    amount: line.amount,
    quantity: line.quantity,
    unit_price: unitPrice(line.amount, line.quantity),
    is_proration: line.metadata.prorates_subscription_line_item_id !== undefined,
    period_start: line.period_start,
    period_end: line.period_end,
  })),
  subtotal: invoice.subtotal,
  tax_amount: invoice.total_tax,
  total: invoice.total,
});

function unitPrice(amount: string, quantity: string): string | null {
  if (rate(quantity).isZero()) return null;
  const price = rate(amount).div(rate(quantity));
  return price.times(rate(quantity)).equals(rate(amount)) && price.decimalPlaces() <= 12
    ? formatRate(price)
    : null;
}

/** What somebody may want to know before it is done. */
export function warningsOf(changed: PlanChanged): string[] {
  const { given, behavior, before } = changed;
  const warnings: string[] = [];
  for (const { invoiceId, totalAmount, currency } of given.notes)
    warnings.push(
      `${formatMoney(money(totalAmount, currency))} ${currency} of what is owed on invoice ${invoiceId} is not asked for any more`,
    );
  if (given.toWallet.amount > 0n)
    warnings.push(
      `${formatMoney(given.toWallet)} ${before.currency} more was paid than the new plan charges: it goes to the prepaid wallet`,
    );
  for (const { coupon } of changed.endedCoupons)
    warnings.push(`coupon ${coupon.name} ends: the new plan has no line for it`);
  if (behavior === 'none') warnings.push('without proration, what was paid in advance is not given back');
  return warnings;
}
