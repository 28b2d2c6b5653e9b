import { Column, Entity, Index } from 'typeorm';
import type { CreditNoteReason, CreditNoteStatus, CreditNoteType } from '../domain/invoicing/credit-notes.js';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

@Entity('credit_notes')
@Index('credit_notes_number', ['tenantId', 'environmentId', 'creditNoteNumber'], { unique: true })
@Index('credit_notes_idempotency_key', ['tenantId', 'environmentId', 'idempotencyKey'], { unique: true })
@Index('credit_notes_invoice', ['tenantId', 'environmentId', 'invoiceId'])
@Index('credit_notes_created', ['tenantId', 'environmentId', 'createdAt'])
export class CreditNoteEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text', nullable: true })
  subscriptionId!: string | null;

  @Column({ type: 'text' })
  creditNoteNumber!: string;

  @Column({ type: 'text' })
  creditNoteStatus!: CreditNoteStatus;

  @Column({ type: 'text' })
  creditNoteType!: CreditNoteType;

  /** Of a refund: where its money is. */
  @Column({ type: 'text', nullable: true })
  refundStatus!: 'PENDING' | 'SUCCEEDED' | null;

  @Column({ type: 'text' })
  reason!: CreditNoteReason;

  @Column({ type: 'text', nullable: true })
  memo!: string | null;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  totalAmount!: bigint;

  @Column({ type: 'text', nullable: true })
  idempotencyKey!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;

  @Column({ type: 'timestamptz', nullable: true })
  finalizedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  voidedAt!: Date | null;
}

@Entity('credit_note_line_items')
@Index('credit_note_line_items_note', ['tenantId', 'environmentId', 'creditNoteId'])
export class CreditNoteLineItemEntity extends EntityRow {
  @Column({ type: 'text' })
  creditNoteId!: string;

  @Column({ type: 'text' })
  invoiceLineItemId!: string;

  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  displayName!: string;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
