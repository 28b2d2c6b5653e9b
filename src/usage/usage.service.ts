import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { isId } from '../domain/ids.js';
import { fieldErrors, notFound, validationError } from '../domain/errors.js';
import type { Period } from '../domain/period.js';
import { rate, type Rate } from '../domain/rate.js';
import type { PropertyFilter } from '../domain/usage/filters.js';
import type { UsageSummary } from '../domain/usage/summary.js';
import { FeaturesService } from '../features/features.service.js';
import type { Meter } from '../features/features.types.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { ALLOW_CARD_NUMBERS } from '../platform/http/card-number-fields.js';
import { newId } from '../platform/ids.js';
import { EventWriter } from './event-writer.js';
import { isIncomingEvent, readEvent } from './read-event.js';
import type {
  ConflictPage,
  CustomerVolumes,
  EventPage,
  EventSearch,
  IncomingEvent,
  StoredEvent,
  UsageBreakdown,
  UsageCell,
  UsageQuery,
  VolumeSearch,
  WindowSize,
} from './usage.types.js';
import { USAGE_STORE, type UsageStore } from './usage-store.js';
import { UsageValues, type UsageBucketValue } from './usage-values.js';

export type { UsageBucketValue } from './usage-values.js';

export const MAX_BULK_EVENTS = 1000;

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const MOST_METERS = 10_000;

/** A request with a key: sent again, its events are those that it has brought before. */
export interface NamedIngest {
  /** Of an event that brings no id, the same each time. */
  idOf(index: number): string;
  /** Before anything is stored, and after everything is found right. Fails where the key is another request's. */
  register(): Promise<void>;
}

@Injectable()
export class UsageService {
  private readonly values: UsageValues;
  /** As they were seen last. */
  private readonly meters = new Map<string, Meter>();

  constructor(
    @Inject(USAGE_STORE) private readonly store: UsageStore,
    private readonly writer: EventWriter,
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly features: FeaturesService,
    @Inject(ALLOW_CARD_NUMBERS) private readonly allowCardNumbers: boolean,
  ) {
    this.values = new UsageValues(store);
  }

  /**
   * All of the events or none: one wrong event refuses the call, and the answer names every wrong field. Opens a unit
   * of work only for what it has to look up; the events are stored with those of other requests.
   */
  async ingest(
    caller: Caller,
    bodies: readonly unknown[],
    bytes: number,
    pathOf: (index: number) => string,
    named?: NamedIngest,
  ): Promise<string[]> {
    const receivedAt = await this.uow.now(caller);
    const errors: Record<string, string> = {};
    const events: IncomingEvent[] = [];
    bodies.forEach((body, index) => {
      const read = readEvent(body, {
        now: receivedAt,
        allowCardNumbers: this.allowCardNumbers,
        newId: () => named?.idOf(index) ?? newId('event'),
      });
      if (isIncomingEvent(read)) events.push(read);
      else
        for (const [field, sentence] of Object.entries(read)) {
          const path = [pathOf(index), field].filter((part) => part !== '').join('.');
          errors[path === '' ? 'body' : path] = path === field ? sentence : `${path}: ${sentence}`;
        }
    });
    if (Object.keys(errors).length > 0) throw fieldErrors(errors);
    await named?.register();
    const filed = await this.withExternalIds(caller, events);
    await this.writer.append({ scope: caller.scope, receivedAt, events: filed }, bytes);
    return events.map((event) => event.id);
  }

  /** Values of many queries by a bounded number of statements. */
  aggregate(ctx: Ctx, queries: readonly UsageQuery[]): Promise<Rate[]> {
    return this.values.aggregate(ctx, queries);
  }

  /** What can be added up of plain queries, one summary each. */
  summaries(ctx: Ctx, queries: readonly UsageQuery[]): Promise<UsageSummary[]> {
    return this.values.summaries(ctx, queries);
  }

