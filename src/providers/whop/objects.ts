import type { WhopMoney } from './amounts.js';

/** The parts of Whop's objects that are read. What only one of the API's dates has is left out by the other. */

export interface WhopInvoice {
  readonly id: string;
  /** draft, open, paid, past_due, uncollectible, void; others may come. */
  readonly status: string;
  readonly number?: string | null;
  readonly created_at?: string;
  /** Its price is here only as a text for people; the number is on the plan. */
  readonly current_plan?: {
    readonly id: string;
    readonly currency?: string;
    readonly formatted_price?: string;
  } | null;
  readonly line_items?: readonly { readonly total?: number }[];
  /** Newest date: the page to pay on. */
  readonly pay_online_url?: string | null;
  /** Newest date: the payment that has settled it; null also when somebody has marked it as paid. */
  readonly payment?: { readonly id: string } | null;
  /** Newest date: a bank debit is being cleared, and the invoice stays open until then. */
  readonly payment_processing?: boolean;
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
  /** The same, at the newest date. */
  readonly account?: { readonly id?: string } | null;
}

export interface WhopWebhook {
  readonly id: string;
  readonly url?: string;
  readonly enabled?: boolean;
  readonly events?: readonly string[];
  readonly created_at?: string;
  /** Newest date, as all of these: null unless Whop has disabled it by itself. */
  readonly disabled_at?: string | null;
  readonly disabled_reason?: string | null;
  readonly consecutive_failures?: number;
  readonly failing_since?: string | null;
  readonly last_failure_at?: string | null;
  readonly webhook_secret?: string | null;
}

export interface WhopPayment {
  readonly id: string;
  /** draft, open, authorized, paid, pending, uncollectible, unresolved, void; others may come. */
  readonly status: string;
  readonly currency?: string | null;
  /** In major units, as every amount of the older date. */
  readonly total?: number | WhopMoney | null;
  /** Newest date: what the buyer was shown, before it was converted. */
  readonly presentment_total?: WhopMoney | null;
  readonly paid_at?: string | null;
  readonly payment_method_type?: string | null;
  readonly card_brand?: string | null;
  readonly card_last4?: string | null;
  readonly payment_instrument?: {
    readonly card?: { readonly brand?: string | null; readonly last4?: string | null } | null;
  } | null;
  readonly plan?: { readonly id: string } | null;
  /** The same, at the newest date. */
  readonly plan_id?: string | null;
  /** Left out of lists, perhaps; at the newest date they are objects of their own. */
  readonly refunds?: readonly WhopRefund[] | null;
  readonly disputes?: readonly WhopDispute[] | null;
  readonly substatus?: string;
  readonly refunded_amount?: number | WhopMoney | null;
  readonly dispute_alerted_at?: string | null;
  readonly created_at?: string;
}

export interface WhopRefund {
  readonly id: string;
  readonly amount?: number | WhopMoney | null;
  /** Newest date: in the currency that was moved, which may be another than the payment's. */
  readonly original_amount?: WhopMoney | null;
  readonly currency?: string | null;
  readonly status?: string;
  readonly reason?: string | null;
  readonly failure_reason?: string | null;
  readonly failure_message?: string | null;
  readonly payment_id?: string;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

export interface WhopDispute {
  readonly id: string;
  readonly amount?: number | null;
  readonly currency?: string | null;
  readonly status?: string;
  readonly reason?: string | null;
  readonly needs_response_by?: string | null;
  /** The same, at the newest date. */
  readonly evidence_due_at?: string | null;
  readonly created_at?: string | null;
  readonly payment?: { readonly id?: string } | null;
}
