import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import type { Purse } from '../domain/wallets/ledger.js';
import { EntityRow, ExactDecimal, MinorUnits } from '../platform/database/columns.js';

/** One coupon's effect on one line, or on the whole invoice. */
@Entity('invoice_coupon_applications')
@Index('invoice_coupon_applications_invoice', ['tenantId', 'environmentId', 'invoiceId'])
@Index('invoice_coupon_applications_coupon', ['tenantId', 'environmentId', 'couponId'])
export class InvoiceCouponApplicationEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  /** Null: the whole invoice. */
  @Column({ type: 'text', nullable: true })
  invoiceLineItemId!: string | null;

  @Column({ type: 'text', nullable: true })
  subscriptionId!: string | null;

  @Column({ type: 'text' })
  couponId!: string;

  @Column({ type: 'text', nullable: true })
  couponAssociationId!: string | null;

  /** Order of application, from 0: each coupon takes from what the one before has left. */
  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  discountType!: 'percentage' | 'fixed';

  @ExactDecimal({ nullable: true })
  discountPercentage!: Rate | null;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  originalPrice!: bigint;

  @MinorUnits()
  discountedAmount!: bigint;

  @MinorUnits()
  finalPrice!: bigint;

  /** The coupon as it was then. */
  @Column({ type: 'jsonb', default: {} })
  couponSnapshot!: Record<string, unknown>;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}

/** One tax rate's effect on an invoice. */
@Entity('invoice_tax_applications')
@Index('invoice_tax_applications_invoice', ['tenantId', 'environmentId', 'invoiceId'])
export class InvoiceTaxApplicationEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  @Column({ type: 'text' })
  taxRateId!: string;

  @Column({ type: 'text', nullable: true })
  taxAssociationId!: string | null;

  /** Whose association brought it: `subscription`, `customer`, `invoice`, `tenant`. */
  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  taxableAmount!: bigint;

  @MinorUnits()
  taxAmount!: bigint;

  /** Of a line that brings its own tax; null: of all that is charged. */
  @Column({ type: 'text', nullable: true })
  invoiceLineItemId!: string | null;

  /** The rate as it was then, as the wire shows it. */
  @Column({ type: 'jsonb', nullable: true })
  taxRate!: Record<string, unknown> | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}

/** What one purse of a wallet has paid of one line, or of the tax. */
@Entity('invoice_credit_applications')
@Index('invoice_credit_applications_invoice', ['tenantId', 'environmentId', 'invoiceId'])
export class InvoiceCreditApplicationEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  /** Null: the invoice's tax. */
  @Column({ type: 'text', nullable: true })
  invoiceLineItemId!: string | null;

  @Column({ type: 'text' })
  walletId!: string;

  @Column({ type: 'text' })
  purse!: Purse;

  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;
}
