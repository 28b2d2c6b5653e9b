import { hash } from 'node:crypto';
import { Body, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { fieldErrors, validationError } from '../../domain/errors.js';
import { rate } from '../../domain/rate.js';
import {
  BUCKET_KINDS,
  BUCKETED,
  MEASURES_FIELD,
  MULTIPLIED,
  TAKES_MULTIPLIER,
} from '../../domain/usage/aggregation.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { derivedId } from '../../platform/ids.js';
import type { HttpReply } from '../../platform/idempotency/idempotent-calls.js';
import { KeyRegister } from '../../platform/idempotency/key-register.js';
import {
  KEY_HEADER,
  keyedRequest,
  keysOf,
  REPLAYED_HEADER,
  type HttpRequest,
} from '../../platform/idempotency/keyed-request.js';
import { KeyInside, OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import {
  GetEventQuery,
  GetEventsRequest,
  GetUsageByMeterRequest,
  GetUsageRequest,
  ListConflictsQuery,
  IngestEventRequest,
  IngestEventsBulkRequest,
} from './usage.requests.js';
import {
  GetEventByIdResponse,
  GetEventsResponse,
  GetUsageResponse,
  jsonNumber,
  ListConflictsResponse,
  parseEventKey,
  toConflictsResponse,
  toEventResponse,
  toEventsResponse,
  toUsageResults,
} from './usage.responses.js';
import {
  assertWindows,
  MAX_BULK_EVENTS,
  meterQuery,
  propertyFilters,
  UsageService,
  usageWindow,
  type NamedIngest,
} from '../../usage/usage.service.js';
import type { UsageQuery, WindowSize } from '../../usage/usage.types.js';

const DEFAULT_DAYS = 7;
const DEFAULT_LIMIT = 50;

interface IngestRequest extends HttpRequest {
  readonly rawBody?: Buffer;
}

const hasKey = ({ headers }: IngestRequest): boolean => headers[KEY_HEADER] !== undefined;

const sizeOf = ({ rawBody }: IngestRequest): number => rawBody?.length ?? 0;

@ApiController('events', 'Events and usage')
export class UsageController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly usage: UsageService,
    private readonly keys: KeyRegister,
  ) {}

  /**
   * Ingests one event. The answer is 202 when the event is durable. An event of an unknown customer is accepted and
   * counts as soon as the customer exists.
   */
  @Post()
  @HttpCode(202)
  @KeyInside()
  @ApiBody({ type: IngestEventRequest })
  ingest(
    @CurrentCaller() caller: Caller,
    @Req() request: IngestRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<Record<string, string>> {
    const take = async (named?: NamedIngest): Promise<Record<string, string>> => {
      const [id = ''] = await this.usage.ingest(caller, [request.body], sizeOf(request), () => '', named);
      return { message: 'event accepted', event_id: id };
    };
    return hasKey(request) ? this.once('POST /events', caller, request, reply, take) : take();
  }

  /** Ingests 1 to 1000 events: all of them or none. */
  @Post('bulk')
  @HttpCode(202)
  @KeyInside()
  @ApiBody({ type: IngestEventsBulkRequest })
  ingestBulk(
    @CurrentCaller() caller: Caller,
    @Req() request: IngestRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<Record<string, string>> {
    const take = async (named?: NamedIngest): Promise<Record<string, string>> => {
      const events = (request.body as { events?: unknown } | null)?.events;
      if (!Array.isArray(events) || events.length === 0 || events.length > MAX_BULK_EVENTS)
        throw validationError(`events must be an array of 1 to ${MAX_BULK_EVENTS} events`);
      await this.usage.ingest(caller, events, sizeOf(request), (index) => `events[${index}]`, named);
      return { message: `${events.length} events accepted` };
    };
    return hasKey(request) ? this.once('POST /events/bulk', caller, request, reply, take) : take();
  }

  /** The events as they were sent, newest first. */
  @Post('query')
  @HttpCode(200)
  @OnlyReads()
  query(@CurrentCaller() caller: Caller, @Body() body: GetEventsRequest): Promise<GetEventsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const backwards = body.iter_last_key === undefined && body.iter_first_key !== undefined;
      const order = body.order ?? 'desc';
      const key = body.iter_last_key ?? body.iter_first_key;
      const after = key === undefined ? undefined : parseEventKey(key);
      if (key !== undefined && after === undefined) throw validationError('the iteration key is malformed');
      const page = await this.usage.search(ctx, {
        window: usageWindow(body.start_time, body.end_time, ctx.now, DEFAULT_DAYS),
        eventId: body.event_id,
        eventName: body.event_name,
        externalCustomerId: body.external_customer_id,
        source: body.source,
        propertyFilters: propertyFilters(body.property_filters),
        order: backwards ? (order === 'asc' ? 'desc' : 'asc') : order,
        pageSize: body.page_size ?? 50,
        offset: body.offset ?? 0,
        after,
      });
      const inOrder = backwards ? { ...page, events: [...page.events].reverse() } : page;
      return toEventsResponse(ctx, inOrder, body.offset ?? 0);
    });
  }

  /**
   * Events that were refused because their id was used before with other content. The first event counts. Newest
   * first.
   */
  @Get('conflicts')
  conflicts(
    @CurrentCaller() caller: Caller,
    @Query() query: ListConflictsQuery,
  ): Promise<ListConflictsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const page = { limit: query.limit ?? DEFAULT_LIMIT, offset: query.offset ?? 0 };
      return toConflictsResponse(ctx, await this.usage.conflicts(ctx, page), page);
    });
  }

  /** One event by its id. */
  @Get('lookup')
  lookup(@CurrentCaller() caller: Caller, @Query() query: GetEventQuery): Promise<GetEventByIdResponse> {
    const id = query.event_id ?? query.id;
    if (id === undefined) throw validationError('say which event: ?event_id=');
    return this.find(caller, id);
  }

  /** Usage of each meter, and of each window when a window size is given. */
  @Post('usage/meter')
  @HttpCode(200)
  @OnlyReads()
  usageByMeter(
    @CurrentCaller() caller: Caller,
    @Body() body: GetUsageByMeterRequest,
  ): Promise<GetUsageResponse> {
    return this.uow.read(caller, (ctx) =>
      this.usage.ofMeter(ctx, body.meter_id, async (meter) => {
        const customer = await this.customerOf(ctx, body);
        const window = usageWindow(body.start_time, body.end_time, ctx.now, DEFAULT_DAYS);
        assertWindows(window, { window_size: body.window_size, bucket_size: body.bucket_size });
        const query = meterQuery(meter, customer, window, propertyFilters(body.filters));
        return this.answer(ctx, inBuckets(query, body.bucket_size), body);
      }),
    );
  }

  /** Usage by event name and aggregation, without a meter. */
  @Post('usage')
  @HttpCode(200)
  @OnlyReads()
  usageByName(@CurrentCaller() caller: Caller, @Body() body: GetUsageRequest): Promise<GetUsageResponse> {
    if (MEASURES_FIELD[body.aggregation_type] && body.property_name === undefined)
      throw validationError(`property_name is required for ${body.aggregation_type}`);
    const multiplied = TAKES_MULTIPLIER[body.aggregation_type];
    if (multiplied !== (body.multiplier !== undefined))
      throw fieldErrors({ multiplier: `multiplier goes with ${MULTIPLIED.join(' or ')}, which needs it` });
    if (body.group_by_property !== undefined && body.bucket_size === undefined)
      throw fieldErrors({ group_by_property: 'group_by_property splits buckets: it needs bucket_size' });
    return this.uow.read(caller, async (ctx) => {
      const window = usageWindow(body.start_time, body.end_time, ctx.now, DEFAULT_DAYS);
      assertWindows(window, { window_size: body.window_size, bucket_size: body.bucket_size });
      const query: UsageQuery = {
        eventName: body.event_name,
        externalCustomerId: await this.customerOf(ctx, body),
        window,
        aggregation: {
          type: body.aggregation_type,
          ...(body.property_name === undefined ? {} : { field: body.property_name }),
          ...(body.multiplier === undefined ? {} : { multiplier: rate(body.multiplier) }),
          ...(body.group_by_property === undefined ? {} : { groupBy: body.group_by_property }),
        },
        filters: propertyFilters(body.filters),
      };
      return this.answer(ctx, inBuckets(query, body.bucket_size), body);
    });
  }

  /** One event by its id. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<GetEventByIdResponse> {
    return this.find(caller, id);
  }

  /** Events are one by their ids; a key gives ids to those that have none, and belongs to one request. */
  private async once(
    route: string,
    caller: Caller,
    request: IngestRequest,
    reply: HttpReply,
    take: (named: NamedIngest) => Promise<Record<string, string>>,
  ): Promise<Record<string, string>> {
    const { headers, body, rawBody } = request;
    // A thousand events are the same by their bytes: to bring their members into one order would take longer than to read them.
    const same = { headers, body: rawBody === undefined ? body : hash('sha256', rawBody) };
    const keyed = keyedRequest(caller, route, same, keysOf(same, false));
    const [first] = keyed.keys;
    return take({
      idOf: (index) => derivedId('event', [first?.id ?? '', String(index)]),
      register: async () => {
        if (await this.keys.isKnown(keyed)) reply.header(REPLAYED_HEADER, 'true');
      },
    });
  }

  private find(caller: Caller, id: string): Promise<GetEventByIdResponse> {
    return this.uow.read(caller, async (ctx) => ({
      event: toEventResponse(ctx, await this.usage.getEvent(ctx, id)),
      // An event counts from the commit that stored it; there is no later stage that it could wait for.
      status: 'processed',
      processed_events: [],
      debug_tracker: null,
    }));
  }

  private async answer(
    ctx: Ctx,
    query: UsageQuery,
    body: { window_size?: WindowSize; timezone?: string },
  ): Promise<GetUsageResponse> {
    const [value] = await this.usage.aggregate(ctx, [query]);
    const cells = body.window_size
      ? await this.usage.breakdown(ctx, [query], {
          size: body.window_size,
          timeZone: body.timezone ?? 'UTC',
          groupBy: [],
        })
      : [];
    const total = value === undefined ? 0 : jsonNumber(value);
    return {
      event_name: query.eventName,
      type: query.aggregation.type,
      value: total,
      results: toUsageResults(cells[0] ?? []),
      data: [
        {
          customer_id: query.externalCustomerId ?? null,
          value: total,
          start_time: query.window.start,
          end_time: query.window.end,
        },
      ],
    };
  }

  private customerOf(
    ctx: Ctx,
    body: { external_customer_id?: string; customer_id?: string },
  ): Promise<string | undefined> {
    return this.usage.externalIdOf(ctx, {
      externalCustomerId: body.external_customer_id,
      customerId: body.customer_id,
    });
  }
}

/** Buckets that the caller asks for take the place of the meter's own. */
function inBuckets(query: UsageQuery, bucketSize: WindowSize | undefined): UsageQuery {
  if (bucketSize === undefined) return query;
  const { type } = query.aggregation;
  if (BUCKET_KINDS[type] === null || query.carriesOver === true)
    throw fieldErrors({
      bucket_size: `bucket_size goes with ${BUCKETED.join(' or ')} that begins anew with each period`,
    });
  return { ...query, aggregation: { ...query.aggregation, bucketSize } };
}
