import type { AggregationType } from '../../domain/usage/aggregation.js';
import type { UsageBreakdown, UsageQuery } from '../usage.types.js';
import { seriesId, seriesOf, summedHours } from './usage-plan.js';
import {
  measuresEvents,
  QUANTITY,
  SUMMARY,
  summaryOfEvents,
  summaryOfRollups,
  windowOf,
} from './usage-summaries.js';

/** More stretches of dirty hours than this, and the roll-ups in between save nothing. */
const MOST_STRETCHES = 8;

const ENVIRONMENT = '(SELECT billing.current_environment())';

/** The queries as rows: one text parameter, whatever their number. */
const QUERIES = `jsonb_to_recordset($1::jsonb) AS q(
  n int, event_name text, customer text, summed_customer text, series text, starts timestamptz, ends timestamptz,
  full_starts timestamptz, full_ends timestamptz, field text, filters jsonb, sources text[])`;

/**
 * Where to read, as of one instant: `q` are the queries, summed up or not, and `stretches` what of them is read from the
 * events. Those are what lies outside of the full hours, and what of the dirty ones is not summed up; all of it where nothing
 * is. The hour in which a query ends is read from its roll-up as far as that gets, if it does not get beyond the query.
 */
const plan = (names: string): string => `asked AS MATERIALIZED (SELECT * FROM ${QUERIES}),
  dirty AS MATERIALIZED (
    SELECT event_name, hour, summed_until,
           hour - row_number() OVER (PARTITION BY event_name, summed_until ORDER BY hour) * interval '1 hour' AS island
      FROM usage_hours
     WHERE environment_id = ${ENVIRONMENT} AND NOT is_clean AND event_name = ANY (${names}::text[])
       AND hour >= $2::timestamptz AND hour < $3::timestamptz),
  islands AS MATERIALIZED (
    SELECT event_name, coalesce(summed_until, min(hour)) AS starts, max(hour) + interval '1 hour' AS ends
      FROM dirty GROUP BY event_name, summed_until, island),
  q AS MATERIALIZED (
    SELECT a.*, s.id IS NOT NULL AND coalesce(i.count, 0) <= ${MOST_STRETCHES} AS is_summed,
           coalesce(t.hour + interval '1 hour', a.full_ends) AS summed_ends,
           coalesce(t.summed_until, a.full_ends) AS rest_starts
      FROM asked a
      LEFT JOIN usage_series s ON s.environment_id = ${ENVIRONMENT} AND s.id = a.series
      LEFT JOIN (SELECT event_name, count(*) FROM islands GROUP BY event_name) i ON i.event_name = a.event_name
      LEFT JOIN dirty t ON t.event_name = a.event_name AND t.hour = a.full_ends AND t.summed_until <= a.ends),
  stretches AS (
    SELECT n, event_name, customer, field, filters, sources, starts,
           CASE WHEN is_summed THEN full_starts ELSE ends END AS ends FROM q
    UNION ALL
    SELECT n, event_name, customer, field, filters, sources, rest_starts, ends FROM q WHERE is_summed
    UNION ALL
    SELECT q.n, q.event_name, q.customer, q.field, q.filters, q.sources,
           greatest(i.starts, q.full_starts), least(i.ends, q.full_ends)
      FROM q JOIN islands i ON i.event_name = q.event_name WHERE q.is_summed)`;

/**
 * The bounds of all queries together ($2, $3) say no more; they let the planner leave out partitions. OFFSET 0 keeps it
 * to one look into the index for each customer's stretch: where it knows nothing of a young table, it would rather read
 * everybody's events of the time and throw away all but a few. And it takes a quantity out of its event once.
 */
const events = (type: AggregationType, perCustomer: boolean): string => `stretches q JOIN LATERAL (
    SELECT e.*${measuresEvents(type) ? `, ${QUANTITY} AS quantity` : ''} FROM usage_events e
     WHERE e.environment_id = ${ENVIRONMENT}
       ${perCustomer ? 'AND e.external_customer_id = q.customer' : ''} AND e.event_name = q.event_name
       AND e.occurred_at >= q.starts AND e.occurred_at < q.ends
       AND e.occurred_at >= $2::timestamptz AND e.occurred_at < $3::timestamptz
       AND (q.filters = '[]'::jsonb OR billing.matches_filters(e.properties, q.filters))
       AND (q.sources IS NULL OR e.source = ANY (q.sources))
    ${perCustomer ? 'OFFSET 0' : ''}) e ON true
   WHERE q.starts < q.ends`;

