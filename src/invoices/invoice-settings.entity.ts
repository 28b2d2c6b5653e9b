import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How invoices of an environment live; without a row, the defaults hold. */
@Entity('invoice_settings')
export class InvoiceSettingsEntity {
  @PrimaryColumn({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  @Column({ type: 'integer' })
  finalizationDelaySeconds!: number;

  @Column({ type: 'integer' })
  dueDateDays!: number;

  @Column({ type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ type: 'text' })
  updatedBy!: string;
}
