import { Module } from '@nestjs/common';
import { BillingRunsModule } from '../billing/billing-runs.module.js';
import { SubscriptionChangesModule } from '../subscription-changes/subscription-changes.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { CataloguePlanner } from './catalogue/catalogue-planner.js';
import { ImportPlansTask } from './catalogue/import-plans.task.js';
import { ImportedPrices } from './catalogue/imported-prices.service.js';
import { InboundPlans } from './catalogue/inbound-plans.service.js';
import { PushPlanTask } from './catalogue/push-plan.task.js';
import { RemotePlans } from './catalogue/remote-plans.flow.js';
import { ImportedItems } from './subscriptions/imported-items.service.js';
import { InboundSubscriptions } from './subscriptions/inbound-subscriptions.service.js';
import { PushSubscriptionTask } from './subscriptions/push-subscription.task.js';
import { RemoteSubscriptions } from './subscriptions/remote-subscriptions.flow.js';
import { SubscriptionPlanner } from './subscriptions/subscription-planner.js';
import { ChargeFlow } from './checkout/charge.flow.js';
import { CheckoutFlow } from './checkout/checkout.flow.js';
import { CheckoutPages } from './checkout/checkout-pages.flow.js';
import { CheckoutSessionsService } from './checkout-sessions/checkout-sessions.service.js';
import { PaymentConnections } from './checkout/payment-connections.flow.js';
import { RefundFlow } from './checkout/refund.flow.js';
import { InboundCustomers } from './sync/inbound-customers.js';
import { InboundDispatcher } from './inbound-webhooks/inbound-dispatcher.js';
import { RemoteSubjects } from './inbound-webhooks/remote-subjects.flow.js';
import { WebhookEventsService } from './inbound-webhooks/webhook-events.service.js';
import { WebhookHandler } from './inbound-webhooks/webhook-handler.flow.js';
import { WebhookHealthFlow } from './reconcile/webhook-health.flow.js';
import { WebhookWriter } from './inbound-webhooks/webhook-writer.js';
import { WebhookReceiver } from './inbound-webhooks/webhook-receiver.service.js';
import { ManualLinks } from './mappings/manual-links.service.js';
import { MappingsService } from './mappings/mappings.service.js';
import { InvoiceReconciler } from './reconcile/invoice-reconciler.flow.js';
import { OpenInvoices } from './reconcile/open-invoices.service.js';
import { Reconciler } from './reconcile/reconciler.flow.js';
import { PendingPaymentsPoller } from './reconcile/pending-payments-poller.flow.js';
import { MissingRemoteCustomers } from './sync/missing-remote-customers.service.js';
import { ManualSync } from './manual-sync/manual-sync.flow.js';
import { PushCustomerTask } from './sync/push-customer.task.js';
import { PushInvoiceTask } from './sync/push-invoice.task.js';
import { RefundPaymentTask } from './sync/refund-payment.task.js';
import { InvoicePages } from './sync/invoice-pages.service.js';
import { PushQueue } from './sync/push-queue.service.js';
import { RemoteCustomers } from './sync/remote-customers.flow.js';
import { RemoteEndings } from './sync/remote-endings.service.js';
import { RemoteInvoicesService } from './sync/remote-invoices.service.js';
import { DeleteCustomerTask } from './sync/delete-customer.task.js';
import { MarkCustomerTask } from './sync/mark-customer.task.js';
import { ExpirePageTask } from './sync/expire-page.task.js';
import { MarkInvoicePaidTask, RefreshInvoiceTask, VoidInvoiceTask } from './sync/settle-invoice.tasks.js';
import { SettlePartTask } from './sync/settle-part.task.js';
import { SyncEngine } from './sync/sync-engine.flow.js';
import { SyncRevival } from './sync/sync-revival.service.js';
import { SyncNotes } from './sync/sync-notes.service.js';
import { SyncAttempts } from './sync/sync-attempts.service.js';
import { SyncClaims } from './sync/sync-claims.flow.js';
import { SyncOperationsService } from './sync/sync-operations.service.js';
import { SyncPlanner } from './sync/sync-planner.js';
import { SyncTasks } from './sync/sync-tasks.js';

const CATALOGUE = [
  InboundPlans,
  ImportedPrices,
  RemotePlans,
  PushPlanTask,
  ImportPlansTask,
  CataloguePlanner,
];
const SUBSCRIPTIONS = [
  InboundSubscriptions,
  ImportedItems,
  RemoteSubscriptions,
  PushSubscriptionTask,
  SubscriptionPlanner,
];

@Module({
  imports: [
    TenancyModule,
    ConnectionsModule,
    CustomersModule,
    WalletsModule,
    FeaturesModule,
    PlansModule,
    SubscriptionsModule,
    InvoicesModule,
    PaymentsModule,
    BillingRunsModule,
    SubscriptionChangesModule,
  ],
  providers: [
    MappingsService,
    ManualLinks,
    SyncAttempts,
    SyncClaims,
    SyncOperationsService,
    SyncNotes,
    SyncRevival,
    PushQueue,
    InvoicePages,
    SyncTasks,
    SyncPlanner,
    SyncEngine,
    PushCustomerTask,
    DeleteCustomerTask,
    MarkCustomerTask,
    MissingRemoteCustomers,
    PushInvoiceTask,
    MarkInvoicePaidTask,
    VoidInvoiceTask,
    RefreshInvoiceTask,
    RefundPaymentTask,
    SettlePartTask,
    ExpirePageTask,
    RemoteEndings,
    RemoteInvoicesService,
    RemoteCustomers,
    ManualSync,
    WebhookEventsService,
    WebhookReceiver,
    WebhookWriter,
    WebhookHandler,
    WebhookHealthFlow,
    RemoteSubjects,
    InboundDispatcher,
    InboundCustomers,
    CheckoutSessionsService,
    PaymentConnections,
    CheckoutPages,
    CheckoutFlow,
    ChargeFlow,
    InvoiceReconciler,
    OpenInvoices,
    RefundFlow,
    PendingPaymentsPoller,
    Reconciler,
    ...CATALOGUE,
    ...SUBSCRIPTIONS,
  ],
  exports: [
    PaymentConnections,
    ChargeFlow,
    MappingsService,
    ManualLinks,
    SyncOperationsService,
    SyncAttempts,
    WebhookEventsService,
    ManualSync,
    Reconciler,
    CheckoutFlow,
    RefundFlow,
    WebhookReceiver,
  ],
})
export class IntegrationsModule {}
