import { HttpCode, Param, Post, Req } from '@nestjs/common';
import { OpenApiController } from '../../tenancy/api-controller.js';
import { WebhookReceiver, type WebhookTarget } from './webhook-receiver.js';

interface WebhookRequest {
  readonly rawBody?: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly id?: unknown;
}

export class WebhookReceivedResponse {
  received!: true;
}

/** Where providers tell us. Proven by signature, so no API key. */
@OpenApiController('webhooks', 'Webhooks')
export class WebhooksController {
  constructor(private readonly receiver: WebhookReceiver) {}

  /** The environment's connections of that provider; the one whose secret verifies has sent it. */
  @Post(':provider/:tenant_id/:environment_id')
  @HttpCode(200)
  receiveForEnvironment(
    @Param('provider') provider: string,
    @Param('tenant_id') tenantId: string,
    @Param('environment_id') environmentId: string,
    @Req() request: WebhookRequest,
  ): Promise<WebhookReceivedResponse> {
    return take(this.receiver, provider, { tenantId, environmentId }, request);
  }

  /** One connection. */
  @Post(':provider/:connection_id')
  @HttpCode(200)
  receiveForConnection(
    @Param('provider') provider: string,
    @Param('connection_id') connectionId: string,
    @Req() request: WebhookRequest,
  ): Promise<WebhookReceivedResponse> {
    return take(this.receiver, provider, { connectionId }, request);
  }
}

/** The address of the guides, which names no environment: the connection is the one whose secret verifies. */
@OpenApiController('integrations', 'Webhooks')
export class AnyWebhookController {
  constructor(private readonly receiver: WebhookReceiver) {}

  @Post(':provider/webhook')
  @HttpCode(200)
  receive(
    @Param('provider') provider: string,
    @Req() request: WebhookRequest,
  ): Promise<WebhookReceivedResponse> {
    return take(this.receiver, provider, 'any', request);
  }
}

async function take(
  receiver: WebhookReceiver,
  provider: string,
  target: WebhookTarget,
  request: WebhookRequest,
): Promise<WebhookReceivedResponse> {
  await receiver.receive(provider, target, {
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
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(',') : value;
  }
  return result;
}
