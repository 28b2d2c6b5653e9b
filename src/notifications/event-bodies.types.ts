import type { Ctx } from '../platform/context.js';
import type { OutboxEvent } from '../platform/outbox/outbox-event.js';
import type { SubscribedEvent, WebhookEventType, WebhookSubject } from './webhook-events.types.js';

/** An event that endpoints of tenants may get. */
export type SendableEvent = OutboxEvent<SubscribedEvent>;

export interface PublicEvent {
  readonly type: WebhookEventType;
  /** Under the name of what it is: `{invoice: {…}}`. */
  readonly subject: {
    readonly [S in WebhookSubject]: Readonly<Record<S, object | undefined>>;
  }[WebhookSubject];
}

/**
 * Renders the bodies of outbound webhooks. The API layer implements it, because a webhook shows an object as the API does.
 */
export abstract class EventBodies {
  /** Undefined when the subject was removed in the meantime: then nothing is sent. */
  abstract render(ctx: Ctx, event: SendableEvent): Promise<PublicEvent | undefined>;
}
