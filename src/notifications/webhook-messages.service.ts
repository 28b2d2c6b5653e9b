import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { notFound } from '../domain/errors.js';
import { WallClock } from '../platform/time/clock.js';
import type { Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { findRow, insertRow, insertUnlessThere } from '../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { newId } from '../platform/ids.js';
import { JobHandlers } from '../platform/jobs/job-handlers.js';
import { PeriodicTasks } from '../platform/jobs/periodic-tasks.js';
import { OutboxSubscribers } from '../platform/outbox/outbox-subscribers.js';
import { EventBodies, type PublicEvent, type SendableEvent } from './event-bodies.types.js';
import { isSubscribed, namesOf, SUBSCRIBED_EVENTS } from './webhook-events.types.js';
import type { WebhookDelivery, WebhookEndpoint, WebhookMessage } from './notifications.types.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';
import { WebhookMessageEntity } from './webhook-message.entity.js';

const JOB = 'notification.message';

declare module '../platform/jobs/job-map.js' {
  interface JobMap {
    'notification.message': SendableEvent;
  }
}

const PURGE_EVERY_MS = 60 * 60 * 1000;
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
const PURGED_AT_ONCE = 1_000;

/** With everything that hangs on it; one statement. */
const PURGE = /* sql */ `
  WITH old AS (
    DELETE FROM webhook_messages WHERE id IN (
      SELECT id FROM webhook_messages WHERE created_at < $1 ORDER BY created_at LIMIT ${PURGED_AT_ONCE})
    RETURNING id
  ), undelivered AS (
    DELETE FROM webhook_deliveries d USING old WHERE d.message_id = old.id RETURNING d.id
  ), forgotten AS (
    DELETE FROM webhook_attempts a USING undelivered WHERE a.delivery_id = undelivered.id
  )
  SELECT count(*)::int AS count FROM old`;

export interface MessageSearch extends ListRequest {
  readonly type?: string;
  readonly entity_id?: string;
}

/** Writes down what is to be told, once for each event, with a delivery to each endpoint that wants to hear of it. */
@Injectable()
export class WebhookMessagesService implements OnModuleInit {
  private readonly logger = new Logger(WebhookMessagesService.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly periodic: PeriodicTasks,
    private readonly endpoints: WebhookEndpointsService,
    private readonly deliveries: WebhookDeliveriesService,
    private readonly bodies: EventBodies,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({
      jobKind: JOB,
      eventTypes: SUBSCRIBED_EVENTS,
      activeEnvironments: (em, environmentIds) => this.endpoints.environmentsWithAny(em, environmentIds),
    });
    this.handlers.register({
      kind: JOB,
      queue: 'outbound-http',
      handle: async ({ caller, payload }) => {
        // Should it be lost, so is the end of this job, which is written after it.
        await this.uow.run(caller, (ctx) => this.tell(ctx, payload), { isBookkeeping: true });
        return undefined;
      },
    });
    this.periodic.register({ name: 'webhook-messages', everyMs: PURGE_EVERY_MS, run: () => this.purge() });
  }

  async get(ctx: Ctx, id: string): Promise<WebhookMessage> {
    const row = await findRow(ctx.em, WebhookMessageEntity, { id });
    if (row === null) throw notFound('webhook message', id);
    return row;
  }

  search(
    ctx: Ctx,
    request: MessageSearch,
  ): Promise<{ rows: WebhookMessage[]; pagination: PaginationResponse }> {
    const query = ctx.em.createQueryBuilder(WebhookMessageEntity, 'row').where('1 = 1');
    if (request.type) query.andWhere('row.type = :type', { type: request.type });
    if (request.entity_id) query.andWhere('row.entityId = :entityId', { entityId: request.entity_id });
    return findPage(query, request, { created_at: 'createdAt' });
  }

  /** A message that tells nothing, to one endpoint: whether it comes, and whether its signature is checked rightly. */
  async test(ctx: Ctx, endpoint: WebhookEndpoint): Promise<WebhookDelivery> {
    const event: PublicEvent = {
      type: 'webhook.test',
      subject: { endpoint: { id: endpoint.id, url: endpoint.url } },
    };
    const about = { sequence: null, entityType: 'webhook_endpoint', entityId: endpoint.id };
    const message = this.messageOf(ctx, event, { ...about, occurredAt: ctx.now });
    await insertRow(ctx.em, WebhookMessageEntity, message);
    const [delivery] = await this.deliveries.plan(ctx, message, [endpoint]);
    return delivery as WebhookDelivery;
  }

  private async tell(ctx: Ctx, event: SendableEvent): Promise<void> {
    const names = namesOf(event.type);
    const listening = (await this.endpoints.enabled(ctx)).filter(({ eventTypes }) =>
      names.some((name) => isSubscribed(eventTypes, name)),
    );
    if (listening.length === 0) return;
    const told = await this.bodies.render(ctx, event);
    if (told === undefined) return;
    const to = listening.filter(({ eventTypes }) => isSubscribed(eventTypes, told.type));
    if (to.length === 0) return;
    const { sequence, entityType, entityId } = event;
    const occurredAt = new Date(event.occurredAt);
    const message = this.messageOf(ctx, told, { sequence, entityType, entityId, occurredAt });
    // The job may run twice.
    if (await insertUnlessThere(ctx.em, WebhookMessageEntity, message))
      await this.deliveries.plan(ctx, message, to);
  }

  private messageOf(
    ctx: Ctx,
    { type, subject }: PublicEvent,
    about: Pick<WebhookMessage, 'sequence' | 'entityType' | 'entityId' | 'occurredAt'>,
  ): WebhookMessage {
    const id = newId('webhookMessage');
    const now = this.clock.now();
    const envelope = { id, occurred_at: about.occurredAt, environment_id: ctx.scope.environmentId };
    return {
      id,
      ...ctx.scope,
      ...about,
      type,
      body: JSON.stringify({ event_type: type, ...subject, ...envelope }),
      createdAt: now,
      updatedAt: now,
    };
  }

  /** What was told a month ago, with its deliveries. */
  private async purge(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - KEEP_MS);
    for (;;) {
      const [purged] = await this.uow.runSystem((em) => em.query<{ count: number }[]>(PURGE, [before]));
      const count = purged?.count ?? 0;
      if (count > 0) this.logger.log({ event: 'webhook.messages_purged', count });
      if (count < PURGED_AT_ONCE) return;
    }
  }
}
