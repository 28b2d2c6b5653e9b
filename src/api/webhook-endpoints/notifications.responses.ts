import { PaginationResponse } from '../../platform/http/list-query.js';
import type {
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookMessage,
} from '../../notifications/notifications.types.js';

export class WebhookEndpointResponse {
  id!: string;
  url!: string;
  description!: string | null;
  /** Null: everything. */
  event_types!: string[] | null;
  /** `enabled`, `disabled`. */
  state!: string;
  /** Why it was switched off, where nobody did it by hand. */
  disabled_reason!: string | null;
  /** The last characters of the secret that messages are signed with. */
  secret_last4!: string;
  /** Until then they are signed with the secret before it as well. */
  previous_secret_valid_until!: Date | null;
  /** Nothing was taken since then. */
  failing_since!: Date | null;
  /** Nothing is sent by itself until then, because too much has failed. */
  resting_until!: Date | null;
  last_success_at!: Date | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class WebhookEndpointSecretResponse extends WebhookEndpointResponse {
  /** What receivers check signatures with: `whsec_…`. It is shown in this answer and never again. */
  secret!: string;
}

export class ListWebhookEndpointsResponse {
  items!: WebhookEndpointResponse[];
  pagination!: PaginationResponse;
}

export class WebhookEventTypesResponse {
  items!: string[];
}

export class WebhookAttemptResponse {
  /** Of its delivery, from 1. */
  number!: number;
  started_at!: Date;
  /** Null: the server was stopped meanwhile, and the message may or may not have come. */
  finished_at!: Date | null;
  http_status!: number | null;
  /** Why it counts as not taken. */
  error!: string | null;
  /** The first 2,048 bytes of the answer. */
  response_excerpt!: string | null;
}

export class WebhookDeliveryResponse {
  id!: string;
  message_id!: string;
  endpoint_id!: string;
  /** `pending`, `succeeded`, `failed`: after the last try, or because the endpoint is gone or switched off. */
  state!: string;
  attempts!: WebhookAttemptResponse[];
  /** Null when it is due, or over. */
  next_try_at!: Date | null;
  settled_at!: Date | null;
  last_error!: string | null;
  created_at!: Date;
}

export class ListWebhookDeliveriesResponse {
  items!: WebhookDeliveryResponse[];
  pagination!: PaginationResponse;
}

export class WebhookMessageResponse {
  /** What receivers see in the header `webhook-id`. */
  id!: string;
  type!: string;
  entity_type!: string;
  entity_id!: string;
  /** The body that is sent. */
  payload!: Record<string, unknown>;
  deliveries!: WebhookDeliveryResponse[];
  /** When it has happened, in the environment's time. */
  occurred_at!: Date;
  created_at!: Date;
}

export class ListWebhookMessagesResponse {
  items!: WebhookMessageResponse[];
  pagination!: PaginationResponse;
}

export class FailedResentResponse {
  resent!: number;
  /** False: there are more; ask again. */
  is_all!: boolean;
}

export const toEndpointResponse = (row: WebhookEndpoint): WebhookEndpointResponse => ({
  id: row.id,
  url: row.url,
  description: row.description,
  event_types: row.eventTypes,
  state: row.endpointState,
  disabled_reason: row.disabledReason,
  secret_last4: row.secret.last4,
  previous_secret_valid_until: row.secret.previous === undefined ? null : new Date(row.secret.previous.until),
  failing_since: row.failingSince,
  resting_until: row.restingUntil,
  last_success_at: row.lastSuccessAt,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

/** Of the attempts those that are its own. */
export const toDeliveryResponse = (
  row: WebhookDelivery,
  attempts: readonly WebhookAttempt[],
): WebhookDeliveryResponse => ({
  id: row.id,
  message_id: row.messageId,
  endpoint_id: row.endpointId,
  state: row.deliveryState,
  attempts: attempts
    .filter(({ deliveryId }) => deliveryId === row.id)
    .map((attempt) => ({
      number: attempt.number,
      started_at: attempt.startedAt,
      finished_at: attempt.finishedAt,
      http_status: attempt.httpStatus,
      error: attempt.error,
      response_excerpt: attempt.responseExcerpt,
    })),
  next_try_at: row.nextTryAt,
  settled_at: row.settledAt,
  last_error: row.lastError,
  created_at: row.createdAt,
});

/** Of the deliveries those that are its own. */
export const toMessageResponse = (
  row: WebhookMessage,
  deliveries: readonly WebhookDelivery[],
  attempts: readonly WebhookAttempt[],
): WebhookMessageResponse => ({
  id: row.id,
  type: row.type,
  entity_type: row.entityType,
  entity_id: row.entityId,
  payload: JSON.parse(row.body) as Record<string, unknown>,
  deliveries: deliveries
    .filter(({ messageId }) => messageId === row.id)
    .map((delivery) => toDeliveryResponse(delivery, attempts)),
  occurred_at: row.occurredAt,
  created_at: row.createdAt,
});
