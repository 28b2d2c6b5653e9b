import { validationError } from '../domain/errors.js';
import { earlierOf, type Period } from '../domain/period.js';
import { ZERO, type Rate } from '../domain/rate.js';
import { billableQuantity } from '../domain/usage/aggregate.js';
import { MEASURE_KINDS, WINDOW_SIZES, type WindowSize } from '../domain/usage/aggregation.js';
import { NO_USAGE, type UsageSummary } from '../domain/usage/summary.js';
import type { Ctx } from '../platform/context.js';
import type { UsageStore } from './usage-store.js';
import type { UsageBreakdown, UsageCell, UsageQuery } from './usage.types.js';

/** Before any event: where the usage of a meter that never resets begins. */
const EVER = new Date('2000-01-01T00:00:00Z');
/** Windows of a meter that never resets each read all that lies before them. */
const MOST_WINDOWS = 1000;

/** Of one meter's buckets: the usage of a group in a bucket. */
export interface UsageBucketValue {
  /** The bucket as far as the query has a part of it. */
  readonly window: Period;
  readonly start: Date;
  readonly group: string | null;
  /** Corrections may take a bucket below nothing; it does not pay for another. */
  readonly quantity: Rate;
  /** As it was measured. */
  readonly measured: Rate;
}

/**
 * What queries come to, for bills and for whoever asks: buckets that are added up, and meters that never reset. The store
 * knows plain windows only. Buckets are those of UTC: they belong to the meter and not to who looks at it, so that a bill
 * and a query cannot differ. The number of statements does not grow with the number of queries.
 */
export class UsageValues {
  constructor(private readonly store: UsageStore) {}

  /** One value per query, in their order. */
  async aggregate(ctx: Ctx, queries: readonly UsageQuery[]): Promise<Rate[]> {
    const values = new Map<UsageQuery, Rate>();
    const bucketed = queries.filter(isBucketed);
    const buckets = await this.buckets(ctx, bucketed);
    for (const [index, query] of bucketed.entries())
      values.set(
        query,
        (buckets[index] ?? []).reduce((sum, { quantity }) => sum.plus(quantity), ZERO),
      );
    const plain = queries.filter((query) => !isBucketed(query));
    const parts = plain.map(partsOf);
    const read = await this.store.aggregate(ctx, parts.flat());
    let next = 0;
    for (const [index, query] of plain.entries())
      values.set(
        query,
        (parts[index] ?? []).reduce((sum) => sum.plus(read[next++] ?? ZERO), ZERO),
      );
    return queries.map((query) => values.get(query) ?? ZERO);
  }

  /** What can be added up of plain queries: one summary each, in their order. Meters' buckets are not looked at. */
  async summaries(ctx: Ctx, queries: readonly UsageQuery[]): Promise<UsageSummary[]> {
    const cells = await this.store.breakdown(ctx, queries.map(plainOf), {
      size: undefined,
      timeZone: 'UTC',
      groupBy: [],
    });
    return cells.map((of) => of[0]?.summary ?? NO_USAGE);
  }

  /** The buckets of each bucketed query, without those that are empty, in the order of time. */
  async buckets(ctx: Ctx, queries: readonly UsageQuery[]): Promise<UsageBucketValue[][]> {
    const found: UsageBucketValue[][] = queries.map(() => []);
    const kinds = new Map<string, number[]>();
    for (const [index, { aggregation }] of queries.entries()) {
      const kind = JSON.stringify([aggregation.bucketSize, aggregation.groupBy ?? null]);
      kinds.set(kind, [...(kinds.get(kind) ?? []), index]);
    }
    for (const indexes of kinds.values()) {
      const { aggregation } = queries[indexes[0] as number] as UsageQuery;
      const cells = await this.store.breakdown(
        ctx,
        indexes.map((index) => plainOf(queries[index] as UsageQuery)),
        {
          size: aggregation.bucketSize,
          timeZone: 'UTC',
          groupBy: aggregation.groupBy === undefined ? [] : [`properties.${aggregation.groupBy}`],
        },
      );
      for (const [n, index] of indexes.entries())
        found[index] = (cells[n] ?? []).map((cell) => ({
          window: cell.window,
          start: cell.start,
          group: cell.group[0] ?? null,
          quantity: billableQuantity(cell.value),
          measured: cell.value,
        }));
    }
    return found;
  }

