import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { CustomersService } from '../../customers/customers.service.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import { OutboxSubscribers } from '../../platform/outbox/outbox-subscribers.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncNotes } from './sync-notes.service.js';
import { jobFor, SyncOperationsService } from './sync-operations.service.js';

const PLAN_JOB = 'sync.plan';

/** Reads events and writes down which connections have to be told what. Looks at what is, not at what the event says. */
@Injectable()
export class SyncPlanner implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly subscribers: OutboxSubscribers,
    private readonly queue: JobQueue,
    private readonly connections: ConnectionsService,
    private readonly customers: CustomersService,
    private readonly invoices: InvoicesService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    private readonly notes: SyncNotes,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({
      jobKind: PLAN_JOB,
      eventTypes: [
        'customer.created',
        'customer.updated',
        'invoice.finalized',
        'invoice.paid',
        'invoice.voided',
        'connection.resumed',
      ],
    });
    this.handlers.register({
      kind: PLAN_JOB,
      handle: async ({ caller, payload }) => {
        const { type, entityId } = payload as { type: string; entityId: string };
        const detail = payload.payload as Record<string, unknown>;
        await this.uow.run(caller, (ctx) => this.plan(ctx, type, entityId, detail));
        return undefined;
      },
    });
  }

  private async plan(
    ctx: Ctx,
    type: string,
    entityId: string,
    detail: Record<string, unknown>,
  ): Promise<void> {
    switch (type) {
      case 'customer.created':
      case 'customer.updated':
        return this.planCustomer(ctx, entityId, detail.origin);
      case 'invoice.finalized':
        return this.planInvoice(ctx, entityId);
      case 'invoice.paid':
        return this.tellOthers(ctx, entityId, 'mark_paid', detail.paid_through);
      case 'invoice.voided':
        return this.tellOthers(ctx, entityId, 'void', undefined);
      case 'connection.resumed':
        return this.resume(ctx, entityId);
    }
  }

  private async planCustomer(ctx: Ctx, customerId: string, origin: unknown): Promise<void> {
    const customer = await this.customers.find(ctx, customerId);
    if (customer?.status !== 'published') return;
    if (customer.email !== null) await this.pushAgain(ctx, customerId);
    for (const connection of await this.connections.listSyncing(ctx, 'customer', 'outbound'))
      // What has come from a connection is no news to it.
      if (connection.id !== origin)
        await this.operations.plan(ctx, connection, {
          entityType: 'customer',
          entityId: customerId,
          action: 'push',
          revision: customer.revision,
        });
  }

  /** Invoices that could not be pushed for want of an e-mail address, and need nothing else now. */
  private async pushAgain(ctx: Ctx, customerId: string): Promise<void> {
    const { rows } = await this.operations.search(ctx, {
      entity_type: 'invoice',
      state: ['failed'],
      limit: 1000,
    });
    for (const { action, entityId, error, id } of rows)
      if (
        action === 'push' &&
        error?.code === 'customer_email_missing' &&
        (await this.invoices.get(ctx, entityId)).customerId === customerId
      )
        await this.operations.retry(ctx, id);
  }

  private async planInvoice(ctx: Ctx, invoiceId: string): Promise<void> {
    const invoice = await this.invoices.get(ctx, invoiceId);
    if (invoice.invoiceStatus !== 'FINALIZED' || invoice.amountRemaining === 0n) return;
    const intent = { entityType: 'invoice', entityId: invoiceId, action: 'push', revision: 1 } as const;
    for (const connection of await this.connections.listAll(ctx))
      if (connection.syncConfig.invoice.outbound) await this.operations.plan(ctx, connection, intent);
      else
        await this.notes.write(ctx, connection, intent, {
          state: 'skipped',
          reason:
            `invoice sync is switched off on the connection ${connection.name}: enable outbound sync in its settings ` +
            `(sync_config.invoice.outbound), then POST /v1/invoices/${invoiceId}/sync/${connection.provider}`,
        });
  }

  /**
   * Every connection that has the invoice, or is about to, whatever its switches say now: an invoice that stays
   * open somewhere is a debt that can be paid twice.
   */
  private async tellOthers(
    ctx: Ctx,
    invoiceId: string,
    action: 'mark_paid' | 'void',
    paidThrough: unknown,
  ): Promise<void> {
    const mapped = (await this.mappings.ofEntity(ctx, 'invoice', invoiceId)).map((one) => one.connectionId);
    const pushing = (
      await this.operations.search(ctx, { entity_type: 'invoice', entity_id: invoiceId, limit: 1000 })
    ).rows
      .filter((operation) => operation.state !== 'skipped')
      .map((operation) => operation.connectionId);
    for (const connectionId of new Set([...mapped, ...pushing])) {
      if (connectionId === paidThrough) continue;
      const connection = await this.connections.find(ctx, connectionId);
      if (connection !== null)
        await this.operations.plan(ctx, connection, {
          entityType: 'invoice',
          entityId: invoiceId,
          action,
          revision: 1,
        });
    }
  }

  private async resume(ctx: Ctx, connectionId: string): Promise<void> {
    for (const operation of await this.operations.unfinishedOfConnection(ctx, connectionId))
      await this.queue.requeue(ctx, jobFor(operation.id));
  }
}
