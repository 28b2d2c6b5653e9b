import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { ProviderError } from '../../providers/provider-error.js';
import { ProvidersService } from '../../providers/providers.service.js';
import type { TaskAction } from './sync-actions.types.js';
import { SyncAttempts } from './sync-attempts.service.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { errorOf, goesBefore, isAtWork, isFinished, NEEDED_FIRST } from './sync-outcomes.js';
import type { Claim } from './sync-outcomes.js';
import { SyncTasks } from './sync-tasks.js';
import { ABANDONED_MS } from './sync.types.js';
import type { FinishedState, SyncIntent, SyncOperation, SyncTask } from './sync.types.js';

export const BUSY_PAUSE_MS = 250;
const WAIT_MS = 1_000;
export const PAUSED_MS = 10 * 60_000;

/** Who may begin which operation, and with what: one of an entity at a time, in the order in which they were planned. */
@Injectable()
export class SyncClaims {
  constructor(
    private readonly clock: WallClock,
    private readonly connections: ConnectionsService,
    private readonly providers: ProvidersService,
    private readonly sessions: ProviderSessionsService,
    private readonly operations: SyncOperationsService,
    private readonly attempts: SyncAttempts,
    private readonly tasks: SyncTasks,
  ) {}

  /** With a `ready` one the try is begun, and the caller's until its claim is over. */
  async claim(ctx: Ctx, operationId: string): Promise<Claim> {
    const operation = await this.operations.lockForRun(ctx, operationId);
    if (operation === null || isFinished(operation.state)) return { kind: 'finished' };
    const [connection, unfinished] = await Promise.all([
      this.connections.find(ctx, operation.connectionId),
      this.unfinished(ctx, operation),
    ]);
    if (connection === null) return this.finish(ctx, operation, 'skipped', 'the connection was deleted');
    if (connection.connectionState === 'paused')
      return this.later(
        ctx,
        operation,
        PAUSED_MS,
        `the connection is paused: ${connection.pausedReason ?? ''}`,
      );
    const now = this.clock.now().getTime();
    if (unfinished.some((one) => isAtWork(one, now)))
      return { kind: 'later', at: this.inMs(BUSY_PAUSE_MS), reason: 'the entity is being synced just now' };
    const task = this.tasks.find(operation.entityType, operation.action);
    if (task === undefined)
      return this.finish(
        ctx,
        operation,
        'failed',
        `nothing knows how to ${operation.action} a ${operation.entityType}`,
      );
    const session = this.sessions.open(connection);
    if (!task.supports(session))
      return this.finish(
        ctx,
        operation,
        'skipped',
        `${connection.provider} cannot ${operation.action} a ${operation.entityType}`,
      );
    const earlier = task.onlyReads !== true && this.earlier(unfinished, operation);
    if (earlier)
      return this.later(
        ctx,
        operation,
        Math.max((earlier.nextTryAt?.getTime() ?? now) - now, 0) + BUSY_PAUSE_MS,
        'it is not known yet what became of an earlier change',
      );
    const wait = await task.mayBegin?.(ctx, operation, connection, session);
    if (wait !== undefined) return this.later(ctx, operation, wait.ms, wait.reason);
    if (operation.snapshot !== null) {
      const now = await task.reconsider?.(ctx, operation, session, operation.snapshot);
      return now !== undefined && 'undo' in now
        ? this.ready(ctx, operation, connection, task, operation.snapshot, now.undo)
        : this.ready(ctx, operation, connection, task, now?.go ?? operation.snapshot);
    }
    const prepared = await task.prepare(ctx, operation, connection, session);
    if ('fail' in prepared) return this.failFirst(ctx, operation, prepared.fail);
    if ('skip' in prepared) return this.finish(ctx, operation, 'skipped', prepared.skip);
    if ('wait' in prepared) return this.later(ctx, operation, WAIT_MS, prepared.wait);
    if ('first' in prepared) return this.first(ctx, operation, connection, prepared.first);
    return this.ready(ctx, operation, connection, task, prepared.ready);
  }

  private async ready(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    task: SyncTask,
    snapshot: Record<string, unknown>,
    undo?: string,
  ): Promise<Claim> {
    const now = this.clock.now();
    const firstTriedAt = operation.firstTriedAt ?? now;
    const [attempt] = await Promise.all([
      this.attempts.begin(ctx, operation),
      this.operations.change(ctx, operation.id, {
        state: 'running',
        attempts: operation.attempts + 1,
        firstTriedAt,
        retryWindowStart: operation.retryWindowStart ?? now,
        lastTriedAt: now,
        nextTryAt: null,
        reason: null,
        snapshot,
      }),
    ]);
    const until = new Date(now.getTime() + this.providers.callsWithin(ABANDONED_MS));
    return { kind: 'ready', operation, connection, task, attempt, snapshot, firstTriedAt, undo, until };
  }

  private async first(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    intent: SyncIntent<TaskAction>,
  ): Promise<Claim> {
    const earlier = await this.operations.plan(ctx, connection, intent);
    if (earlier.state === 'failed' || earlier.state === 'skipped')
      return this.failFirst(
        ctx,
        operation,
        `its ${intent.entityType} could not be synced first: ${earlier.error?.message ?? earlier.reason ?? earlier.state}`,
      );
    return { kind: 'first', operationId: earlier.id };
  }

  /** It fails before it is begun, and is shown where a refusal of the provider would be. */
  private async failFirst(ctx: Ctx, operation: SyncOperation, reason: string): Promise<Claim> {
    const error = new ProviderError('invalid', reason, { code: NEEDED_FIRST });
    await this.operations.change(ctx, operation.id, { error: errorOf(error) });
    await this.tasks.find(operation.entityType, operation.action)?.refused?.(ctx, operation, error);
    return this.finish(ctx, operation, 'failed', reason);
  }

  /** Of the entity, under a lock until the claim is written: two workers never talk to a provider about one at once. */
  private async unfinished(ctx: Ctx, operation: SyncOperation): Promise<SyncOperation[]> {
    const [, unfinished] = await Promise.all([
      this.operations.lockEntity(ctx, operation.connectionId, operation),
      this.operations.unfinishedOf(ctx, operation.connectionId, operation),
    ]);
    return unfinished;
  }

  private earlier(unfinished: readonly SyncOperation[], operation: SyncOperation): SyncOperation | undefined {
    return unfinished.find(
      (one) => goesBefore(one, operation) && this.tasks.find(one.entityType, one.action)?.onlyReads !== true,
    );
  }

  private inMs(ms: number): Date {
    return new Date(this.clock.now().getTime() + ms);
  }

  private async later(ctx: Ctx, operation: SyncOperation, ms: number, reason: string): Promise<Claim> {
    const at = this.inMs(ms);
    const { retryWindowStart: since } = operation;
    await this.operations.change(ctx, operation.id, {
      state: operation.attempts > 0 ? 'retrying' : 'pending',
      nextTryAt: at,
      reason,
      // Having to wait is not failing.
      retryWindowStart: since === null ? null : new Date(since.getTime() + ms),
    });
    return { kind: 'later', at, reason };
  }

  private async finish(
    ctx: Ctx,
    operation: SyncOperation,
    state: FinishedState,
    reason: string | null,
  ): Promise<Claim> {
    await this.operations.finish(ctx, operation, state, reason);
    return { kind: 'finished' };
  }
}
