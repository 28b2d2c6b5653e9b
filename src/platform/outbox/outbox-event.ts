import type { EventMap, EventType } from '../../domain/events.js';
import type { AsJson } from '../json.types.js';

/** An event as its readers get it: a union, which `type` (and mostly `entityType`) tells apart. */
export type OutboxEvent<T extends EventType = EventType> = {
  readonly [K in T]: {
    readonly sequence: string;
    readonly type: K;
    readonly entityType: EventMap[K]['entityType'];
    readonly entityId: string;
    readonly payload: AsJson<EventMap[K]['payload']>;
    /** The environment's time. */
    readonly occurredAt: string;
  };
}[T];