  /** The usage of each query in parts of time and by groups; the parts together are what {@link aggregate} makes of it. */
  async breakdown(ctx: Ctx, queries: readonly UsageQuery[], by: UsageBreakdown): Promise<UsageCell[][]> {
    const cells = await this.store.breakdown(ctx, queries.map(plainOf), by);
    const inBuckets = queries.filter((query) => isBucketed(query) && holdsBuckets(by, query));
    const folded = await this.foldedBuckets(
      ctx,
      inBuckets.map((query) => ({ query, cells: cells[queries.indexOf(query)] ?? [] })),
      by,
    );
    const lasting = queries.filter((query) => query.carriesOver === true);
    const carried = await this.carried(
      ctx,
      lasting.map((query) => ({ query, cells: cells[queries.indexOf(query)] ?? [] })),
      by,
    );
    return queries.map((query, index) => folded.get(query) ?? carried.get(query) ?? cells[index] ?? []);
  }

  /** The values of windows as the sums of the buckets that begin in them. */
  private async foldedBuckets(
    ctx: Ctx,
    asked: readonly Shown[],
    by: UsageBreakdown,
  ): Promise<ReadonlyMap<UsageQuery, UsageCell[]>> {
    const result = new Map<UsageQuery, UsageCell[]>();
    const kinds = new Map<string, Shown[]>();
    for (const one of asked) {
      const { bucketSize, groupBy } = one.query.aggregation;
      const kind = JSON.stringify([bucketSize, groupBy ?? null]);
      kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
    }
    for (const shown of kinds.values()) {
      const { bucketSize, groupBy } = (shown[0] as Shown).query.aggregation;
      const buckets = await this.store.breakdown(
        ctx,
        shown.map(({ query }) => plainOf(query)),
        {
          size: bucketSize,
          timeZone: 'UTC',
          groupBy: [...by.groupBy, ...(groupBy === undefined ? [] : [`properties.${groupBy}` as const])],
        },
      );
      for (const [n, { query, cells }] of shown.entries())
        result.set(query, foldBuckets(cells, buckets[n] ?? [], by));
    }
    return result;
  }

  /** The values of windows with everything that lies before them. */
  private async carried(
    ctx: Ctx,
    asked: readonly Shown[],
    by: UsageBreakdown,
  ): Promise<ReadonlyMap<UsageQuery, UsageCell[]>> {
    const windows = asked.map(({ query, cells }) => windowsOf(query, cells, by));
    if (windows.some((list) => list.length > MOST_WINDOWS))
      throw validationError(
        `a meter that never resets is shown in ${MOST_WINDOWS} windows at most: ask for longer windows or less time`,
      );
    const parts = asked.flatMap(({ query }, index) =>
      (windows[index] ?? []).flatMap((window) =>
        partsOf({ ...query, window }).map((part) => ({ index, window, part })),
      ),
    );
    if (parts.length === 0) return new Map();
    const found = await this.store.breakdown(
      ctx,
      parts.map(({ part }) => part),
      { ...by, size: undefined },
    );
    const values = asked.map(() => new Map<string, Rate>());
    for (const [n, { index, window }] of parts.entries())
      for (const cell of found[n] ?? []) {
        const key = keyOf(window, cell.group);
        const own = values[index] as Map<string, Rate>;
        own.set(key, (own.get(key) ?? ZERO).plus(cell.value));
      }
    return new Map(
      asked.map(({ query, cells }, index) => {
        const own = values[index] as Map<string, Rate>;
        const shown = by.size === undefined ? wholeWindow(query, cells, parts, found, index) : cells;
        return [
          query,
          shown.map((cell) => ({ ...cell, value: own.get(keyOf(cell.window, cell.group)) ?? cell.value })),
        ];
      }),
    );
  }
}

