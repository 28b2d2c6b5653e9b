import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { ChargeFlow } from './checkout/charge.flow.js';
import { CheckoutFlow } from './checkout/checkout.flow.js';
import { CheckoutSessionsService } from './checkout/checkout-sessions.service.js';
import { PaymentConnections } from './checkout/payment-connections.flow.js';
import { PaymentsFlowController } from './checkout/payments-flow.controller.js';
import { InvoiceAttemptController } from './checkout/invoice-attempt.controller.js';
import { InboundDispatcher } from './inbound-webhooks/inbound-dispatcher.js';
import { WebhookEventsService } from './inbound-webhooks/webhook-events.service.js';
import { WebhookHandler } from './inbound-webhooks/webhook-handler.flow.js';
import { WebhookWriter } from './inbound-webhooks/webhook-writer.js';
import { WebhookReceiver } from './inbound-webhooks/webhook-receiver.js';
import { AnyWebhookController, WebhooksController } from './inbound-webhooks/webhooks.controller.js';
import { IntegrationsController, InvoiceSyncController } from './integrations.controller.js';
import { CustomerIntegrationsController, MappingsController } from './mappings/mappings.controller.js';
import { MappingsService } from './mappings/mappings.service.js';
import { InvoiceSweep } from './reconcile/invoice-sweep.flow.js';
import { OpenInvoices } from './reconcile/open-invoices.service.js';
import { Reconciler } from './reconcile/reconciler.flow.js';
import { InvoicePages } from './sync/invoice-pages.service.js';
import { ManualSync } from './sync/manual-sync.flow.js';
import { PushCustomerTask } from './sync/push-customer.task.js';
import { PushInvoiceTask } from './sync/push-invoice.task.js';
import { PushQueue } from './sync/push-queue.service.js';
import { RemoteCustomers } from './sync/remote-customers.flow.js';
import { RemoteInvoicesService } from './sync/remote-invoices.service.js';
import { MarkInvoicePaidTask, RefreshInvoiceTask, VoidInvoiceTask } from './sync/settle-invoice.tasks.js';
import { SyncEngine } from './sync/sync-engine.flow.js';
import { SyncNotes } from './sync/sync-notes.service.js';
import { SyncOperationsService } from './sync/sync-operations.service.js';
import { SyncPlanner } from './sync/sync-planner.js';
import { SyncTasks } from './sync/sync-tasks.js';

@Module({
  imports: [TenancyModule, ConnectionsModule, CustomersModule, InvoicesModule, PaymentsModule],
  controllers: [
    WebhooksController,
    AnyWebhookController,
    MappingsController,
    IntegrationsController,
    CustomerIntegrationsController,
    InvoiceSyncController,
    PaymentsFlowController,
    InvoiceAttemptController,
  ],
  providers: [
    MappingsService,
    SyncOperationsService,
    SyncNotes,
    PushQueue,
    InvoicePages,
    SyncTasks,
    SyncPlanner,
    SyncEngine,
    PushCustomerTask,
    PushInvoiceTask,
    MarkInvoicePaidTask,
    VoidInvoiceTask,
    RefreshInvoiceTask,
    RemoteInvoicesService,
    RemoteCustomers,
    ManualSync,
    WebhookEventsService,
    WebhookReceiver,
    WebhookWriter,
    WebhookHandler,
    InboundDispatcher,
    CheckoutSessionsService,
    PaymentConnections,
    CheckoutFlow,
    ChargeFlow,
    InvoiceSweep,
    OpenInvoices,
    Reconciler,
  ],
})
export class IntegrationsModule {}
