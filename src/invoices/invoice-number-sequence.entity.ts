import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('invoice_number_sequences')
export class InvoiceNumberSequenceEntity {
  @PrimaryColumn({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  /** The month: `202611`. */
  @PrimaryColumn({ type: 'text' })
  scope!: string;

  @Column({ type: 'integer' })
  lastNumber!: number;
}
