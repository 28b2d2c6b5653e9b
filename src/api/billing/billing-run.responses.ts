import { PaginationResponse } from '../../platform/http/list-query.js';
import type { BillingRunRow } from '../../billing/runs/billing-runs.service.js';

export class BillingRunFailureResponse {
  subscription_id!: string;
  code!: string;
  message!: string;
  failed_at!: string;
  /** When the clock tries it again; a run by hand does at once. */
  retry_at!: string;
}

export class BillingRunResponse {
  id!: string;
  /** `clock` or `manual`. */
  trigger!: string;
  /** `queued`, `running`, `completed`, or `interrupted`: its process has died, and the next run goes on. */
  run_status!: string;
  started_at!: Date;
  finished_at!: Date | null;
  /** Subscriptions that something was due for. */
  subscriptions!: number;
  /** Billing periods and trials that have ended. */
  periods!: number;
  invoices!: number;
  /** Invoices without anything on them. */
  invoices_skipped!: number;
  /** Subscriptions that could not be billed; the first thousand are in `failures`. */
  failed!: number;
  failures!: BillingRunFailureResponse[];
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListBillingRunsResponse {
  items!: BillingRunResponse[];
  pagination!: PaginationResponse;
}

export const toBillingRunResponse = (row: BillingRunRow): BillingRunResponse => ({
  id: row.id,
  trigger: row.trigger,
  run_status: row.runStatus,
  started_at: row.startedAt,
  finished_at: row.finishedAt,
  subscriptions: row.subscriptions,
  periods: row.periods,
  invoices: row.invoices,
  invoices_skipped: row.invoicesSkipped,
  failed: row.failed,
  failures: row.failures,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
