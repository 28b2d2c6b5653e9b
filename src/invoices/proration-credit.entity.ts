import { Column, Entity, Index } from 'typeorm';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

/** What was given back of a line that had been paid in advance: the next credit of the line is less by it. */
@Entity('proration_credits')
@Index('proration_credits_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
export class ProrationCreditEntity extends EntityRow {
  @Column({ type: 'text' })
  subscriptionId!: string;

  @Column({ type: 'text' })
  subscriptionLineItemId!: string;

  /** The stretch of time that is not paid any more. */
  @Column({ type: 'timestamptz' })
  periodStart!: Date;

  @Column({ type: 'timestamptz' })
  periodEnd!: Date;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;
}
