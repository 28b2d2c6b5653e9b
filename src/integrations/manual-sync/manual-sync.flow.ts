import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { invalidOperation, validationError } from '../../domain/errors.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PlansService } from '../../plans/plans.service.js';
import { ImportPlansTask } from '../catalogue/import-plans.task.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { SyncEngine } from '../sync/sync-engine.flow.js';
import { SyncOperationsService } from '../sync/sync-operations.service.js';
import { carryOut } from '../sync/sync-patience.js';
import type { SyncOperation } from '../sync/sync.types.js';

export interface InvoiceSync {
  readonly mapping: EntityMapping | null;
  readonly operation: SyncOperation | null;
}

/** Syncs that somebody asks for by hand. They obey the switches like any other. */
@Injectable()
export class ManualSync {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: ConnectionsService,
    private readonly invoices: InvoicesService,
    private readonly customers: CustomersService,
    private readonly plans: PlansService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    private readonly engine: SyncEngine,
    private readonly plansImport: ImportPlansTask,
  ) {}

  /** Pushes an invoice, unless it is there already. With `wait`, tries in this request, and for ten seconds waits for whoever is at it. */
  async pushInvoice(
    caller: Caller,
    invoiceId: string,
    target: { readonly provider: string; readonly connectionId?: string | undefined },
    wait: boolean,
  ): Promise<InvoiceSync> {
    const planned = await this.uow.run(caller, async (ctx): Promise<InvoiceSync> => {
      const connection = await this.connectionOf(ctx, target);
      const mapping = await this.mappings.find(ctx, connection.id, 'invoice', invoiceId);
      if (isThere(mapping)) return { mapping, operation: await this.pushOf(ctx, connection, invoiceId) };
      const invoice = await this.invoices.get(ctx, invoiceId);
      if (invoice.invoiceStatus !== 'FINALIZED')
        throw invalidOperation(
          `the invoice is ${invoice.invoiceStatus}: only a finalized one is synced`,
          'invoice_not_finalized',
        );
      if (invoice.amountRemaining === 0n)
        throw invalidOperation('nothing is owed on the invoice: there is nothing to collect', 'nothing_owed');
      if (!connection.syncConfig.invoice.outbound)
        throw invalidOperation('invoice.outbound is switched off on the connection', 'sync_switched_off', {
          connection_id: connection.id,
        });
      const operation = await this.operations.plan(ctx, connection, {
        entityType: 'invoice',
        entityId: invoiceId,
        action: 'push',
        revision: 1,
      });
      const again = operation.state === 'failed' || operation.state === 'skipped';
      return { mapping, operation: again ? await this.operations.retry(ctx, operation.id) : operation };
    });
    if (!wait || planned.operation === null || isThere(planned.mapping)) return planned;
    const { id, connectionId } = planned.operation;
    return carryOut(this.engine, caller, id, () =>
      this.uow.run(caller, async (ctx) => ({
        mapping: await this.mappings.find(ctx, connectionId, 'invoice', invoiceId),
        operation: await this.operations.get(ctx, id),
      })),
    );
  }

  /** Plans a push of one customer. */
  pushCustomer(caller: Caller, customerId: string, provider: string): Promise<SyncOperation> {
    return this.uow.run(caller, async (ctx) => {
      const connection = await this.connectionOf(ctx, { provider });
      const customer = await this.customers.findByEitherId(ctx, customerId);
      if (customer === null) throw validationError(`there is no customer ${customerId}`);
      if (!connection.syncConfig.customer.outbound)
        throw invalidOperation('customer.outbound is switched off on the connection', 'sync_switched_off');
      const operation = await this.operations.plan(ctx, connection, {
        entityType: 'customer',
        entityId: customer.id,
        action: 'push',
        revision: customer.revision,
      });
      const again = operation.state === 'failed' || operation.state === 'skipped';
      return again ? this.operations.retry(ctx, operation.id) : operation;
    });
  }

  /** Plans a push of one plan as it is now; skipped, with the reason, where the provider has it so already. */
  pushPlan(caller: Caller, planId: string, provider: string): Promise<SyncOperation> {
    return this.uow.run(caller, async (ctx) => {
      const connection = await this.connectionOf(ctx, { provider });
      const { id } = await this.plans.getPlan(ctx, planId);
      if (!connection.syncConfig.plan.outbound)
        throw invalidOperation('plan.outbound is switched off on the connection', 'sync_switched_off', {
          connection_id: connection.id,
        });
      return this.operations.planNext(ctx, connection, { entityType: 'plan', entityId: id, action: 'push' });
    });
  }

  /** Plans an import of all plans that the provider offers, whether we know them or not. */
  importPlans(caller: Caller, provider: string): Promise<SyncOperation> {
    return this.uow.run(caller, async (ctx) => {
      const connection = await this.connectionOf(ctx, { provider });
      if (!connection.syncConfig.plan.inbound)
        throw invalidOperation('plan.inbound is switched off on the connection', 'sync_switched_off', {
          connection_id: connection.id,
        });
      return this.plansImport.begin(ctx, connection);
    });
  }

  private pushOf(ctx: Ctx, connection: Connection, invoiceId: string): Promise<SyncOperation | null> {
    return this.operations.findIntent(ctx, connection.id, {
      entityType: 'invoice',
      entityId: invoiceId,
      action: 'push',
      revision: 1,
    });
  }

  private connectionOf(
    ctx: Ctx,
    target: { readonly provider: string; readonly connectionId?: string | undefined },
  ): Promise<Connection> {
    return target.connectionId === undefined
      ? this.connections.requireDefault(ctx, target.provider.toLowerCase())
      : this.connections.get(ctx, target.connectionId);
  }
}

/** A draft is no invoice yet: its webhook may have told of it before its push was cut off. */
export const isThere = (mapping: EntityMapping | null): boolean =>
  mapping?.state === 'linked' && mapping.metadata.status !== 'draft';