/** A query with its usage by plain windows. */
interface Shown {
  readonly query: UsageQuery;
  readonly cells: readonly UsageCell[];
}

const isBucketed = ({ aggregation }: UsageQuery): boolean => aggregation.bucketSize !== undefined;

/** As the store takes it. */
function plainOf({ carriesOver: _, aggregation, ...query }: UsageQuery): UsageQuery {
  const { bucketSize: _size, groupBy: _group, ...plain } = aggregation;
  return { ...query, aggregation: plain };
}

/**
 * What the value of a query is the sum of. Where nothing resets, one window that begins before everything; what was there
 * before the window has been there for all of it, so it has full weight in a weighted sum.
 */
function partsOf(query: UsageQuery): UsageQuery[] {
  if (query.carriesOver !== true || query.window.start <= EVER) return [plainOf(query)];
  // What was there before counts whenever it came: the stretches of the window say nothing here.
  const { parts: _, ...plain } = plainOf(query);
  const { start, end } = query.window;
  if (MEASURE_KINDS[plain.aggregation.type] !== 'weighed')
    return [{ ...plain, window: { start: EVER, end } }];
  return [
    {
      ...plain,
      aggregation: { ...plain.aggregation, type: 'SUM' },
      window: { start: EVER, end: start },
    },
    plain,
  ];
}

/** Whether windows of that size are made of whole buckets; smaller ones show what lies in them. */
const holdsBuckets = ({ size }: UsageBreakdown, { aggregation }: UsageQuery): boolean =>
  size === undefined || order(size) >= order(aggregation.bucketSize as WindowSize);

const order = (size: WindowSize): number => WINDOW_SIZES.indexOf(size);

function foldBuckets(
  cells: readonly UsageCell[],
  buckets: readonly UsageCell[],
  by: UsageBreakdown,
): UsageCell[] {
  const groupOf = (cell: UsageCell): string => JSON.stringify(cell.group.slice(0, by.groupBy.length));
  const sums = new Map<UsageCell, Rate>();
  for (const bucket of buckets) {
    const own = cells.filter((cell) => groupOf(cell) === groupOf(bucket));
    // Where windows follow another zone a bucket may begin before the first of them.
    const cell = own.filter(({ window }) => window.start <= bucket.window.start).at(-1) ?? own[0];
    if (cell !== undefined) sums.set(cell, (sums.get(cell) ?? ZERO).plus(billableQuantity(bucket.value)));
  }
  return cells.map((cell) => ({ ...cell, value: sums.get(cell) ?? ZERO }));
}

const keyOf = (window: Period, group: readonly (string | null)[]): string =>
  JSON.stringify([window.start.getTime(), window.end.getTime(), group]);

/** The windows that are shown; the whole one even if nothing has happened in it. */
function windowsOf(query: UsageQuery, cells: readonly UsageCell[], by: UsageBreakdown): Period[] {
  if (by.size === undefined) return [query.window];
  const windows = new Map(cells.map(({ window }) => [window.start.getTime(), window]));
  return [...windows.values()].map(({ start, end }) => ({ start, end: earlierOf(end, query.window.end) }));
}

/** One cell for each group that has ever used anything, with the events of the window. */
function wholeWindow(
  query: UsageQuery,
  cells: readonly UsageCell[],
  parts: readonly { readonly index: number }[],
  found: readonly (readonly UsageCell[])[],
  index: number,
): UsageCell[] {
  const groups = new Map<string, UsageCell['group']>();
  for (const [n, part] of parts.entries())
    if (part.index === index)
      for (const { group } of found[n] ?? []) groups.set(JSON.stringify(group), group);
  return [...groups].map(
    ([key, group]) =>
      cells.find((cell) => JSON.stringify(cell.group) === key) ?? {
        window: query.window,
        start: query.window.start,
        group,
        events: 0,
        value: ZERO,
        summary: NO_USAGE,
      },
  );
}
