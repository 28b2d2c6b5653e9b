import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { CustomersService } from '../../customers/customers.service.js';
import { assertNever } from '../../domain/assert-never.js';
import type { EventType } from '../../domain/events.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { JobHandlers } from '../../platform/jobs/job-handlers.js';
import { JobQueue } from '../../platform/jobs/job-queue.js';
import type { OutboxEvent } from '../../platform/outbox/outbox-event.js';
import { OutboxSubscribers } from '../../platform/outbox/outbox-subscribers.js';
import { PaymentsService } from '../../payments/payments.service.js';
import { CheckoutSessionsService } from '../checkout-sessions/checkout-sessions.service.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncRevival } from './sync-revival.service.js';
import { SyncNotes } from './sync-notes.service.js';
import { jobFor, SyncOperationsService } from './sync-operations.service.js';

const PLAN_JOB = 'sync.plan';
const EVENTS = [
  'customer.created',
  'customer.updated',
  'customer.deleted',
  'invoice.finalized',
  'invoice.paid',
  'invoice.payment_changed',
  'invoice.voided',
  'connection.resumed',
] as const satisfies readonly EventType[];
type PlannedEvent = OutboxEvent<(typeof EVENTS)[number]>;

declare module '../../platform/jobs/job-map.js' {
  interface JobMap {
    'sync.plan': PlannedEvent;
  }
}

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
    private readonly pages: CheckoutSessionsService,
    private readonly payments: PaymentsService,
    private readonly operations: SyncOperationsService,
    private readonly notes: SyncNotes,
    private readonly revival: SyncRevival,
  ) {}

  onModuleInit(): void {
    this.subscribers.register({
      jobKind: PLAN_JOB,
      eventTypes: EVENTS,
      activeEnvironments: (em, environmentIds) => this.connections.environmentsWithAny(em, environmentIds),
    });
    this.handlers.register({
      kind: PLAN_JOB,
      handle: async ({ caller, payload }) => {
        // Should it be lost, so is the end of this job, which is written after it.
        await this.uow.run(caller, (ctx) => this.plan(ctx, payload), { isBookkeeping: true });
        return undefined;
      },
    });
  }

  private async plan(ctx: Ctx, event: PlannedEvent): Promise<void> {
    const { entityId } = event;
    switch (event.type) {
      case 'customer.created':
      case 'customer.updated':
        return this.planCustomer(ctx, entityId, event.payload.origin);
      case 'customer.deleted':
        return this.planCustomerDeletion(ctx, event);
      case 'invoice.finalized':
        return this.planInvoice(ctx, entityId);
      case 'invoice.paid':
        await this.closePages(ctx, entityId);
        return this.tellOthers(ctx, entityId, 'mark_paid', event.payload.paid_through);
      case 'invoice.payment_changed':
        await this.closePages(ctx, entityId);
        return this.tellOthers(ctx, entityId, 'settle_part', event.payload.paid_through);
      case 'invoice.voided':
        await this.closePages(ctx, entityId);
        return this.tellOthers(ctx, entityId, 'void', null);
      case 'connection.resumed':
        return this.resume(ctx, entityId);
      default:
        assertNever(event);
    }
  }

  private async planCustomer(ctx: Ctx, customerId: string, origin: string | undefined): Promise<void> {
    const customer = await this.customers.find(ctx, customerId);
    if (customer?.status !== 'published') return;
    if (customer.email !== null) await this.revival.reviveFor(ctx, customerId);
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

  private async planCustomerDeletion(
    ctx: Ctx,
    { entityId: customerId, payload: { origin, revision } }: OutboxEvent<'customer.deleted'>,
  ): Promise<void> {
    for (const connection of await this.connections.listSyncing(ctx, 'customer', 'outbound'))
      if (
        connection.id !== origin &&
        // Also of a customer that may be there: nobody knows yet what became of its push.
        (await this.mappings.find(ctx, connection.id, 'customer', customerId)) !== null
      )
        await this.operations.plan(ctx, connection, {
          entityType: 'customer',
          entityId: customerId,
          action: 'delete',
          revision,
        });
  }

  private async planInvoice(ctx: Ctx, invoiceId: string): Promise<void> {
    const [invoice, connections] = await Promise.all([
      this.invoices.get(ctx, invoiceId),
      this.connections.listAll(ctx),
    ]);
    if (invoice.invoiceStatus !== 'FINALIZED' || invoice.amountRemaining === 0n) return;
    const intent = { entityType: 'invoice', entityId: invoiceId, action: 'push', revision: 1 } as const;
    for (const connection of connections)
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
    action: 'mark_paid' | 'settle_part' | 'void',
    paidThrough: string | null,
  ): Promise<void> {
    const invoice = await this.invoices.get(ctx, invoiceId);
    // What went back is no part that was settled: an invoice that is settled there stays so.
    if (action === 'settle_part' && invoice.paymentStatus !== 'PENDING') return;
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
          revision: action === 'settle_part' ? invoice.version : 1,
        });
      // One that was begun before goes first, and what has happened may have made it unwanted.
      await this.operations.hasten(ctx, connectionId, { entityType: 'invoice', entityId: invoiceId });
    }
  }

  /** A page that asks for more than is owed by now takes money that nobody owes. */
  private async closePages(ctx: Ctx, invoiceId: string): Promise<void> {
    const { invoiceStatus, amountRemaining } = await this.invoices.get(ctx, invoiceId);
    const owed = invoiceStatus === 'FINALIZED' ? amountRemaining : 0n;
    for (const page of await this.pages.openOf(ctx, invoiceId)) {
      const connection = await this.connections.find(ctx, page.connectionId);
      if (connection === null || page.paymentId === null) continue;
      const { amount } = await this.payments.get(ctx, page.paymentId);
      if (amount <= owed) continue;
      await this.operations.plan(ctx, connection, {
        entityType: 'payment',
        entityId: page.paymentId,
        action: 'expire',
        revision: 1,
      });
    }
  }

  private async resume(ctx: Ctx, connectionId: string): Promise<void> {
    for (const operation of await this.operations.unfinishedOfConnection(ctx, connectionId))
      await this.queue.requeue(ctx, jobFor(operation.id));
  }
}
