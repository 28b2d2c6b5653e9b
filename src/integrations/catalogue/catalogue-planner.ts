import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { EventType } from '../../domain/events.js';
import type { Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import type { OutboxEvent } from '../../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../../platform/outbox/outbox-subscribers.js';
import { PricesService } from '../../plans/prices.service.js';
import { SyncOperationsService } from '../sync/sync-operations.service.js';
import { PushPlanTask } from './push-plan.task.js';

const PLAN_JOB = 'sync.plan_catalogue';
const EVENTS = [
  'plan.created',
  'plan.updated',
  'plan.deleted',
  'price.created',
  'price.replaced',
  'price.ended',
] as const satisfies readonly EventType[];
type CatalogueEvent = OutboxEvent<(typeof EVENTS)[number]>;

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'sync.plan_catalogue': CatalogueEvent;
  }
}

/** Which connections have to be told of a plan. One that has just been told by, or has told us the same, is not. */
@Injectable()
export class CataloguePlanner implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly connections: ConnectionsService,
    private readonly prices: PricesService,
    private readonly operations: SyncOperationsService,
    private readonly task: PushPlanTask,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({ jobKind: PLAN_JOB, eventTypes: EVENTS });
    this.handlers.register({
      kind: PLAN_JOB,
      handle: async ({ caller, payload }) => {
        await this.uow.run(caller, (ctx) => this.plan(ctx, payload));
        return undefined;
      },
    });
  }

  private async plan(ctx: Ctx, event: CatalogueEvent): Promise<void> {
    const connections = await this.connections.listSyncing(ctx, 'plan', 'outbound');
    if (connections.length === 0) return;
    const planId = event.entityType === 'plan' ? event.entityId : await this.planOf(ctx, event.entityId);
    if (planId === undefined) return;
    for (const connection of connections)
      await this.operations.planNextIf(
        ctx,
        connection,
        { entityType: 'plan', entityId: planId, action: 'push' },
        (isUnderWay) => this.task.isAhead(ctx, connection.id, planId, isUnderWay),
      );
  }

  private async planOf(ctx: Ctx, priceId: string): Promise<string | undefined> {
    const { price } = await this.prices.get(ctx, priceId);
    return price.entityType === 'PLAN' ? price.entityId : undefined;
  }
}
