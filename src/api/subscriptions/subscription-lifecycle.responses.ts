import { formatMoney, zeroMoney } from '../../domain/money.js';
import { prorationDays } from '../../domain/subscribing/proration.js';
import { InvoiceResponse } from '../invoices/invoices.responses.js';
import type { Proration } from '../../billing/prorations.service.js';

export class ProrationDetailResponse {
  line_item_id!: string;
  price_id!: string;
  plan_name!: string | null;
  /** For a credit what was billed less earlier credits; for a charge the full price. */
  original_amount!: string;
  credit_amount!: string;
  charge_amount!: string;
  /** Begun days that it is for, to show; it is reckoned in milliseconds. */
  proration_days!: number;
  description!: string;
}

export class CancelSubscriptionResponse {
  subscription_id!: string;
  status!: string;
  cancellation_type!: string;
  effective_date!: Date;
  /** The final invoice, when the request asked for one. */
  proration_invoice!: InvoiceResponse | null;
  /** What was given back of each line that had been paid in advance. */
  proration_details!: ProrationDetailResponse[];
  /** In the customer's prepaid wallet now. */
  total_credit_amount!: string;
  reason!: string | null;
  message!: string;
  processed_at!: Date;
}

export function toProrationDetail(proration: Proration): ProrationDetailResponse {
  const { line, type, amount, originalAmount, period } = proration;
  const nothing = formatMoney(zeroMoney(amount.currency));
  return {
    line_item_id: line.id,
    price_id: line.priceId,
    plan_name: line.planDisplayName,
    original_amount: formatMoney(originalAmount),
    credit_amount: type === 'credit' ? formatMoney(amount) : nothing,
    charge_amount: type === 'charge' ? formatMoney(amount) : nothing,
    proration_days: prorationDays(period),
    description:
      type === 'credit' ? `Unused time on ${line.displayName}` : `Remaining time on ${line.displayName}`,
  };
}
