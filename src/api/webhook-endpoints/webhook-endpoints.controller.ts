import { Body, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { WEBHOOK_EVENT_TYPES } from '../../notifications/webhook-events.types.js';
import {
  CreateWebhookEndpointRequest,
  ResendFailedRequest,
  RotateWebhookSecretRequest,
  UpdateWebhookEndpointRequest,
} from './notifications.requests.js';
import {
  FailedResentResponse,
  ListWebhookEndpointsResponse,
  toDeliveryResponse,
  toEndpointResponse,
  WebhookDeliveryResponse,
  WebhookEndpointResponse,
  WebhookEndpointSecretResponse,
  WebhookEventTypesResponse,
} from './notifications.responses.js';
import { WebhookDeliveriesService } from '../../notifications/webhook-deliveries.service.js';
import { WebhookEndpointsService } from '../../notifications/webhook-endpoints.service.js';
import { WebhookMessagesService } from '../../notifications/webhook-messages.service.js';

const DEFAULT_OVERLAP_HOURS = 24;

/** Where this server tells of what happens here: signed after the Standard Webhooks specification. */
@ApiController('webhook-endpoints', 'Outbound webhooks')
export class WebhookEndpointsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: WebhookEndpointsService,
    private readonly messages: WebhookMessagesService,
    private readonly deliveries: WebhookDeliveriesService,
  ) {}

  /**
   * Creates an endpoint. It gets webhooks of everything that happens from now on. The answer has the signing secret.
   */
  @Post()
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateWebhookEndpointRequest,
  ): Promise<WebhookEndpointSecretResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { endpoint, secret } = await this.endpoints.create(ctx, {
        url: body.url,
        eventTypes: body.event_types ?? null,
        metadata: body.metadata ?? {},
        ...(body.description === undefined ? {} : { description: body.description }),
      });
      return { ...toEndpointResponse(endpoint), secret };
    });
  }

  /** The endpoints that receive webhooks of the environment. */
  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListRequest): Promise<ListWebhookEndpointsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.endpoints.search(ctx, query);
      return { items: rows.map(toEndpointResponse), pagination };
    });
  }

  /** The event types that an endpoint can subscribe to. */
  @Get('event-types')
  eventTypes(): WebhookEventTypesResponse {
    return { items: [...WEBHOOK_EVENT_TYPES] };
  }

  /** One endpoint. Its secret is only shown when it is created or rotated. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WebhookEndpointResponse> {
    return this.uow.read(caller, async (ctx) => toEndpointResponse(await this.endpoints.get(ctx, id)));
  }

  /** Changes the address, event types or state of an endpoint. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateWebhookEndpointRequest,
  ): Promise<WebhookEndpointResponse> {
    const { url, description, event_types: types, enabled, metadata } = body;
    return this.uow.run(caller, async (ctx) =>
      toEndpointResponse(
        await this.endpoints.update(ctx, id, {
          ...(url === undefined ? {} : { url }),
          ...(description === undefined ? {} : { description }),
          ...(types === undefined ? {} : { eventTypes: types.length === 0 ? null : types }),
          ...(enabled === undefined ? {} : { isEnabled: enabled }),
          ...(metadata === undefined ? {} : { metadata }),
        }),
      ),
    );
  }

  /** Deletes an endpoint. Deliveries that are not done are given up. */
  @Delete(':id')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.uow.run(caller, (ctx) => this.endpoints.delete(ctx, id));
  }

  /** Creates a new signing secret. The old one also signs for a while. */
  @Post(':id/secret/rotate')
  @HttpCode(200)
  rotateSecret(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: RotateWebhookSecretRequest,
  ): Promise<WebhookEndpointSecretResponse> {
    return this.uow.run(caller, async (ctx) => {
      const hours = body.overlap_hours ?? DEFAULT_OVERLAP_HOURS;
      const { endpoint, secret } = await this.endpoints.rotateSecret(ctx, id, hours);
      return { ...toEndpointResponse(endpoint), secret };
    });
  }

  /**
   * Sends a `webhook.test` to the endpoint, whatever it subscribes to. `GET /webhook-deliveries/{id}` shows the
   * result.
   */
  @Post(':id/test')
  @HttpCode(202)
  test(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WebhookDeliveryResponse> {
    return this.uow.run(caller, async (ctx) =>
      toDeliveryResponse(await this.messages.test(ctx, await this.endpoints.get(ctx, id)), []),
    );
  }

  /** Sends again what has failed for good since a time, 1,000 messages per call: after an outage of the receiver. */
  @Post(':id/resend-failed')
  @HttpCode(202)
  resendFailed(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: ResendFailedRequest,
  ): Promise<FailedResentResponse> {
    return this.uow.run(caller, async (ctx) => {
      const endpoint = await this.endpoints.get(ctx, id);
      const { resent, isAll } = await this.deliveries.resendFailed(ctx, endpoint, body.since);
      return { resent, is_all: isAll };
    });
  }
}
