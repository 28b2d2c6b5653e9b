import { formatMoney, money } from '../../domain/money.js';
import type { InvoiceAdjustment } from '../../invoices/invoice-adjustments.service.js';

/** What lowers, or raises, what is owed of an invoice without being money. */
export class InvoiceAdjustmentResponse {
  id!: string;
  connection_id!: string;
  provider!: string;
  /** One of: CUSTOMER_BALANCE, CREDIT_NOTE, CARRIED_OVER, OUT_OF_BAND, WRITE_OFF, REVISION, TAX, OTHER. */
  kind!: string;
  /** What the provider calls it: `cn_…`, `cbtxn_…`. */
  gateway_adjustment_id!: string;
  /** Of which invoice there. */
  gateway_invoice_id!: string;
  /** Decimal string in major units; positive lowers what is owed. */
  amount!: string;
  currency!: string;
  /** ACTIVE, or RELEASED: it does not count any more. */
  adjustment_status!: string;
  /** Of a credit note after the payment: what has gone back by it. Decimal string in major units. */
  given_back_amount!: string;
  reason!: string | null;
  occurred_at!: Date | null;
  released_at!: Date | null;
  created_at!: Date;
  updated_at!: Date;
}

export const toInvoiceAdjustmentResponse = (row: InvoiceAdjustment): InvoiceAdjustmentResponse => ({
  id: row.id,
  connection_id: row.connectionId,
  provider: row.provider,
  kind: row.kind,
  gateway_adjustment_id: row.gatewayAdjustmentId,
  gateway_invoice_id: row.gatewayInvoiceId,
  amount: formatMoney(money(row.amount, row.currency)),
  currency: row.currency,
  adjustment_status: row.adjustmentStatus,
  given_back_amount: formatMoney(money(row.givenBackAmount, row.currency)),
  reason: row.reason,
  occurred_at: row.occurredAt,
  released_at: row.releasedAt,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});
