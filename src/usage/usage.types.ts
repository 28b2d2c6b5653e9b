import type { Period } from '../domain/period.js';
import type { Rate } from '../domain/rate.js';
import type { AggregationSpec, WindowSize } from '../domain/usage/aggregation.js';
import type { PropertyFilter } from '../domain/usage/filters.js';

/** An event as it was sent, read and checked. */
export interface IncomingEvent {
  readonly id: string;
  readonly eventName: string;
  readonly externalCustomerId: string;
  readonly source: string | null;
  readonly occurredAt: Date;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StoredEvent extends IncomingEvent {
  readonly receivedAt: Date;
}

/** One number to be made of events. */
export interface UsageQuery {
  readonly eventName: string;
  /** Undefined: all customers together. */
  readonly externalCustomerId: string | undefined;
  readonly window: Period;
  readonly aggregation: AggregationSpec;
  readonly filters: readonly PropertyFilter[];
}

export interface UsageWindow {
  readonly start: Date;
  readonly value: Rate;
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

export type { WindowSize };
