import { Injectable, Logger } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { insertUnlessThere } from '../../platform/database/rows.js';
import { newId } from '../../platform/ids.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { SyncOperationEntity } from './sync-operation.entity.js';
import { finishedEvent } from './sync-outcomes.js';
import type { FinishedState, SyncIntent } from './sync.types.js';

/**
 * Writes into an entity's timeline what nobody had planned: why nothing was sent, what was found by looking. Whoever asks
 * what became of an invoice reads it there, in words that say what to do.
 */
@Injectable()
export class SyncNotes {
  private readonly logger = new Logger(SyncNotes.name);

  constructor(
    private readonly clock: WallClock,
    private readonly outbox: Outbox,
  ) {}

  /** The first note of one intent stands. */
  async write(
    ctx: Ctx,
    connection: Connection,
    intent: SyncIntent,
    note: {
      readonly state: FinishedState;
      readonly reason: string;
      readonly providerEntityId?: string;
      readonly isWarning?: boolean;
    },
  ): Promise<void> {
    const now = this.clock.now();
    const { id: connectionId, provider } = connection;
    const id = newId('syncOperation');
    const isNew = await insertUnlessThere(ctx.em, SyncOperationEntity, {
      id,
      ...ctx.scope,
      createdAt: now,
      updatedAt: now,
      connectionId: connection.id,
      provider: connection.provider,
      ...intent,
      state: note.state,
      attempts: 0,
      failures: 0,
      retryWindowStart: null,
      generation: 0,
      firstTriedAt: null,
      lastTriedAt: null,
      nextTryAt: null,
      finishedAt: now,
      reason: note.reason,
      error: null,
      snapshot: null,
      providerEntityId: note.providerEntityId ?? null,
    });
    if (!isNew) return;
    await this.outbox.append(ctx, finishedEvent({ id, connectionId, provider, ...intent }, note.state));
    const line = {
      event: `sync.${intent.action}_${note.state}`,
      connection_id: connection.id,
      provider: connection.provider,
      [`${intent.entityType}_id`]: intent.entityId,
      reason: note.reason,
    };
    if (note.isWarning === true) this.logger.warn(line);
    else this.logger.log(line);
  }

  /** For an action of which there may be several: a revision that none has yet. */
  async nextRevision(ctx: Ctx, connectionId: string, of: Omit<SyncIntent, 'revision'>): Promise<number> {
    const last = await ctx.em.findOne(SyncOperationEntity, {
      where: { connectionId, ...of },
      order: { revision: 'DESC' },
    });
    return (last?.revision ?? 0) + 1;
  }
}
