import type { SubscriptionPause } from '../../subscriptions/subscriptions.types.js';

export class SubscriptionPauseResponse {
  /** Null for a dry run. */
  id!: string | null;
  subscription_id!: string;
  pause_status!: string;
  pause_mode!: string;
  resume_mode!: string | null;
  pause_start!: Date;
  /** Where it ends by itself; null: it lasts until it is resumed. */
  pause_end!: Date | null;
  resumed_at!: Date | null;
  /** The billing period that the pause was asked for in. */
  original_period_start!: Date;
  original_period_end!: Date;
  reason!: string | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListSubscriptionPausesResponse {
  items!: SubscriptionPauseResponse[];
  total!: number;
}

export const toPauseResponse = (row: SubscriptionPause): SubscriptionPauseResponse => ({
  id: row.id,
  subscription_id: row.subscriptionId,
  pause_status: row.pauseStatus,
  pause_mode: row.pauseMode,
  resume_mode: row.resumeMode,
  pause_start: row.pauseStart,
  pause_end: row.pauseEnd,
  resumed_at: row.resumedAt,
  original_period_start: row.originalPeriodStart,
  original_period_end: row.originalPeriodEnd,
  reason: row.reason,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
