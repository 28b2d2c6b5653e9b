import type { PaymentStatus } from '../domain/invoicing/invoice-states.js';
import type { Money } from '../domain/money.js';
import type { CreditNoteEntity, CreditNoteLineItemEntity } from './credit-note.entity.js';
import type { PaymentAttemptEntity } from './payment-attempt.entity.js';
import type { PaymentDisputeEntity } from './payment-dispute.entity.js';
import type { PaymentRefundEntity } from './payment-refund.entity.js';
import type { PaymentEntity } from './payment.entity.js';
import type { PaymentMethodEntity } from './payment-method.entity.js';

export type Payment = Readonly<PaymentEntity>;
export type PaymentAttempt = Readonly<PaymentAttemptEntity>;
export type PaymentRefund = Readonly<PaymentRefundEntity>;
export type PaymentDispute = Readonly<PaymentDisputeEntity>;
export type CreditNote = Readonly<CreditNoteEntity>;
export type CreditNoteLineItem = Readonly<CreditNoteLineItemEntity>;
export type PaymentMethod = Readonly<PaymentMethodEntity>;

export interface NewPayment {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly methodType: Payment['paymentMethodType'];
  readonly methodId?: string | null;
  readonly gateway?: string | null;
  readonly connectionId?: string | null;
  readonly gatewayPaymentId?: string | null;
  readonly amount: Money;
  readonly status: PaymentStatus;
  readonly saveCardAndMakeDefault?: boolean;
  readonly idempotencyKey?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What has become of a payment, as somebody reports it: a provider, an operator, ourselves. */
export interface PaymentReport {
  readonly status: PaymentStatus;
  readonly gatewayPaymentId?: string | undefined;
  readonly gatewayTrackingId?: string | undefined;
  readonly paymentUrl?: string | undefined;
  readonly method?: Payment['methodDetails'] | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** When the money moved, where that is known. */
  readonly paidAt?: Date | undefined;
  /** What was really collected, where that may differ from what was asked for. */
  readonly amount?: Money | undefined;
}
