import { Injectable } from '@nestjs/common';
import type { Ctx } from '../context.js';
import { queryPrepared } from '../database/prepared.js';
import { OutboxSignal } from './outbox-signal.js';

/** Something that has happened, told to whoever stands further right in the street. */
export interface DomainEvent {
  /** Past tense: `invoice.finalized`. */
  readonly type: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

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
