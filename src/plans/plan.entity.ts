import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

@Entity('plans')
@Index('plans_lookup_key', ['tenantId', 'environmentId', 'lookupKey'], {
  unique: true,
  where: `status <> 'deleted'`,
})
export class PlanEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', nullable: true })
  lookupKey!: string | null;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ type: 'integer', nullable: true })
  displayOrder!: number | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
