import { HttpCode, Post, Req } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { assertParameter } from '../../platform/http/contract.pipe.js';
import { OpenApiController } from '../api-controller.js';
import {
  WebhookReceiver,
  type WebhookTarget,
} from '../../integrations/inbound-webhooks/webhook-receiver.service.js';
import { WebhookReceivedResponse } from './webhooks.responses.js';

/** Read as it is: every parameter that Nest hands over goes through the pipes, which costs as much as the signature. */
interface WebhookRequest<Param extends string = never> {
  readonly params: Readonly<Record<Param | 'provider', string>>;
  readonly rawBody?: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly id?: unknown;
}

/** Where providers tell us. Proven by signature, so no API key. */
@OpenApiController('webhooks', 'Webhooks')
export class WebhooksController {
  constructor(private readonly receiver: WebhookReceiver) {}

  /** The environment's connections of that provider; the one whose secret verifies has sent it. */
  @Post(':provider/:tenant_id/:environment_id')
  @ApiParam({ name: 'environment_id', type: String })
  @ApiParam({ name: 'tenant_id', type: String })
  @ApiParam({ name: 'provider', type: String })
  @HttpCode(200)
  receiveForEnvironment(
    @Req() request: WebhookRequest<'tenant_id' | 'environment_id'>,
  ): Promise<WebhookReceivedResponse> {
    const { tenant_id: tenantId, environment_id: environmentId } = request.params;
    return take(this.receiver, { tenantId, environmentId }, request);
  }

  /** One connection. */
  @Post(':provider/:connection_id')
  @ApiParam({ name: 'connection_id', type: String })
  @ApiParam({ name: 'provider', type: String })
  @HttpCode(200)
  receiveForConnection(@Req() request: WebhookRequest<'connection_id'>): Promise<WebhookReceivedResponse> {
    return take(this.receiver, { connectionId: request.params.connection_id }, request);
  }
}

/** The address of the guides, which names no environment: the connection is the one whose secret verifies. */
@OpenApiController('integrations', 'Webhooks')
export class AnyWebhookController {
  constructor(private readonly receiver: WebhookReceiver) {}

  @Post(':provider/webhook')
  @ApiParam({ name: 'provider', type: String })
  @HttpCode(200)
  receive(@Req() request: WebhookRequest): Promise<WebhookReceivedResponse> {
    return take(this.receiver, 'any', request);
  }
}

async function take(
  receiver: WebhookReceiver,
  target: WebhookTarget,
  request: WebhookRequest,
): Promise<WebhookReceivedResponse> {
  const params: Readonly<Record<string, string>> = request.params;
  for (const name in params) assertParameter(name, params[name]);
  await receiver.receive(request.params.provider, target, {
    body: request.rawBody ?? Buffer.alloc(0),
    headers: flat(request.headers),
    requestId: String(request.id),
  });
  return { received: true };
}

function flat(headers: WebhookRequest['headers']): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return result;
}
