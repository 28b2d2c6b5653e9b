import { rate, ZERO, type Rate } from '../../domain/rate.js';
import type { AggregationType, WindowSize } from '../../domain/usage/aggregation.js';
import type { UsageSummary } from '../../domain/usage/summary.js';

/**
 * Summaries in SQL: the twin of `summarize` in the domain, which a test holds them against. Each aggregation asks for
 * no more than it is made of. `e` is the event with its `quantity`, `r` the roll-up, `q` the query.
 */
export const QUANTITY = 'billing.quantity_of(e.properties -> q.field)';

type Column = 'measured' | 'total' | 'moment' | 'peak' | 'latest' | 'distinct';

const OF_EVENTS: Readonly<Record<Column, string>> = {
  measured: 'count(e.quantity)',
  total: 'sum(e.quantity)',
  moment: 'sum(e.quantity * floor(extract(epoch FROM e.occurred_at) * 1000))',
  peak: 'max(e.quantity)',
  latest: `(array_agg(jsonb_build_array(floor(extract(epoch FROM e.occurred_at) * 1000), e.id, e.quantity::text)
             ORDER BY e.occurred_at DESC, e.id COLLATE "C" DESC) FILTER (WHERE e.quantity IS NOT NULL))[1]`,
  distinct: 'count(DISTINCT e.properties ->> q.field)',
};

const OF_ROLLUPS: Readonly<Record<Column, string>> = {
  measured: 'sum(r.measured)',
  total: 'sum(r.total)',
  moment: 'sum(r.moment)',
  peak: 'max(r.peak)',
  latest: `(array_agg(r.latest ORDER BY (r.latest -> 0)::numeric DESC, (r.latest ->> 1) COLLATE "C" DESC)
             FILTER (WHERE r.latest IS NOT NULL))[1]`,
  distinct: 'NULL::bigint',
};

const EMPTY: Readonly<Record<Column, string>> = {
  measured: '0',
  total: 'NULL::numeric',
  moment: 'NULL::numeric',
  peak: 'NULL::numeric',
  latest: 'NULL::jsonb',
  distinct: 'NULL::bigint',
};

const NEEDS: Readonly<Record<AggregationType, readonly Column[]>> = {
  COUNT: [],
  SUM: ['total'],
  SUM_WITH_MULTIPLIER: ['total'],
  AVG: ['total', 'measured'],
  MAX: ['peak'],
  LATEST: ['latest'],
  COUNT_UNIQUE: ['distinct'],
  WEIGHTED_SUM: ['total', 'moment'],
};

const columns = (type: AggregationType, of: Readonly<Record<Column, string>>): string =>
  (Object.keys(EMPTY) as Column[])
    .map((column) => `${(NEEDS[type].includes(column) ? of : EMPTY)[column]} AS ${column}`)
    .join(', ');

/** Whether it needs the `quantity` of each event. */
export const measuresEvents = (type: AggregationType): boolean =>
  NEEDS[type].some((column) => column !== 'distinct');

/** What it is made of. */
export const SUMMARY = ['events', ...Object.keys(EMPTY)].map((column) => `found.${column}`).join(', ');

/** `events, measured, total, moment, peak, latest, distinct` of events `e`. */
export const summaryOfEvents = (type: AggregationType): string =>
  `count(*) AS events, ${columns(type, OF_EVENTS)}`;

/** The same of roll-ups `r`. */
export const summaryOfRollups = (type: AggregationType): string =>
  `sum(r.events) AS events, ${columns(type, OF_ROLLUPS)}`;

/** A roll-up `r` with the one that it conflicts with, of other events of the same hour. */
export const ADDED_UP = `events = r.events + excluded.events, measured = r.measured + excluded.measured,
  total = coalesce(r.total + excluded.total, r.total, excluded.total),
  moment = coalesce(r.moment + excluded.moment, r.moment, excluded.moment),
  peak = greatest(r.peak, excluded.peak),
  latest = CASE WHEN r.latest IS NULL
                  OR ((excluded.latest -> 0)::numeric, (excluded.latest ->> 1) COLLATE "C")
                     > ((r.latest -> 0)::numeric, (r.latest ->> 1) COLLATE "C")
                THEN excluded.latest ELSE r.latest END`;

export interface SummaryRow {
  readonly events: string | null;
  readonly measured: string | null;
  readonly total: string | null;
  readonly moment: string | null;
  readonly peak: string | null;
  readonly latest: readonly [number, string, string] | null;
  readonly distinct: string | null;
}

export function readSummary(row: SummaryRow): UsageSummary {
  return {
    events: Number(row.events ?? 0),
    measured: Number(row.measured ?? 0),
    total: numberOf(row.total),
    moment: numberOf(row.moment),
    peak: row.peak === null ? null : rate(row.peak),
    latest:
      row.latest === null
        ? null
        : { occurredAt: new Date(row.latest[0]), id: row.latest[1], value: rate(row.latest[2]) },
    distinct: row.distinct === null ? null : Number(row.distinct),
  };
}

const numberOf = (text: string | null): Rate => (text === null ? ZERO : rate(text));

/** The window that `at` falls in, as local times of the zone `zone`: where it begins, and how long it is. Weeks begin on Monday. */
export function windowOf(size: WindowSize, at: string, zone: string): { start: string; length: string } {
  const local = `${at} AT TIME ZONE ${zone}`;
  const unit = CALENDAR_UNITS[size];
  if (unit !== undefined) return { start: `date_trunc('${unit}', ${local})`, length: `interval '1 ${unit}'` };
  const length = `interval '${STRIDES[size] ?? '1 hour'}'`;
  return { start: `date_bin(${length}, ${local}, timestamp '2001-01-01')`, length };
}

const CALENDAR_UNITS: Readonly<Partial<Record<WindowSize, string>>> = {
  DAY: 'day',
  WEEK: 'week',
  MONTH: 'month',
};

const STRIDES: Readonly<Partial<Record<WindowSize, string>>> = {
  MINUTE: '1 minute',
  '15MIN': '15 minutes',
  '30MIN': '30 minutes',
  HOUR: '1 hour',
  '3HOUR': '3 hours',
  '6HOUR': '6 hours',
  '12HOUR': '12 hours',
};

/** Windows that no hour lies in two of, unless the zone is off by a part of an hour. */
export const isMadeOfHours = (size: WindowSize | undefined): boolean =>
  size === undefined || !['MINUTE', '15MIN', '30MIN'].includes(size);
