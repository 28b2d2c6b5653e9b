import type { OnApplicationShutdown } from '@nestjs/common';
import type { Period } from '../../domain/period.js';
import { ZERO, type Rate } from '../../domain/rate.js';
import type { AggregationType } from '../../domain/usage/aggregation.js';
import type { Ctx } from '../../platform/context.js';
import { readJson } from '../../platform/exact-json.js';
import { toCells, type UsagePart } from '../usage-cells.js';
import type { UsageStore } from '../usage-store.js';
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
import { ClickHouseDatabase } from './clickhouse-database.js';
import { ensureSchema } from './clickhouse-schema.js';
import { appendEvents } from './event-append.js';
import { lateSpans } from './late-events.js';
import { ofScope, rowsOfScope } from './scope.js';
import {
  groupsOf,
  matches,
  QUERIES_A_STATEMENT,
  readSummary,
  summaryOf,
  windowAt,
  windowStart,
  type SummaryRow,
} from './usage-sql.js';

/** The queries as rows `q`: one text parameter, whatever their number. */
const QUERIES = `SELECT t.n AS n, t.event_name AS event_name, t.customer AS customer, t.starts AS starts, t.ends AS ends,
    t.field AS field, t.filters AS filters, t.all_sources AS all_sources, t.sources AS sources
  FROM (SELECT arrayJoin(JSONExtract({queries:String}, 'Array(Tuple(n UInt32, event_name String, customer String,
    starts Int64, ends Int64, field String, filters Array(Tuple(String, Array(String))), all_sources UInt8,
    sources Array(String)))')) AS t)`;

const EVENT_COLUMNS = `id, source, event_name AS name, external_customer_id AS customer, properties,
  toUnixTimestamp64Milli(occurred_at) AS occurred, toUnixTimestamp64Milli(received_at) AS received`;

interface EventRow {
  readonly id: string;
  readonly source: string | null;
  readonly name: string;
  readonly customer: string;
  readonly properties: string;
  readonly occurred: number | string;
  readonly received: number | string;
}

interface CellRow extends SummaryRow {
  readonly n: number;
  readonly start: number | string;
  readonly groups: readonly (string | null)[];
}

interface Statement {
  readonly type: AggregationType;
  readonly perCustomer: boolean;
  readonly rows: { readonly n: number; readonly query: UsageQuery }[];
}

/** Usage on ClickHouse: for more events than one Postgres should hold. decisions/0012-two-usage-stores.md says when. */
export class ClickHouseUsageStore implements UsageStore, OnApplicationShutdown {
  private appending: Promise<unknown> = Promise.resolve();

  private constructor(private readonly database: ClickHouseDatabase) {}

  /** Makes its tables where they are missing. */
  static async open(
    database: ClickHouseDatabase,
    options: { readonly retentionMonths: number | undefined },
  ): Promise<ClickHouseUsageStore> {
    await ensureSchema(database, options.retentionMonths);
    return new ClickHouseUsageStore(database);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.appending.catch(() => undefined);
    await this.database.close();
  }

  /**
   * One write at a time in each process: few large ones are what this database is made for, and no two of them want one
   * id at once. When it fails, some of the events may be stored; sent again, they count once.
   */
  append(batches: readonly EventBatch[]): Promise<void> {
    const appended = this.appending.then(() => appendEvents(this.database, batches));
    this.appending = appended.catch(() => undefined);
    return appended;
  }

  async aggregate(ctx: Ctx, queries: readonly UsageQuery[]): Promise<Rate[]> {
    const cells = await this.breakdown(ctx, queries, { size: undefined, timeZone: 'UTC', groupBy: [] });
    return cells.map((of) => of[0]?.value ?? ZERO);
  }

  async breakdown(ctx: Ctx, queries: readonly UsageQuery[], by: UsageBreakdown): Promise<UsageCell[][]> {
    const parts = queries.map((): UsagePart[] => []);
    for (const statement of statementsOf(queries))
      for (const row of await this.cellsOf(ctx, statement, by)) {
        const window =
          by.size === undefined
            ? { start: null, end: null }
            : windowAt(Number(row.start), by.size, by.timeZone);
        parts[row.n]?.push({ ...window, group: row.groups, summary: readSummary(row) });
      }
    return parts.map((of, n) => toCells(queries[n] as UsageQuery, of));
  }