  /** What bucketed queries have measured in each of their buckets; the value of such a query is their sum. */
  buckets(ctx: Ctx, queries: readonly UsageQuery[]): Promise<UsageBucketValue[][]> {
    return this.values.buckets(ctx, queries);
  }

  /** The usage of each query in parts of time and by groups. */
  breakdown(ctx: Ctx, queries: readonly UsageQuery[], by: UsageBreakdown): Promise<UsageCell[][]> {
    return this.values.breakdown(ctx, queries, by);
  }

  /**
   * What `ask` asks about a meter. It is asked with the meter as it was seen last and together with what the meter is now,
   * which is one trip to the database; and again where the two differ.
   */
  async ofMeter<T>(ctx: Ctx, id: string, ask: (meter: Meter) => Promise<T>): Promise<T> {
    const before = this.meters.get(id);
    // Both are waited for, whatever becomes of either: what is left under way would ask on a connection of somebody else.
    const [looked, answer] = await Promise.allSettled([
      this.features.getMeter(ctx, id),
      before && ask(before),
    ]);
    if (looked.status === 'rejected') throw looked.reason;
    const meter = looked.value;
    if (before !== undefined && isDeepStrictEqual(meter, before)) {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value as T;
    }
    if (this.meters.size >= MOST_METERS) this.meters.clear();
    this.meters.set(id, meter);
    return ask(meter);
  }

  /** The external id that events carry, from whichever id the caller has put into whichever field. */
  async externalIdOf(
    ctx: Ctx,
    given: { externalCustomerId?: string | undefined; customerId?: string | undefined },
  ): Promise<string | undefined> {
    if (given.externalCustomerId !== undefined) return given.externalCustomerId;
    if (given.customerId === undefined) return undefined;
    return (await this.customers.findByEitherId(ctx, given.customerId))?.externalId ?? given.customerId;
  }

  search(ctx: Ctx, search: EventSearch): Promise<EventPage> {
    return this.store.search(ctx, search);
  }

  /**
   * The events that a query is made of, in the order of time, a page at a time. No count: what is read does not grow with
   * their number.
   */
  async eventsOf(
    ctx: Ctx,
    query: UsageQuery,
    page: { readonly limit: number; readonly after: EventSearch['after'] },
  ): Promise<Omit<EventPage, 'total'>> {
    const events: StoredEvent[] = [];
    for (const window of query.parts ?? [query.window]) {
      const { after } = page;
      if (after !== undefined && after.occurredAt >= window.end) continue;
      const found = await this.store.page(ctx, {
        // From the last one on: an index knows the times of events, and not their ids.
        window: {
          start: after && after.occurredAt > window.start ? after.occurredAt : window.start,
          end: window.end,
        },
        eventId: undefined,
        eventName: query.eventName,
        externalCustomerId: query.externalCustomerId,
        source: undefined,
        propertyFilters: query.filters,
        order: 'asc',
        pageSize: page.limit - events.length,
        offset: 0,
        after,
      });
      events.push(...found.events);
      // A full page may end where its stretch does: whether more comes is asked of the next one.
      if (found.hasMore) return { events, hasMore: true };
      if (events.length >= page.limit) {
        const last = events.at(-1) as StoredEvent;
        const rest = query.parts?.filter(({ start }) => start >= window.end) ?? [];
        if (rest.length === 0) return { events, hasMore: false };
        const next = await this.eventsOf(ctx, { ...query, parts: rest }, { limit: 1, after: last });
        return { events, hasMore: next.events.length > 0 };
      }
    }
    return { events, hasMore: false };
  }

  /** The customers with the most events of some names. */
  volumes(ctx: Ctx, search: VolumeSearch): Promise<CustomerVolumes> {
    return this.store.volumes(ctx, search);
  }

  conflicts(ctx: Ctx, page: { readonly limit: number; readonly offset: number }): Promise<ConflictPage> {
    return this.store.conflicts(ctx, page);
  }

