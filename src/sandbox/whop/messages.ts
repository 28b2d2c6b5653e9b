import { createHmac } from 'node:crypto';
import { newId } from '../core/ids.js';
import { nowIso, type Ctx } from './context.js';
import type { Message, Webhook } from './objects.js';
import { NEWEST_DATE } from './settings.js';

/** Tells a company's webhooks of something, by the Standard Webhooks scheme, each in the shapes that it is pinned to. */
export function tell(ctx: Ctx, companyId: string, type: string, show: (ctx: Ctx) => object): Message {
  const message: Message = {
    id: newId('msg_', 24),
    type,
    timestamp: nowIso(ctx),
    companyId,
    older: structuredClone(show({ ...ctx, newest: false })),
    newest: structuredClone(show({ ...ctx, newest: true })),
  };
  ctx.account.messages.set(message.id, message);
  ctx.world.wireCheck.webhook(envelopeOf(message, null), false);
  ctx.world.wireCheck.webhook(envelopeOf(message, NEWEST_DATE), true);
  resend(ctx, message);
  return message;
}

interface Envelope {
  readonly type: string;
  readonly data: unknown;
  readonly [name: string]: unknown;
}

/** As it goes over the wire: the newest date names the company otherwise, and says which date it is. */
export function envelopeOf(message: Message, apiDate: string | null): Envelope {
  const { id, type, timestamp, companyId, older, newest } = message;
  const head = { id, api_version: 'v1', type, timestamp };
  return apiDate === NEWEST_DATE
    ? { ...head, api_version_date: apiDate, account_id: companyId, data: newest }
    : { ...head, company_id: companyId, data: older };
}

/** Returns to how many webhooks it went. */
export function resend(ctx: Ctx, message: Message): number {
  const listeners = [...ctx.account.webhooks.values()].filter(
    ({ enabled, resourceId, events }) =>
      enabled && resourceId === message.companyId && (events.length === 0 || events.includes(message.type)),
  );
  for (const webhook of listeners) dispatch(ctx, message, webhook);
  return listeners.length;
}

export function dispatch(ctx: Ctx, message: Message, webhook: Webhook, id = message.id): void {
  const body = JSON.stringify(envelopeOf({ ...message, id }, webhook.apiDate));
  ctx.world.courier.send({
    eventId: message.id,
    type: message.type,
    account: ctx.account.id,
    endpointId: webhook.id,
    url: webhook.url,
    body,
    headers: (seconds) => ({
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${sign(webhook.secret, `${id}.${seconds}.${body}`)}`,
    }),
  });
}

/** The key is the text of the whole secret, prefix and all: it is not decoded. */
function sign(secret: string, content: string): string {
  return createHmac('sha256', Buffer.from(secret, 'utf8')).update(content).digest('base64');
}
