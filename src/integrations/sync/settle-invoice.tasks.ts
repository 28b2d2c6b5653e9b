import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { money } from '../../domain/money.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { Attempt, RemoteInvoice } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { RemoteInvoicesService } from './remote-invoices.service.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, SyncAction, SyncOperation, SyncTask } from './sync.types.js';

/** Operations on an invoice that the provider has already: each waits until it has it, and does nothing if it never gets it. */
@Injectable()
abstract class RemoteInvoiceTask implements SyncTask<RemoteInvoice>, OnModuleInit {
  readonly entityType = 'invoice';
  abstract readonly action: SyncAction;

  constructor(
    private readonly tasks: SyncTasks,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    protected readonly remoteInvoices: RemoteInvoicesService,
    protected readonly invoices: InvoicesService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  abstract supports(session: ProviderSession): boolean;

  abstract call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemoteInvoice>;

  async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    const remoteId = await this.mappings.remoteId(ctx, connection.id, 'invoice', operation.entityId);
    if (remoteId !== undefined) return { ready: { remoteId } };
    const unfinished = await this.operations.unfinishedOf(ctx, connection.id, operation);
    return unfinished.some((other) => other.action === 'push')
      ? { wait: 'the invoice is still being pushed' }
      : { skip: 'the provider never got the invoice' };
  }

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    remote: RemoteInvoice,
  ): Promise<string> {
    await this.remoteInvoices.apply(ctx, connection, operation.entityId, remote);
    return remote.remoteId;
  }
}

const remoteIdOf = (snapshot: Record<string, unknown>): string => snapshot.remoteId as string;

/** Paid here first: the provider is told, so that nobody pays there again. */
@Injectable()
export class MarkInvoicePaidTask extends RemoteInvoiceTask {
  readonly action = 'mark_paid';

  supports(session: ProviderSession): boolean {
    return session.invoices?.markPaid !== undefined;
  }

  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemoteInvoice> {
    if (session.invoices?.markPaid === undefined) throw new Error('the session cannot mark invoices paid');
    return session.invoices.markPaid(remoteIdOf(snapshot), attempt);
  }
}

/** A part is settled here: the provider asks for the rest only. */
@Injectable()
export class SettlePartTask extends RemoteInvoiceTask {
  readonly action = 'settle_part';

  supports(session: ProviderSession): boolean {
    return session.invoices?.settlePart !== undefined;
  }

  override async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    const prepared = await super.prepare(ctx, operation, connection);
    if (!('ready' in prepared)) return prepared;
    const invoice = await this.invoices.get(ctx, operation.entityId);
    if (invoice.invoiceStatus !== 'FINALIZED') return { skip: `the invoice is ${invoice.invoiceStatus}` };
    if (invoice.amountRemaining === 0n) return { skip: 'nothing is owed: it is marked paid as a whole' };
    const { amountRemaining, currency } = invoice;
    return { ready: { ...prepared.ready, remaining: amountRemaining.toString(), currency } };
  }

  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemoteInvoice> {
    if (session.invoices?.settlePart === undefined) throw new Error('the session cannot settle parts');
    const { remaining, currency } = snapshot as { remaining: string; currency: string };
    return session.invoices.settlePart(remoteIdOf(snapshot), money(BigInt(remaining), currency), attempt);
  }
}

/** Void here: void there. */
@Injectable()
export class VoidInvoiceTask extends RemoteInvoiceTask {
  readonly action = 'void';

  supports(session: ProviderSession): boolean {
    return session.invoices?.void !== undefined;
  }

  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemoteInvoice> {
    if (session.invoices?.void === undefined) throw new Error('the session cannot void invoices');
    return session.invoices.void(remoteIdOf(snapshot), attempt);
  }
}

/** The hosted page was not known when the invoice was pushed: asked for again until it is. */
@Injectable()
export class RefreshInvoiceTask extends RemoteInvoiceTask {
  readonly action = 'refresh';

  supports(session: ProviderSession): boolean {
    return session.invoices !== undefined;
  }

  async call(session: ProviderSession, snapshot: Record<string, unknown>): Promise<RemoteInvoice> {
    const remote = await session.invoices?.fetch(remoteIdOf(snapshot));
    if (!remote) throw new ProviderError('not_found', `there is no invoice ${remoteIdOf(snapshot)} any more`);
    if (remote.hostedUrl === undefined && remote.status === 'open')
      throw new ProviderError('unavailable', 'the page to pay on is not there yet', {
        code: 'hosted_url_missing',
      });
    return remote;
  }
}
