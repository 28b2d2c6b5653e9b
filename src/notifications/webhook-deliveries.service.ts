import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound } from '../domain/errors.js';
import { nextTry } from '../domain/notifying/delivery-schedule.js';
import { WallClock } from '../platform/time/clock.js';
import type { Ctx } from '../platform/context.js';
import { findRow, findRows, insertRow, insertRows, updateRow } from '../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { newId } from '../platform/ids.js';
import type { KeyedJobSpec } from '../platform/jobs/job.js';
import { JobQueue } from '../platform/jobs/job-queue.js';
import type {
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookMessage,
} from './notifications.types.js';
import { WebhookAttemptEntity, WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';
import { WebhookMessageEntity } from './webhook-message.entity.js';
import type { WebhookAnswer, WebhookRequest } from './webhook-sender.js';
import { signedHeaders } from './webhook-signature.js';

export const DELIVER_JOB = 'notification.deliver';
const GONE = 410;
const MOST_RESENT = 1_000;

/** What a job of a delivery says. */
export interface DeliveryWork {
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly messageId: string;
  /** Somebody wants this one now, though the endpoint rests; that holds for the first try. */
  readonly isAsked: boolean;
}

/** A try that is to be made now. */
export interface DeliveryTry {
  readonly deliveryId: string;
  readonly attemptId: string;
  /** Since it was sent first, or asked for again. */
  readonly roundAttempt: number;
  readonly endpointId: string;
  readonly request: WebhookRequest;
}

export interface DeliverySearch extends ListRequest {
  readonly endpoint_id?: string;
  readonly message_id?: string;
  readonly state?: string[];
}

@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly clock: WallClock,
    private readonly queue: JobQueue,
    private readonly endpoints: WebhookEndpointsService,
  ) {}

  /** A delivery to each of them, due at once. */
  async plan(
    ctx: Ctx,
    message: WebhookMessage,
    endpoints: readonly WebhookEndpoint[],
  ): Promise<readonly WebhookDelivery[]> {
    const now = this.clock.now();
    const rows = endpoints.map((endpoint): WebhookDelivery => ({
      id: newId('webhookDelivery'),
      ...ctx.scope,
      messageId: message.id,
      endpointId: endpoint.id,
      deliveryState: 'pending',
      attempts: 0,
      roundAttempts: 0,
      nextTryAt: null,
      settledAt: null,
      lastError: null,
      createdAt: now,
      updatedAt: now,
    }));
    await insertRows(ctx.em, WebhookDeliveryEntity, rows);
    await this.queue.enqueue(ctx, ...rows.map((row) => jobOf(row, false)));
    return rows;
  }

  async get(ctx: Ctx, id: string): Promise<WebhookDelivery> {
    const row = await findRow(ctx.em, WebhookDeliveryEntity, { id });
    if (row === null) throw notFound('webhook delivery', id);
    return row;
  }

  ofMessages(ctx: Ctx, messageIds: readonly string[]): Promise<WebhookDelivery[]> {
    return findRows(ctx.em, WebhookDeliveryEntity, { messageId: messageIds }, { orderBy: 'id' });
  }

  attemptsOf(ctx: Ctx, deliveryIds: readonly string[]): Promise<WebhookAttempt[]> {
    return findRows(ctx.em, WebhookAttemptEntity, { deliveryId: deliveryIds }, { orderBy: 'number' });
  }

  search(
    ctx: Ctx,
    request: DeliverySearch,
  ): Promise<{ rows: WebhookDelivery[]; pagination: PaginationResponse }> {
    const query = ctx.em.createQueryBuilder(WebhookDeliveryEntity, 'row').where('1 = 1');
    if (request.endpoint_id) query.andWhere('row.endpointId = :endpoint', { endpoint: request.endpoint_id });
    if (request.message_id) query.andWhere('row.messageId = :message', { message: request.message_id });
    if (request.state?.length) query.andWhere('row.deliveryState = ANY(:states)', { states: request.state });
    return findPage(query, request, { created_at: 'createdAt' });
  }

  /** Once more, now, whatever became of it before, and with all tries before it if that fails. */
  async resend(ctx: Ctx, id: string): Promise<WebhookDelivery> {
    const delivery = await this.lock(ctx, id);
    const endpoint = await this.endpoints.get(ctx, delivery.endpointId);
    assertEnabled(endpoint);
    return this.again(ctx, delivery, true);
  }

  /** Everything that has failed for good since then, the oldest first. `isAll`: nothing more is left. */
  async resendFailed(
    ctx: Ctx,
    endpoint: WebhookEndpoint,
    since: Date,
  ): Promise<{ readonly resent: number; readonly isAll: boolean }> {
    assertEnabled(endpoint);
    const failed = await ctx.em
      .createQueryBuilder(WebhookDeliveryEntity, 'row')
      .where(`row.endpointId = :id AND row.deliveryState = 'failed' AND row.createdAt >= :since`, {
        id: endpoint.id,
        since,
      })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .limit(MOST_RESENT)
      .getMany();
    for (const delivery of failed) await this.again(ctx, delivery, false);
    return { resent: failed.length, isAll: failed.length < MOST_RESENT };
  }

  /**
   * What is to be sent, with the try written down before it is made; or when to look again; or nothing, because it is over.
   */
  async begin(ctx: Ctx, work: DeliveryWork): Promise<DeliveryTry | { waitUntil: Date } | undefined> {
    const { deliveryId: id, isAsked } = work;
    // Asked at once: one trip.
    const [delivery, endpoint, message] = await Promise.all([
      findRow(ctx.em, WebhookDeliveryEntity, { id }, { lock: true }),
      this.endpoints.find(ctx, work.endpointId),
      findRow(ctx.em, WebhookMessageEntity, { id: work.messageId }),
    ]);
    // Over, or no longer kept.
    if (delivery?.deliveryState !== 'pending' || message === null) return undefined;
    const now = this.clock.now();
    if (endpoint?.endpointState !== 'enabled') {
      const lastError = endpoint === null ? 'was deleted' : standingOf(endpoint);
      await this.settle(ctx, id, 'failed', `the endpoint ${lastError}`);
      return undefined;
    }
    const { restingUntil } = endpoint;
    const mayRest = !isAsked || delivery.roundAttempts > 0;
    if (mayRest && restingUntil !== null && restingUntil > now) {
      await updateRow(ctx.em, WebhookDeliveryEntity, id, { nextTryAt: restingUntil, updatedAt: now });
      return { waitUntil: restingUntil };
    }
    const secrets = this.endpoints.secretsOf(ctx, endpoint);
    if (secrets === undefined) {
      await this.settle(ctx, id, 'failed', 'its secret cannot be opened with SECRET_KEYS: rotate the secret');
      return undefined;
    }
    const attempts = delivery.attempts + 1;
    const roundAttempts = delivery.roundAttempts + 1;
    const attemptId = newId('webhookAttempt');
    const attempt = {
      id: attemptId,
      ...ctx.scope,
      deliveryId: id,
      number: attempts,
      startedAt: now,
      finishedAt: null,
      httpStatus: null,
      error: null,
      responseExcerpt: null,
      createdAt: now,
      updatedAt: now,
    };
    const change = { attempts, roundAttempts, nextTryAt: null, updatedAt: now };
    await Promise.all([
      insertRow(ctx.em, WebhookAttemptEntity, attempt),
      updateRow(ctx.em, WebhookDeliveryEntity, id, change),
    ]);
    const headers = signedHeaders(message, secrets, now);
    const request = { url: endpoint.url, headers, body: message.body };
    return {
      deliveryId: id,
      attemptId,
      roundAttempt: roundAttempts,
      endpointId: endpoint.id,
      request,
    };
  }

  /** Writes down how the try went. Answers when the next one is due; undefined when it is over. */
  async finish(ctx: Ctx, tried: DeliveryTry, answer: WebhookAnswer): Promise<Date | undefined> {
    const now = this.clock.now();
    const [{ roundAttempts }] = await Promise.all([
      this.lock(ctx, tried.deliveryId),
      updateRow(ctx.em, WebhookAttemptEntity, tried.attemptId, {
        finishedAt: now,
        httpStatus: answer.httpStatus,
        error: answer.error,
        responseExcerpt: answer.excerpt,
        updatedAt: now,
      }),
    ]);
    if (answer.error === null) {
      await Promise.all([
        this.endpoints.recordSuccess(ctx, tried.endpointId),
        this.settle(ctx, tried.deliveryId, 'succeeded', null),
      ]);
      return undefined;
    }
    const goesOn = await this.endpoints.recordFailure(ctx, tried.endpointId, answer.httpStatus === GONE);
    // Somebody has asked for it meanwhile: its job is due again, and this try says nothing of that round.
    if (roundAttempts !== tried.roundAttempt) return undefined;
    const next = goesOn ? nextTry(now, tried.roundAttempt, Math.random(), answer.notBefore) : undefined;
    if (next === undefined) await this.settle(ctx, tried.deliveryId, 'failed', answer.error);
    else
      await updateRow(ctx.em, WebhookDeliveryEntity, tried.deliveryId, {
        nextTryAt: next,
        lastError: answer.error,
        updatedAt: now,
      });
    return next;
  }

  private async again(ctx: Ctx, delivery: WebhookDelivery, isAsked: boolean): Promise<WebhookDelivery> {
    const change = { deliveryState: 'pending' as const, roundAttempts: 0, nextTryAt: null, settledAt: null };
    await updateRow(ctx.em, WebhookDeliveryEntity, delivery.id, { ...change, updatedAt: this.clock.now() });
    await this.queue.requeue(ctx, jobOf(delivery, isAsked));
    return { ...delivery, ...change };
  }

  private async settle(
    ctx: Ctx,
    id: string,
    deliveryState: 'succeeded' | 'failed',
    lastError: string | null,
  ): Promise<void> {
    const now = this.clock.now();
    await updateRow(ctx.em, WebhookDeliveryEntity, id, {
      deliveryState,
      lastError,
      nextTryAt: null,
      settledAt: now,
      updatedAt: now,
    });
  }

  private async lock(ctx: Ctx, id: string): Promise<WebhookDelivery> {
    const row = await findRow(ctx.em, WebhookDeliveryEntity, { id }, { lock: true });
    if (row === null) throw notFound('webhook delivery', id);
    return row;
  }
}

const jobOf = (
  { id, endpointId, messageId }: WebhookDelivery,
  isAsked: boolean,
): KeyedJobSpec<typeof DELIVER_JOB> => ({
  kind: DELIVER_JOB,
  key: id,
  payload: { deliveryId: id, endpointId, messageId, isAsked },
});

const standingOf = ({ disabledReason }: WebhookEndpoint): string =>
  `is disabled${disabledReason === null ? '' : `: ${disabledReason}`}`;

function assertEnabled(endpoint: WebhookEndpoint): void {
  if (endpoint.endpointState === 'enabled') return;
  throw invalidOperation(
    `webhook endpoint ${endpoint.id} ${standingOf(endpoint)}; enable it first`,
    'webhook_endpoint_disabled',
  );
}
