import { formatMoney, money } from '../../domain/money.js';
import { hasGone } from '../../domain/paying/reversal-states.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import type {
  Payment,
  PaymentAttempt,
  PaymentDispute,
  PaymentMethod,
  PaymentRefund,
} from '../../payments/payments.types.js';
import {
  PaymentDisputeResponse,
  PaymentRefundResponse,
  toDisputeResponse,
  toRefundResponse,
} from './refunds.responses.js';

export class PaymentAttemptResponse {
  id!: string;
  payment_id!: string;
  attempt_number!: number;
  payment_status!: string;
  error_message!: string | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class PaymentResponse {
  id!: string;
  destination_type!: string;
  destination_id!: string;
  invoice_number!: string | null;
  customer_id!: string;
  payment_method_type!: string;
  payment_method_id!: string | null;
  payment_gateway!: string | null;
  gateway_payment_id!: string | null;
  /** The hosted page's id at the provider. */
  gateway_tracking_id!: string | null;
  gateway_metadata!: Record<string, string>;
  /** Decimal string in major units. */
  amount!: string;
  currency!: string;
  payment_status!: string;
  /** Where the customer pays, for a payment link. */
  payment_url!: string | null;
  save_card_and_make_default!: boolean;
  track_attempts!: boolean;
  attempts!: PaymentAttemptResponse[] | null;
  /** What has gone back of it, decimal string in major units. */
  refunded_amount!: string;
  refunds!: PaymentRefundResponse[];
  disputes!: PaymentDisputeResponse[];
  error_message!: string | null;
  idempotency_key!: string | null;
  metadata!: Record<string, string>;
  succeeded_at!: Date | null;
  failed_at!: Date | null;
  refunded_at!: Date | null;
  voided_at!: Date | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListPaymentsResponse {
  items!: PaymentResponse[];
  pagination!: PaginationResponse;
}

export class PaymentMethodResponse {
  id!: string;
  customer_id!: string;
  connection_id!: string;
  provider_method_id!: string;
  type!: string;
  brand!: string | null;
  last4!: string | null;
  exp_month!: number | null;
  exp_year!: number | null;
  is_default!: boolean;
  created_at!: Date;
}

export class ListPaymentMethodsResponse {
  items!: PaymentMethodResponse[];
}

export class CheckoutResponse {
  checkout_url!: string;
  session_id!: string;
  payment_id!: string;
}

export class SetupIntentResponse {
  /** Null where the provider makes it only when the customer saves. */
  setup_intent_id!: string | null;
  checkout_session_id!: string;
  /** Send the customer here. */
  checkout_url!: string;
  client_secret!: string | null;
  status!: string;
  usage!: string;
  customer_id!: string;
  /** Unix seconds. */
  created_at!: number;
  /** Unix seconds. */
  expires_at!: number | null;
}

const toAttemptResponse = (row: PaymentAttempt): PaymentAttemptResponse => ({
  id: row.id,
  payment_id: row.paymentId,
  attempt_number: row.attemptNumber,
  payment_status: row.paymentStatus,
  error_message: row.errorMessage,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

export const toPaymentResponse = (
  row: Payment,
  parts: {
    readonly attempts: readonly PaymentAttempt[];
    readonly refunds: readonly PaymentRefund[];
    readonly disputes: readonly PaymentDispute[];
    readonly invoiceNumber: string | null;
  },
): PaymentResponse => ({
  id: row.id,
  destination_type: row.destinationType,
  destination_id: row.destinationId,
  invoice_number: parts.invoiceNumber,
  customer_id: row.customerId,
  payment_method_type: row.paymentMethodType,
  payment_method_id: row.paymentMethodId,
  payment_gateway: row.paymentGateway,
  gateway_payment_id: row.gatewayPaymentId,
  gateway_tracking_id: row.gatewayTrackingId,
  gateway_metadata: row.gatewayMetadata,
  amount: formatMoney(money(row.amount, row.currency)),
  currency: row.currency,
  payment_status: row.paymentStatus,
  payment_url: row.paymentUrl,
  save_card_and_make_default: row.saveCardAndMakeDefault,
  track_attempts: true,
  attempts: parts.attempts.filter((attempt) => attempt.paymentId === row.id).map(toAttemptResponse),
  refunded_amount: formatMoney(
    money(
      parts.refunds
        .filter((refund) => refund.paymentId === row.id && hasGone(refund.refundStatus))
        .reduce((sum, refund) => sum + refund.amount, 0n),
      row.currency,
    ),
  ),
  refunds: parts.refunds.filter((refund) => refund.paymentId === row.id).map(toRefundResponse),
  disputes: parts.disputes.filter((dispute) => dispute.paymentId === row.id).map(toDisputeResponse),
  error_message: row.errorMessage,
  idempotency_key: row.idempotencyKey,
  metadata: row.metadata,
  succeeded_at: row.succeededAt,
  failed_at: row.failedAt,
  refunded_at: row.refundedAt,
  voided_at: row.voidedAt,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

export const toPaymentMethodResponse = (row: PaymentMethod): PaymentMethodResponse => ({
  id: row.id,
  customer_id: row.customerId,
  connection_id: row.connectionId,
  provider_method_id: row.providerMethodId,
  type: row.type,
  brand: row.brand,
  last4: row.last4,
  exp_month: row.expiryMonth,
  exp_year: row.expiryYear,
  is_default: row.isDefault,
  created_at: row.createdAt,
});

/** What has become of a recalculation; the keys are those of a workflow, which it is not. */
export class RecalculationResponse {
  message!: string;
  /** The new invoice. */
  workflow_id!: string;
  /** The request that made it. */
  run_id!: string;
  /** Null when nothing was left to charge. */
  invoice_id!: string | null;
}
