import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { Attempt, RemoteInvoice } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { RemoteInvoicesService } from './remote-invoices.service.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { TaskAction } from './sync-actions.types.js';
import type { Prepared, Reconsidered, SyncOperation, SyncTask } from './sync.types.js';

/** Bank debits take days; a poll sees the end of one within a minute or so. */
const PROCESSING_MS = 60_000;

/** What a provider has answered. */
export interface Told {
  /** Undefined: nothing stands for the invoice there any more. */
  readonly remote: RemoteInvoice | undefined;
  readonly withdrawn?: readonly string[];
}

/**
 * Operations on an invoice that the provider has already. One whose push has not been begun it gets as it is by then; one
 * whose push is under way is waited for like any earlier operation.
 */
@Injectable()
export abstract class RemoteInvoiceTask implements SyncTask<Told>, OnModuleInit {
  readonly entityType = 'invoice';
  abstract readonly action: TaskAction;

  constructor(
    private readonly tasks: SyncTasks,
    protected readonly mappings: MappingsService,
    protected readonly remoteInvoices: RemoteInvoicesService,
    protected readonly invoices: InvoicesService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  abstract supports(session: ProviderSession): boolean;

  abstract call(session: ProviderSession, snapshot: Record<string, unknown>, attempt: Attempt): Promise<Told>;

  /** Money that is on its way there is waited for: what is done to the invoice depends on whether it comes. */
  async mayBegin(
    ctx: Ctx,
    { entityId }: SyncOperation,
    connection: Connection,
  ): Promise<{ readonly reason: string; readonly ms: number } | undefined> {
    const mapping = await this.mappings.find(ctx, connection.id, 'invoice', entityId);
    return mapping?.metadata.processing === 'true' && this.changesWhatIsPaid
      ? { reason: `a payment of it is being processed at ${connection.provider}`, ms: PROCESSING_MS }
      : undefined;
  }

  protected readonly changesWhatIsPaid: boolean = true;

  async prepare(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    _session?: ProviderSession,
  ): Promise<Prepared> {
    const mapping = await this.mappings.find(ctx, connection.id, 'invoice', operation.entityId);
    if (!mapping?.providerEntityId) return { skip: 'the provider never got the invoice' };
    return { ready: { remoteId: mapping.providerEntityId, status: mapping.metadata.status ?? 'open' } };
  }

  reconsider?(
    ctx: Ctx,
    operation: SyncOperation,
    session: ProviderSession,
    sent: Record<string, unknown>,
  ): Promise<Reconsidered>;

  undo?(session: ProviderSession, snapshot: Record<string, unknown>, attempt: Attempt): Promise<Told>;

  undone?(ctx: Ctx, operation: SyncOperation, connection: Connection, told: Told): Promise<boolean>;

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    { remote, withdrawn = [] }: Told,
  ): Promise<string> {
    if (remote === undefined) {
      await this.remoteInvoices.withdrawn(ctx, connection, operation.entityId, withdrawn);
      return '';
    }
    await this.remoteInvoices.apply(ctx, connection, operation.entityId, remote);
    return remote.remoteId;
  }
}

export const remoteIdOf = (snapshot: Record<string, unknown>): string => snapshot.remoteId as string;

/**
 * Paid here first: the provider is told, so that nobody pays there again. What nobody can pay there is left as it is, and a
 * draft that a push has left goes.
 */
@Injectable()
export class MarkInvoicePaidTask extends RemoteInvoiceTask {
  readonly action = 'mark_paid';

  supports(session: ProviderSession): boolean {
    return session.invoices?.markPaid !== undefined;
  }

  async call(session: ProviderSession, snapshot: Record<string, unknown>, attempt: Attempt): Promise<Told> {
    const { invoices } = session;
    if (invoices?.markPaid === undefined) throw new Error('the session cannot mark invoices paid');
    if (snapshot.status === 'draft' && invoices.void !== undefined) return closed(session, snapshot, attempt);
    return unlessOver(session, snapshot, invoices.markPaid(remoteIdOf(snapshot), attempt));
  }
}

/** Void here: void there. What is gone there already nobody can pay. */
@Injectable()
export class VoidInvoiceTask extends RemoteInvoiceTask {
  readonly action = 'void';

  constructor(
    tasks: SyncTasks,
    mappings: MappingsService,
    remoteInvoices: RemoteInvoicesService,
    invoices: InvoicesService,
    private readonly operations: SyncOperationsService,
  ) {
    super(tasks, mappings, remoteInvoices, invoices);
  }

  supports(session: ProviderSession): boolean {
    return session.invoices?.void !== undefined;
  }

  override async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    const { entityType, entityId } = operation;
    const marked = {
      entityType: entityType as 'invoice',
      entityId,
      action: 'mark_paid',
      revision: 1,
    } as const;
    const told = await this.operations.findIntent(ctx, connection.id, marked);
    return told?.state === 'succeeded'
      ? { skip: 'it was marked as paid there, when it was paid here: nobody can pay it' }
      : super.prepare(ctx, operation, connection);
  }

  call(session: ProviderSession, snapshot: Record<string, unknown>, attempt: Attempt): Promise<Told> {
    return closed(session, snapshot, attempt);
  }
}

const closed = (
  session: ProviderSession,
  snapshot: Record<string, unknown>,
  attempt: Attempt,
): Promise<Told> => {
  if (session.invoices?.void === undefined) throw new Error('the session cannot void invoices');
  return unlessOver(session, snapshot, session.invoices.void(remoteIdOf(snapshot), attempt));
};

/** A refusal because nobody can pay it any more is as good as what was asked for: so it is that it is gone. */
async function unlessOver(
  { invoices }: ProviderSession,
  snapshot: Record<string, unknown>,
  call: Promise<RemoteInvoice>,
): Promise<Told> {
  try {
    return { remote: await call };
  } catch (error) {
    if (!(error instanceof ProviderError) || error.retryable || error.kind === 'auth') throw error;
    const now = await invoices?.fetch(remoteIdOf(snapshot));
    if (now === null) return { remote: undefined };
    if (now?.status === 'void') return { remote: now };
    throw error;
  }
}

/** The hosted page was not known when the invoice was pushed: asked for again until it is. */
@Injectable()
export class RefreshInvoiceTask extends RemoteInvoiceTask {
  readonly action = 'refresh';
  protected override readonly changesWhatIsPaid = false;
  readonly onlyReads = true;

  supports(session: ProviderSession): boolean {
    return session.invoices !== undefined;
  }

  async call(session: ProviderSession, snapshot: Record<string, unknown>): Promise<Told> {
    const remote = await session.invoices?.fetch(remoteIdOf(snapshot));
    if (!remote) throw new ProviderError('not_found', `there is no invoice ${remoteIdOf(snapshot)} any more`);
    if (remote.hostedUrl === undefined && remote.status === 'open')
      throw new ProviderError('unavailable', 'the page to pay on is not there yet', {
        code: 'hosted_url_missing',
      });
    return { remote };
  }
}