  async getEvent(ctx: Ctx, id: string): Promise<StoredEvent> {
    const event = await this.store.find(ctx, id);
    if (event === null) throw notFound('event', id);
    return event;
  }

  /** Events that name a customer by our id are filed under the customer's own: usage joins on nothing else. */
  private async withExternalIds(
    caller: Caller,
    events: readonly IncomingEvent[],
  ): Promise<readonly IncomingEvent[]> {
    const ours = new Set(
      events.map((event) => event.externalCustomerId).filter((id) => isId('customer', id)),
    );
    if (ours.size === 0) return events;
    const customers = await this.uow.run(caller, (ctx) => this.customers.listByIds(ctx, [...ours]));
    const external = new Map(customers.map((customer) => [customer.id, customer.externalId]));
    return events.map((event) => ({
      ...event,
      externalCustomerId: external.get(event.externalCustomerId) ?? event.externalCustomerId,
    }));
  }
}

/** What one meter makes of one customer's events in a window, narrowed by more filters where a price has some. */
export const meterQuery = (
  meter: Meter,
  externalCustomerId: string | undefined,
  window: Period,
  filters: readonly PropertyFilter[] = [],
): UsageQuery => ({
  eventName: meter.eventName,
  externalCustomerId,
  window,
  aggregation: {
    type: meter.aggregation.type,
    ...(meter.aggregation.field === null ? {} : { field: meter.aggregation.field }),
    ...(meter.aggregation.multiplier === null ? {} : { multiplier: rate(meter.aggregation.multiplier) }),
    ...(meter.aggregation.bucketSize === null ? {} : { bucketSize: meter.aggregation.bucketSize }),
    ...(meter.aggregation.groupBy === null ? {} : { groupBy: meter.aggregation.groupBy }),
  },
  filters: [...meter.filters, ...filters],
  ...(meter.resetUsage === 'NEVER' ? { carriesOver: true } : {}),
});

export function usageWindow(start: Date | undefined, end: Date | undefined, now: Date, days: number): Period {
  const until = end ?? now;
  const from = start ?? new Date(until.getTime() - days * DAY_MS);
  if (from >= until) throw validationError('start_time must be before end_time');
  return { start: from, end: until };
}

/** A week by the minute, a year by the hour. Each window that has usage is a value of the answer, or a statement's work. */
const MOST_WINDOWS = 12_000;
const FIRST_EVENT = Date.UTC(2000, 0, 1);
const LENGTHS: Readonly<Record<WindowSize, number>> = {
  MINUTE: 60_000,
  '15MIN': 15 * 60_000,
  '30MIN': 30 * 60_000,
  HOUR: HOUR_MS,
  '3HOUR': 3 * HOUR_MS,
  '6HOUR': 6 * HOUR_MS,
  '12HOUR': 12 * HOUR_MS,
  DAY: DAY_MS,
  WEEK: 7 * DAY_MS,
  MONTH: 28 * DAY_MS,
};

/** Refuses more windows than an answer should have, by the field that asks for them. No event is older than the year 2000. */
export function assertWindows(
  { start, end }: Period,
  sizes: Readonly<Partial<Record<'window_size' | 'bucket_size', WindowSize | undefined>>>,
): void {
  const span = end.getTime() - Math.max(start.getTime(), FIRST_EVENT);
  for (const [field, size] of Object.entries(sizes) as [string, WindowSize | undefined][])
    if (size !== undefined && span > MOST_WINDOWS * LENGTHS[size])
      throw fieldErrors({
        [field]: `${field} ${size} makes more than ${MOST_WINDOWS} windows between start_time and end_time: ask for longer windows or less time`,
      });
}

export function propertyFilters(filters: Record<string, unknown> | undefined): PropertyFilter[] {
  return Object.entries(filters ?? {}).map(([key, values]) => {
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
      throw validationError(`the filter on ${key} must be an array of strings`);
    return { key, values };
  });
}
