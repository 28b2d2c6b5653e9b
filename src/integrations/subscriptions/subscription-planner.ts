import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { EventType } from '../../domain/events.js';
import type { Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import type { OutboxEvent } from '../../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../../platform/outbox/outbox-subscribers.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncOperationsService } from '../sync/sync-operations.service.js';
import { PushSubscriptionTask } from './push-subscription.task.js';

const PLAN_JOB = 'sync.plan_subscription';
const EVENTS = [
  'subscription.updated',
  'subscription.cancelled',
  'subscription.paused',
  'subscription.resumed',
] as const satisfies readonly EventType[];

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'sync.plan_subscription': OutboxEvent<(typeof EVENTS)[number]>;
  }
}

/** Which provider has to be told of a change of a subscription: the one that it came from, and no other. */
@Injectable()
export class SubscriptionPlanner implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly connections: ConnectionsService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    private readonly task: PushSubscriptionTask,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({ jobKind: PLAN_JOB, eventTypes: EVENTS });
    this.handlers.register({
      kind: PLAN_JOB,
      handle: async ({ caller, payload }) => {
        await this.uow.run(caller, (ctx) => this.plan(ctx, payload.entityId));
        return undefined;
      },
    });
  }

  private async plan(ctx: Ctx, subscriptionId: string): Promise<void> {
    for (const { connectionId } of await this.mappings.ofEntity(ctx, 'subscription', subscriptionId)) {
      const connection = await this.connections.find(ctx, connectionId);
      if (connection?.syncConfig.subscription.outbound !== true) continue;
      await this.operations.planNextIf(
        ctx,
        connection,
        { entityType: 'subscription', entityId: subscriptionId, action: 'push' },
        async (isUnderWay) =>
          (await this.task.ahead(ctx, connectionId, subscriptionId, isUnderWay)) !== undefined,
      );
    }
  }
}
