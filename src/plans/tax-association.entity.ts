import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

export const TAXED_ENTITY_TYPES = ['customer', 'subscription', 'invoice', 'tenant'] as const;
export type TaxedEntityType = (typeof TAXED_ENTITY_TYPES)[number];

@Entity('tax_associations')
@Index('tax_associations_once', ['tenantId', 'environmentId', 'entityType', 'entityId', 'taxRateId'], {
  unique: true,
  where: `status = 'published'`,
})
@Index(
  'tax_associations_inherited_once',
  ['tenantId', 'environmentId', 'entityType', 'entityId', 'inheritedFrom'],
  { unique: true },
)
@Index('tax_associations_rate', ['tenantId', 'environmentId', 'taxRateId'])
export class TaxAssociationEntity extends EntityRow {
  @Column({ type: 'text' })
  taxRateId!: string;

  @Column({ type: 'text' })
  entityType!: TaxedEntityType;

  @Column({ type: 'text' })
  entityId!: string;

  /** Lower ones stand first on the invoice. */
  @Column({ type: 'integer' })
  priority!: number;

  @Column({ type: 'boolean' })
  autoApply!: boolean;

  /** Null: any. */
  @Column({ type: 'text', nullable: true })
  currency!: string | null;

  @Column({ type: 'timestamptz' })
  startDate!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;

  /** The association further up that this one is a copy of. */
  @Column({ type: 'text', nullable: true })
  inheritedFrom!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
