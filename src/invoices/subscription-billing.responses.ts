import { InvoiceResponse } from './invoices.responses.js';

export class CancelSubscriptionResponse {
  subscription_id!: string;
  status!: string;
  cancellation_type!: string;
  effective_date!: Date;
  /** The final invoice, when the request asked for one. */
  proration_invoice!: InvoiceResponse | null;
  proration_details!: Record<string, unknown>[];
  total_credit_amount!: string;
  reason!: string | null;
  message!: string;
  processed_at!: Date;
}