  private cellsOf(ctx: Ctx, { type, perCustomer, rows }: Statement, by: UsageBreakdown): Promise<CellRow[]> {
    const start = by.size === undefined ? 'toInt64(0)' : windowStart(by.size);
    const wanted = perCustomer ? 'event_name, external_customer_id' : 'event_name';
    const events = ofScope(
      'usage_events',
      `(${wanted}) IN (SELECT ${perCustomer ? 'event_name, customer' : 'event_name'} FROM (${QUERIES}))
       AND occurred_at >= fromUnixTimestamp64Milli({from:Int64}) AND occurred_at < fromUnixTimestamp64Milli({until:Int64})`,
    );
    return rowsOfScope<CellRow>(
      this.database,
      ctx.scope,
      `SELECT q.n AS n, ${start} AS start, ${groupsOf(by.groupBy)} AS groups, ${summaryOf(type)}
         FROM (SELECT event_name, external_customer_id, occurred_at, id, source, texts, quantities FROM ${events}) AS e
        INNER JOIN (${QUERIES}) AS q
           ON e.event_name = q.event_name ${perCustomer ? 'AND e.external_customer_id = q.customer' : ''}
        WHERE toUnixTimestamp64Milli(e.occurred_at) >= q.starts AND toUnixTimestamp64Milli(e.occurred_at) < q.ends
          AND ${matches('q.filters', 'e.texts')} AND (q.all_sources OR has(q.sources, e.source))
        GROUP BY n, start, groups`,
      {
        ...Object.fromEntries(
          by.groupBy.map((key, index) => [`group_${index}`, key.slice('properties.'.length)]),
        ),
        zone: by.timeZone,
        from: Math.min(...rows.map(({ query }) => query.window.start.getTime())),
        until: Math.max(...rows.map(({ query }) => query.window.end.getTime())),
        queries: JSON.stringify(
          rows.flatMap(({ n, query }) =>
            (query.parts ?? [query.window]).map(({ start, end }) => [
              n,
              query.eventName,
              query.externalCustomerId ?? '',
              start.getTime(),
              end.getTime(),
              query.aggregation.field ?? '',
              query.filters.map(({ key, values }) => [key, values]),
              query.sources === undefined ? 1 : 0,
              query.sources ?? [],
            ]),
          ),
        ),
      },
    );
  }

  lateSpans(ctx: Ctx, queries: readonly LateEventsQuery[]): Promise<(Period | null)[]> {
    return lateSpans(this.database, ctx.scope, queries);
  }

  async search(ctx: Ctx, search: EventSearch): Promise<EventPage> {
    const { conditions, parameters } = searched(search);
    const [counted] = await rowsOfScope<{ total: number | string }>(
      this.database,
      ctx.scope,
      `SELECT count() AS total FROM ${ofScope('usage_events', conditions)}`,
      parameters,
    );
    return { ...(await this.page(ctx, search)), total: Number(counted?.total ?? 0) };
  }

  async page(ctx: Ctx, search: EventSearch): Promise<Omit<EventPage, 'total'>> {
    const { conditions, parameters } = searched(search);
    const { after } = search;
    const beyond =
      after === undefined
        ? ''
        : ` AND (occurred_at, id) ${search.order === 'asc' ? '>' : '<'} (fromUnixTimestamp64Milli({after:Int64}), {after_id:String})`;
    const direction = search.order === 'asc' ? 'ASC' : 'DESC';
    const rows = await rowsOfScope<EventRow>(
      this.database,
      ctx.scope,
      `SELECT ${EVENT_COLUMNS} FROM ${ofScope('usage_events', conditions + beyond)}
        ORDER BY occurred_at ${direction}, usage_events.id ${direction}
        LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
      {
        ...parameters,
        after: after?.occurredAt.getTime(),
        after_id: after?.id,
        limit: search.pageSize + 1,
        offset: after === undefined ? search.offset : 0,
      },
    );
    return { events: rows.slice(0, search.pageSize).map(eventOf), hasMore: rows.length > search.pageSize };
  }

  /** Counted whatever their number: it is what this database is made for. */
  async volumes(ctx: Ctx, { window, eventNames, most }: VolumeSearch): Promise<CustomerVolumes> {
    const rows = await rowsOfScope<{ customer: string; events: number | string }>(
      this.database,
      ctx.scope,
      `SELECT external_customer_id AS customer, count() AS events FROM ${ofScope(
        'usage_events',
        `has({names:Array(String)}, event_name)
         AND occurred_at >= fromUnixTimestamp64Milli({from:Int64}) AND occurred_at < fromUnixTimestamp64Milli({until:Int64})`,
      )} GROUP BY customer ORDER BY events DESC, customer LIMIT {most:UInt32}`,
      { names: eventNames, from: window.start.getTime(), until: window.end.getTime(), most },
    );
    return {
      isEstimate: false,
      customers: rows.map(({ customer, events }) => ({
        externalCustomerId: customer,
        events: Number(events),
      })),
    };
  }

  /** By way of its claims, which tell the partition. */
  async find(ctx: Ctx, id: string): Promise<StoredEvent | null> {
    const [row] = await rowsOfScope<EventRow>(
      this.database,
      ctx.scope,
      `SELECT ${EVENT_COLUMNS} FROM ${ofScope(
        'usage_events',
        `id = {id:String} AND occurred_at IN (SELECT occurred_at FROM ${ofScope('usage_event_claims', 'event_id = {id:String}')})`,
      )} LIMIT 1`,
      { id },
    );
    return row === undefined ? null : eventOf(row);
  }

  async conflicts(
    ctx: Ctx,
    { limit, offset }: { readonly limit: number; readonly offset: number },
  ): Promise<ConflictPage> {
    const table = ofScope('usage_event_conflicts');
    const [counted] = await rowsOfScope<{ total: number | string }>(
      this.database,
      ctx.scope,
      `SELECT count() AS total FROM ${table}`,
      {},
    );
    const rows = await rowsOfScope<EventRow & { readonly timed: number | boolean }>(
      this.database,
      ctx.scope,
      `SELECT event_id AS id, ${EVENT_COLUMNS.replace(/^id, /, '')}, is_timed AS timed FROM ${table}
        ORDER BY received_at DESC, event_id DESC, content_hash DESC LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
      { limit, offset },
    );
    return {
      total: Number(counted?.total ?? 0),
      conflicts: rows.map((row) => {
        const { receivedAt, ...refused } = eventOf(row);
        return { eventId: row.id, receivedAt, refused: { ...refused, isTimed: Boolean(row.timed) } };
      }),
    };
  }
}

