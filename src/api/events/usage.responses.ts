import { formatRate, type Rate } from '../../domain/rate.js';
import type { Ctx } from '../../platform/context.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import type { ConflictPage, EventPage, StoredEvent, UsageCell } from '../../usage/usage.types.js';

export class UsageResultResponse {
  /** Beginning of the window. */
  window_size!: Date;
  /** A JSON number, as the contract has it; invoices carry exact strings. */
  value!: number;
}

export class UsageDataResponse {
  customer_id!: string | null;
  value!: number;
  start_time!: Date;
  end_time!: Date;
}

export class GetUsageResponse {
  event_name!: string;
  type!: string;
  value!: number;
  results!: UsageResultResponse[];
  /** As the guides show it: the same value with its customer and window. */
  data!: UsageDataResponse[];
}

export class EventResponse {
  id!: string;
  event_name!: string;
  external_customer_id!: string;
  customer_id!: string | null;
  timestamp!: Date;
  source!: string | null;
  properties!: Record<string, unknown>;
  environment_id!: string;
}

export class GetEventsResponse {
  events!: EventResponse[];
  has_more!: boolean;
  iter_first_key!: string | null;
  iter_last_key!: string | null;
  offset!: number;
  total_count!: number;
}

export class EventConflictResponse {
  event_id!: string;
  /** When the one that was not taken came first. */
  received_at!: Date;
  /** What was not taken. What stands is at `/v1/events/lookup`. */
  refused!: EventResponse;
}

export class ListConflictsResponse {
  items!: EventConflictResponse[];
  pagination!: PaginationResponse;
}

export class GetEventByIdResponse {
  event!: EventResponse;
  status!: string;
  processed_events!: Record<string, unknown>[];
  debug_tracker!: Record<string, unknown> | null;
}

/** A JSON number: the one place where an exact value loses digits, because the contract says so. */
export const jsonNumber = (value: Rate): number => Number(formatRate(value));

export const toUsageResults = (cells: readonly UsageCell[]): UsageResultResponse[] =>
  cells.map(({ start, value }) => ({ window_size: start, value: jsonNumber(value) }));

export const toConflictsResponse = (
  ctx: Ctx,
  { conflicts, total }: ConflictPage,
  page: { readonly limit: number; readonly offset: number },
): ListConflictsResponse => ({
  items: conflicts.map(({ eventId, receivedAt, refused }) => ({
    event_id: eventId,
    received_at: receivedAt,
    refused: toEventResponse(ctx, { ...refused, receivedAt }),
  })),
  pagination: { total, ...page },
});

export const toEventResponse = (ctx: Ctx, event: StoredEvent): EventResponse => ({
  id: event.id,
  event_name: event.eventName,
  external_customer_id: event.externalCustomerId,
  customer_id: null,
  timestamp: event.occurredAt,
  source: event.source,
  properties: event.properties,
  environment_id: ctx.scope.environmentId,
});

export const eventKey = (event: StoredEvent): string =>
  Buffer.from(`${event.occurredAt.toISOString()},${event.id}`).toString('base64url');

export function parseEventKey(key: string): { occurredAt: Date; id: string } | undefined {
  const [time = '', ...id] = Buffer.from(key, 'base64url').toString('utf8').split(',');
  const occurredAt = new Date(time);
  return Number.isNaN(occurredAt.getTime()) ? undefined : { occurredAt, id: id.join(',') };
}

export const toEventsResponse = (ctx: Ctx, page: EventPage, offset: number): GetEventsResponse => ({
  events: page.events.map((event) => toEventResponse(ctx, event)),
  has_more: page.hasMore,
  iter_first_key: page.events[0] ? eventKey(page.events[0]) : null,
  iter_last_key: page.events.at(-1) ? eventKey(page.events.at(-1) as StoredEvent) : null,
  offset,
  total_count: page.total,
});
