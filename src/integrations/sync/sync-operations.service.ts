import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import type { Connection } from '../../connections/connections.types.js';
import { invalidOperation, notFound } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { lockName } from '../../platform/database/named-lock.js';
import { findRow, findRows, insertUnlessThere, updateRow } from '../../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../../platform/http/list-query.js';
import { newId } from '../../platform/ids.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import type { KeyedJobSpec } from '../../platform/jobs/job.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import type { TaskAction } from './sync-actions.types.js';
import { SyncOperationEntity } from './sync-operation.entity.js';
import { finishedEvent } from './sync-outcomes.js';
import type { FinishedState, SyncIntent, SyncOperation } from './sync.types.js';

export const SYNC_RUN_JOB = 'sync.run';
/** What comes back within this time is not hurried: its pause is what a provider in trouble needs. */
const SOON_MS = 2_000;

type EntityAction = Omit<SyncIntent<TaskAction>, 'revision'>;

const SEARCH_FIELDS = { created_at: 'createdAt', updated_at: 'updatedAt', state: 'state' };

export interface OperationSearch extends ListRequest {
  readonly connection_id?: string;
  readonly provider?: string;
  readonly entity_type?: string;
  readonly entity_id?: string;
  readonly state?: string[];
}

/** The ledger of what providers are to be told: written when it is intended, completed when it is answered. */
@Injectable()
export class SyncOperationsService {
  constructor(
    private readonly queue: JobQueue,
    private readonly clock: WallClock,
    private readonly outbox: Outbox,
  ) {}

  /**
   * One intent is one operation, however often it is planned. Answers the operation, new or not. Without `withJob` it is
   * carried out by whoever looks after many of its kind at once.
   */
  async plan(
    ctx: Ctx,
    connection: Connection,
    intent: SyncIntent<TaskAction>,
    withJob = true,
  ): Promise<SyncOperation> {
    const now = this.clock.now();
    const id = newId('syncOperation');
    const row: SyncOperationEntity = {
      id,
      ...ctx.scope,
      createdAt: now,
      updatedAt: now,
      connectionId: connection.id,
      provider: connection.provider,
      ...intent,
      state: 'pending',
      attempts: 0,
      failures: 0,
      retryWindowStart: null,
      generation: 0,
      firstTriedAt: null,
      lastTriedAt: null,
      nextTryAt: now,
      finishedAt: null,
      reason: null,
      error: null,
      snapshot: null,
      providerEntityId: null,
    };
    const [known, isNew] = await Promise.all([
      this.findIntent(ctx, connection.id, intent),
      insertUnlessThere(ctx.em, SyncOperationEntity, row),
    ]);
    if (!isNew) return known ?? ((await this.findIntent(ctx, connection.id, intent)) as SyncOperation);
    if (withJob) await this.queue.enqueue(ctx, jobFor(id));
    return row;
  }

  /** Like {@link plan}, and once more where it has been done before: what it had made is gone. */
  async planAgain(ctx: Ctx, connection: Connection, intent: SyncIntent<TaskAction>): Promise<SyncOperation> {
    const operation = await this.plan(ctx, connection, intent);
    if (operation.finishedAt === null) return operation;
    await this.restart(ctx, operation, true);
    return this.get(ctx, operation.id);
  }

  /** A change of the same entity that was planned after this one: then this one need not be told. */
  hasNewer(
    ctx: Ctx,
    { connectionId, entityType, entityId, action, revision }: SyncOperation,
  ): Promise<boolean> {
    return ctx.em.existsBy(SyncOperationEntity, {
      connectionId,
      entityType,
      entityId,
      action,
      revision: MoreThan(revision),
    });
  }

  /** Whether the provider may have been told so already. */
  hasBegun(ctx: Ctx, connectionId: string, of: EntityAction): Promise<boolean> {
    return ctx.em.existsBy(SyncOperationEntity, { connectionId, ...of, attempts: MoreThan(0) });
  }

  /**
   * What is now has to be told: by an operation that has not been begun and so will read it, or by another one. For
   * entities that have no revision of their own.
   */
  async planNext(ctx: Ctx, connection: Connection, of: EntityAction): Promise<SyncOperation> {
    const last = await this.lastOf(ctx, connection, of);
    return last !== null && waits(last) ? last : this.planAfter(ctx, connection, of, last);
  }

  /** The same if it `isNeeded`, which is asked when no operation of the entity can begin, and told whether one is under way. */
  async planNextIf(
    ctx: Ctx,
    connection: Connection,
    of: EntityAction,
    isNeeded: (isUnderWay: boolean) => Promise<boolean>,
  ): Promise<void> {
    const last = await this.lastOf(ctx, connection, of);
    if (last !== null && waits(last)) return;
    if (await isNeeded(last !== null && last.finishedAt === null))
      await this.planAfter(ctx, connection, of, last);
  }

  /** Until the unit of work ends, nobody else begins or plans an operation of the entity. */
  async lockEntity(
    ctx: Ctx,
    connectionId: string,
    { entityType, entityId }: Pick<SyncOperation, 'entityType' | 'entityId'>,
  ): Promise<void> {
    await lockName(ctx.em, `${connectionId}:${entityType}:${entityId}`);
  }

  private async lastOf(ctx: Ctx, { id }: Connection, of: EntityAction): Promise<SyncOperation | null> {
    await this.lockEntity(ctx, id, of);
    return ctx.em.findOne(SyncOperationEntity, {
      where: { connectionId: id, ...of },
      order: { revision: 'DESC' },
    });
  }

  private planAfter(
    ctx: Ctx,
    connection: Connection,
    of: EntityAction,
    last: SyncOperation | null,
  ): Promise<SyncOperation> {
    return this.plan(ctx, connection, { ...of, revision: (last?.revision ?? 0) + 1 });
  }

