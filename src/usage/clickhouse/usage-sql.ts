import { Temporal } from 'temporal-polyfill';
import { rate, ZERO, type Rate } from '../../domain/rate.js';
import type { AggregationType, WindowSize } from '../../domain/usage/aggregation.js';
import type { UsageSummary } from '../../domain/usage/summary.js';
import type { UsageGroupKey } from '../usage.types.js';
import { WINDOW_LENGTHS } from '../../domain/usage/bucket-count.js';

/** As many queries go into one statement; what is sent with them stays below a megabyte, and their join in memory. */
export const QUERIES_A_STATEMENT = 2_000;

/** Summaries in this database's SQL: the twin of `summarize` in the domain. `e` is the event, `q` the query. */
const VALUE = `if(mapContains(e.quantities, q.field), toDecimal256(e.quantities[q.field], 18),
  CAST(NULL, 'Nullable(Decimal(76, 18))'))`;
const TEXT = (key: string): string => `if(mapContains(e.texts, ${key}), e.texts[${key}], NULL)`;
const AT = 'toUnixTimestamp64Milli(e.occurred_at)';

type Column = 'measured' | 'total' | 'moment' | 'peak' | 'latest' | 'distinct';

const COLUMNS: Readonly<Record<Column, string>> = {
  measured: `count(${VALUE})`,
  total: `toString(sum(${VALUE}))`,
  moment: `toString(sum(${VALUE} * ${AT}))`,
  peak: `toString(max(${VALUE}))`,
  latest: `argMaxIf((${AT}, e.id, toString(${VALUE})), (e.occurred_at, e.id), mapContains(e.quantities, q.field))`,
  distinct: `uniqExact(${TEXT('q.field')})`,
};

const NEEDS: Readonly<Record<AggregationType, readonly Column[]>> = {
  COUNT: [],
  SUM: ['total'],
  SUM_WITH_MULTIPLIER: ['total'],
  AVG: ['total', 'measured'],
  MAX: ['peak'],
  LATEST: ['latest', 'measured'],
  COUNT_UNIQUE: ['distinct'],
  WEIGHTED_SUM: ['total', 'moment'],
};

export const summaryOf = (type: AggregationType): string =>
  ['count() AS events', ...NEEDS[type].map((column) => `${COLUMNS[column]} AS s_${column}`)].join(', ');

/** 64-bit numbers come as text from some servers; decimals are always asked for as text. */
export interface SummaryRow {
  readonly events: number | string;
  readonly s_measured?: number | string;
  readonly s_total?: string | null;
  readonly s_moment?: string | null;
  readonly s_peak?: string | null;
  readonly s_latest?: readonly [number | string, string, string | null];
  readonly s_distinct?: number | string;
}

export function readSummary(row: SummaryRow): UsageSummary {
  const measured = Number(row.s_measured ?? 0);
  return {
    events: Number(row.events),
    measured,
    total: numberOf(row.s_total) ?? ZERO,
    moment: numberOf(row.s_moment) ?? ZERO,
    peak: numberOf(row.s_peak),
    latest:
      row.s_latest === undefined || measured === 0
        ? null
        : {
            occurredAt: new Date(Number(row.s_latest[0])),
            id: row.s_latest[1],
            value: numberOf(row.s_latest[2]) ?? ZERO,
          },
    distinct: row.s_distinct === undefined ? null : Number(row.s_distinct),
  };
}

const numberOf = (text: string | null | undefined): Rate | null =>
  text === null || text === undefined ? null : rate(text);

/** Filters as pairs of a name and its values; as {@link matchesFilters} of the domain, over the texts of the event. */
export const matches = (filters: string, texts: string): string =>
  `arrayAll(f -> mapContains(${texts}, f.1) AND has(f.2, ${texts}[f.1]), ${filters})`;

/** One text or null for each key. Names of properties are the parameters `group_0`, `group_1` … */
export const groupsOf = (keys: readonly UsageGroupKey[]): string =>
  `CAST([${keys
    .map((key, index) => (key === 'source' ? 'e.source' : TEXT(`{group_${index}:String}`)))
    .join(', ')}], 'Array(Nullable(String))')`;

const DAY = WINDOW_LENGTHS.DAY;
/** 1 January 1970 was a Thursday; weeks begin on Monday. */
const WEEK_SHIFT = 3 * DAY;

/**
 * Where the window of an event begins, by the wall clocks of the zone `{zone:String}`: in milliseconds as if they
 * showed UTC. {@link windowAt} makes instants of it.
 */
export function windowStart(size: WindowSize): string {
  const local = `(${AT} + toInt64(timeZoneOffset(toTimeZone(e.occurred_at, {zone:String}))) * 1000)`;
  if (size === 'MONTH')
    return `toInt64(toUnixTimestamp(toDateTime(toStartOfMonth(fromUnixTimestamp64Milli(${local}, 'UTC')), 'UTC'))) * 1000`;
  const shift = size === 'WEEK' ? WEEK_SHIFT : 0;
  return `intDiv(${local} + ${shift}, ${WINDOW_LENGTHS[size]}) * ${WINDOW_LENGTHS[size]} - ${shift}`;
}

/** Where the clocks are turned, a time that shows twice is its second one, and one that is left out is the hour after. */
export function windowAt(localMs: number, size: WindowSize, timeZone: string): { start: Date; end: Date } {
  const start = Temporal.Instant.fromEpochMilliseconds(localMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  const end = size === 'MONTH' ? start.add({ months: 1 }) : start.add({ milliseconds: WINDOW_LENGTHS[size] });
  const instant = (local: Temporal.PlainDateTime): Date =>
    new Date(local.toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds);
  return { start: instant(start), end: instant(end) };
}
