import type { Rate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import type {
  EventPage,
  EventSearch,
  IncomingEvent,
  StoredEvent,
  UsageQuery,
  UsageWindow,
  WindowSize,
} from './usage.types.js';

/**
 * Where events live and are aggregated. One source for queries, analytics and bills, so that they cannot differ.
 * An event id counts once in an environment, whatever its copies say: the first one wins.
 */
export interface UsageStore {
  /** Durable when the unit of work commits. Returns how many were new. */
  append(ctx: Ctx, events: readonly IncomingEvent[]): Promise<number>;
  /** One value per query, in their order, by a number of statements that does not grow with the number of queries. */
  aggregate(ctx: Ctx, queries: readonly UsageQuery[]): Promise<Rate[]>;
  /** The query's value per window, in the order of time; windows without events are left out. */
  aggregateByWindow(ctx: Ctx, query: UsageQuery, size: WindowSize, timeZone: string): Promise<UsageWindow[]>;
  search(ctx: Ctx, search: EventSearch): Promise<EventPage>;
  find(ctx: Ctx, id: string): Promise<StoredEvent | null>;
}

export const USAGE_STORE = Symbol('UsageStore');
