import { Column, Entity, Index, type ValueTransformer } from 'typeorm';
import type { FeatureType } from '../features/features.types.js';
import { EntityRow } from '../platform/database/columns.js';

export const ENTITLED_ENTITY_TYPES = ['PLAN', 'ADDON', 'SUBSCRIPTION'] as const;
export type EntitledEntityType = (typeof ENTITLED_ENTITY_TYPES)[number];

export const USAGE_RESET_PERIODS = [
  'MONTHLY',
  'ANNUAL',
  'WEEKLY',
  'DAILY',
  'QUARTERLY',
  'HALF_YEARLY',
  'NEVER',
] as const;
export type UsageResetPeriod = (typeof USAGE_RESET_PERIODS)[number];

/** Limits are whole and never beyond what a JSON number holds exactly: the request sees to that. */
const asInteger: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

@Entity('entitlements')
@Index('entitlements_once', ['tenantId', 'environmentId', 'entityType', 'entityId', 'featureId'], {
  unique: true,
  where: `status = 'published'`,
})
@Index('entitlements_feature', ['tenantId', 'environmentId', 'featureId'])
export class EntitlementEntity extends EntityRow {
  @Column({ type: 'text' })
  entityType!: EntitledEntityType;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'text' })
  featureId!: string;

  @Column({ type: 'text' })
  featureType!: FeatureType;

  @Column({ type: 'boolean' })
  isEnabled!: boolean;

  /** Of a metered feature: what is included in each period; null is unlimited. */
  @Column({ type: 'bigint', nullable: true, transformer: asInteger })
  usageLimit!: number | null;

  /** When the limit begins anew; null: with the subscription's billing period. */
  @Column({ type: 'text', nullable: true })
  usageResetPeriod!: UsageResetPeriod | null;

  @Column({ type: 'boolean' })
  isSoftLimit!: boolean;

  @Column({ type: 'text', nullable: true })
  staticValue!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  configValue!: Record<string, unknown> | null;

  /** The plan's or addon's entitlement that this one of a subscription stands in for. */
  @Column({ type: 'text', nullable: true })
  parentEntitlementId!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  startDate!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;
}
