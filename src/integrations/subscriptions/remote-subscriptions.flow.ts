import { Injectable } from '@nestjs/common';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { RemoteSubscription } from '../../providers/provider-subscriptions.js';
import { RemotePlans } from '../catalogue/remote-plans.flow.js';
import type { PlanReading } from '../catalogue/inbound-plans.service.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { SubscriptionReading } from './inbound-subscriptions.service.js';

type Read = { readonly kind: 'subscription'; readonly reading: SubscriptionReading };
type Gone = { readonly kind: 'gone'; readonly reason: string };

/** Reads subscriptions at providers, with what they need and is not known here yet: their customer and their plans. */
@Injectable()
export class RemoteSubscriptions {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: ProviderSessionsService,
    private readonly mappings: MappingsService,
    private readonly plans: RemotePlans,
  ) {}

  async read(caller: Caller, connection: Connection, remoteId: string): Promise<Read | Gone> {
    // Nobody is asked for what would not be taken.
    if (!connection.syncConfig.subscription.inbound)
      return { kind: 'gone', reason: 'subscription.inbound is switched off' };
    const session = this.sessions.open(connection);
    if (session.subscriptions === undefined)
      return { kind: 'gone', reason: `${connection.provider} has no subscriptions to keep in step` };
    const number = await this.uow.run(caller, (ctx) => this.mappings.beginReading(ctx));
    const remote = await session.subscriptions.fetch(remoteId);
    if (remote === null) return { kind: 'gone', reason: 'the provider has no such subscription' };
    return {
      kind: 'subscription',
      reading: { remote, number, ...(await this.unknownOf(caller, connection, session, remote)) },
    };
  }

  private async unknownOf(
    caller: Caller,
    connection: Connection,
    session: ProviderSession,
    remote: RemoteSubscription,
  ): Promise<Pick<SubscriptionReading, 'customer' | 'plans'>> {
    const planIds = [...new Set(remote.items.map(({ price }) => price.remotePlanId))];
    const unknown = await this.uow.run(caller, async (ctx) => {
      const known = async (type: 'customer' | 'plan', id: string): Promise<boolean> =>
        (await this.mappings.findByRemoteId(ctx, connection.id, type, id)) !== null;
      const plans: string[] = [];
      for (const id of planIds) if (!(await known('plan', id))) plans.push(id);
      return { customer: !(await known('customer', remote.remoteCustomerId)), plans };
    });
    const customer = unknown.customer ? await session.customers?.fetch(remote.remoteCustomerId) : undefined;
    const plans: PlanReading[] = [];
    for (const id of unknown.plans) {
      const read = await this.plans.read(caller, connection, id);
      if (read.kind === 'plan') plans.push(read.reading);
    }
    return { customer: customer ?? undefined, plans };
  }
}
