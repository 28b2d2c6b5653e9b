import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookDeliveryFlow } from './webhook-delivery.flow.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';
import { WebhookMessagesService } from './webhook-messages.service.js';
import { WebhookSender } from './webhook-sender.js';

@Module({
  imports: [
    TenancyModule,
    ConnectionsModule,
    CustomersModule,
    WalletsModule,
    SubscriptionsModule,
    InvoicesModule,
    PaymentsModule,
  ],
  providers: [
    WebhookEndpointsService,
    WebhookMessagesService,
    WebhookDeliveriesService,
    WebhookDeliveryFlow,
    WebhookSender,
  ],
  exports: [WebhookEndpointsService, WebhookMessagesService, WebhookDeliveriesService],
})
export class NotificationsModule {}
