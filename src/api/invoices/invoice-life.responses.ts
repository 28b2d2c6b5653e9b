export class InvoiceSettingsResponse {
  finalization_delay_seconds!: number;
  due_date_days!: number;
}

export class InvoicePdfAddressResponse {
  presigned_url!: string;
}

export class CustomerInvoiceSummaryResponse {
  customer_id!: string;
  currency!: string;
  /** Finalized invoices. */
  total_invoice_count!: number;
  /** What they come to, less what credit notes took off or gave back. */
  total_revenue_amount!: string;
  unpaid_invoice_count!: number;
  total_unpaid_amount!: string;
  overdue_invoice_count!: number;
  total_overdue_amount!: string;
  /** The part of what is unpaid that is for usage; a part payment counts for both in proportion. */
  unpaid_usage_charges!: string;
  unpaid_fixed_charges!: string;
}

export class CustomerMultiCurrencyInvoiceSummaryResponse {
  customer_id!: string;
  /** The currency of most invoices; null without any. */
  default_currency!: string | null;
  summaries!: CustomerInvoiceSummaryResponse[];
}
