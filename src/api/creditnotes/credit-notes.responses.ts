import { CustomerResponse } from '../customers/customers.responses.js';
import { formatMoney, money } from '../../domain/money.js';
import { InvoiceResponse } from '../invoices/invoices.responses.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import { SubscriptionResponse } from '../subscriptions/subscriptions.responses.js';
import type { CreditNote, CreditNoteLineItem } from '../../payments/payments.types.js';

export class CreditNoteLineItemResponse {
  id!: string;
  credit_note_id!: string;
  invoice_line_item_id!: string;
  display_name!: string;
  /** Decimal string in major units. */
  amount!: string;
  currency!: string;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class CreditNoteResponse {
  id!: string;
  credit_note_number!: string;
  credit_note_status!: string;
  /** `ADJUSTMENT` lowers what is owed, `REFUND` gives back what was paid. */
  credit_note_type!: string;
  refund_status!: string | null;
  reason!: string;
  memo!: string | null;
  invoice_id!: string;
  /** The invoice as the note has left it. */
  invoice!: InvoiceResponse | null;
  customer_id!: string;
  customer!: CustomerResponse | null;
  subscription_id!: string | null;
  subscription!: SubscriptionResponse | null;
  currency!: string;
  /** Decimal string in major units. */
  total_amount!: string;
  line_items!: CreditNoteLineItemResponse[];
  idempotency_key!: string | null;
  metadata!: Record<string, string>;
  finalized_at!: Date | null;
  voided_at!: Date | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

/** What finalizing and voiding answer: the note, and the sentence that older clients read. */
export class CreditNoteMovedResponse extends CreditNoteResponse {
  message!: string;
}

export class ListCreditNotesResponse {
  items!: CreditNoteResponse[];
  pagination!: PaginationResponse;
}

const toLineResponse = (row: CreditNoteLineItem): CreditNoteLineItemResponse => ({
  id: row.id,
  credit_note_id: row.creditNoteId,
  invoice_line_item_id: row.invoiceLineItemId,
  display_name: row.displayName,
  amount: formatMoney(money(row.amount, row.currency)),
  currency: row.currency,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

export const toCreditNoteResponse = (
  row: CreditNote,
  parts: {
    readonly lines: readonly CreditNoteLineItem[];
    readonly invoice: InvoiceResponse | null;
    readonly customer: CustomerResponse | null;
  },
): CreditNoteResponse => ({
  id: row.id,
  credit_note_number: row.creditNoteNumber,
  credit_note_status: row.creditNoteStatus,
  credit_note_type: row.creditNoteType,
  refund_status: row.refundStatus,
  reason: row.reason,
  memo: row.memo,
  invoice_id: row.invoiceId,
  invoice: parts.invoice,
  customer_id: row.customerId,
  customer: parts.customer,
  subscription_id: row.subscriptionId,
  subscription: null,
  currency: row.currency,
  total_amount: formatMoney(money(row.totalAmount, row.currency)),
  line_items: parts.lines.filter((line) => line.creditNoteId === row.id).map(toLineResponse),
  idempotency_key: row.idempotencyKey,
  metadata: row.metadata,
  finalized_at: row.finalizedAt,
  voided_at: row.voidedAt,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
