import { formatMoney, money } from '../../domain/money.js';
import type { PaymentDispute, PaymentRefund } from '../../payments/payments.types.js';

export class PaymentRefundResponse {
  id!: string;
  payment_id!: string;
  invoice_id!: string;
  /** Decimal string in major units. */
  amount!: string;
  currency!: string;
  /** `REQUESTED` until the provider has answered, `PENDING`, `SUCCEEDED`, `FAILED`, `CANCELED`. */
  refund_status!: string;
  /** Where the money goes: `PROVIDER` (the way it came), `WALLET`, `OUTSIDE`, `DISPUTE`. */
  destination!: string;
  reason!: string | null;
  error_message!: string | null;
  gateway_refund_id!: string | null;
  created_at!: Date;
  updated_at!: Date;
}

export class PaymentDisputeResponse {
  id!: string;
  payment_id!: string;
  invoice_id!: string;
  amount!: string;
  currency!: string;
  /** `INQUIRY`, `INQUIRY_CLOSED`, `OPEN`, `LOST`, `WON`. */
  dispute_status!: string;
  /** In the provider's words. */
  reason!: string | null;
  gateway_dispute_id!: string;
  /** Until then evidence is taken. */
  answer_by!: Date | null;
  opened_at!: Date;
  closed_at!: Date | null;
}

export class ListPaymentRefundsResponse {
  items!: PaymentRefundResponse[];
}

export class ListPaymentDisputesResponse {
  items!: PaymentDisputeResponse[];
}

export const toRefundResponse = (row: PaymentRefund): PaymentRefundResponse => ({
  id: row.id,
  payment_id: row.paymentId,
  invoice_id: row.invoiceId,
  amount: formatMoney(money(row.amount, row.currency)),
  currency: row.currency,
  refund_status: row.refundStatus,
  destination: row.destination,
  reason: row.reason,
  error_message: row.errorMessage,
  gateway_refund_id: row.gatewayRefundId,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});

export const toDisputeResponse = (row: PaymentDispute): PaymentDisputeResponse => ({
  id: row.id,
  payment_id: row.paymentId,
  invoice_id: row.invoiceId,
  amount: formatMoney(money(row.amount, row.currency)),
  currency: row.currency,
  dispute_status: row.disputeStatus,
  reason: row.reason,
  gateway_dispute_id: row.gatewayDisputeId,
  answer_by: row.answerBy,
  opened_at: row.openedAt,
  closed_at: row.closedAt,
});
