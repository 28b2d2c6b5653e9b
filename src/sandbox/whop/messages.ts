import { createHmac } from 'node:crypto';
import { newId } from '../core/ids.js';
import { nowIso, type Ctx } from './context.js';
import type { Message, Webhook } from './objects.js';

/** Tells a company's webhooks of something, by the Standard Webhooks scheme. */
export function tell(ctx: Ctx, companyId: string, type: string, data: unknown): Message {
  const message: Message = {
    id: newId('msg_', 24),
    api_version: 'v1',
    type,
    timestamp: nowIso(ctx),
    company_id: companyId,
    data: structuredClone(data),
  };
  ctx.account.messages.set(message.id, message);
  ctx.world.wireCheck.webhook(message);
  resend(ctx, message);
  return message;
}

/** Returns to how many webhooks it went. */
export function resend(ctx: Ctx, message: Message): number {
  const listeners = [...ctx.account.webhooks.values()].filter(
    ({ enabled, resourceId, events }) =>
      enabled && resourceId === message.company_id && (events.length === 0 || events.includes(message.type)),
  );
  for (const webhook of listeners) dispatch(ctx, message, webhook);
  return listeners.length;
}

function dispatch(ctx: Ctx, message: Message, webhook: Webhook): void {
  const body = JSON.stringify(message);
  ctx.world.courier.send({
    eventId: message.id,
    type: message.type,
    account: ctx.account.id,
    endpointId: webhook.id,
    url: webhook.url,
    body,
    headers: (seconds) => ({
      'webhook-id': message.id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${sign(webhook.secret, `${message.id}.${seconds}.${body}`)}`,
    }),
  });
}

/** The key is the text of the whole secret, prefix and all: it is not decoded. */
function sign(secret: string, content: string): string {
  return createHmac('sha256', Buffer.from(secret, 'utf8')).update(content).digest('base64');
}
