import type { OpenPeriod } from '../domain/period.js';
import type { MeteredFeature } from '../features/features.types.js';
import type { EntitledEntityType, EntitlementEntity, UsageResetPeriod } from './entitlement.entity.js';

export type { EntitledEntityType, UsageResetPeriod } from './entitlement.entity.js';
export type Entitlement = Readonly<EntitlementEntity>;

export interface FeaturedEntitlement {
  readonly entitlement: Entitlement;
  readonly feature: MeteredFeature;
}

/** What limits, values and switches an entitlement can have; which ones depends on its feature. */
export interface EntitlementTerms {
  readonly isEnabled?: boolean | undefined;
  readonly usageLimit?: number | undefined;
  readonly usageResetPeriod?: UsageResetPeriod | undefined;
  readonly isSoftLimit?: boolean | undefined;
  readonly staticValue?: string | undefined;
  readonly configValue?: Readonly<Record<string, unknown>> | undefined;
}

export interface EntitlementInput extends EntitlementTerms {
  readonly entityType: EntitledEntityType;
  readonly entityId: string;
  readonly featureId: string;
  readonly featureType?: string | undefined;
  readonly parentEntitlementId?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
}

/** A subscription, as far as it matters for what its customer may do. */
export interface EntitledSubscription {
  readonly subscriptionId: string;
  readonly planId: string;
  /** One for each time that the addon is attached: limits add up. */
  readonly addonIds?: readonly string[];
  /** Entitlements that hold at some time in it. */
  readonly period: OpenPeriod;
}
