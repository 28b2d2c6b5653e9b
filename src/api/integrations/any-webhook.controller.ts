import { HttpCode, Post, Req } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { UnauthenticatedController } from '../api-controller.js';
import { WebhookReceiver } from '../../integrations/inbound-webhooks/webhook-receiver.service.js';
import { takeWebhook, type WebhookRequest } from '../webhooks/take-webhook.js';
import { WebhookReceivedResponse } from '../webhooks/webhooks.responses.js';

/** The address of the guides, which names no environment: the connection is the one whose secret verifies. */
@UnauthenticatedController('integrations', 'Webhooks')
export class AnyWebhookController {
  constructor(private readonly receiver: WebhookReceiver) {}

  /** Receives a webhook of a provider. The connection is the one whose secret verifies the signature. */
  @Post(':provider/webhook')
  @ApiParam({ name: 'provider', type: String })
  @HttpCode(200)
  receive(@Req() request: WebhookRequest): Promise<WebhookReceivedResponse> {
    return takeWebhook(this.receiver, 'any', request);
  }
}
