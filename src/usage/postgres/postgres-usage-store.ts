import { Injectable } from '@nestjs/common';
import type { SelectQueryBuilder } from 'typeorm';
import { hasWholeHourOffsets } from '../../domain/usage/whole-hours.js';
import type { Period } from '../../domain/period.js';
import { ZERO, type Rate } from '../../domain/rate.js';
import { addSummaries, type UsageSummary } from '../../domain/usage/summary.js';
import type { Ctx } from '../../platform/context.js';
import { queryPlannedOnce } from '../../platform/database/prepared.js';
import { findRow } from '../../platform/database/rows.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { customerVolumes } from './customer-volumes.js';
import { eventKey, insertEvents } from './event-insert.js';
import { lateSpans } from './late-events.js';
import { UsageEventConflictEntity } from './usage-event-conflict.entity.js';
import { UsageEventIdEntity } from './usage-event-id.entity.js';
import { UsageEventEntity } from './usage-event.entity.js';
import type {
  ConflictPage,
  CustomerVolumes,
  EventBatch,
  EventPage,
  EventSearch,
  LateEventsQuery,
  StoredEvent,
  UsageBreakdown,
  UsageCell,
  UsageQuery,
  VolumeSearch,
} from '../usage.types.js';
import { toCells } from '../usage-cells.js';
import type { UsageStore } from '../usage-store.js';
import { statementsOf } from './usage-statements.js';
import { isMadeOfHours, readSummary, type SummaryRow } from './usage-summaries.js';

@Injectable()
export class PostgresUsageStore implements UsageStore {
  constructor(private readonly uow: UnitOfWork) {}

  append(batches: readonly EventBatch[]): Promise<void> {
    return insertEvents(this.uow, batches);
  }

  async aggregate(ctx: Ctx, queries: readonly UsageQuery[]): Promise<Rate[]> {
    const cells = await this.breakdown(ctx, queries, { size: undefined, timeZone: 'UTC', groupBy: [] });
    return cells.map((of) => of[0]?.value ?? ZERO);
  }

  async breakdown(ctx: Ctx, queries: readonly UsageQuery[], by: UsageBreakdown): Promise<UsageCell[][]> {
    const isByTheHour = by.groupBy.length === 0 && isMadeOfHours(by.size) && isWholeHours(by, queries);
    const cells = queries.map(() => new Map<string, Part>());
    // All at once: an answer is waited for once, however many statements it takes.
    const answers = await Promise.all(
      statementsOf(queries, by, isByTheHour).map(({ sql, parameters }) =>
        queryPlannedOnce<SummaryRow & Place>(ctx.em, sql, parameters),
      ),
    );
    for (const row of answers.flat()) {
      const key = JSON.stringify([row.start, row.groups]);
      const part = cells[row.n]?.get(key);
      const summary = readSummary(row);
      cells[row.n]?.set(key, {
        place: row,
        summary: part === undefined ? summary : addSummaries(part.summary, summary),
      });
    }
    return cells.map((parts, n) =>
      toCells(
        queries[n] as UsageQuery,
        [...parts.values()].map(({ place, summary }) => ({ ...place, group: place.groups, summary })),
      ),
    );
  }

  lateSpans(ctx: Ctx, queries: readonly LateEventsQuery[]): Promise<(Period | null)[]> {
    return lateSpans(ctx, queries);
  }

  async search(ctx: Ctx, search: EventSearch): Promise<EventPage> {
    const total = await this.searched(ctx, search).getCount();
    return { ...(await this.page(ctx, search)), total };
  }

  private searched(ctx: Ctx, search: EventSearch): SelectQueryBuilder<UsageEventEntity> {
    const query = ctx.em
      .createQueryBuilder(UsageEventEntity, 'row')
      .where('row.environmentId = :environmentId', ctx.scope)
      .andWhere('row.occurredAt >= :start AND row.occurredAt < :end', search.window);
    if (search.eventId !== undefined) query.andWhere('row.id = :eventId', search);
    if (search.eventName !== undefined) query.andWhere('row.eventName = :eventName', search);
    if (search.externalCustomerId !== undefined)
      query.andWhere('row.externalCustomerId = :externalCustomerId', search);
    if (search.source !== undefined) query.andWhere('row.source = :source', search);
    if (search.propertyFilters.length > 0)
      query.andWhere('billing.matches_filters(row.properties, :filters)', {
        filters: JSON.stringify(search.propertyFilters),
      });
    return query;
  }

  async page(ctx: Ctx, search: EventSearch): Promise<Omit<EventPage, 'total'>> {
    const query = this.searched(ctx, search);
    if (search.after !== undefined)
      query.andWhere(
        `(row.occurredAt, row.id) ${search.order === 'asc' ? '>' : '<'} (:afterTime, :afterId)`,
        { afterTime: search.after.occurredAt, afterId: search.after.id },
      );
    const direction = search.order === 'asc' ? 'ASC' : 'DESC';
    const rows = await query
      .orderBy('row.occurredAt', direction)
      .addOrderBy('row.id', direction)
      .offset(search.after === undefined ? search.offset : 0)
      .limit(search.pageSize + 1)
      .getMany();
    return { events: rows.slice(0, search.pageSize), hasMore: rows.length > search.pageSize };
  }

  volumes(ctx: Ctx, search: VolumeSearch): Promise<CustomerVolumes> {
    return customerVolumes(ctx, search);
  }

  /** By way of its id, which alone tells the partition. */
  async find(ctx: Ctx, id: string): Promise<StoredEvent | null> {
    const { environmentId } = ctx.scope;
    const known = await findRow(ctx.em, UsageEventIdEntity, { key: eventKey(environmentId, id) });
    if (known === null) return null;
    return findRow(ctx.em, UsageEventEntity, { environmentId, id, occurredAt: known.occurredAt });
  }

  async conflicts(
    ctx: Ctx,
    { limit, offset }: { readonly limit: number; readonly offset: number },
  ): Promise<ConflictPage> {
    const [rows, total] = await ctx.em.findAndCount(UsageEventConflictEntity, {
      order: { receivedAt: 'DESC', eventId: 'DESC', contentHash: 'DESC' },
      take: limit,
      skip: offset,
    });
    return {
      total,
      conflicts: rows.map(({ eventId, receivedAt, ...row }) => ({
        eventId,
        receivedAt,
        refused: { id: eventId, ...row },
      })),
    };
  }
}

interface Place {
  readonly n: number;
  readonly start: Date | null;
  readonly end: Date | null;
  readonly groups: (string | null)[];
}

interface Part {
  readonly place: Place;
  readonly summary: UsageSummary;
}

/** Whether every window of the zone begins at a full hour of UTC: not so where the zone is off by half of one. */
const isWholeHours = (by: UsageBreakdown, queries: readonly UsageQuery[]): boolean =>
  by.size === undefined || queries.every(({ window }) => hasWholeHourOffsets(by.timeZone, window));
