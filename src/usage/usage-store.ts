import type { Period } from '../domain/period.js';
import type { Rate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
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
} from './usage.types.js';

/**
 * Where events live and are aggregated. One source for queries, analytics and bills, so that they cannot differ.
 * An event id counts once in an environment, whatever its copies say and whenever they come: the first one wins.
 */
export interface UsageStore {
  /**
   * Durable, and seen by every later read, when the promise settles; all of the batches or none. Batches of several
   * tenants may come together: many small requests make one commit.
   */
  append(batches: readonly EventBatch[]): Promise<void>;
  /** One value per query, in their order, by a number of statements that does not grow with the number of queries. */
  aggregate(ctx: Ctx, queries: readonly UsageQuery[]): Promise<Rate[]>;
  /**
   * The usage of each query in parts: by windows of time, and by groups. In the order of time, and in one window of
   * the groups; parts without events are left out. One number of statements, whatever the number of queries.
   */
  breakdown(ctx: Ctx, queries: readonly UsageQuery[], by: UsageBreakdown): Promise<UsageCell[][]>;
  /**
   * For each query the span in which its customer's late events have happened; null where none is late. Events that came
   * up to an hour before the boundary count as late, too: one may have been on its way while its period was billed.
   */
  lateSpans(ctx: Ctx, queries: readonly LateEventsQuery[]): Promise<(Period | null)[]>;
  search(ctx: Ctx, search: EventSearch): Promise<EventPage>;
  /** The same without a count of all: it reads no more than the page. */
  page(ctx: Ctx, search: EventSearch): Promise<Omit<EventPage, 'total'>>;
  /** The customers with the most events, those first. Many events may be estimated from a part of them. */
  volumes(ctx: Ctx, search: VolumeSearch): Promise<CustomerVolumes>;
  find(ctx: Ctx, id: string): Promise<StoredEvent | null>;
  /** Events whose id was taken by another content before. One of each content; a plain repetition is none. */
  conflicts(ctx: Ctx, page: { readonly limit: number; readonly offset: number }): Promise<ConflictPage>;
}

export const USAGE_STORE = Symbol('UsageStore');