/** The customer '' is all of them. One look into the index for each query: with row-level security it only serves plain comparisons. */
const ROLLUPS = `q JOIN LATERAL (
    SELECT * FROM usage_rollups r
     WHERE r.environment_id = ${ENVIRONMENT} AND r.series_id = q.series
       AND r.external_customer_id = q.summed_customer AND r.hour >= q.full_starts AND r.hour < q.summed_ends
    OFFSET 0) r ON true
   WHERE q.is_summed
     AND NOT EXISTS (SELECT FROM dirty d WHERE d.event_name = q.event_name AND d.hour = r.hour AND d.summed_until IS NULL)`;

export interface UsageStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

interface Group {
  readonly type: AggregationType;
  readonly perCustomer: boolean;
  readonly isSummed: boolean;
  readonly rows: object[];
  readonly names: Set<string>;
  readonly bounds: { start: number; end: number };
}

/**
 * One for each aggregation, way to name customers, and whether hours may be summed up: few, whatever the number of
 * queries. An answer may have several rows for one place, to be added up.
 */
export function statementsOf(
  queries: readonly UsageQuery[],
  by: UsageBreakdown,
  isByTheHour: boolean,
): UsageStatement[] {
  const groups = new Map<string, Group>();
  queries.forEach((query, n) => {
    for (const window of query.parts ?? [query.window]) add(groups, n, { ...query, window }, isByTheHour);
  });
  return [...groups.values()].map((group) => statementOf(group, by));
}

/** A row of one stretch of time; several of one query have its number, so that the database puts them together. */
function add(groups: Map<string, Group>, n: number, query: UsageQuery, isByTheHour: boolean): void {
  const { window, aggregation, externalCustomerId } = query;
  const { type, field } = aggregation;
  const perCustomer = externalCustomerId !== undefined;
  const [start, end] = [window.start.getTime(), window.end.getTime()];
  const hours = isByTheHour ? summedHours(query) : undefined;
  const isSummed = hours !== undefined;
  const key = `${type} ${perCustomer} ${isSummed}`;
  const group = groups.get(key) ?? {
    ...{ type, perCustomer, isSummed },
    ...{ rows: [], names: new Set<string>(), bounds: { start, end } },
  };
  groups.set(key, group);
  group.names.add(query.eventName);
  group.bounds.start = Math.min(group.bounds.start, start);
  group.bounds.end = Math.max(group.bounds.end, end);
  group.rows.push({
    n,
    event_name: query.eventName,
    customer: externalCustomerId,
    ...(hours === undefined
      ? {}
      : {
          series: seriesId(seriesOf(query)),
          summed_customer: externalCustomerId ?? '',
          full_starts: new Date(hours.start),
          full_ends: new Date(hours.end),
        }),
    starts: window.start,
    ends: window.end,
    field: field ?? '',
    filters: query.filters,
    sources: query.sources,
  });
}

function statementOf(group: Group, by: UsageBreakdown): UsageStatement {
  const { type, perCustomer, isSummed, rows, names, bounds } = group;
  const parameters: unknown[] = [JSON.stringify(rows), new Date(bounds.start), new Date(bounds.end)];
  const parameter = (value: unknown): string => `$${parameters.push(value)}`;
  const zone = by.size === undefined ? '' : `${parameter(by.timeZone)}::text`;
  const groups = by.groupBy.map((key) =>
    key === 'source' ? 'e.source' : `e.properties ->> ${parameter(key.slice('properties.'.length))}::text`,
  );
  // Windows are told apart by where they begin in the zone; when that was, and where they end, is asked of each once.
  const start = (at: string): string =>
    by.size === undefined ? 'NULL::timestamp' : windowOf(by.size, at, zone).start;
  const when = (at: string): string =>
    by.size === undefined ? 'NULL::timestamptz' : `(${at}) AT TIME ZONE ${zone}`;
  const length = by.size === undefined ? '' : ` + ${windowOf(by.size, '', zone).length}`;
  const grouped = [
    'q.n',
    ...(by.size === undefined ? [] : ['2']),
    ...(groups.length === 0 ? [] : ['3']),
  ].join(', ');
  const ofEvents = `SELECT q.n, ${start('e.occurred_at')} AS start, jsonb_build_array(${groups.join(', ')}) AS groups,
         ${summaryOfEvents(type)}
    FROM ${events(type, perCustomer)} GROUP BY ${grouped}`;
  const ofRollups = `SELECT q.n, ${start('r.hour')}, '[]'::jsonb, ${summaryOfRollups(type)}
    FROM ${ROLLUPS} GROUP BY ${grouped}`;
  const [known, found] = isSummed
    ? [plan(parameter([...names])), `${ofEvents} UNION ALL ${ofRollups}`]
    : [`stretches AS (SELECT * FROM ${QUERIES})`, ofEvents];
  return {
    sql: `WITH ${known} SELECT n, ${when('start')} AS start, ${when(`start${length}`)} AS "end", groups, ${SUMMARY}
  FROM (${found}) found`,
    parameters,
  };
}