/** What events a search is for. */
function searched(search: EventSearch): {
  readonly conditions: string;
  readonly parameters: Readonly<Record<string, unknown>>;
} {
  return {
    conditions: [
      'occurred_at >= fromUnixTimestamp64Milli({from:Int64}) AND occurred_at < fromUnixTimestamp64Milli({until:Int64})',
      ...(search.eventId === undefined ? [] : ['id = {id:String}']),
      ...(search.eventName === undefined ? [] : ['event_name = {name:String}']),
      ...(search.externalCustomerId === undefined ? [] : ['external_customer_id = {customer:String}']),
      ...(search.source === undefined ? [] : ['source = {source:String}']),
      ...(search.propertyFilters.length === 0
        ? []
        : [matches(`JSONExtract({filters:String}, 'Array(Tuple(String, Array(String)))')`, 'texts')]),
    ].join(' AND '),
    parameters: {
      from: search.window.start.getTime(),
      until: search.window.end.getTime(),
      id: search.eventId,
      name: search.eventName,
      customer: search.externalCustomerId,
      source: search.source,
      filters: JSON.stringify(search.propertyFilters.map(({ key, values }) => [key, values])),
    },
  };
}

const eventOf = (row: EventRow): StoredEvent => ({
  id: row.id,
  eventName: row.name,
  externalCustomerId: row.customer,
  source: row.source,
  occurredAt: new Date(Number(row.occurred)),
  receivedAt: new Date(Number(row.received)),
  properties: readJson(row.properties) as Record<string, unknown>,
});

/** For the start of a server: says what is wrong before anything is served. Never the address's user and password. */
export async function openClickHouseUsageStore(
  url: string,
  options: { readonly retentionMonths: number | undefined },
): Promise<ClickHouseUsageStore> {
  const database = ClickHouseDatabase.at(url);
  try {
    return await ClickHouseUsageStore.open(database, options);
  } catch (error) {
    await database.close();
    const { host, pathname } = new URL(url);
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Error(
      `USAGE_STORE_URL: the ClickHouse at ${host}${pathname} cannot be used: ${reason instanceof Error ? reason.message : String(reason)}`,
      { cause: error },
    );
  }
}

/** One for each aggregation and way to name customers, and for some thousands of queries: few, whatever their number. */
function statementsOf(queries: readonly UsageQuery[]): Statement[] {
  const full: Statement[] = [];
  const filling = new Map<string, Statement>();
  queries.forEach((query, n) => {
    const perCustomer = query.externalCustomerId !== undefined;
    const key = `${query.aggregation.type} ${perCustomer}`;
    const statement = filling.get(key) ?? { type: query.aggregation.type, perCustomer, rows: [] };
    filling.set(key, statement);
    statement.rows.push({ n, query });
    if (statement.rows.length === QUERIES_A_STATEMENT) {
      full.push(statement);
      filling.delete(key);
    }
  });
  return [...full, ...filling.values()];
}
