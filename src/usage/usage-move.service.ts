import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Period } from '../domain/period.js';
import type { Ctx, Scope } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { UsageEventConflictEntity } from './postgres/usage-event-conflict.entity.js';
import { UsageEventEntity } from './postgres/usage-event.entity.js';
import { USAGE_STORE, type UsageStore } from './usage-store.js';
import { USAGE_OPTIONS, type EventBatch, type UsageOptions } from './usage.types.js';

const EVENTS_A_TURN = 5_000;

export interface UsageMoved {
  readonly events: number;
  readonly conflicts: number;
}

/**
 * Takes the events that lie in Postgres over to the store in use. They stay where they are. May be broken off and begun
 * again, and may run over what was moved before: an id counts once there, too.
 */
@Injectable()
export class UsageMoveService {
  constructor(
    @Inject(USAGE_OPTIONS) private readonly options: UsageOptions,
    @Inject(USAGE_STORE) private readonly store: UsageStore,
    private readonly uow: UnitOfWork,
  ) {}

  /** The events of a period; without one, all of them and then the copies that were not taken. */
  async move(period: Period | undefined): Promise<UsageMoved> {
    if (this.options.storeUrl === undefined) throw new Error('there is no usage store besides Postgres');
    let events = 0;
    let conflicts = 0;
    for (const scope of await this.uow.scopes()) {
      events += await this.moveAll<UsageEventEntity>(scope, (ctx, after) => eventsAfter(ctx, period, after));
      // After the events: what differs from them is then found to differ there as well.
      if (period === undefined)
        conflicts += await this.moveAll<UsageEventConflictEntity>(scope, conflictsAfter);
    }
    return { events, conflicts };
  }

  private async moveAll<Row extends Movable>(
    scope: Scope,
    read: (ctx: Ctx, after: Row | undefined) => Promise<Row[]>,
  ): Promise<number> {
    let moved = 0;
    for (let last: Row | undefined; ;) {
      const after = last;
      const rows = await this.uow.run({ scope, actor: 'usage-move', requestId: randomUUID() }, (ctx) =>
        read(ctx, after),
      );
      if (rows.length === 0) return moved;
      await this.store.append(rows.map((row): EventBatch => batchOf(scope, row)));
      moved += rows.length;
      last = rows.at(-1);
    }
  }
}

type Movable = UsageEventEntity | UsageEventConflictEntity;

const batchOf = (scope: Scope, row: Movable): EventBatch => ({
  scope,
  receivedAt: row.receivedAt,
  events: [
    {
      id: row instanceof UsageEventEntity ? row.id : row.eventId,
      eventName: row.eventName,
      externalCustomerId: row.externalCustomerId,
      source: row.source,
      occurredAt: row.occurredAt,
      isTimed: row instanceof UsageEventEntity || row.isTimed,
      properties: row.properties,
    },
  ],
});

function eventsAfter(
  ctx: Ctx,
  period: Period | undefined,
  after: UsageEventEntity | undefined,
): Promise<UsageEventEntity[]> {
  const query = ctx.em
    .createQueryBuilder(UsageEventEntity, 'row')
    .where('row.environmentId = :environmentId', ctx.scope)
    .orderBy('row.occurredAt', 'ASC')
    .addOrderBy('row.id', 'ASC')
    .limit(EVENTS_A_TURN);
  if (period !== undefined) query.andWhere('row.occurredAt >= :start AND row.occurredAt < :end', period);
  if (after !== undefined) query.andWhere('(row.occurredAt, row.id) > (:occurredAt, :id)', { ...after });
  return query.getMany();
}

function conflictsAfter(
  ctx: Ctx,
  after: UsageEventConflictEntity | undefined,
): Promise<UsageEventConflictEntity[]> {
  const query = ctx.em
    .createQueryBuilder(UsageEventConflictEntity, 'row')
    .where('row.environmentId = :environmentId', ctx.scope)
    .orderBy('row.eventId', 'ASC')
    .addOrderBy('row.contentHash', 'ASC')
    .limit(EVENTS_A_TURN);
  if (after !== undefined)
    query.andWhere('(row.eventId, row.contentHash) > (:eventId, :contentHash)', { ...after });
  return query.getMany();
}
