import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { nextRetry } from '../../platform/jobs/backoff.js';
import type { JobOutcome } from '../../platform/jobs/job.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { ProviderCall } from '../../providers/provider-adapter.js';
import { SyncAttempts } from './sync-attempts.service.js';
import { BUSY_PAUSE_MS, PAUSED_MS, SyncClaims } from './sync-claims.flow.js';
import { SYNC_RUN_JOB, SyncOperationsService } from './sync-operations.service.js';
import { errorOf, failureLine, isFinished, isOurs, notRecorded } from './sync-outcomes.js';
import type { Outcome, Ready } from './sync-outcomes.js';
import type { RecordedCall, SyncOperation } from './sync.types.js';

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'sync.run': { readonly operationId: string };
  }
}

const FORBIDDEN_MS = 5 * 60_000;
/** How deep operations may ask for others to be done first: an invoice for its customer, no further. */
const MAX_DEPTH = 3;
/** How often what the provider misses is made again before somebody has to look. */
const MOST_REPAIRS = 3;

/**
 * Carries out what was planned: claim and snapshot in one transaction, the provider call in none, the result in
 * another. A crash at any point leaves an operation that is run again with the same key and the same content.
 */
@Injectable()
export class SyncEngine implements OnModuleInit {
  private readonly logger = new Logger(SyncEngine.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly connections: ConnectionsService,
    private readonly sessions: ProviderSessionsService,
    private readonly operations: SyncOperationsService,
    private readonly attempts: SyncAttempts,
    private readonly claims: SyncClaims,
  ) {}

  onModuleInit(): void {
    this.handlers.register({
      kind: SYNC_RUN_JOB,
      handle: ({ caller, payload }) => this.run(caller, payload.operationId),
    });
  }

  /** Tries once, with whatever has to be done first. Answers when to come back; nothing when it is finished. */
  async run(caller: Caller, operationId: string, depth = 0): Promise<JobOutcome | undefined> {
    const claim = await this.uow.run(caller, (ctx) => this.claims.claim(ctx, operationId));
    switch (claim.kind) {
      case 'finished':
        return undefined;
      case 'later':
        return { retryAt: claim.at, reason: claim.reason };
      case 'first': {
        if (depth >= MAX_DEPTH)
          throw new Error(`operation ${operationId} asks for too much to be done first`);
        const outcome = await this.run(caller, claim.operationId, depth + 1);
        return outcome ?? this.run(caller, operationId, depth + 1);
      }
      case 'ready': {
        const calls: RecordedCall[] = [];
        const outcome = await this.call(caller, claim, calls);
        try {
          return await this.uow.run(caller, (ctx) => this.record(ctx, claim, outcome, calls));
        } catch (error) {
          const failed = { error: notRecorded(error) };
          this.logger.warn({ event: 'sync.not_recorded', operation_id: claim.operation.id, err: error });
          return this.uow.run(caller, (ctx) => this.record(ctx, claim, failed, calls));
        }
      }
    }
  }

  private async call(caller: Caller, claim: Ready, calls: RecordedCall[]): Promise<Outcome> {
    const { connection, task, operation, attempt, snapshot, firstTriedAt, undo, until } = claim;
    try {
      const told = (call: ProviderCall): number => calls.push(recorded(call));
      const session = this.sessions.open(connection, told, until);
      const { entityId, action, revision, generation } = operation;
      const key = [entityId, action, revision, ...(generation > 0 ? [`g${generation}`] : [])].join(':');
      const keep = (settings: Readonly<Record<string, string>>): Promise<void> =>
        this.uow.run(caller, (ctx) => this.connections.addSettings(ctx, connection.id, settings));
      const tried = { key, firstTriedAt, number: attempt.number, generation };
      if (undo !== undefined && task.undo !== undefined)
        return { result: await task.undo(session, snapshot, tried) };
      return { result: await task.call(session, snapshot, tried, keep, { caller, operation, connection }) };
    } catch (error) {
      if (error instanceof ProviderError) return { error };
      // A defect of ours: whatever it has left at the provider is unknown, so the next try looks first.
      this.logger.error({ event: 'sync.defect', operation_id: operation.id, err: error });
      return {
        error: new ProviderError('unavailable', String(error), { code: 'internal_error', cause: error }),
      };
    }
  }

