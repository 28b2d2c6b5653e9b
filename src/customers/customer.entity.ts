import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

@Entity('customers')
@Index('customers_external_id', ['tenantId', 'environmentId', 'externalId'], {
  unique: true,
  where: `status <> 'deleted'`,
})
@Index('customers_created', ['tenantId', 'environmentId', 'createdAt'])
export class CustomerEntity extends EntityRow {
  /** The caller's own id of the customer: what usage events name. */
  @Column({ type: 'text' })
  externalId!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ type: 'text', nullable: true })
  contact!: string | null;

  @Column({ type: 'text', nullable: true, name: 'address_line1' })
  addressLine1!: string | null;

  @Column({ type: 'text', nullable: true, name: 'address_line2' })
  addressLine2!: string | null;

  @Column({ type: 'text', nullable: true })
  addressCity!: string | null;

  @Column({ type: 'text', nullable: true })
  addressState!: string | null;

  @Column({ type: 'text', nullable: true })
  addressPostalCode!: string | null;

  @Column({ type: 'text', nullable: true })
  addressCountry!: string | null;

  @Column({ type: 'text', default: 'UTC' })
  timezone!: string;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;

  /** Counts the changes that providers are to be told of. */
  @Column({ type: 'integer', default: 1 })
  revision!: number;
}
