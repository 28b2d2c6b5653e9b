import { Get, Param, Query } from '@nestjs/common';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ListWebhookMessagesQuery } from '../webhook-endpoints/notifications.requests.js';
import {
  ListWebhookMessagesResponse,
  toMessageResponse,
  WebhookMessageResponse,
} from '../webhook-endpoints/notifications.responses.js';
import type { WebhookMessage } from '../../notifications/notifications.types.js';
import { WebhookDeliveriesService } from '../../notifications/webhook-deliveries.service.js';
import { WebhookMessagesService } from '../../notifications/webhook-messages.service.js';

/** What was told, to whom, and how each try went. Kept for 30 days. */
@ApiController('webhook-messages', 'Outbound webhooks')
export class WebhookMessagesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: WebhookMessagesService,
    private readonly deliveries: WebhookDeliveriesService,
  ) {}

  /** Messages that were sent as webhooks, by type and entity, newest first. */
  @Get()
  list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListWebhookMessagesQuery,
  ): Promise<ListWebhookMessagesResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.messages.search(ctx, query);
      return { items: await this.show(ctx, rows), pagination };
    });
  }

  /** One message with its body and deliveries. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WebhookMessageResponse> {
    return this.uow.read(caller, async (ctx) => {
      const [shown] = await this.show(ctx, [await this.messages.get(ctx, id)]);
      return shown as WebhookMessageResponse;
    });
  }

  private async show(ctx: Ctx, rows: readonly WebhookMessage[]): Promise<WebhookMessageResponse[]> {
    const deliveries = await this.deliveries.ofMessages(
      ctx,
      rows.map(({ id }) => id),
    );
    const attempts = await this.deliveries.attemptsOf(
      ctx,
      deliveries.map(({ id }) => id),
    );
    return rows.map((row) => toMessageResponse(row, deliveries, attempts));
  }
}
