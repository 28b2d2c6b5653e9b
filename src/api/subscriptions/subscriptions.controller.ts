import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { SearchSubscriptionLineItemsRequest } from './subscription-lines.requests.js';
import { ListSubscriptionLineItemsResponse } from './subscription-lines.responses.js';
import { SubscriptionLinesService } from '../../subscriptions/subscription-lines.service.js';
import { ListSubscriptionPausesResponse, toPauseResponse } from './subscription-pauses.responses.js';
import { SubscriptionPausesService } from '../../subscriptions/subscription-pauses.service.js';
import { SubscriptionV2Response, toV2Response } from './subscription-v2.responses.js';
import { SubscriptionsQueries } from './subscriptions.queries.js';
import { SearchSubscriptionsRequest } from './subscriptions-search.requests.js';
import { ListSubscriptionsResponse, type SubscriptionResponse } from './subscriptions.responses.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';

/** Reading subscriptions. Making and cancelling them makes invoices: those routes stand in the invoices' house. */
@ApiController('subscriptions', 'Subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly queries: SubscriptionsQueries,
    private readonly customers: CustomersService,
    private readonly lines: SubscriptionLinesService,
    private readonly pausesService: SubscriptionPausesService,
  ) {}

  /** Subscriptions by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchSubscriptionsRequest,
  ): Promise<ListSubscriptionsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const ids = [...(body.customer_ids ?? []), ...(body.customer_id ? [body.customer_id] : [])];
      if (body.external_customer_id !== undefined) {
        const customer = await this.customers.findByExternalId(ctx, body.external_customer_id);
        ids.push(customer?.id ?? '');
      }
      const { rows, pagination } = await this.subscriptions.search(ctx, {
        ...body,
        ...(ids.length > 0 ? { customer_ids: ids } : {}),
      });
      return { items: await this.queries.show(ctx, rows, { expand: body.expand }), pagination };
    });
  }

  /** Line items of subscriptions by filters. */
  @Post('lineitems/search')
  @HttpCode(200)
  @OnlyReads()
  searchLines(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchSubscriptionLineItemsRequest,
  ): Promise<ListSubscriptionLineItemsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.lines.search(ctx, body);
      return { items: await this.queries.showLines(ctx, rows), pagination };
    });
  }

  /** All pauses of the subscription, as a list of one page. */
  @Get(':id/pauses')
  pauses(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<ListSubscriptionPausesResponse[]> {
    return this.uow.read(caller, async (ctx) => {
      await this.subscriptions.get(ctx, id);
      const rows = await this.pausesService.of(ctx, [id]);
      return [{ items: rows.map(toPauseResponse), total: rows.length }];
    });
  }

  /** The same as `GET /subscriptions/{id}`, with line items, plan and customer only where `expand` asks for them. */
  @Get(':id/v2')
  getV2(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListRequest,
  ): Promise<SubscriptionV2Response> {
    return this.uow.read(caller, async (ctx) => {
      const row = await this.subscriptions.get(ctx, id);
      const [shown] = await this.queries.show(ctx, [row], { expand: query.expand });
      return toV2Response(shown as SubscriptionResponse, query.expand);
    });
  }

  /** One subscription with its line items. */
  @Get(':id')
  get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListRequest,
  ): Promise<SubscriptionResponse> {
    return this.uow.read(caller, async (ctx) => {
      const row = await this.subscriptions.get(ctx, id);
      const [shown] = await this.queries.show(ctx, [row], { expand: query.expand });
      return shown as SubscriptionResponse;
    });
  }
}