  findIntent(ctx: Ctx, connectionId: string, intent: SyncIntent): Promise<SyncOperation | null> {
    const { entityType, entityId, action, revision } = intent;
    return findRow(ctx.em, SyncOperationEntity, { connectionId, entityType, entityId, action, revision });
  }

  async get(ctx: Ctx, id: string): Promise<SyncOperation> {
    const row = await findRow(ctx.em, SyncOperationEntity, { id });
    if (row === null) throw notFound('sync operation', id);
    return row;
  }

  ofIds(ctx: Ctx, ids: readonly string[]): Promise<SyncOperation[]> {
    return findRows(ctx.em, SyncOperationEntity, { id: ids });
  }

  /** Null when another worker holds it. */
  lockForRun(ctx: Ctx, id: string): Promise<SyncOperation | null> {
    return findRow(ctx.em, SyncOperationEntity, { id }, { lock: true });
  }

  search(
    ctx: Ctx,
    request: OperationSearch,
  ): Promise<{ rows: SyncOperation[]; pagination: PaginationResponse }> {
    const query = ctx.em.createQueryBuilder(SyncOperationEntity, 'row').where('1 = 1');
    const equal: [string, unknown][] = [
      ['connectionId', request.connection_id],
      ['provider', request.provider?.toLowerCase()],
      ['entityType', request.entity_type],
      ['entityId', request.entity_id],
    ];
    for (const [property, value] of equal)
      if (value !== undefined) query.andWhere(`row.${property} = :${property}`, { [property]: value });
    if (request.state?.length) query.andWhere('row.state = ANY(:states)', { states: request.state });
    return findPage(query, request, SEARCH_FIELDS);
  }

  /** The operations of an entity on a connection that are not finished, oldest first. */
  unfinishedOf(
    ctx: Ctx,
    connectionId: string,
    entity: Pick<SyncIntent, 'entityType' | 'entityId'>,
  ): Promise<SyncOperation[]> {
    const { entityType, entityId } = entity;
    return findRows(
      ctx.em,
      SyncOperationEntity,
      { connectionId, entityType, entityId, state: ['pending', 'running', 'retrying'] },
      { orderBy: 'createdAt' },
    );
  }

  /**
   * Something has happened to the entity, and an operation of it waits to be tried again while others wait for it: it is
   * tried now, because what comes of it may be another thing than before.
   */
  async hasten(
    ctx: Ctx,
    connectionId: string,
    entity: Pick<SyncIntent, 'entityType' | 'entityId'>,
  ): Promise<void> {
    const now = this.clock.now();
    const soon = now.getTime() + SOON_MS;
    for (const { id, state, nextTryAt } of await this.unfinishedOf(ctx, connectionId, entity))
      if (state === 'retrying' && nextTryAt !== null && nextTryAt.getTime() > soon) {
        await this.change(ctx, id, { nextTryAt: now });
        await this.queue.requeue(ctx, jobFor(id));
      }
  }

  unfinishedOfConnection(ctx: Ctx, connectionId: string): Promise<SyncOperation[]> {
    return ctx.em
      .createQueryBuilder(SyncOperationEntity, 'row')
      .where(`row.connectionId = :connectionId AND row.state IN ('pending', 'retrying')`, { connectionId })
      .orderBy('row.createdAt')
      .getMany();
  }

  /** Once more, now: after a failure that somebody has repaired, or without waiting for the backoff. */
  async retry(ctx: Ctx, id: string): Promise<SyncOperation> {
    const operation = await this.lockForRun(ctx, id);
    if (operation === null) throw notFound('sync operation', id);
    if (operation.state === 'succeeded' || operation.state === 'running')
      throw invalidOperation(
        `the operation has ${operation.state === 'running' ? 'begun' : 'succeeded'} already`,
        `sync_operation_${operation.state}`,
      );
    await this.restart(ctx, operation, operation.state === 'failed' || operation.state === 'skipped');
    return this.get(ctx, id);
  }

  /**
   * An outcome that is unknown must be asked for with the same words under the same key. One that is known is tried
   * `anew`, with what holds now and under a new key: the provider may have recorded its refusal.
   */
  async restart(ctx: Ctx, { id, generation }: SyncOperation, anew: boolean): Promise<void> {
    const now = this.clock.now();
    await updateRow(ctx.em, SyncOperationEntity, id, {
      state: 'pending',
      reason: null,
      finishedAt: null,
      nextTryAt: now,
      failures: 0,
      retryWindowStart: null,
      updatedAt: now,
      ...(anew ? { snapshot: null, generation: generation + 1 } : {}),
    });
    await this.queue.requeue(ctx, jobFor(id));
  }

  async change(ctx: Ctx, id: string, change: Partial<SyncOperation>): Promise<void> {
    await updateRow(ctx.em, SyncOperationEntity, id, { ...change, updatedAt: this.clock.now() });
  }

  async finish(
    ctx: Ctx,
    operation: SyncOperation,
    state: FinishedState,
    reason: string | null,
    result: Partial<SyncOperation> = {},
  ): Promise<void> {
    await Promise.all([
      this.change(ctx, operation.id, {
        ...result,
        state,
        reason,
        nextTryAt: null,
        finishedAt: this.clock.now(),
      }),
      this.outbox.append(ctx, finishedEvent(operation, state)),
    ]);
  }
}

/** Not begun: whoever begins it reads what is then. */
const waits = ({ snapshot, state }: SyncOperation): boolean =>
  snapshot === null && (state === 'pending' || state === 'retrying');

export const jobFor = (operationId: string): KeyedJobSpec<typeof SYNC_RUN_JOB> => ({
  kind: SYNC_RUN_JOB,
  key: operationId,
  payload: { operationId },
});
