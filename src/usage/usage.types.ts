import type { Scope } from '../platform/context.js';
import type { Period } from '../domain/period.js';
import type { Rate } from '../domain/rate.js';
import type { AggregationSpec, WindowSize } from '../domain/usage/aggregation.js';
import type { PropertyFilter } from '../domain/usage/filters.js';
import type { UsageSummary } from '../domain/usage/summary.js';

/** An event as it was sent, read and checked. */
export interface IncomingEvent {
  readonly id: string;
  readonly eventName: string;
  readonly externalCustomerId: string;
  readonly source: string | null;
  readonly occurredAt: Date;
  /** False when the sender gave no time and the time of receipt stands in: two such copies differ in nothing. */
  readonly isTimed: boolean;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StoredEvent extends Omit<IncomingEvent, 'isTimed'> {
  readonly receivedAt: Date;
}

/** The events of one request. */
export interface EventBatch {
  readonly scope: Scope;
  readonly receivedAt: Date;
  readonly events: readonly IncomingEvent[];
}

/** An event that was not taken because its id was there already, with another content. The first one stands. */
export interface EventConflict {
  readonly eventId: string;
  /** When the one that was not taken came first. */
  readonly receivedAt: Date;
  readonly refused: IncomingEvent;
}

export interface ConflictPage {
  /** The newest first. */
  readonly conflicts: readonly EventConflict[];
  readonly total: number;
}

/** One number to be made of events. */
export interface UsageQuery {
  readonly eventName: string;
  /** Undefined: all customers together. */
  readonly externalCustomerId: string | undefined;
  readonly window: Period;
  /** Stretches of the window that do not overlap: only their events count. All of the window, when left out. */
  readonly parts?: readonly Period[];
  readonly aggregation: AggregationSpec;
  readonly filters: readonly PropertyFilter[];
  /** Only events of these sources. */
  readonly sources?: readonly string[];
  /** The meter never resets: the value of the window includes everything before it. */
  readonly carriesOver?: boolean;
}

/** One customer, and the instant from which on events of before it are late. */
export interface LateEventsQuery {
  readonly externalCustomerId: string;
  readonly boundary: Date;
}

/** What a window's usage is split by besides time: the source of an event, or one of its properties. */
export type UsageGroupKey = 'source' | `properties.${string}`;

export interface UsageBreakdown {
  /** Undefined: the whole window at once. */
  readonly size: WindowSize | undefined;
  /** Windows follow this IANA time zone. */
  readonly timeZone: string;
  readonly groupBy: readonly UsageGroupKey[];
}

/** The part of a query's usage that lies in one window and one group. */
export interface UsageCell {
  /** Its window, cut to the query's. */
  readonly window: Period;
  /** The beginning of its window by the calendar, which may lie before the query's. */
  readonly start: Date;
  /** One value for each group key, in their order. Null where the event has none. */
  readonly group: readonly (string | null)[];
  readonly events: number;
  readonly value: Rate;
  /** What the value is made of: summaries of parts of a window can be added up, values cannot. */
  readonly summary: UsageSummary;
}

export interface EventSearch {
  readonly window: Period;
  readonly eventId: string | undefined;
  readonly eventName: string | undefined;
  readonly externalCustomerId: string | undefined;
  readonly source: string | undefined;
  readonly propertyFilters: readonly PropertyFilter[];
  readonly order: 'asc' | 'desc';
  readonly pageSize: number;
  readonly offset: number;
  /** Continue after this event in the order of the list. */
  readonly after: { readonly occurredAt: Date; readonly id: string } | undefined;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  readonly hasMore: boolean;
  readonly total: number;
}

/** Which customers have the most events of some names. */
export interface VolumeSearch {
  readonly window: Period;
  readonly eventNames: readonly string[];
  /** How many customers. */
  readonly most: number;
  /** How many events there are of those names in the window. */
  readonly total: number;
}

export interface CustomerVolumes {
  readonly customers: readonly { readonly externalCustomerId: string; readonly events: number }[];
  /** Of so many events, a part was looked at. */
  readonly isEstimate: boolean;
}

export const USAGE_OPTIONS = Symbol('UsageOptions');

export interface UsageOptions {
  /** Whole months that events are kept beyond the current one. Undefined: for ever. */
  readonly retentionMonths: number | undefined;
  /** Where events live: a ClickHouse. Undefined: in Postgres, with everything else. */
  readonly storeUrl: string | undefined;
}

export type { WindowSize };
