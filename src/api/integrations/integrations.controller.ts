import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { notImplemented, validationError } from '../../domain/errors.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { InSteps } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { WebhookEventsService } from '../../integrations/inbound-webhooks/webhook-events.service.js';
import { Reconciler } from '../../integrations/reconcile/reconciler.flow.js';
import { ManualSync } from '../../integrations/manual-sync/manual-sync.flow.js';
import { SyncAttempts } from '../../integrations/sync/sync-attempts.service.js';
import { SyncOperationsService } from '../../integrations/sync/sync-operations.service.js';
import {
  ListOperationsQuery,
  ListWebhookEventsQuery,
  SyncEntityRequest,
  SyncIntegrationRequest,
} from './sync.requests.js';
import {
  ListOperationsResponse,
  ListWebhookEventsResponse,
  ReconcileResponse,
  SyncOperationResponse,
  toOperationResponse,
  toWebhookEventResponse,
  WebhookEventResponse,
} from './sync.responses.js';
import type { SyncOperation } from '../../integrations/sync/sync.types.js';

/** What is told to providers and what they tell us: every operation with its tries, every event with its outcome. */
@ApiController('integrations', 'Integrations')
export class IntegrationsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly operations: SyncOperationsService,
    private readonly attempts: SyncAttempts,
    private readonly events: WebhookEventsService,
    private readonly connections: ConnectionsService,
    private readonly manual: ManualSync,
    private readonly reconciler: Reconciler,
  ) {}

  /** Sync operations by filters, newest first, each with its attempts. */
  @Get('operations')
  listOperations(
    @CurrentCaller() caller: Caller,
    @Query() query: ListOperationsQuery,
  ): Promise<ListOperationsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.operations.search(ctx, query);
      const attempts = await this.attempts.of(
        ctx,
        rows.map((row) => row.id),
      );
      return { items: rows.map((row) => toOperationResponse(row, attempts)), pagination };
    });
  }

  /** One sync operation with its attempts. */
  @Get('operations/:id')
  getOperation(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SyncOperationResponse> {
    return this.uow.read(caller, async (ctx) => this.show(ctx, await this.operations.get(ctx, id)));
  }

  /** Tries a sync operation again, now. */
  @Post('operations/:id/retry')
  @HttpCode(202)
  retryOperation(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SyncOperationResponse> {
    return this.uow.run(caller, async (ctx) => this.show(ctx, await this.operations.retry(ctx, id)));
  }

  /** Webhooks that providers have sent, by filters, newest first, each with what became of it. */
  @Get('webhook-events')
  listEvents(
    @CurrentCaller() caller: Caller,
    @Query() query: ListWebhookEventsQuery,
  ): Promise<ListWebhookEventsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.events.search(ctx, query);
      return { items: rows.map(toWebhookEventResponse), pagination };
    });
  }

  /** Handles a webhook of a provider again, now. */
  @Post('webhook-events/:id/retry')
  @HttpCode(202)
  retryEvent(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WebhookEventResponse> {
    return this.uow.run(caller, async (ctx) => toWebhookEventResponse(await this.events.retry(ctx, id)));
  }

  /** The same as `POST /integrations/sync/{entity}`, with the entity in the body. */
  @Post('sync')
  @HttpCode(202)
  sync(
    @CurrentCaller() caller: Caller,
    @Body() body: SyncIntegrationRequest,
  ): Promise<SyncOperationResponse> {
    const { entity_type: entity, entity_id: id, provider_type: provider, sync_direction: direction } = body;
    return this.syncOne(caller, entity, {
      provider,
      ...(direction === undefined ? {} : { sync_direction: direction }),
      ...(id === undefined ? {} : { [`${entity}_id`]: id }),
    });
  }

  /**
   * Syncs one customer, invoice or plan to the provider; with `sync_direction` provider_to_flexprice, imports all
   * plans that the provider offers.
   */
  @Post('sync/:entity')
  @HttpCode(202)
  async syncOne(
    @CurrentCaller() caller: Caller,
    @Param('entity') entity: string,
    @Body() body: SyncEntityRequest,
  ): Promise<SyncOperationResponse> {
    if (body.sync_direction === 'provider_to_flexprice') {
      if (entity !== 'plan' && entity !== 'plans')
        throw notImplemented(
          `sync_direction provider_to_flexprice of a ${entity} is not supported yet: plans can be imported`,
        );
      if (body.plan_id !== undefined)
        throw validationError('leave plan_id out: all plans that the provider offers are imported');
      const operation = await this.manual.importPlans(caller, body.provider);
      return this.uow.run(caller, (ctx) => this.show(ctx, operation));
    }
    if (entity === 'customer' || entity === 'customers') {
      if (body.customer_id === undefined) throw validationError('customer_id is required');
      const operation = await this.manual.pushCustomer(caller, body.customer_id, body.provider);
      return this.uow.run(caller, (ctx) => this.show(ctx, operation));
    }
    if (entity === 'invoice' || entity === 'invoices') {
      if (body.invoice_id === undefined) throw validationError('invoice_id is required');
      const { operation } = await this.manual.pushInvoice(caller, body.invoice_id, body, false);
      return this.uow.run(caller, (ctx) => this.show(ctx, operation as SyncOperation));
    }
    if (entity === 'plan' || entity === 'plans') {
      if (body.plan_id === undefined) throw validationError('plan_id is required');
      const operation = await this.manual.pushPlan(caller, body.plan_id, body.provider);
      return this.uow.run(caller, (ctx) => this.show(ctx, operation));
    }
    throw notImplemented(`syncing a ${entity} by hand is not supported yet: customer, invoice and plan are`);
  }

  /** Compares with the provider now, in case webhooks were lost. This also runs by itself, once a minute. */
  @Post('connections/:id/reconcile')
  @InSteps()
  @HttpCode(200)
  async reconcile(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ReconcileResponse> {
    const connection = await this.uow.run(caller, (ctx) => this.connections.get(ctx, id));
    return { changed: await this.reconciler.reconcile(caller, connection) };
  }

  private async show(ctx: Ctx, operation: SyncOperation): Promise<SyncOperationResponse> {
    return toOperationResponse(operation, await this.attempts.of(ctx, [operation.id]));
  }
}
