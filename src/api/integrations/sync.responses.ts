import { PaginationResponse } from '../../platform/http/list-query.js';
import { EntityIntegrationMappingResponse } from './mappings.responses.js';
import type { WebhookEvent } from '../../integrations/inbound-webhooks/webhook-events.service.js';
import type { SyncAttempt, SyncOperation } from '../../integrations/sync/sync.types.js';

export class SyncErrorResponse {
  kind!: string;
  code!: string;
  /** In the provider's words. */
  message!: string;
  param!: string | null;
  http_status!: number | null;
  /** The provider's id of the request, for its support. */
  request_id!: string | null;
}

export class SyncCallResponse {
  method!: string;
  path!: string;
  status!: number | null;
  request_id!: string | null;
  duration_ms!: number;
}

export class SyncAttemptResponse {
  number!: number;
  started_at!: Date;
  /** Null for a try that was cut off. */
  finished_at!: Date | null;
  outcome!: string | null;
  error!: SyncErrorResponse | null;
  calls!: SyncCallResponse[];
}

export class SyncOperationResponse {
  id!: string;
  connection_id!: string;
  provider!: string;
  entity_type!: string;
  entity_id!: string;
  /** `push`, `mark_paid`, `settle_part`, `void`, `refresh`; of a payment `refund`, `expire` (its page); of all plans of a connection, by the connection's id, `import`. */
  action!: string;
  revision!: number;
  /** `pending`, `running`, `retrying`, `succeeded`, `failed`, `skipped`. */
  state!: string;
  /** Why it was skipped or failed, or what it waits for. */
  reason!: string | null;
  error!: SyncErrorResponse | null;
  provider_entity_id!: string | null;
  attempts!: number;
  tries!: SyncAttemptResponse[];
  first_tried_at!: Date | null;
  last_tried_at!: Date | null;
  next_try_at!: Date | null;
  finished_at!: Date | null;
  created_at!: Date;
  updated_at!: Date;
}

export class ListOperationsResponse {
  items!: SyncOperationResponse[];
  pagination!: PaginationResponse;
}

export class WebhookEventResponse {
  id!: string;
  connection_id!: string;
  provider!: string;
  provider_event_id!: string;
  type!: string;
  /** False for a call without signature on a connection without a secret: only a hint to look. */
  verified!: boolean;
  /** `received`, `handled`, `skipped`, `retrying`, `parked`. */
  state!: string;
  reason!: string | null;
  attempts!: number;
  received_at!: Date;
  handled_at!: Date | null;
}

export class ListWebhookEventsResponse {
  items!: WebhookEventResponse[];
  pagination!: PaginationResponse;
}

/** Besides these keys, `{provider}_invoice_id`: `stripe_invoice_id`, `whop_invoice_id`. */
export class InvoiceSyncResponse {
  /** The remote invoice's status, as last seen; `queued` while it is not there. */
  status!: string;
  payment_intent_id!: string | null;
  hosted_invoice_url!: string | null;
  invoice_pdf!: string | null;
  mapping!: EntityIntegrationMappingResponse | null;
  sync!: SyncOperationResponse | null;
}

export class ReconcileResponse {
  /** Invoices and payments that were brought up to date. */
  changed!: number;
}

export const toErrorResponse = (error: SyncOperation['error']): SyncErrorResponse | null =>
  error === null
    ? null
    : {
        kind: error.kind,
        code: error.code,
        message: error.message,
        param: error.param ?? null,
        http_status: error.http_status ?? null,
        request_id: error.request_id ?? null,
      };

const toAttemptResponse = (row: SyncAttempt): SyncAttemptResponse => ({
  number: row.number,
  started_at: row.startedAt,
  finished_at: row.finishedAt,
  outcome: row.outcome,
  error: toErrorResponse(row.error),
  calls: row.calls,
});

export const toOperationResponse = (
  row: SyncOperation,
  attempts: readonly SyncAttempt[],
): SyncOperationResponse => ({
  id: row.id,
  connection_id: row.connectionId,
  provider: row.provider,
  entity_type: row.entityType,
  entity_id: row.entityId,
  action: row.action,
  revision: row.revision,
  state: row.state,
  reason: row.reason,
  error: toErrorResponse(row.error),
  provider_entity_id: row.providerEntityId,
  attempts: row.attempts,
  tries: attempts.filter((attempt) => attempt.operationId === row.id).map(toAttemptResponse),
  first_tried_at: row.firstTriedAt,
  last_tried_at: row.lastTriedAt,
  next_try_at: row.nextTryAt,
  finished_at: row.finishedAt,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
});

export const toWebhookEventResponse = (row: WebhookEvent): WebhookEventResponse => ({
  id: row.id,
  connection_id: row.connectionId,
  provider: row.provider,
  provider_event_id: row.providerEventId,
  type: row.type,
  verified: row.verified,
  state: row.state,
  reason: row.reason,
  attempts: row.attempts,
  received_at: row.receivedAt,
  handled_at: row.handledAt,
});
