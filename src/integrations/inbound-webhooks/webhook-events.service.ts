import { Injectable } from '@nestjs/common';
import { notFound } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Ctx } from '../../platform/context.js';
import { queryPrepared } from '../../platform/database/prepared.js';
import { findRow, findRows, updateRow } from '../../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../../platform/http/list-query.js';
import type { KeyedJobSpec } from '../../platform/jobs/job.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import type { AsJson } from '../../platform/json.types.js';
import type { ProviderEvent } from '../../providers/provider-event.js';
import { WebhookEventEntity } from './webhook-event.entity.js';
import type { WebhookState } from './webhook-event.entity.js';

export const WEBHOOK_JOB = 'webhook.handle';

export type WebhookEvent = Readonly<WebhookEventEntity>;

/** What a job handles: all that is told of one remote object, or one event by itself. */
export type WebhookSubject =
  | { readonly connectionId: string; readonly kind: string; readonly remoteId: string }
  | { readonly webhookEventId: string };

/** An event that waits to be handled. */
export interface PendingWebhook {
  readonly id: string;
  readonly connectionId: string;
  readonly event: AsJson<ProviderEvent>;
}

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

  /** What is to be handled of a subject, the oldest first. */
  async pending(ctx: Ctx, subject: WebhookSubject): Promise<PendingWebhook[]> {
    const rows =
      'webhookEventId' in subject
        ? await queryPrepared<PendingRow>(ctx.em, `${PENDING} AND id = $1`, [subject.webhookEventId])
        : await queryPrepared<PendingRow>(
            ctx.em,
            `${PENDING} AND connection_id = $1 AND remote_id = $2 AND event ->> 'kind' = $3 ORDER BY id`,
            [subject.connectionId, subject.remoteId, subject.kind],
          );
    return rows.map(({ id, connection_id: connectionId, event }) => ({ id, connectionId, event }));
  }

  /** Those of them that still are to be handled, kept from everybody else until the end of the unit of work. */
  async lockPending(ctx: Ctx, ids: readonly string[]): Promise<string[]> {
    const rows = await queryPrepared<PendingRow>(
      ctx.em,
      `${PENDING} AND id = ANY ($1) ORDER BY id FOR UPDATE`,
      [ids],
    );
    return rows.map(({ id }) => id);
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

  async settle(ctx: Ctx, ids: readonly string[], state: WebhookState, reason: string | null): Promise<void> {
    const now = this.clock.now();
    const isOver = state === 'handled' || state === 'skipped';
    await queryPrepared(
      ctx.em,
      `UPDATE webhook_events SET state = $2, reason = $3, attempts = attempts + 1, handled_at = $4, updated_at = $5
        WHERE id = ANY ($1)`,
      [ids, state, reason, isOver ? now : null, now],
    );
  }

  /** Once more, now: whatever became of it before. */
  async retry(ctx: Ctx, id: string): Promise<WebhookEvent> {
    const event = await findRow(ctx.em, WebhookEventEntity, { id }, { lock: true });
    if (event === null) throw notFound('webhook event', id);
    await updateRow(ctx.em, WebhookEventEntity, id, { state: 'received', reason: null, handledAt: null });
    await this.queue.requeue(ctx, jobOf(event));
    return { ...event, state: 'received' };
  }
}

interface PendingRow {
  readonly id: string;
  readonly connection_id: string;
  readonly event: AsJson<ProviderEvent>;
}

const PENDING = `SELECT id, connection_id, event FROM webhook_events WHERE state IN ('received', 'retrying')`;

/** As `store_webhooks` makes it. */
function jobOf({ id, connectionId, event }: WebhookEvent): KeyedJobSpec<typeof WEBHOOK_JOB> {
  if (!('remoteId' in event)) return { kind: WEBHOOK_JOB, key: id, payload: { webhookEventId: id } };
  const { kind, remoteId } = event;
  return {
    kind: WEBHOOK_JOB,
    key: [connectionId, kind, remoteId].join(':'),
    payload: { connectionId, kind, remoteId },
  };
}
