import { Column, Entity, Index } from 'typeorm';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

/** What was given back of a line of an invoice: whatever gives back next, of whatever kind, gives less by it. */
@Entity('line_credits')
@Index('line_credits_invoice', ['tenantId', 'environmentId', 'invoiceId'])
@Index('line_credits_carrier', ['tenantId', 'environmentId', 'carriedByInvoiceId'], {
  where: 'carried_by_invoice_id IS NOT NULL',
})
@Index('line_credits_source', ['tenantId', 'environmentId', 'sourceId'])
export class LineCreditEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  @Column({ type: 'text' })
  invoiceLineItemId!: string;

  @Column({ type: 'text' })
  source!: 'CREDIT_NOTE' | 'PRORATION' | 'LATE_USAGE';

  /** The credit note; what was given back at one time of a subscription; the line that corrects usage. */
  @Column({ type: 'text' })
  sourceId!: string;

  /** The stretch of time that is not paid any more, where the line has one. */
  @Column({ type: 'timestamptz', nullable: true })
  periodStart!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  periodEnd!: Date | null;

  /** Of unused time and corrected usage that was taken off another invoice: that one. */
  @Column({ type: 'text', nullable: true })
  carriedByInvoiceId!: string | null;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;

  /** Without the tax in it. */
  @MinorUnits()
  netAmount!: bigint;
}
