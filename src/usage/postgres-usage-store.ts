import { Injectable } from '@nestjs/common';
import { notImplemented } from '../domain/errors.js';
import { rate, ZERO, type Rate } from '../domain/rate.js';
import type { AggregationType } from '../domain/usage/aggregation.js';
import type { Ctx } from '../platform/context.js';
import { UsageEventEntity } from './usage-event.entity.js';
import type {
  EventPage,
  EventSearch,
  IncomingEvent,
  StoredEvent,
  UsageQuery,
  UsageWindow,
  WindowSize,
} from './usage.types.js';
import type { UsageStore } from './usage-store.js';

/** Each aggregation in SQL: the twin of the domain's aggregator of the same name. `e` is the event, `q` the query. */
const SQL_AGGREGATES: Readonly<Partial<Record<AggregationType, string>>> = {
  COUNT: 'count(e.id)',
  SUM: 'coalesce(sum(billing.property_number(e.properties, q.field)), 0)',
};

/** The beginning of the window that `e.occurred_at` falls in, as local time of the zone $2. Weeks begin on Monday. */
const WINDOW_STARTS: Readonly<Record<WindowSize, string>> = {
  MINUTE: bin('1 minute'),
  '15MIN': bin('15 minutes'),
  '30MIN': bin('30 minutes'),
  HOUR: bin('1 hour'),
  '3HOUR': bin('3 hours'),
  '6HOUR': bin('6 hours'),
  '12HOUR': bin('12 hours'),
  DAY: truncate('day'),
  WEEK: truncate('week'),
  MONTH: truncate('month'),
};

function bin(stride: string): string {
  return `date_bin('${stride}', e.occurred_at AT TIME ZONE $2, timestamp '2001-01-01')`;
}

function truncate(unit: string): string {
  return `date_trunc('${unit}', e.occurred_at AT TIME ZONE $2)`;
}

/** The parameters of queries as rows: one text parameter, whatever their number. */
const QUERY_ROWS = `jsonb_to_recordset($1::jsonb) AS q(
  n int, event_name text, customer text, window_start timestamptz, window_end timestamptz, field text, filters jsonb)`;

const MATCHES = `e.tenant_id = (SELECT billing.current_tenant())
  AND e.environment_id = (SELECT billing.current_environment())
  AND e.event_name = q.event_name
  AND e.occurred_at >= q.window_start AND e.occurred_at < q.window_end
  AND (q.filters = '[]'::jsonb OR billing.matches_filters(e.properties, q.filters))`;

/** Customer by equality where one is named: an OR would cost the index. */
const joined = (perCustomer: boolean): string =>
  `LEFT JOIN LATERAL (SELECT * FROM usage_events e WHERE ${MATCHES}
     ${perCustomer ? 'AND e.external_customer_id = q.customer' : ''}) e ON true`;

@Injectable()
export class PostgresUsageStore implements UsageStore {
  async append(ctx: Ctx, events: readonly IncomingEvent[]): Promise<number> {
    const rows = await ctx.em.query<unknown[]>(
      `INSERT INTO usage_events (tenant_id, environment_id, id, event_name, external_customer_id, source,
                                 occurred_at, received_at, properties)
       SELECT $1, $2, r.id, r.event_name, r.customer, r.source, r.occurred_at, $3, r.properties
         FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::jsonb[])
           AS r(id, event_name, customer, source, occurred_at, properties)
       ON CONFLICT (tenant_id, environment_id, id) DO NOTHING
       RETURNING 1`,
      [
        ctx.scope.tenantId,
        ctx.scope.environmentId,
        ctx.now,
        events.map((event) => event.id),
        events.map((event) => event.eventName),
        events.map((event) => event.externalCustomerId),
        events.map((event) => event.source),
        events.map((event) => event.occurredAt),
        events.map((event) => JSON.stringify(event.properties)),
      ],
    );
    return rows.length;
  }

  async aggregate(ctx: Ctx, queries: readonly UsageQuery[]): Promise<Rate[]> {
    const values = queries.map(() => ZERO);
    const groups = new Map<string, { type: AggregationType; perCustomer: boolean; rows: unknown[] }>();
    queries.forEach((query, n) => {
      const perCustomer = query.externalCustomerId !== undefined;
      const key = `${query.aggregation.type}:${perCustomer}`;
      const group = groups.get(key) ?? { type: query.aggregation.type, perCustomer, rows: [] };
      groups.set(key, group);
      group.rows.push(queryRow(query, n));
    });
    for (const { type, perCustomer, rows } of groups.values()) {
      const found = await ctx.em.query<{ n: number; value: string }[]>(
        `SELECT q.n, ${sqlAggregate(type)} AS value FROM ${QUERY_ROWS} ${joined(perCustomer)} GROUP BY q.n`,
        [JSON.stringify(rows)],
      );
      for (const { n, value } of found) values[n] = rate(value);
    }
    return values;
  }

  async aggregateByWindow(
    ctx: Ctx,
    query: UsageQuery,
    size: WindowSize,
    timeZone: string,
  ): Promise<UsageWindow[]> {
    const start = WINDOW_STARTS[size];
    const rows = await ctx.em.query<{ start: Date; value: string }[]>(
      `SELECT ${start} AT TIME ZONE $2 AS start, ${sqlAggregate(query.aggregation.type)} AS value
         FROM ${QUERY_ROWS} ${joined(query.externalCustomerId !== undefined)}
        WHERE e.id IS NOT NULL GROUP BY ${start} ORDER BY ${start}`,
      [JSON.stringify([queryRow(query, 0)]), timeZone],
    );
    return rows.map((row) => ({ start: row.start, value: rate(row.value) }));
  }

  async search(ctx: Ctx, search: EventSearch): Promise<EventPage> {
    const query = ctx.em
      .createQueryBuilder(UsageEventEntity, 'row')
      .where('row.tenantId = :tenantId AND row.environmentId = :environmentId', ctx.scope)
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

  find(ctx: Ctx, id: string): Promise<StoredEvent | null> {
    return ctx.em.findOneBy(UsageEventEntity, { id, ...ctx.scope });
  }
}

function sqlAggregate(type: AggregationType): string {
  const sql = SQL_AGGREGATES[type];
  if (sql === undefined) throw notImplemented(`aggregation ${type} is not supported yet`, { type });
  return sql;
}

const queryRow = (query: UsageQuery, n: number): Record<string, unknown> => ({
  n,
  event_name: query.eventName,
  customer: query.externalCustomerId,
  window_start: query.window.start.toISOString(),
  window_end: query.window.end.toISOString(),
  field: query.aggregation.field ?? '',
  filters: query.filters,
});
