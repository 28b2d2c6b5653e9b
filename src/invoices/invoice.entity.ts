import { Column, Entity, Index } from 'typeorm';
import type { InvoiceStatus, PaymentStatus } from '../domain/invoicing/invoice-states.js';
import type { InvoiceBillingReason, InvoiceType } from '../domain/invoicing/zero-rules.js';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

/** How an invoice was paid, as the guides show it. */
export interface PaymentDetails {
  readonly payment_method: string;
  readonly brand: string | null;
  readonly last4: string | null;
}

@Entity('invoices')
@Index(
  'invoices_period',
  ['tenantId', 'environmentId', 'subscriptionId', 'periodStart', 'periodEnd', 'billingReason'],
  {
    unique: true,
    where: `invoice_status <> 'VOIDED' AND subscription_id IS NOT NULL AND billing_reason <> 'SUBSCRIPTION_UPDATE'`,
  },
)
@Index('invoices_number_unique', ['tenantId', 'environmentId', 'invoiceNumber'], { unique: true })
@Index('invoices_idempotency_key', ['tenantId', 'environmentId', 'idempotencyKey'], { unique: true })
@Index('invoices_customer', ['tenantId', 'environmentId', 'customerId', 'createdAt'])
@Index('invoices_unpaid', ['tenantId', 'environmentId', 'customerId'], { where: 'amount_remaining > 0' })
@Index('invoices_created', ['tenantId', 'environmentId', 'createdAt'])
@Index('invoices_subscription', ['tenantId', 'environmentId', 'subscriptionId', 'periodEnd'])
@Index('invoices_finalized', ['tenantId', 'environmentId', 'finalizedAt'], {
  where: `invoice_status = 'FINALIZED'`,
})
@Index('invoices_paid', ['tenantId', 'environmentId', 'paidAt'], { where: 'paid_at IS NOT NULL' })
@Index('invoices_finalize_at', ['tenantId', 'environmentId', 'finalizeAt'], {
  where: `invoice_status = 'DRAFT'`,
})
export class InvoiceEntity extends EntityRow {
  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text', nullable: true })
  subscriptionId!: string | null;

  @Column({ type: 'text' })
  invoiceType!: InvoiceType;

  @Column({ type: 'text' })
  invoiceStatus!: InvoiceStatus;

  @Column({ type: 'text' })
  paymentStatus!: PaymentStatus;

  @Column({ type: 'text' })
  billingReason!: InvoiceBillingReason;

  @Column({ type: 'text', nullable: true })
  billingPeriod!: string | null;

  /** Counts the invoices of a subscription. */
  @Column({ type: 'integer', nullable: true })
  billingSequence!: number | null;

  @Column({ type: 'text' })
  collectionMethod!: 'charge_automatically' | 'send_invoice';

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  subtotal!: bigint;

  @MinorUnits({ default: 0 })
  totalDiscount!: bigint;

  @MinorUnits({ default: 0 })
  totalPrepaidCreditsApplied!: bigint;

  @MinorUnits({ default: 0 })
  totalTax!: bigint;

  @MinorUnits()
  total!: bigint;

  /** The sum of the allocations of succeeded payments; written by nothing but their recount. */
  @MinorUnits({ default: 0 })
  amountPaid!: bigint;

  @MinorUnits()
  amountRemaining!: bigint;

  @MinorUnits({ default: 0 })
  overpaidAmount!: bigint;

  /** What finalized credit notes took off before it was paid, and adjustments that a provider told; negative where these add to it. */
  @MinorUnits({ default: 0 })
  adjustmentAmount!: bigint;

  /** What has gone back of the money that was paid. */
  @MinorUnits({ default: 0 })
  refundedAmount!: bigint;

  @Column({ type: 'text', nullable: true })
  invoiceNumber!: string | null;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ type: 'text', nullable: true })
  paymentTerms!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  issueDate!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  dueDate!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  periodStart!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  periodEnd!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastComputedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  finalizedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  paidAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  voidedAt!: Date | null;

  /** When a draft in its grace becomes final; null for one that waits for a person. */
  @Column({ type: 'timestamptz', nullable: true })
  finalizeAt!: Date | null;

  /** The invoice that was made in the place of this one. */
  @Column({ type: 'text', nullable: true })
  recalculatedInvoiceId!: string | null;

  @Column({ type: 'boolean', default: false })
  isManuallyEdited!: boolean;

  @Column({ type: 'text', nullable: true })
  invoicePdfUrl!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  paymentDetails!: PaymentDetails | null;

  @Column({ type: 'text', nullable: true })
  idempotencyKey!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
