import { Column, Entity, Index } from 'typeorm';
import type { BillingPeriodUnit } from '../domain/billing-period.js';
import type { Rate } from '../domain/rate.js';
import type {
  BillingModel,
  InvoiceCadence,
  PackageRounding,
  PriceType,
  TierMode,
} from '../domain/rating/price-kinds.js';
import { EntityRow, ExactDecimal } from '../platform/database/columns.js';

/** Decimals as strings: jsonb would keep them, JSON.parse would not. */
export interface StoredTier {
  readonly up_to: string | null;
  readonly unit_amount: string;
  readonly flat_amount: string;
}

export interface StoredTransformQuantity {
  readonly divide_by: number;
  readonly round: PackageRounding;
}

@Entity('prices')
@Index('prices_lookup_key', ['tenantId', 'environmentId', 'lookupKey'], {
  unique: true,
  where: `status <> 'deleted' AND end_date IS NULL`,
})
@Index('prices_entity', ['tenantId', 'environmentId', 'entityType', 'entityId'])
@Index('prices_meter', ['tenantId', 'environmentId', 'meterId'])
export class PriceEntity extends EntityRow {
  /** What it is a price of: PLAN, ADDON, or SUBSCRIPTION for one that a single subscription has in place of its plan's. */
  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'text' })
  type!: PriceType;

  @Column({ type: 'text' })
  billingModel!: BillingModel;

  @Column({ type: 'text' })
  billingPeriod!: BillingPeriodUnit;

  @Column({ type: 'integer' })
  billingPeriodCount!: number;

  @Column({ type: 'text' })
  invoiceCadence!: InvoiceCadence;

  @Column({ type: 'text' })
  currency!: string;

  /** Per unit or per package; null for tiers. */
  @ExactDecimal({ nullable: true })
  amount!: Rate | null;

  @Column({ type: 'text', nullable: true })
  tierMode!: TierMode | null;

  @Column({ type: 'jsonb', nullable: true })
  tiers!: StoredTier[] | null;

  @Column({ type: 'jsonb', nullable: true })
  transformQuantity!: StoredTransformQuantity | null;

  @Column({ type: 'text', nullable: true })
  meterId!: string | null;

  /** Narrows the meter's events further: property → values. */
  @Column({ type: 'jsonb', default: {} })
  filterValues!: Record<string, string[]>;

  @ExactDecimal({ nullable: true })
  minQuantity!: Rate | null;

  @Column({ type: 'integer', nullable: true })
  trialPeriodDays!: number | null;

  @Column({ type: 'text', nullable: true })
  lookupKey!: string | null;

  @Column({ type: 'text', nullable: true })
  displayName!: string | null;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ type: 'timestamptz' })
  startDate!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;

  /** The plan's or addon's price that this one stands in for on its subscription. */
  @Column({ type: 'text', nullable: true })
  parentPriceId!: string | null;

  /** The version of this price that ended when this one began. */
  @Column({ type: 'text', nullable: true })
  replacesPriceId!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