  private async record(
    ctx: Ctx,
    claim: Ready,
    outcome: Outcome,
    calls: RecordedCall[],
  ): Promise<JobOutcome | undefined> {
    const { operation, connection, task, attempt, undo } = claim;
    const now = await this.operations.lockForRun(ctx, operation.id);
    if (!isOurs(now, attempt)) return this.tooLate(claim, now);
    if ('result' in outcome) {
      const { result } = outcome;
      const isUndone =
        undo !== undefined && (await task.undone?.(ctx, operation, connection, result)) === true;
      const providerEntityId = isUndone ? null : await task.record(ctx, operation, connection, result);
      await Promise.all([
        this.attempts.end(ctx, attempt.id, { outcome: 'succeeded', error: null, calls }),
        isUndone
          ? this.operations.finish(ctx, operation, 'skipped', takenBack(undo), { error: null })
          : this.operations.finish(ctx, operation, 'succeeded', null, { providerEntityId, error: null }),
        this.connections.recordSuccess(ctx, connection.id),
      ]);
      return undefined;
    }
    const error = errorOf(outcome.error);
    await this.attempts.end(ctx, attempt.id, { outcome: outcome.error.kind, error, calls });
    await this.operations.change(ctx, operation.id, { error });
    await this.connections.recordFailure(ctx, connection.id, outcome.error);
    this.logger.warn(failureLine(operation, outcome.error));
    const retryAt = this.retryAt(outcome.error, claim);
    if (retryAt === undefined) {
      const anew = await this.repaired(ctx, claim, outcome.error);
      if (anew !== undefined) return anew;
      await task.refused?.(ctx, operation, outcome.error);
      await this.operations.finish(ctx, operation, 'failed', outcome.error.message);
      return undefined;
    }
    if (outcome.error.kind === 'forbidden') await task.held?.(ctx, operation, outcome.error);
    return this.again(ctx, operation, retryAt, outcome.error.message);
  }

  /**
   * Another worker has taken the operation over, because this one was not heard of for so long: what it says is not heard.
   * It comes back as long as the operation is not finished, so that there is somebody who does.
   */
  private tooLate({ operation, attempt }: Ready, now: SyncOperation | null): JobOutcome | undefined {
    this.logger.warn({ event: 'sync.too_late', operation_id: operation.id, attempt: attempt.number });
    if (now === null || isFinished(now.state)) return undefined;
    const retryAt = new Date(Math.max(now.nextTryAt?.getTime() ?? 0, this.inMs(BUSY_PAUSE_MS).getTime()));
    return { retryAt, reason: 'another worker has taken it over' };
  }

  private async again(
    ctx: Ctx,
    { id, failures }: SyncOperation,
    retryAt: Date,
    reason: string,
  ): Promise<JobOutcome> {
    const change = { state: 'retrying', nextTryAt: retryAt, reason, failures: failures + 1 } as const;
    await this.operations.change(ctx, id, change);
    return { retryAt, reason };
  }

  /** What the provider found missing is taken off our books, and the operation begun anew, with a new key. */
  private async repaired(
    ctx: Ctx,
    { operation, connection, task }: Ready,
    error: ProviderError,
  ): Promise<JobOutcome | undefined> {
    if (operation.generation >= MOST_REPAIRS) return undefined;
    if ((await task.repair?.(ctx, operation, connection, error)) !== true) return undefined;
    await this.operations.change(ctx, operation.id, {
      snapshot: null,
      generation: operation.generation + 1,
    });
    return this.again(ctx, operation, this.inMs(0), error.message);
  }

  /** Undefined: not again by itself. Refused credentials wait for the connection to be repaired. */
  private retryAt(error: ProviderError, { operation, firstTriedAt }: Ready): Date | undefined {
    const now = this.clock.now();
    const { retryWindowStart, failures } = operation;
    if (error.kind === 'auth') return this.inMs(PAUSED_MS);
    const backoff = nextRetry(now, retryWindowStart ?? firstTriedAt, failures + 1);
    // Somebody has to give the permission, and nobody tells us when: it is asked for again and again.
    if (error.kind === 'forbidden') {
      const latest = this.inMs(FORBIDDEN_MS);
      return backoff === undefined || backoff > latest ? latest : backoff;
    }
    if (!error.retryable) return undefined;
    if (backoff === undefined || error.retryAfterMs === undefined) return backoff;
    return new Date(Math.max(backoff.getTime(), now.getTime() + error.retryAfterMs));
  }

  private inMs(ms: number): Date {
    return new Date(this.clock.now().getTime() + ms);
  }
}

const recorded = (call: ProviderCall): RecordedCall => ({
  method: call.method,
  path: call.path,
  status: call.status ?? null,
  request_id: call.requestId ?? null,
  duration_ms: Math.round(call.durationMs),
});

const takenBack = (why: string): string => `${why}: what was begun has been taken back`;
