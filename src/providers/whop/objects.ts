/** The parts of Whop's objects that are read, as of its API of 2026-07-20. */

export interface WhopInvoice {
  readonly id: string;
  /** draft, open, paid, past_due, uncollectible, void; others may come. */
  readonly status: string;
  readonly number?: string | null;
  readonly created_at?: string;
  /** Its price is here only as a text for people; the number is on the plan. */
  readonly current_plan?: { readonly id: string; readonly currency?: string } | null;
}

export interface WhopPlan {
  readonly id: string;
  readonly initial_price?: number | null;
  readonly currency?: string | null;
  readonly internal_notes?: string | null;
  readonly purchase_url?: string | null;
  /** The invoice that the plan was made for. */
  readonly invoice?: string | { readonly id?: string } | null;
}

export interface WhopProduct {
  readonly id: string;
  readonly title?: string;
  readonly visibility?: string;
  readonly company?: { readonly id?: string } | null;
}

export interface WhopWebhook {
  readonly id: string;
  readonly url?: string;
  readonly webhook_secret?: string;
}

export interface WhopPayment {
  readonly id: string;
  /** draft, open, paid, pending, uncollectible, unresolved, void; others may come. */
  readonly status: string;
  readonly currency?: string | null;
  /** In major units, as every amount here. */
  readonly total?: number | null;
  readonly paid_at?: string | null;
  readonly payment_method_type?: string | null;
  readonly card_brand?: string | null;
  readonly card_last4?: string | null;
  readonly plan?: { readonly id: string } | null;
  /** Left out of lists, perhaps. */
  readonly refunds?: readonly WhopRefund[] | null;
  readonly disputes?: readonly WhopDispute[] | null;
}

interface WhopRefund {
  readonly id: string;
  readonly amount?: number | null;
  readonly currency?: string | null;
  readonly status?: string;
  readonly reason?: string | null;
  readonly failure_reason?: string | null;
}

interface WhopDispute {
  readonly id: string;
  readonly amount?: number | null;
  readonly currency?: string | null;
  readonly status?: string;
  readonly reason?: string | null;
  readonly needs_response_by?: string | null;
  readonly created_at?: string | null;
}
