import { createHash } from 'node:crypto';
import type { Ctx } from '../../platform/context.js';
import { queryPrepared } from '../../platform/database/prepared.js';
import type { UsageQuery } from '../usage.types.js';

const HOUR = 60 * 60 * 1000;
/** More stretches of events than this, and the roll-ups in between save nothing. */
const MOST_STRETCHES = 8;

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Where the usage of a query is read: full clean hours from the roll-ups, all else from the events. */
export interface UsagePlan {
  readonly query: UsageQuery;
  readonly seriesId: string;
  readonly events: readonly Stretch[];
  readonly rollups: readonly Stretch[];
}

interface Series {
  readonly eventName: string;
  readonly type: string;
  readonly field: string;
  readonly filters: readonly unknown[];
}

/** The same for the same question, wherever it is asked. */
export const seriesId = ({ eventName, type, field, filters }: Series): string =>
  createHash('sha256')
    .update(JSON.stringify([eventName, type, field, filters]))
    .digest('base64url')
    .slice(0, 22);

export const seriesOf = (query: UsageQuery): Series => ({
  eventName: query.eventName,
  type: query.aggregation.type,
  field: query.aggregation.field ?? '',
  filters: query.filters,
});

/** Values of different hours cannot be added up where they must be told apart. */
export const canRollUp = (type: string): boolean => type !== 'COUNT_UNIQUE';

/**
 * Where to read, by one statement for all of the queries. An hour that an event came to after this was asked may be
 * read without it; every event that was acknowledged before is found.
 */
export async function planUsage(
  ctx: Ctx,
  queries: readonly UsageQuery[],
  isByTheHour: boolean,
): Promise<UsagePlan[]> {
  const ids = queries.map((query) => seriesId(seriesOf(query)));
  const hours = queries.map(fullHours);
  const candidates = queries.flatMap((query, n) => {
    const full = hours[n];
    if (!isByTheHour || full === undefined || query.sources !== undefined) return [];
    return canRollUp(query.aggregation.type) ? [{ query, n, full }] : [];
  });
  const raw = (n: number): UsagePlan => ({
    query: queries[n] as UsageQuery,
    seriesId: ids[n] as string,
    events: [stretchOf(queries[n] as UsageQuery)],
    rollups: [],
  });
  const plans = queries.map((_, n) => raw(n));
  if (candidates.length === 0) return plans;
  const rows = await queryPrepared<{ series: string | null; name: string; hour: Date }>(
    ctx.em,
    `SELECT id AS series, event_name AS name, NULL::timestamptz AS hour FROM usage_series
      WHERE environment_id = (SELECT billing.current_environment()) AND id = ANY ($1)
     UNION ALL
     SELECT NULL, event_name, hour FROM usage_hours
      WHERE environment_id = (SELECT billing.current_environment()) AND NOT is_clean
        AND event_name = ANY ($2) AND hour >= $3 AND hour < $4`,
    [
      [...new Set(candidates.map(({ n }) => ids[n]))],
      [...new Set(candidates.map(({ query }) => query.eventName))],
      new Date(Math.min(...candidates.map(({ full }) => full.start))),
      new Date(Math.max(...candidates.map(({ full }) => full.end))),
    ],
  );
  const known = new Set<string>();
  const dirty = new Map<string, number[]>();
  for (const { series, name, hour } of rows)
    if (series !== null) known.add(series);
    else dirty.set(name, [...(dirty.get(name) ?? []), hour.getTime()]);
  for (const list of dirty.values()) list.sort((a, b) => a - b);
  for (const { query, n, full } of candidates) {
    if (!known.has(ids[n] as string)) continue;
    const split = splitWindow(stretchOf(query), full, dirty.get(query.eventName) ?? []);
    if (split.events.length <= MOST_STRETCHES) plans[n] = { ...raw(n), ...split };
  }
  return plans;
}

const stretchOf = ({ window }: UsageQuery): Stretch => ({
  start: window.start.getTime(),
  end: window.end.getTime(),
});

function fullHours({ window }: UsageQuery): Stretch | undefined {
  const start = Math.ceil(window.start.getTime() / HOUR) * HOUR;
  const end = Math.floor(window.end.getTime() / HOUR) * HOUR;
  return start < end ? { start, end } : undefined;
}

/** The window as stretches that touch: what lies outside of the full hours, and the dirty ones, is read from the events. */
export function splitWindow(
  window: Stretch,
  full: Stretch,
  dirtyHours: readonly number[],
): Pick<UsagePlan, 'events' | 'rollups'> {
  const events: Stretch[] = [];
  const rollups: Stretch[] = [];
  const readEvents = (start: number, end: number): void => {
    const last = events.at(-1);
    if (last?.end === start) events[events.length - 1] = { start: last.start, end };
    else if (start < end) events.push({ start, end });
  };
  let at = full.start;
  readEvents(window.start, full.start);
  for (const hour of dirtyHours) {
    if (hour < full.start || hour >= full.end) continue;
    if (at < hour) rollups.push({ start: at, end: hour });
    readEvents(hour, hour + HOUR);
    at = hour + HOUR;
  }
  if (at < full.end) rollups.push({ start: at, end: full.end });
  readEvents(full.end, window.end);
  return { events, rollups };
}
