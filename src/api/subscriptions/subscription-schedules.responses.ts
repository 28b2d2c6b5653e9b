import { prorationDays } from '../../domain/subscribing/proration.js';
import { makePeriod } from '../../domain/period.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import type { SubscriptionSchedule } from '../../subscriptions/subscriptions.types.js';

export class SubscriptionScheduleResponse {
  id!: string;
  subscription_id!: string;
  /** `plan_change`. */
  schedule_type!: string;
  /** `pending`, `executed`, `cancelled` or `failed`. */
  status!: string;
  scheduled_at!: Date;
  /** Begun days count. */
  days_until_execution!: number;
  can_be_cancelled!: boolean;
  /** What was asked for. */
  configuration!: Record<string, unknown>;
  executed_at!: Date | null;
  cancelled_at!: Date | null;
  execution_result!: Record<string, unknown> | null;
  error_message!: string | null;
  metadata!: Record<string, string>;
  created_at!: Date;
  updated_at!: Date;
}

/** Those of one subscription that lie ahead. */
export class GetPendingSchedulesResponse {
  count!: number;
  schedules!: SubscriptionScheduleResponse[];
}

/** A page of all there are. */
export class ListSubscriptionSchedulesResponse extends GetPendingSchedulesResponse {
  pagination!: PaginationResponse;
}

export class CancelScheduleResponse {
  message!: string;
  status!: string;
}

export const toScheduleResponse = (row: SubscriptionSchedule, now: Date): SubscriptionScheduleResponse => {
  const pending = row.scheduleStatus === 'pending';
  return {
    id: row.id,
    subscription_id: row.subscriptionId,
    schedule_type: row.scheduleType,
    status: row.scheduleStatus,
    scheduled_at: row.scheduledAt,
    days_until_execution:
      pending && row.scheduledAt > now ? prorationDays(makePeriod(now, row.scheduledAt)) : 0,
    can_be_cancelled: pending && row.scheduledAt > now,
    configuration: row.configuration,
    executed_at: row.executedAt,
    cancelled_at: row.cancelledAt,
    execution_result: row.executionResult,
    error_message: row.errorMessage,
    metadata: row.metadata,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
};
