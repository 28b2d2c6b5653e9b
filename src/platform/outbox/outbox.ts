import { Injectable } from '@nestjs/common';
import type { EventMap, EventType, EventTypeOf } from '../../domain/events.js';
import type { Ctx } from '../context.js';
import { queryPrepared } from '../database/prepared.js';
import { OutboxSignal } from './outbox-signal.js';

/** An event as a service appends it. */
export type DomainEvent<T extends EventType = EventType> = {
  readonly [K in T]: {
    /** Past tense: `invoice.finalized`. */
    readonly type: K;
    readonly entityType: EventMap[K]['entityType'];
    readonly entityId: string;
  } & WithPayload<EventMap[K]['payload']>;
}[T];

/** The same without its entity: for a service that has one. */
export type EventOf<Entity extends string> = {
  readonly [K in EventTypeOf<Entity>]: { readonly type: K } & WithPayload<EventMap[K]['payload']>;
}[EventTypeOf<Entity>];

type WithPayload<P> = keyof P extends never ? { readonly payload?: undefined } : { readonly payload: P };

/** The only way to the right: an event row in the same transaction as the change it tells of. */
@Injectable()
export class Outbox {
  constructor(private readonly signal: OutboxSignal) {}

  async append(ctx: Ctx, ...events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    await queryPrepared(
      ctx.em,
      `INSERT INTO outbox_events (tenant_id, environment_id, type, entity_type, entity_id, payload, occurred_at)
       SELECT $2, $3, r.type, r.entity_type, r.entity_id, r.payload, $4
         FROM jsonb_to_recordset($1::jsonb)
           AS r(type text, entity_type text, entity_id text, payload jsonb)`,
      [
        JSON.stringify(
          events.map((event) => ({
            type: event.type,
            entity_type: event.entityType,
            entity_id: event.entityId,
            payload: event.payload ?? {},
          })),
        ),
        ctx.scope.tenantId,
        ctx.scope.environmentId,
        ctx.now,
      ],
    );
    await this.signal.raise(ctx);
  }
}
