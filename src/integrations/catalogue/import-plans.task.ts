import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError } from '../../domain/errors.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { RemotePlan, RemotePlanPage } from '../../providers/provider-catalogue.js';
import { skipped, SUPERSEDED, type Dispatched } from '../outcomes/dispatched.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncNotes } from '../sync/sync-notes.service.js';
import { SyncOperationsService } from '../sync/sync-operations.service.js';
import { SyncTasks } from '../sync/sync-tasks.js';
import type { Prepared, SyncIntent, SyncOperation, SyncTask } from '../sync/sync.types.js';
import { InboundPlans } from './inbound-plans.service.js';

/** What is asked for, and under which number of {@link MappingsService.beginReading}. */
interface Page {
  readonly after: string | null;
  readonly number: number;
}

type ReadPage = RemotePlanPage & Pick<Page, 'number'>;

/**
 * The plans that a provider had before we were connected, and that no webhook will tell of. One operation is one page,
 * and plans the next: a crash loses a page, a refusal is tried again from that page, and twice is once, because each
 * plan is taken over as a webhook would have it.
 */
@Injectable()
export class ImportPlansTask implements SyncTask<ReadPage>, OnModuleInit {
  readonly entityType = 'plan';
  readonly action = 'import';
  readonly onlyReads = true;

  constructor(
    private readonly tasks: SyncTasks,
    private readonly operations: SyncOperationsService,
    private readonly inbound: InboundPlans,
    private readonly mappings: MappingsService,
    private readonly notes: SyncNotes,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.catalog?.listPlans !== undefined;
  }

  /** The import that is under way, or a new one from the beginning. */
  async begin(ctx: Ctx, connection: Connection): Promise<SyncOperation> {
    const of = importOf(connection);
    await this.operations.lockEntity(ctx, connection.id, of);
    const [underWay] = await this.operations.unfinishedOf(ctx, connection.id, of);
    return underWay ?? this.plan(ctx, connection);
  }

  async prepare(ctx: Ctx, _operation: SyncOperation, connection: Connection): Promise<Prepared> {
    if (!connection.syncConfig.plan.inbound) return { skip: SWITCHED_OFF };
    return { ready: { ...(await this.page(ctx, undefined)) } };
  }

  async call(session: ProviderSession, snapshot: Record<string, unknown>): Promise<ReadPage> {
    if (session.catalog?.listPlans === undefined) throw new Error('the session cannot list plans');
    const { after, number } = snapshot as unknown as Page;
    return { ...(await session.catalog.listPlans(after ?? undefined)), number };
  }

  async record(
    ctx: Ctx,
    _operation: SyncOperation,
    connection: Connection,
    { plans, next, number }: ReadPage,
  ): Promise<string> {
    for (const remote of plans)
      await this.tell(ctx, connection, remote, await this.take(ctx, connection, remote, number));
    if (next !== undefined && connection.syncConfig.plan.inbound) {
      const { id } = await this.plan(ctx, connection);
      await this.operations.change(ctx, id, { snapshot: { ...(await this.page(ctx, next)) } });
    }
    return plans.at(-1)?.remoteId ?? '';
  }

  private async plan(ctx: Ctx, connection: Connection): Promise<SyncOperation> {
    const of = importOf(connection);
    const revision = await this.notes.nextRevision(ctx, connection.id, of);
    return this.operations.plan(ctx, connection, { ...of, revision });
  }

  private async page(ctx: Ctx, after: string | undefined): Promise<Page> {
    return { after: after ?? null, number: await this.mappings.beginReading(ctx) };
  }

  private async take(
    ctx: Ctx,
    connection: Connection,
    remote: RemotePlan,
    number: number,
  ): Promise<Dispatched> {
    try {
      return await this.inbound.apply(ctx, connection, { remoteId: remote.remoteId, remote, number });
    } catch (error) {
      // A plan that our rules refuse is no reason to miss the others. Rules are asked before anything is written.
      if (!(error instanceof BillingError) || error.kind !== 'validation_error') throw error;
      return skipped(error.message);
    }
  }

  /** What did not come in whole, or not at all, stands in the timeline of the plan or of the connection. */
  private async tell(
    ctx: Ctx,
    connection: Connection,
    { remoteId }: RemotePlan,
    dispatched: Dispatched,
  ): Promise<void> {
    const reason = dispatched.outcome === 'handled' ? dispatched.note : dispatched.reason;
    if (reason === undefined || dispatched === SUPERSEDED) return;
    const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'plan', remoteId);
    const of = { ...importOf(connection), ...(mapping === null ? {} : { entityId: mapping.entityId }) };
    await this.notes.write(
      ctx,
      connection,
      { ...of, revision: await this.notes.nextRevision(ctx, connection.id, of) },
      {
        state: dispatched.outcome === 'handled' ? 'succeeded' : 'skipped',
        reason: `${remoteId}: ${reason}`,
        providerEntityId: remoteId,
      },
    );
  }
}

const SWITCHED_OFF = 'plan.inbound is switched off';

const importOf = (connection: Connection): Omit<SyncIntent<'import'>, 'revision'> => ({
  entityType: 'plan',
  entityId: connection.id,
  action: 'import',
});
