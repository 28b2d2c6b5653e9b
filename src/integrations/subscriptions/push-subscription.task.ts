import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { ProviderError } from '../../providers/provider-error.js';
import type { Attempt } from '../../providers/provider-objects.js';
import type { RemoteSubscription } from '../../providers/provider-subscriptions.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { SyncTasks } from '../sync/sync-tasks.js';
import type { Prepared, SyncOperation, SyncTask } from '../sync/sync.types.js';
import {
  commonOfOurs,
  itemLines,
  sameForProvider,
  storedCommon,
  subscriptionUpdateOf,
  type CommonSubscription,
} from './common-subscription.js';

/** What was changed here of a subscription that lives at the provider → the provider's. None is ever made there. */
@Injectable()
export class PushSubscriptionTask implements SyncTask<RemoteSubscription>, OnModuleInit {
  readonly entityType = 'subscription';
  readonly action = 'push';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly subscriptions: SubscriptionsService,
    private readonly mappings: MappingsService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.subscriptions?.update !== undefined;
  }

  /** What the provider has to be told, or undefined: it has it so or, where a push is under way, will have it so. */
  async ahead(
    ctx: Ctx,
    connectionId: string,
    subscriptionId: string,
    isUnderWay = false,
  ): Promise<{ readonly mapping: EntityMapping; readonly ours: CommonSubscription } | undefined> {
    const mapping = await this.mappings.find(ctx, connectionId, 'subscription', subscriptionId);
    const { common: last, telling } = mapping?.agreement ?? {};
    const common = (isUnderWay ? storedCommon(telling) : undefined) ?? storedCommon(last);
    if (mapping === null || common === undefined) return undefined;
    const subscription = await this.subscriptions.get(ctx, subscriptionId);
    const lines = await this.subscriptions.linesOf(ctx, [subscriptionId]);
    const ours = commonOfOurs(subscription, itemLines(lines, connectionId, ctx.now));
    if (sameForProvider(ours, common)) return undefined;
    // It ended on the day that both sides had named: the provider ends its own by itself.
    const { cancelledAt } = subscription;
    if (ours.cancelled && common.cancelAt !== null && cancelledAt && cancelledAt >= new Date(common.cancelAt))
      return undefined;
    return { mapping, ours };
  }

  async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    if (!connection.syncConfig.subscription.outbound)
      return { skip: 'subscription.outbound is switched off' };
    const ahead = await this.ahead(ctx, connection.id, operation.entityId);
    const remoteId = ahead?.mapping.providerEntityId ?? undefined;
    if (ahead === undefined || remoteId === undefined)
      return { skip: 'the provider has the subscription as it is' };
    await this.mappings.acceptBaseline(ctx, ahead.mapping, {
      read: ahead.mapping.agreement?.read ?? 0,
      common: ahead.mapping.agreement?.common ?? {},
      telling: { ...ahead.ours },
    });
    return { ready: { remoteId, ours: ahead.ours } };
  }

  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemoteSubscription> {
    if (session.subscriptions?.update === undefined)
      throw new Error('the session cannot change subscriptions');
    const { remoteId, ours } = snapshot as { remoteId: string; ours: CommonSubscription };
    return session.subscriptions.update(remoteId, subscriptionUpdateOf(ours), attempt);
  }

  /** What was told is common now. What else has changed there is read with the event that tells of it. */
  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    remote: RemoteSubscription,
  ): Promise<string> {
    const mapping = await this.mappings.find(ctx, connection.id, 'subscription', operation.entityId);
    const told = storedCommon(mapping?.agreement?.telling);
    const common = storedCommon(mapping?.agreement?.common);
    if (mapping !== null && told !== undefined && common !== undefined)
      await this.mappings.acceptBaseline(
        ctx,
        mapping,
        {
          read: mapping.agreement?.read ?? 0,
          common: { ...told, quantities: { ...common.quantities, ...told.quantities } },
          telling: null,
        },
        { status: remote.status },
      );
    return remote.remoteId;
  }

  async refused(ctx: Ctx, operation: SyncOperation, error: ProviderError): Promise<void> {
    if (!error.retryable)
      await this.mappings.notTold(ctx, operation.connectionId, this.entityType, operation.entityId);
  }
}
