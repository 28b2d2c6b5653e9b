import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { Attempt, InvoicePush, RemoteInvoice } from '../../providers/provider-objects.js';
import { PaymentsService } from '../../payments/payments.service.js';
import { CheckoutSessionsService } from '../checkout-sessions/checkout-sessions.service.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { withdrawnIds } from '../mappings/withdrawn.js';
import { InvoicePages } from './invoice-pages.service.js';
import { pushOf, revised, whyUnwanted } from './invoice-push-content.js';
import { fromSnapshot, toSnapshot } from './invoice-snapshot.js';
import { MissingRemoteCustomers } from './missing-remote-customers.service.js';
import { PushQueue } from './push-queue.service.js';
import { RemoteInvoicesService, syncErrorKey } from './remote-invoices.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, Reconsidered, SyncOperation, SyncTask } from './sync.types.js';

interface PushResult {
  /** Undefined when the push was undone, and nothing is left of it. */
  readonly remote: RemoteInvoice | undefined;
  readonly withdrawn?: readonly string[];
  /** Whether a page that is not known yet can be asked for with those of others. */
  readonly isListed: boolean;
}

/** A finalized invoice → the provider: complete, once, for what is still owed. */
@Injectable()
export class PushInvoiceTask implements SyncTask<PushResult>, OnModuleInit {
  readonly entityType = 'invoice';
  readonly action = 'push';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly invoices: InvoicesService,
    private readonly customers: CustomersService,
    private readonly lost: MissingRemoteCustomers,
    private readonly payments: PaymentsService,
    private readonly pages: CheckoutSessionsService,
    private readonly mappings: MappingsService,
    private readonly pushes: PushQueue,
    private readonly unclear: InvoicePages,
    private readonly remoteInvoices: RemoteInvoicesService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.invoices !== undefined;
  }

  async mayBegin(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    { invoices }: ProviderSession,
  ): Promise<{ readonly reason: string; readonly ms: number } | undefined> {
    return this.pushes.wait(ctx, operation, connection, invoices?.isPrepared ?? true);
  }

  async prepare(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    session: ProviderSession,
  ): Promise<Prepared> {
    // Locked: whoever begins a payment holds it, and asks whether we are at work. What is asked with it is answered after it.
    const [invoice, other] = await Promise.all([
      this.invoices.lock(ctx, operation.entityId),
      this.otherWayToPay(ctx, operation.entityId),
    ]);
    const unwanted = whyUnwanted(invoice);
    if (unwanted !== undefined) return { skip: unwanted };
    if (!connection.syncConfig.invoice.outbound) return { skip: 'invoice.outbound is switched off' };
    if (other !== undefined) return other;
    const [customer, remoteId, lines] = await Promise.all([
      this.customers.get(ctx, invoice.customerId),
      this.mappings.remoteId(ctx, connection.id, 'customer', invoice.customerId),
      this.invoices.linesOf(ctx, [invoice.id]),
    ]);
    if (session.invoices?.needsCustomer === true && remoteId === undefined)
      return connection.syncConfig.customer.outbound
        ? {
            first: {
              entityType: 'customer',
              entityId: customer.id,
              action: 'push',
              revision: customer.revision,
            },
          }
        : { fail: 'the customer is not synced, and customer.outbound is switched off' };
    const mapping = await this.mappings.reserve(ctx, connection, 'invoice', invoice.id);
    const push = { ...pushOf(invoice, lines, customer, remoteId, ctx.now), ...withdrawnOf(mapping.metadata) };
    const pageLater = session.invoices?.listMade !== undefined && (await this.pushes.isLong(ctx, operation));
    return { ready: toSnapshot(pageLater ? { ...push, pageLater } : push) };
  }

  /** Between two tries the invoice may have become void, or a part of it may have been paid. */
  async reconsider(
    ctx: Ctx,
    operation: SyncOperation,
    { invoices }: ProviderSession,
    stored: Record<string, unknown>,
  ): Promise<Reconsidered> {
    if (invoices?.withdraw === undefined) return { go: stored };
    const { connectionId, entityId } = operation;
    const invoice = await this.invoices.lock(ctx, operation.entityId);
    const unwanted = whyUnwanted(invoice);
    if (unwanted !== undefined) {
      await this.letGo(ctx, connectionId, entityId);
      return { undo: unwanted };
    }
    const [customer, lines] = await Promise.all([
      this.customers.get(ctx, invoice.customerId),
      this.invoices.linesOf(ctx, [invoice.id]),
    ]);
    const sent = fromSnapshot(stored);
    const now = revised(sent, pushOf(invoice, lines, customer, sent.customer.remoteId, ctx.now));
    if (now === undefined) return { go: stored };
    // Who knows parts keeps what is open there.
    if (invoices.settlePart === undefined) await this.letGo(ctx, connectionId, entityId);
    return { go: toSnapshot(now) };
  }

  /** A webhook may have told of what an earlier try has made: that it ends, by us, is no news. */
  private async letGo(ctx: Ctx, connectionId: string, invoiceId: string): Promise<void> {
    const mapping = await this.mappings.find(ctx, connectionId, 'invoice', invoiceId);
    if (mapping !== null && mapping.providerEntityId !== null)
      await this.mappings.beginWithdrawal(ctx, mapping);
  }

  async undo(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<PushResult> {
    if (session.invoices?.withdraw === undefined) throw new Error('the session cannot withdraw invoices');
    const { paid, withdrawn } = await session.invoices.withdraw(fromSnapshot(snapshot), attempt);
    return { remote: paid, isListed: session.invoices.listMade !== undefined, withdrawn };
  }

  async undone(
    ctx: Ctx,
    { entityId }: SyncOperation,
    connection: Connection,
    { remote, withdrawn = [] }: PushResult,
  ): Promise<boolean> {
    if (remote !== undefined) return false;
    await this.remoteInvoices.withdrawn(ctx, connection, entityId, withdrawn);
    return true;
  }

  /** The customer was deleted there: made again, the invoice goes to the new one. */
  async repair(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    error: ProviderError,
  ): Promise<boolean> {
    if (!this.lost.isTold(error)) return false;
    const { customerId } = await this.invoices.get(ctx, operation.entityId);
    return this.lost.unlink(ctx, connection, await this.customers.get(ctx, customerId));
  }

  /** An invoice that the provider collects must not be payable on a page of ours, or be paid just now, as well. */
  private async otherWayToPay(ctx: Ctx, invoiceId: string): Promise<Prepared | undefined> {
    const [[underWay], isBeingMade, [page]] = await Promise.all([
      this.payments.underWayOf(ctx, invoiceId),
      this.pages.isBeingMade(ctx, invoiceId),
      this.pages.openOf(ctx, invoiceId),
    ]);
    if (underWay !== undefined) return { wait: `payment ${underWay.id} is being decided` };
    if (isBeingMade) return { wait: 'a page to pay on is being made' };
    const entityId = page?.paymentId;
    return entityId
      ? { first: { entityType: 'payment', entityId, action: 'expire', revision: 1 } }
      : undefined;
  }

  async call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
    keep: (settings: Readonly<Record<string, string>>) => Promise<void>,
  ): Promise<PushResult> {
    if (session.invoices === undefined) throw new Error('the session has no invoices');
    const prepared = await session.invoices.prepare?.({ ...attempt, key: `${attempt.key}:prepare` });
    if (prepared !== undefined) await keep(prepared.settings);
    if (prepared?.again !== undefined)
      throw new ProviderError('unavailable', prepared.again, { code: 'prepared_anew' });
    const remote = await session.invoices.push(fromSnapshot(snapshot), attempt);
    return { remote, isListed: session.invoices.listMade !== undefined };
  }

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    { remote, isListed }: PushResult,
  ): Promise<string> {
    if (remote === undefined) throw new Error('a push without a remote invoice');
    await this.remoteInvoices.apply(ctx, connection, operation.entityId, remote);
    if (remote.hostedUrl === undefined && remote.status === 'open')
      await this.unclear.askLater(ctx, connection, operation.entityId, isListed);
    return remote.remoteId;
  }

  held(ctx: Ctx, operation: SyncOperation, error: ProviderError): Promise<void> {
    return this.refused(ctx, operation, error);
  }

  /** Seen by whoever looks at the invoice, and taken off it by the push that succeeds. */
  async refused(ctx: Ctx, operation: SyncOperation, error: ProviderError): Promise<void> {
    await this.invoices.attachRemote(ctx, operation.entityId, {
      metadata: { [syncErrorKey(operation.provider)]: error.message },
      pdfUrl: undefined,
    });
  }
}

function withdrawnOf(metadata: Readonly<Record<string, string>>): Pick<InvoicePush, 'withdrawn'> {
  const withdrawn = withdrawnIds(metadata);
  return withdrawn.length === 0 ? {} : { withdrawn };
}
