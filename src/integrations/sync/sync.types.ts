import type { Connection } from '../../connections/connections.types.js';
import type { Caller, Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { ProviderError } from '../../providers/provider-error.js';
import type { Attempt } from '../../providers/provider-objects.js';
import type { MappedEntity } from '../mappings/mappings.types.js';
import type { SyncAction, TaskAction } from './sync-actions.types.js';
import type { SyncAttemptEntity } from './sync-attempt.entity.js';
import type { SyncOperationEntity, SyncState } from './sync-operation.entity.js';

export type { SyncError, SyncState } from './sync-operation.entity.js';
export type { RecordedCall } from './sync-attempt.entity.js';
export type FinishedState = Extract<SyncState, 'succeeded' | 'failed' | 'skipped'>;
export type SyncOperation = Readonly<SyncOperationEntity>;
export type SyncAttempt = Readonly<SyncAttemptEntity>;

/** Looks up what is missing or in doubt of invoices that were pushed; one a connection. */
export const SWEEP_JOB = 'sync.sweep';
/**
 * An operation that says it is running for longer than this has lost its worker, and is anybody's. Its worker, should it only
 * have been frozen, makes no call after that and records nothing.
 */
export const ABANDONED_MS = 120_000;

export interface SyncIntent<A extends SyncAction = SyncAction> {
  readonly entityType: MappedEntity;
  readonly entityId: string;
  readonly action: A;
  readonly revision: number;
}

/** What a task answers when it is asked what there is to do. */
export type Prepared =
  | { readonly ready: Record<string, unknown> }
  /** There is nothing to do any more, or never was. */
  | { readonly skip: string }
  /** It cannot be done until somebody repairs what is said here. */
  | { readonly fail: string }
  /** Something else has to be done first; the engine does it and asks again. */
  | { readonly first: SyncIntent<TaskAction> }
  /** Something else is under way; the engine asks again later. */
  | { readonly wait: string };

/** What is to be done about something that was begun and not heard of. */
export type Reconsidered =
  /** It goes on: with what was sent before, or with what holds now. */
  | { readonly go: Record<string, unknown> }
  /** It is not wanted any more, for this reason: what was made of it is taken back. */
  | { readonly undo: string };

/**
 * One kind of operation. `prepare` and `record` run in the transactions before and after, `call` in none. What
 * `prepare` answers is stored with the operation at the first try and is what every try sends.
 *
 * Operations of one entity go one after the other, in the order in which they were planned: none is begun while nobody
 * knows what has become of an earlier one. Otherwise that one, tried again, would undo this one, or make a second object.
 */
export interface SyncTask<R = unknown> {
  readonly entityType: MappedEntity;
  readonly action: TaskAction;
  /** It only reads there: it waits for no other, and none waits for it. */
  readonly onlyReads?: true;
  /** Asked before each try: a reason to let others go first, and for how long. */
  mayBegin?(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    session: ProviderSession,
  ): Promise<{ readonly reason: string; readonly ms: number } | undefined>;
  /** Whether the provider can do this at all. */
  supports(session: ProviderSession): boolean;
  prepare(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    session: ProviderSession,
  ): Promise<Prepared>;
  /** `keep` stores settings of the connection at once: what was made for it must not be lost with what fails after. */
  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
    keep: (settings: Readonly<Record<string, string>>) => Promise<void>,
    of: { readonly caller: Caller; readonly operation: SyncOperation; readonly connection: Connection },
  ): Promise<R>;
  /**
   * Before a later try, which goes on from what the earlier ones have left: looks again at what is. Left out: what was begun
   * is carried on.
   */
  reconsider?(
    ctx: Ctx,
    operation: SyncOperation,
    session: ProviderSession,
    sent: Record<string, unknown>,
  ): Promise<Reconsidered>;
  /** Takes back what earlier tries have made, as far as that is possible. */
  undo?(session: ProviderSession, snapshot: Record<string, unknown>, attempt: Attempt): Promise<R>;
  /** Records what came of `undo`. False when something stands that cannot be taken back: that is recorded like any result. */
  undone?(ctx: Ctx, operation: SyncOperation, connection: Connection, result: R): Promise<boolean>;
  /** Answers the remote object's id. */
  record(ctx: Ctx, operation: SyncOperation, connection: Connection, result: R): Promise<string>;
  /**
   * The provider has refused for good. True when what stood in the way is taken off our books, so that it can be
   * tried anew: a remote customer that does not exist any more.
   */
  repair?(ctx: Ctx, operation: SyncOperation, connection: Connection, error: ProviderError): Promise<boolean>;
  /** The credentials lack a permission: it waits for somebody to give it. */
  held?(ctx: Ctx, operation: SyncOperation, error: ProviderError): Promise<void>;
  /** The provider has refused for good, and nothing could be repaired. */
  refused?(ctx: Ctx, operation: SyncOperation, error: ProviderError): Promise<void>;
}
