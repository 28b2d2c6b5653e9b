import { BillingError } from '../../domain/errors.js';
import { requestIdOf } from '../../platform/http/request-id.js';
import { assertParameter } from '../../platform/http/contract.pipe.js';
import type {
  WebhookReceiver,
  WebhookTarget,
} from '../../integrations/inbound-webhooks/webhook-receiver.service.js';
import type { WebhookReceivedResponse } from './webhooks.responses.js';

/** Read as it is: every parameter that Nest hands over goes through the pipes, which costs as much as the signature. */
export interface WebhookRequest<Param extends string = never> {
  readonly params: Readonly<Record<Param | 'provider', string>>;
  readonly rawBody?: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly id?: unknown;
}

/** Hands a webhook over with its bytes as they came: signatures are over those. */
export async function takeWebhook(
  receiver: WebhookReceiver,
  target: WebhookTarget,
  request: WebhookRequest,
): Promise<WebhookReceivedResponse> {
  const params: Readonly<Record<string, string>> = request.params;
  for (const name in params) assertParameter(name, params[name]);
  await receiver.receive(request.params.provider, target, {
    body: request.rawBody ?? noBody(request),
    headers: flat(request.headers),
    requestId: requestIdOf(request),
  });
  return { received: true };
}

/** Where the host keeps no raw bodies, no signature could be right: that is the host's to mend, not the provider's. */
function noBody({ headers }: WebhookRequest): Buffer {
  if (headers['content-length'] === '0' || headers['content-length'] === undefined) return Buffer.alloc(0);
  throw new BillingError(
    'internal_error',
    'the application keeps no raw bodies: create it with { rawBody: true }',
    { code: 'raw_body_missing' },
  );
}

function flat(headers: WebhookRequest['headers']): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return result;
}
