import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { money } from '../../domain/money.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { Attempt, InvoicePush, RemoteInvoice } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { pushOf, revised, whyUnwanted } from './invoice-push-content.js';
import { fromSnapshot, toSnapshot } from './invoice-snapshot.js';
import { RemoteInvoicesService } from './remote-invoices.service.js';
import { remoteIdOf, RemoteInvoiceTask, type Told } from './settle-invoice.tasks.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, Reconsidered, SyncOperation } from './sync.types.js';

interface Replacement {
  readonly remoteId: string;
  /** What is asked for instead, as it is sent. */
  readonly push: Record<string, unknown>;
}

/**
 * A part is settled here: the provider asks for the rest only. One that knows no parts is asked for the rest by another
 * invoice: the one that stands is made void first, so that nobody can pay both.
 */
@Injectable()
export class SettlePartTask extends RemoteInvoiceTask {
  readonly action = 'settle_part';

  constructor(
    tasks: SyncTasks,
    mappings: MappingsService,
    remoteInvoices: RemoteInvoicesService,
    invoices: InvoicesService,
    private readonly customers: CustomersService,
    private readonly operations: SyncOperationsService,
  ) {
    super(tasks, mappings, remoteInvoices, invoices);
  }

  supports({ invoices }: ProviderSession): boolean {
    return invoices?.settlePart !== undefined || invoices?.void !== undefined;
  }

  override async prepare(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    { invoices }: ProviderSession,
  ): Promise<Prepared> {
    const prepared = await super.prepare(ctx, operation, connection);
    if (!('ready' in prepared)) return prepared;
    const { amountRemaining, currency, ...invoice } = await this.invoices.lock(ctx, operation.entityId);
    if (invoice.invoiceStatus !== 'FINALIZED') return { skip: `the invoice is ${invoice.invoiceStatus}` };
    if (amountRemaining === 0n) return { skip: 'nothing is owed: it is marked paid as a whole' };
    const { remoteId, status } = prepared.ready as { remoteId: string; status: string };
    if (status === 'draft') return { skip: 'what is there is a draft, and asks for nothing' };
    if (invoices?.settlePart !== undefined)
      return { ready: { remoteId, remaining: amountRemaining.toString(), currency } };
    if (status !== 'open') return { skip: `the invoice is ${status} there` };
    const asked = await this.operations.lastAsked(ctx, connection.id, operation.entityId);
    if (asked !== undefined && asked.amount <= amountRemaining)
      return { skip: 'the provider asks for no more than what is owed' };
    return this.replacing(ctx, operation, connection, remoteId);
  }

  private async replacing(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    remoteId: string,
  ): Promise<Prepared> {
    const mapping = await this.mappings.find(ctx, connection.id, 'invoice', operation.entityId);
    if (mapping === null) return { skip: 'the provider never got the invoice' };
    const [push, withdrawn] = await Promise.all([
      this.push(ctx, operation.entityId),
      this.mappings.beginWithdrawal(ctx, mapping),
    ]);
    return { ready: { remoteId, push: toSnapshot({ ...push, withdrawn }) } };
  }

  private async push(ctx: Ctx, invoiceId: string): Promise<InvoicePush> {
    const invoice = await this.invoices.get(ctx, invoiceId);
    const [customer, lines] = await Promise.all([
      this.customers.get(ctx, invoice.customerId),
      this.invoices.linesOf(ctx, [invoiceId]),
    ]);
    // Whoever has customers of ours knows parts too: what is made anew needs none.
    return pushOf(invoice, lines, customer, undefined, ctx.now);
  }

  override async reconsider(
    ctx: Ctx,
    operation: SyncOperation,
    { invoices }: ProviderSession,
    stored: Record<string, unknown>,
  ): Promise<Reconsidered> {
    const invoice = await this.invoices.lock(ctx, operation.entityId);
    const unwanted = whyUnwanted(invoice);
    if (unwanted !== undefined && (!('push' in stored) || invoices?.withdraw !== undefined))
      return { undo: unwanted };
    // A part that was settled since has an operation of its own.
    if (!('push' in stored)) return { go: stored };
    const sent = fromSnapshot(stored.push as Record<string, unknown>);
    const now = revised(sent, await this.push(ctx, operation.entityId));
    return { go: now === undefined ? stored : { ...stored, push: toSnapshot(now) } };
  }

  async call(session: ProviderSession, snapshot: Record<string, unknown>, attempt: Attempt): Promise<Told> {
    const { invoices } = session;
    if (invoices === undefined) throw new Error('the session has no invoices');
    if ('push' in snapshot) {
      const { remoteId, push } = snapshot as unknown as Replacement;
      const paid = await closed(session, remoteId, attempt);
      return { remote: paid ?? (await invoices.push(fromSnapshot(push), attempt)) };
    }
    if (invoices.settlePart === undefined) throw new Error('the session cannot settle parts');
    const { remaining, currency } = snapshot as { remaining: string; currency: string };
    return {
      remote: await invoices.settlePart(remoteIdOf(snapshot), money(BigInt(remaining), currency), attempt),
    };
  }

  override async undo(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<Told> {
    // A part that was taken off stays so: whoever has made the invoice unwanted tells that in an operation of their own.
    if (!('push' in snapshot)) return { remote: undefined };
    const { remoteId, push } = snapshot as unknown as Replacement;
    const paid = await closed(session, remoteId, attempt);
    const left = await session.invoices?.withdraw?.(fromSnapshot(push), attempt);
    return { remote: paid ?? left?.paid, withdrawn: left?.withdrawn ?? [] };
  }

  override async undone(
    ctx: Ctx,
    { entityId, snapshot }: SyncOperation,
    connection: Connection,
    { remote, withdrawn = [] }: Told,
  ): Promise<boolean> {
    if (remote !== undefined) return false;
    if (snapshot !== null && 'push' in snapshot)
      await this.remoteInvoices.withdrawn(ctx, connection, entityId, withdrawn);
    return true;
  }
}

/** Nobody is to pay it. Answers it when somebody has, before we came. */
async function closed(
  { invoices }: ProviderSession,
  remoteId: string,
  attempt: Attempt,
): Promise<RemoteInvoice | undefined> {
  try {
    await invoices?.void?.(remoteId, { ...attempt, key: `${attempt.key}:void` });
    return undefined;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.retryable || error.kind === 'auth') throw error;
    const now = await invoices?.fetch(remoteId);
    if (now?.status === 'paid') return now;
    if (now === null || now?.status === 'void') return undefined;
    throw error;
  }
}
