import { BillingError } from '../../domain/errors.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { Connection } from '../../connections/connections.types.js';
import type { DomainEvent } from '../../platform/outbox/outbox.js';
import { ABANDONED_MS } from './sync.types.js';
import type {
  FinishedState,
  SyncAttempt,
  SyncError,
  SyncOperation,
  SyncState,
  SyncTask,
} from './sync.types.js';

export type Claim =
  | { readonly kind: 'finished' }
  | { readonly kind: 'later'; readonly at: Date; readonly reason: string }
  | { readonly kind: 'first'; readonly operationId: string }
  | {
      readonly kind: 'ready';
      readonly operation: SyncOperation;
      readonly connection: Connection;
      readonly task: SyncTask;
      readonly attempt: SyncAttempt;
      readonly snapshot: Record<string, unknown>;
      readonly firstTriedAt: Date;
      /** Why what was begun is to be taken back instead. */
      readonly undo: string | undefined;
      /** After this nobody who has not heard from the provider makes another call. */
      readonly until: Date;
    };
export type Ready = Extract<Claim, { kind: 'ready' }>;

/** The code of an operation that failed because something else has: its customer, as a rule. */
export const NEEDED_FIRST = 'needed_first';

export type Outcome = { readonly result: unknown } | { readonly error: ProviderError };

export const isFinished = (state: SyncState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'skipped';

/**
 * Somebody is talking to the provider about it: a worker, or a request that runs it beside its job. Who has said so for
 * very long has been lost.
 */
export const isAtWork = ({ state, lastTriedAt }: SyncOperation, now: number): boolean =>
  state === 'running' && (lastTriedAt?.getTime() ?? 0) > now - ABANDONED_MS;

/** It has been begun, and nobody knows what has become of it: it may have been done. Of those that are not finished. */
const isUndecided = ({ snapshot }: SyncOperation): boolean => snapshot !== null;

/** Of two that both have been begun, which does not happen any more, the one that was planned first goes first. */
export const goesBefore = (one: SyncOperation, other: SyncOperation): boolean =>
  one.id !== other.id &&
  isUndecided(one) &&
  (!isUndecided(other) ||
    one.createdAt < other.createdAt ||
    (+one.createdAt === +other.createdAt && one.id < other.id));

/** Whether that try is the last one that was begun, and its outcome is still open: then whoever made it may say it. */
export const isOurs = (now: SyncOperation | null, tried: SyncAttempt): boolean =>
  now !== null && now.state === 'running' && now.attempts === tried.number;

export const errorOf = (error: ProviderError): SyncError => ({
  kind: error.kind,
  code: error.code,
  message: error.message,
  param: error.param,
  http_status: error.httpStatus,
  request_id: error.requestId,
});

/**
 * What others may follow: told once for each operation that is over, and for what was left out. Why is in the operation: a
 * provider's words may repeat what it was sent, and the outbox holds ids.
 */
export const finishedEvent = (
  {
    id,
    connectionId,
    provider,
    entityType,
    entityId,
    action,
  }: Pick<SyncOperation, 'id' | 'connectionId' | 'provider' | 'entityType' | 'entityId' | 'action'>,
  state: FinishedState,
): DomainEvent<`integration.sync_${FinishedState}`> => ({
  type: `integration.sync_${state}`,
  entityType,
  entityId,
  payload: { operation_id: id, connection_id: connectionId, provider, action },
});

/** For the log: what happened, and to what. Why in words is shown with the operation. */
export const failureLine = (operation: SyncOperation, error: ProviderError): Record<string, string> => ({
  event: `sync.${error.retryable ? 'try' : operation.action}_failed`,
  operation_id: operation.id,
  connection_id: operation.connectionId,
  [`${operation.entityType}_id`]: operation.entityId,
  kind: error.kind,
  code: error.code,
});

/**
 * What the provider answered contradicts our books: nobody but an operator can say which is right. Or it could not be
 * written down, and is looked for again: a database that stays away fails the write of this as well, and the job.
 */
export const notRecorded = (error: unknown): ProviderError =>
  error instanceof BillingError
    ? new ProviderError('invalid', error.message, { code: error.code })
    : new ProviderError('unavailable', `the provider's answer could not be stored, and is looked for again`, {
        code: 'not_recorded',
        cause: error,
      });
