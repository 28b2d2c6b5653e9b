import { Injectable } from '@nestjs/common';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import type { Connection } from '../../connections/connections.types.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { PlanReading } from './inbound-plans.service.js';

type Read = { readonly kind: 'plan'; readonly reading: PlanReading };
type Gone = { readonly kind: 'gone'; readonly reason: string };

/** Reads plans at providers. */
@Injectable()
export class RemotePlans {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: ProviderSessionsService,
    private readonly mappings: MappingsService,
  ) {}

  async read(caller: Caller, connection: Connection, remoteId: string): Promise<Read | Gone> {
    // Nobody is asked for what would not be taken.
    if (!connection.syncConfig.plan.inbound) return { kind: 'gone', reason: 'plan.inbound is switched off' };
    const session = this.sessions.open(connection);
    if (session.catalog === undefined)
      return { kind: 'gone', reason: `${connection.provider} has no plans to keep in step` };
    const number = await this.uow.run(caller, (ctx) => this.mappings.beginReading(ctx));
    const remote = await session.catalog.fetchPlan(remoteId);
    return { kind: 'plan', reading: { remoteId, remote, number } };
  }
}
