import { Injectable } from '@nestjs/common';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { findRows, insertRow, updateRow } from '../../platform/database/rows.js';
import { newId } from '../../platform/ids.js';
import { SyncAttemptEntity } from './sync-attempt.entity.js';
import type { SyncAttempt, SyncOperation } from './sync.types.js';

/** The tries of operations: written before the calls, completed after them. */
@Injectable()
export class SyncAttempts {
  constructor(private readonly clock: WallClock) {}

  of(ctx: Ctx, operationIds: readonly string[]): Promise<SyncAttempt[]> {
    return findRows(ctx.em, SyncAttemptEntity, { operationId: operationIds }, { orderBy: 'number' });
  }

  async begin(ctx: Ctx, operation: SyncOperation): Promise<SyncAttempt> {
    const now = this.clock.now();
    return insertRow(ctx.em, SyncAttemptEntity, {
      id: newId('syncAttempt'),
      ...ctx.scope,
      createdAt: now,
      updatedAt: now,
      operationId: operation.id,
      number: operation.attempts + 1,
      startedAt: now,
      finishedAt: null,
      outcome: null,
      error: null,
      calls: [],
    });
  }

  async end(ctx: Ctx, id: string, end: Pick<SyncAttempt, 'outcome' | 'error' | 'calls'>): Promise<void> {
    const now = this.clock.now();
    await updateRow(ctx.em, SyncAttemptEntity, id, { ...end, finishedAt: now, updatedAt: now });
  }
}
