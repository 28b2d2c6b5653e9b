import type { ProviderError } from '../../providers/provider-error.js';
import type { Connection } from '../../connections/connections.types.js';
import type { SyncAttempt, SyncError, SyncOperation, SyncState, SyncTask } from './sync.types.js';

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
    };

export type Outcome = { readonly result: unknown } | { readonly error: ProviderError };

export const isFinished = (state: SyncState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'skipped';

export const errorOf = (error: ProviderError): SyncError => ({
  kind: error.kind,
  code: error.code,
  message: error.message,
  param: error.param,
  http_status: error.httpStatus,
  request_id: error.requestId,
});
