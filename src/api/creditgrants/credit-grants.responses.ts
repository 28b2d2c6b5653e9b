import { formatRate } from '../../domain/rate.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import type { CreditGrant, CreditGrantApplication } from '../../wallets/credit-grants.types.js';

export class CreditGrantResponse {
  id!: string;
  name!: string;
  scope!: string;
  plan_id!: string | null;
  subscription_id!: string | null;
  addon_id!: string | null;
  credits!: string;
  cadence!: string;
  period!: string | null;
  period_count!: number | null;
  expiration_type!: string;
  expiration_duration!: number | null;
  expiration_duration_unit!: string | null;
  priority!: number | null;
  conversion_rate!: string | null;
  topup_conversion_rate!: string | null;
  start_date!: Date | null;
  end_date!: Date | null;
  /** From when its periods are counted: its start date, where it has one and nothing else is said. */
  credit_grant_anchor!: Date | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListCreditGrantsResponse {
  items!: CreditGrantResponse[];
  pagination!: PaginationResponse;
}

export class CreditGrantApplicationResponse {
  id!: string;
  credit_grant_id!: string;
  subscription_id!: string;
  /** Clients read a JSON number here. */
  credits!: number;
  application_status!: string;
  application_reason!: string;
  /** When it is due. */
  scheduled_for!: Date;
  period_start!: Date;
  period_end!: Date | null;
  applied_at!: Date | null;
  subscription_status_at_application!: string | null;
  idempotency_key!: string | null;
  failure_reason!: string | null;
  retry_count!: number;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListCreditGrantApplicationsResponse {
  items!: CreditGrantApplicationResponse[];
  pagination!: PaginationResponse;
}

export const toCreditGrantResponse = (row: CreditGrant): CreditGrantResponse => ({
  id: row.id,
  name: row.name,
  scope: row.scope,
  plan_id: row.planId,
  subscription_id: row.subscriptionId,
  addon_id: row.addonId,
  credits: formatRate(row.credits),
  cadence: row.cadence,
  period: row.period,
  period_count: row.periodCount,
  expiration_type: row.expirationType,
  expiration_duration: row.expirationDuration,
  expiration_duration_unit: row.expirationDurationUnit,
  priority: row.priority,
  conversion_rate: row.conversionRate && formatRate(row.conversionRate),
  topup_conversion_rate: row.topUpConversionRate && formatRate(row.topUpConversionRate),
  start_date: row.startDate,
  end_date: row.endDate,
  credit_grant_anchor: row.anchor ?? row.startDate,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

export const toCreditGrantApplicationResponse = (
  row: CreditGrantApplication,
): CreditGrantApplicationResponse => ({
  id: row.id,
  credit_grant_id: row.creditGrantId,
  subscription_id: row.subscriptionId,
  credits: row.credits.toNumber(),
  application_status: row.applicationStatus,
  application_reason: row.applicationReason,
  scheduled_for: row.periodStart,
  period_start: row.periodStart,
  period_end: row.periodEnd,
  applied_at: row.appliedAt,
  subscription_status_at_application: row.subscriptionStatus,
  idempotency_key: null,
  failure_reason: null,
  retry_count: 0,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
