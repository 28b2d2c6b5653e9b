import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { lockName } from '../../platform/database/named-lock.js';
import { ProvidersService } from '../../providers/providers.service.js';
import { ABANDONED_MS, type SyncOperation } from './sync.types.js';

/** From here on pushes are many: what can be asked for all of them together is not asked for each. */
const MANY = 20;
const SHORTEST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5 * 60_000;
/** The create, and the look at what became of it. */
const CALLS_A_PUSH = 2;

interface Queue {
  /** Being carried out by a worker that lives. */
  readonly running: number;
  /** Planned before this one, and waiting. */
  readonly ahead: number;
  readonly unfinished: number;
}

/** The invoices of one connection that wait to be pushed. */
@Injectable()
export class PushQueue {
  constructor(
    private readonly clock: WallClock,
    private readonly providers: ProvidersService,
  ) {}

  /**
   * Undefined when the push may begin. While a connection is not prepared, one of them prepares it and the others wait:
   * two at once would make its product twice. And no more begin than the provider's limit feeds: what would only wait
   * for its calls must not keep a worker from the work of others. A crash frees the way after {@link ABANDONED_MS}.
   */
  async wait(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    isPrepared: boolean,
  ): Promise<{ readonly reason: string; readonly ms: number } | undefined> {
    const perSecond = this.providers.requestsPerSecond(connection.provider);
    if (isPrepared && perSecond === undefined) return undefined;
    // Held until what this one decides is committed, so that two cannot both see nobody running.
    await lockName(ctx.em, `${connection.id}:pushes`);
    const { running, ahead } = await this.look(ctx, operation);
    const most = isPrepared ? Math.ceil(perSecond ?? 1) : 1;
    if (running < most) return undefined;
    const each = perSecond === undefined ? SHORTEST_WAIT_MS : (CALLS_A_PUSH * 1000) / perSecond;
    const ms = Math.min(Math.max(SHORTEST_WAIT_MS, (ahead + 1) * each), LONGEST_WAIT_MS);
    return isPrepared
      ? { reason: `waits for its turn: ${perSecond ?? 0} calls a second, ${ahead} invoices before it`, ms }
      : {
          reason: 'waits for another invoice, with which the connection is being prepared',
          ms: SHORTEST_WAIT_MS,
        };
  }

  async isLong(ctx: Ctx, operation: SyncOperation): Promise<boolean> {
    return (await this.look(ctx, operation)).unfinished >= MANY;
  }

  private async look(ctx: Ctx, { id, connectionId, createdAt }: SyncOperation): Promise<Queue> {
    const since = new Date(this.clock.now().getTime() - ABANDONED_MS);
    const [row] = await ctx.em.query<[Queue]>(
      `SELECT count(*) FILTER (WHERE state = 'running' AND last_tried_at > $3)::int AS running,
              count(*) FILTER (WHERE state <> 'running' AND (created_at, id) < ($4, $2))::int AS ahead,
              count(*)::int AS unfinished
         FROM sync_operations
        WHERE tenant_id = $5 AND environment_id = $6 AND state IN ('pending', 'running', 'retrying')
          AND connection_id = $1 AND entity_type = 'invoice' AND action = 'push' AND id <> $2`,
      [connectionId, id, since, createdAt, ctx.scope.tenantId, ctx.scope.environmentId],
    );
    return row;
  }
}
