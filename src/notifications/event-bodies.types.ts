import type { Ctx } from '../platform/context.js';
import type { EventType } from './webhook-events.types.js';

/** An event of the outbox. */
export interface OutboxEvent {
  readonly sequence: string;
  readonly type: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The environment's time. */
  readonly occurredAt: string;
}

export interface PublicEvent {
  readonly type: EventType;
  /** Under the name of what it is: `{invoice: {…}}`. */
  readonly subject: Readonly<Record<string, unknown>>;
}

/**
 * Renders the bodies of outbound webhooks. The API layer implements it, because a webhook shows an object as the API does.
 */
export abstract class EventBodies {
  /** Undefined when the subject was removed in the meantime: then nothing is sent. */
  abstract of(ctx: Ctx, event: OutboxEvent): Promise<PublicEvent | undefined>;
}
