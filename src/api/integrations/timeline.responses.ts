import { PaginationResponse } from '../../platform/http/list-query.js';
import type { WebhookEvent } from '../../integrations/inbound-webhooks/webhook-events.service.js';
import { SyncCallResponse, SyncErrorResponse, toErrorResponse } from './sync.responses.js';
import type { SyncAttempt, SyncOperation } from '../../integrations/sync/sync.types.js';

export class TimelineEntryResponse {
  at!: Date;
  /**
   * Of what we tell: `intended`, `tried`, `answered`, `finished`. Of what we are told: `received`, `handled` (or left
   * out, see `state`).
   */
  kind!: string;
  provider!: string;
  connection_id!: string;
  /** Of the operation or event, as it is now: not as it was at the time of this entry. */
  state!: string;
  /** Why it is so, in words; of an answer, the provider's own. */
  message!: string | null;
  operation_id!: string | null;
  action!: string | null;
  revision!: number | null;
  /** Which try of the operation. */
  attempt!: number | null;
  /** Of an answer: `succeeded`, or why not. */
  outcome!: string | null;
  error!: SyncErrorResponse | null;
  calls!: SyncCallResponse[];
  /** The provider's id of the last request of an answer, for its support. */
  request_id!: string | null;
  webhook_event_id!: string | null;
  provider_event_id!: string | null;
  /** The provider's name of the event; of what has finished, ours. */
  event_type!: string | null;
  /** What to call to try again, where that is possible: method and path. */
  retry!: string | null;
}

export class TimelineResponse {
  items!: TimelineEntryResponse[];
  pagination!: PaginationResponse;
}

export type TimelineKind = 'intended' | 'tried' | 'answered' | 'finished' | 'received' | 'handled';

const NOTHING = {
  message: null,
  operation_id: null,
  action: null,
  revision: null,
  attempt: null,
  outcome: null,
  error: null,
  calls: [],
  request_id: null,
  webhook_event_id: null,
  provider_event_id: null,
  event_type: null,
  retry: null,
};

const RETRIABLE = new Set(['failed', 'skipped', 'retrying', 'parked']);

export function toOperationEntry(
  base: string,
  at: Date,
  kind: TimelineKind,
  row: SyncOperation,
  attempt: SyncAttempt | undefined,
): TimelineEntryResponse {
  const answered = kind === 'answered' ? attempt : undefined;
  const error = kind === 'finished' ? row.error : (answered?.error ?? null);
  const wentWrong = kind === 'finished' ? row.state !== 'succeeded' : error !== null;
  return {
    ...NOTHING,
    at,
    kind,
    provider: row.provider,
    connection_id: row.connectionId,
    state: row.state,
    message: error?.message ?? (kind === 'finished' ? row.reason : null),
    operation_id: row.id,
    action: row.action,
    revision: row.revision,
    attempt: attempt?.number ?? null,
    outcome: answered?.outcome ?? null,
    error: toErrorResponse(error),
    calls: answered?.calls ?? [],
    event_type: kind === 'finished' ? `integration.sync_${row.state}` : null,
    request_id: error?.request_id ?? answered?.calls.at(-1)?.request_id ?? null,
    retry:
      wentWrong && RETRIABLE.has(row.state) ? `POST ${base}/integrations/operations/${row.id}/retry` : null,
  };
}

export const toEventEntry = (
  base: string,
  at: Date,
  kind: TimelineKind,
  row: WebhookEvent,
): TimelineEntryResponse => ({
  ...NOTHING,
  at,
  kind,
  provider: row.provider,
  connection_id: row.connectionId,
  state: row.state,
  message: row.reason,
  webhook_event_id: row.id,
  provider_event_id: row.providerEventId,
  event_type: row.type,
  retry: RETRIABLE.has(row.state) ? `POST ${base}/integrations/webhook-events/${row.id}/retry` : null,
});
