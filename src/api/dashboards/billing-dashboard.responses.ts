export class RevenueResponse {
  currency!: string;
  /** Of the calendar month (UTC) up to now: decimal string in major units. */
  this_month!: string;
  /** Of the whole month before. */
  previous_month!: string;
  /** Of as much of the month before as has passed of this one. */
  previous_month_to_date!: string;
}

export class MonthlyRevenueResponse {
  /** `2031-01` */
  month!: string;
  currency!: string;
  amount!: string;
  invoice_count!: number;
}

export class RecurringRevenueResponse {
  currency!: string;
  amount!: string;
  subscription_count!: number;
}

export class InvoiceStateResponse {
  /** `draft`, `open`, `overdue` or `paid`. */
  state!: string;
  currency!: string;
  invoice_count!: number;
  /** Of drafts and paid invoices their totals, of the others what is still owed. */
  amount!: string;
}

export class PaymentRateResponse {
  succeeded!: number;
  failed!: number;
  /** Succeeded of all that are decided, from 0 to 1. Null where none is. */
  success_rate!: number | null;
}

export class PaymentDayResponse extends PaymentRateResponse {
  /** `2031-01-31` */
  day!: string;
}

export class PaymentSuccessResponse extends PaymentRateResponse {
  /** The same of as many days before. */
  previous!: PaymentRateResponse;
  /** Days with payments. */
  trend!: PaymentDayResponse[];
}

export class BillingDashboardResponse {
  as_of!: Date;
  revenue!: RevenueResponse[];
  /** The last twelve months and this one. */
  revenue_by_month!: MonthlyRevenueResponse[];
  mrr!: RecurringRevenueResponse[];
  /** False where more than 10,000 different prices and quantities are subscribed to: those are all that `mrr` adds up. */
  mrr_is_complete!: boolean;
  invoices!: InvoiceStateResponse[];
  payments!: PaymentSuccessResponse;
}
