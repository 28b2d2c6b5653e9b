import { HttpCode, Post, Req } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { UnauthenticatedController } from '../api-controller.js';
import { WebhookReceiver } from '../../integrations/inbound-webhooks/webhook-receiver.service.js';
import { takeWebhook, type WebhookRequest } from './take-webhook.js';
import { WebhookReceivedResponse } from './webhooks.responses.js';

/** Where providers tell us. Proven by signature, so no API key. */
@UnauthenticatedController('webhooks', 'Webhooks')
export class WebhooksController {
  constructor(private readonly receiver: WebhookReceiver) {}

  /** Receives a webhook of an environment. The connection is the one whose secret verifies the signature. */
  @Post(':provider/:tenant_id/:environment_id')
  @ApiParam({ name: 'environment_id', type: String })
  @ApiParam({ name: 'tenant_id', type: String })
  @ApiParam({ name: 'provider', type: String })
  @HttpCode(200)
  receiveForEnvironment(
    @Req() request: WebhookRequest<'tenant_id' | 'environment_id'>,
  ): Promise<WebhookReceivedResponse> {
    const { tenant_id: tenantId, environment_id: environmentId } = request.params;
    return takeWebhook(this.receiver, { tenantId, environmentId }, request);
  }

  /** Receives a webhook of one connection, verified by its signature. */
  @Post(':provider/:connection_id')
  @ApiParam({ name: 'connection_id', type: String })
  @ApiParam({ name: 'provider', type: String })
  @HttpCode(200)
  receiveForConnection(@Req() request: WebhookRequest<'connection_id'>): Promise<WebhookReceivedResponse> {
    return takeWebhook(this.receiver, { connectionId: request.params.connection_id }, request);
  }
}
