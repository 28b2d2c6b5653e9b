import { Injectable } from '@nestjs/common';
import { notFound } from '../../domain/errors.js';
import { WallClock } from '../../platform/clock/clock.js';
import type { Ctx } from '../../platform/context.js';
import { queryPrepared } from '../../platform/database/prepared.js';
import { findRow, findRows, updateRow } from '../../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../../platform/http/list-query.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import { WebhookEventEntity } from './webhook-event.entity.js';
import type { WebhookState } from './webhook-event.entity.js';

export const WEBHOOK_JOB = 'webhook.handle';

/** More than a provider tells of one object before the first of it is read. */
const MOST_AT_ONCE = 100;

export type WebhookEvent = Readonly<WebhookEventEntity>;

export interface WebhookSearch extends ListRequest {
  readonly connection_id?: string;
  readonly provider?: string;
  readonly state?: string[];
  readonly type?: string;
}

@Injectable()
export class WebhookEventsService {
  constructor(
    private readonly queue: JobQueue,
    private readonly clock: WallClock,
  ) {}

  async get(ctx: Ctx, id: string): Promise<WebhookEvent> {
    const row = await findRow(ctx.em, WebhookEventEntity, { id });
    if (row === null) throw notFound('webhook event', id);
    return row;
  }

  ofIds(ctx: Ctx, ids: readonly string[]): Promise<WebhookEvent[]> {
    return findRows(ctx.em, WebhookEventEntity, { id: ids });
  }

  async lock(ctx: Ctx, id: string): Promise<WebhookEvent> {
    const row = await findRow(ctx.em, WebhookEventEntity, { id }, { lock: true });
    if (row === null) throw notFound('webhook event', id);
    return row;
  }

  /** The others that are not settled and say the same of the same remote object: whoever reads that answers them all. */
  async alike(ctx: Ctx, id: string): Promise<string[]> {
    const rows = await queryPrepared<{ id: string }>(
      ctx.em,
      `SELECT other.id FROM webhook_events one
         JOIN webhook_events other ON other.connection_id = one.connection_id AND other.remote_id = one.remote_id
          AND other.event ->> 'kind' = one.event ->> 'kind' AND other.id <> one.id
          AND other.state IN ('received', 'retrying')
        WHERE one.id = $1 ORDER BY other.id LIMIT ${MOST_AT_ONCE}`,
      [id],
    );
    return rows.map((row) => row.id);
  }

  /** Settles others as one of them was, but those that somebody else has settled meanwhile or works on. Answers which. */
  async settleAlike(
    ctx: Ctx,
    ids: readonly string[],
    state: 'handled' | 'skipped',
    reason: string | null,
  ): Promise<string[]> {
    if (ids.length === 0) return [];
    const now = this.clock.now();
    const rows = await queryPrepared<{ id: string }>(
      ctx.em,
      `UPDATE webhook_events SET state = $2, reason = $3, handled_at = $4, updated_at = $4
        WHERE id IN (SELECT id FROM webhook_events WHERE id = ANY ($1) AND state IN ('received', 'retrying')
                      ORDER BY id FOR UPDATE SKIP LOCKED)
      RETURNING id`,
      [ids, state, reason, now],
    );
    const settled = rows.map(({ id }) => id);
    // Only of those: another one may be asked for again at this moment, and needs its job.
    await this.queue.finishQueued(ctx, WEBHOOK_JOB, settled);
    return settled;
  }

  search(
    ctx: Ctx,
    request: WebhookSearch,
  ): Promise<{ rows: WebhookEvent[]; pagination: PaginationResponse }> {
    const query = ctx.em.createQueryBuilder(WebhookEventEntity, 'row').where('1 = 1');
    if (request.connection_id)
      query.andWhere('row.connectionId = :connection', { connection: request.connection_id });
    if (request.provider)
      query.andWhere('row.provider = :provider', { provider: request.provider.toLowerCase() });
    if (request.type) query.andWhere('row.type = :type', { type: request.type });
    if (request.state?.length) query.andWhere('row.state = ANY(:states)', { states: request.state });
    return findPage(query, request, { created_at: 'createdAt' });
  }

  async settle(ctx: Ctx, event: WebhookEvent, state: WebhookState, reason: string | null): Promise<void> {
    const now = this.clock.now();
    const over = state === 'handled' || state === 'skipped';
    await updateRow(ctx.em, WebhookEventEntity, event.id, {
      state,
      reason,
      attempts: event.attempts + 1,
      handledAt: over ? now : null,
      updatedAt: now,
    });
  }

  /** Once more, now: whatever became of it before. */
  async retry(ctx: Ctx, id: string): Promise<WebhookEvent> {
    const event = await this.lock(ctx, id);
    await updateRow(ctx.em, WebhookEventEntity, id, { state: 'received', reason: null, handledAt: null });
    await this.queue.requeue(ctx, { kind: WEBHOOK_JOB, key: id, payload: { webhookEventId: id } });
    return { ...event, state: 'received' };
  }
}
