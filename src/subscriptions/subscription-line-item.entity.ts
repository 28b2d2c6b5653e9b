import { Column, Entity, Index } from 'typeorm';
import type { BillingPeriodUnit } from '../domain/billing-period.js';
import type { Rate } from '../domain/rate.js';
import type { InvoiceCadence, PriceType } from '../domain/rating/price-kinds.js';
import { EntityRow, ExactDecimal } from '../platform/database/columns.js';
import type { StoredLineCommitment } from './commitments.types.js';

@Entity('subscription_line_items')
@Index('subscription_line_items_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
export class SubscriptionLineItemEntity extends EntityRow {
  @Column({ type: 'text' })
  subscriptionId!: string;

  @Column({ type: 'text' })
  customerId!: string;

  /** Where the line comes from: `plan`, `addon`, or `subscription` for a price of its own. */
  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'text', nullable: true })
  planDisplayName!: string | null;

  @Column({ type: 'text' })
  priceId!: string;

  @Column({ type: 'text' })
  priceType!: PriceType;

  @Column({ type: 'text' })
  invoiceCadence!: InvoiceCadence;

  @Column({ type: 'text' })
  billingPeriod!: BillingPeriodUnit;

  @Column({ type: 'integer' })
  billingPeriodCount!: number;

  @Column({ type: 'text', nullable: true })
  meterId!: string | null;

  @Column({ type: 'text', nullable: true })
  meterDisplayName!: string | null;

  @Column({ type: 'text' })
  displayName!: string;

  /** Of a fixed price; usage brings its own. */
  @ExactDecimal()
  quantity!: Rate;

  @Column({ type: 'text' })
  currency!: string;

  @Column({ type: 'timestamptz' })
  startDate!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;

  /** Charged in advance until then by the line that it replaces. */
  @Column({ type: 'timestamptz', nullable: true })
  paidUntil!: Date | null;

  /** The line whose place it took when price or quantity changed. */
  @Column({ type: 'text', nullable: true })
  replacesId!: string | null;

  /** Of a change of plan: the line of the subscription before that charged for the same usage. */
  @Column({ type: 'text', nullable: true })
  continuesId!: string | null;

  /** The addon of the subscription that brought it. */
  @Column({ type: 'text', nullable: true })
  addonAssociationId!: string | null;

  /** Of its price. */
  @Column({ type: 'integer', nullable: true })
  trialPeriodDays!: number | null;

  /** The connection whose provider bills this line itself: nothing is charged for it here. */
  @Column({ type: 'text', nullable: true })
  billedBy!: string | null;

  /** What the line is at that provider. */
  @Column({ type: 'text', nullable: true })
  providerItemId!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  commitment!: StoredLineCommitment | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
