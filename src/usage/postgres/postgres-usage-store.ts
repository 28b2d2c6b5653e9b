import { Injectable } from '@nestjs/common';
import { hasWholeHourOffsets } from '../../domain/usage/whole-hours.js';
import type { Period } from '../../domain/period.js';
import { ZERO, type Rate } from '../../domain/rate.js';
import type { AggregationType } from '../../domain/usage/aggregation.js';
import { addSummaries, type UsageSummary } from '../../domain/usage/summary.js';
import type { Ctx } from '../../platform/context.js';
import { queryPrepared } from '../../platform/database/prepared.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { eventKey, insertEvents } from './event-insert.js';
import { lateSpans } from './late-events.js';
import { UsageEventConflictEntity } from './usage-event-conflict.entity.js';
import { UsageEventIdEntity } from './usage-event-id.entity.js';
import { UsageEventEntity } from './usage-event.entity.js';
import type {
  ConflictPage,
  EventBatch,
  EventPage,
  EventSearch,
  LateEventsQuery,
  StoredEvent,
  UsageBreakdown,
  UsageCell,
  UsageQuery,
} from '../usage.types.js';
import { toCells } from '../usage-cells.js';
import type { UsageStore } from '../usage-store.js';
import { planUsage, type UsagePlan } from './usage-plan.js';
import {
  isMadeOfHours,
  readSummary,
  summaryOfEvents,
  summaryOfRollups,
  windowOf,
  type SummaryRow,
} from './usage-summaries.js';

/** The stretches of queries as rows: one text parameter, whatever their number. */
const STRETCH_ROWS = `jsonb_to_recordset($1::jsonb) AS q(
  n int, event_name text, customer text, series text, starts timestamptz, ends timestamptz, field text, filters jsonb,
  sources text[])`;

/**
 * The bounds of all stretches together ($2, $3) say no more; they let the planner leave out partitions. OFFSET 0 keeps it
 * to one look into the index for each customer's stretch: where it knows nothing of a young table, it would rather read
 * everybody's events of the time and throw away all but a few.
 */
const EVENTS = (perCustomer: boolean): string => `${STRETCH_ROWS} JOIN LATERAL (
    SELECT * FROM usage_events e
     WHERE e.environment_id = (SELECT billing.current_environment())
       ${perCustomer ? 'AND e.external_customer_id = q.customer' : ''} AND e.event_name = q.event_name
       AND e.occurred_at >= q.starts AND e.occurred_at < q.ends
       AND e.occurred_at >= $2::timestamptz AND e.occurred_at < $3::timestamptz
       AND (q.filters = '[]'::jsonb OR billing.matches_filters(e.properties, q.filters))
       AND (q.sources IS NULL OR e.source = ANY (q.sources))
     ${perCustomer ? 'OFFSET 0' : ''}) e ON true`;

/**
 * The customer '' is all of them. A dirty hour is in no stretch; one that turned dirty since is right as of the plan. One
 * look into the index for each stretch here as well: with row-level security it only serves plain comparisons.
 */
