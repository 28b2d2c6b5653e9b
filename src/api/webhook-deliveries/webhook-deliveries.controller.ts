import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ListWebhookDeliveriesQuery } from '../webhook-endpoints/notifications.requests.js';
import {
  ListWebhookDeliveriesResponse,
  toDeliveryResponse,
  WebhookDeliveryResponse,
} from '../webhook-endpoints/notifications.responses.js';
import type { WebhookDelivery } from '../../notifications/notifications.types.js';
import { WebhookDeliveriesService } from '../../notifications/webhook-deliveries.service.js';

/** Each message to each endpoint: one delivery, with its tries. */
@ApiController('webhook-deliveries', 'Outbound webhooks')
export class WebhookDeliveriesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly deliveries: WebhookDeliveriesService,
  ) {}

  /** Deliveries of outbound webhooks by filters, newest first. */
  @Get()
  list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListWebhookDeliveriesQuery,
  ): Promise<ListWebhookDeliveriesResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.deliveries.search(ctx, query);
      return { items: await this.show(ctx, rows), pagination };
    });
  }

  /** One delivery with its attempts. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WebhookDeliveryResponse> {
    return this.uow.read(caller, async (ctx) => this.showOne(ctx, await this.deliveries.get(ctx, id)));
  }

  /** Sends the same message again, now, with the same id and body, whether it was accepted before or not. */
  @Post(':id/resend')
  @HttpCode(202)
  resend(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WebhookDeliveryResponse> {
    return this.uow.run(caller, async (ctx) => this.showOne(ctx, await this.deliveries.resend(ctx, id)));
  }

  private async showOne(ctx: Ctx, row: WebhookDelivery): Promise<WebhookDeliveryResponse> {
    const [shown] = await this.show(ctx, [row]);
    return shown as WebhookDeliveryResponse;
  }

  private async show(ctx: Ctx, rows: readonly WebhookDelivery[]): Promise<WebhookDeliveryResponse[]> {
    const attempts = await this.deliveries.attemptsOf(
      ctx,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => toDeliveryResponse(row, attempts));
  }
}
