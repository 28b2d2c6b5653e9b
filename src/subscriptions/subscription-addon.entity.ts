import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

/** That a subscription has an addon; once for each time that it has it. */
@Entity('addon_associations')
@Index('addon_associations_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
@Index('addon_associations_addon', ['tenantId', 'environmentId', 'addonId'])
export class SubscriptionAddonEntity extends EntityRow {
  @Column({ type: 'text' })
  subscriptionId!: string;

  @Column({ type: 'text' })
  addonId!: string;

  @Column({ type: 'text' })
  addonStatus!: 'active' | 'cancelled';

  @Column({ type: 'timestamptz' })
  startDate!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  cancelledAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  cancellationReason!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, unknown>;
}