const ROLLUPS = `${STRETCH_ROWS} JOIN LATERAL (
    SELECT * FROM usage_rollups r
     WHERE r.environment_id = (SELECT billing.current_environment()) AND r.series_id = q.series
       AND r.external_customer_id = q.customer AND r.hour >= q.starts AND r.hour < q.ends
    OFFSET 0) r ON true`;

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
    const plans = await planUsage(ctx, queries, isByTheHour);
    const cells = queries.map(() => new Map<string, Part>());
    for (const statement of statementsOf(plans)) {
      const rows = await queryPrepared<SummaryRow & Place>(ctx.em, ...sqlOf(statement, by));
      for (const row of rows) {
        const key = JSON.stringify([row.start, row.groups]);
        const part = cells[row.n]?.get(key);
        const summary = readSummary(row);
        cells[row.n]?.set(key, {
          place: row,
          summary: part === undefined ? summary : addSummaries(part.summary, summary),
        });
      }
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
    const total = await query.getCount();
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
    return { events: rows.slice(0, search.pageSize), hasMore: rows.length > search.pageSize, total };
  }

  /** By way of its id, which alone tells the partition. */
  async find(ctx: Ctx, id: string): Promise<StoredEvent | null> {
    const { environmentId } = ctx.scope;
    const known = await ctx.em.findOneBy(UsageEventIdEntity, { key: eventKey(environmentId, id) });
    if (known === null) return null;
    return ctx.em.findOneBy(UsageEventEntity, { environmentId, id, occurredAt: known.occurredAt });
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

interface Statement {
  readonly type: AggregationType;
  readonly from: 'events' | 'rollups';
  readonly perCustomer: boolean;
  readonly rows: object[];
  readonly bounds: { start: number; end: number };
}

/** One for each aggregation, source, and way to name customers: few, whatever the number of queries. */
function statementsOf(plans: readonly UsagePlan[]): Statement[] {
  const statements = new Map<string, Statement>();
  plans.forEach(({ query, seriesId, ...stretches }, n) => {
    for (const from of ['events', 'rollups'] as const)
      for (const { start, end } of stretches[from]) {
        const { type, field } = query.aggregation;
        const perCustomer = query.externalCustomerId !== undefined;
        const key = `${type} ${from} ${from === 'events' && perCustomer}`;
        const statement = statements.get(key) ?? {
          type,
          from,
          perCustomer,
          rows: [],
          bounds: { start, end },
        };
        statements.set(key, statement);
        statement.bounds.start = Math.min(statement.bounds.start, start);
        statement.bounds.end = Math.max(statement.bounds.end, end);
        statement.rows.push({
          n,
          event_name: query.eventName,
          customer: from === 'rollups' ? (query.externalCustomerId ?? '') : query.externalCustomerId,
          series: seriesId,
          starts: new Date(start).toISOString(),
          ends: new Date(end).toISOString(),
          field: field ?? '',
          filters: query.filters,
          sources: query.sources,
        });
      }
  });
  return [...statements.values()];
}

function sqlOf(statement: Statement, by: UsageBreakdown): [string, unknown[]] {
  const { type, from, perCustomer, rows, bounds } = statement;
  const parameters: unknown[] = [JSON.stringify(rows)];
  const parameter = (value: unknown): string => `$${parameters.push(value)}`;
  if (from === 'events') parameters.push(new Date(bounds.start), new Date(bounds.end));
  const groupBy = ['q.n'];
  let place = 'NULL::timestamptz AS start, NULL::timestamptz AS "end"';
  if (by.size !== undefined) {
    const zone = `${parameter(by.timeZone)}::text`;
    const { start, length } = windowOf(by.size, from === 'events' ? 'e.occurred_at' : 'r.hour', zone);
    place = `${start} AT TIME ZONE ${zone} AS start, (${start} + ${length}) AT TIME ZONE ${zone} AS "end"`;
    groupBy.push('2', '3');
  }
  const groups = by.groupBy.map((key) =>
    key === 'source' ? 'e.source' : `e.properties ->> ${parameter(key.slice('properties.'.length))}::text`,
  );
  if (groups.length > 0) groupBy.push('4');
  const summary = from === 'events' ? summaryOfEvents(type) : summaryOfRollups(type);
  return [
    `SELECT q.n, ${place}, jsonb_build_array(${groups.join(', ')}) AS groups, ${summary}
       FROM ${from === 'events' ? EVENTS(perCustomer) : ROLLUPS} GROUP BY ${groupBy.join(', ')}`,
    parameters,
  ];
}

/** Whether every window of the zone begins at a full hour of UTC: not so where the zone is off by half of one. */
const isWholeHours = (by: UsageBreakdown, queries: readonly UsageQuery[]): boolean =>
  by.size === undefined || queries.every(({ window }) => hasWholeHourOffsets(by.timeZone, window));
