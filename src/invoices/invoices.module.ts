import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { BillingRun } from './billing-run.js';
import { CustomerCreditService } from './customer-credit.service.js';
import { CustomerInvoicesController } from './customer-invoices.controller.js';
import { DocumentNumbersService } from './document-numbers.service.js';
import { DraftFinalization } from './draft-finalization.js';
import { InvoiceDocumentsController } from './invoice-documents.controller.js';
import { InvoiceDocumentsService } from './invoice-documents.service.js';
import { InvoiceDrafts } from './invoice-drafts.service.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import { InvoiceSettingsController } from './invoice-settings.controller.js';
import { InvoiceSettingsService } from './invoice-settings.service.js';
import { InvoiceSummaryQueries } from './invoice-summary.queries.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoicesService } from './invoices.service.js';
import { LateUsageService } from './late-usage.service.js';
import { RebillingService } from './rebilling.service.js';
import { SubscriptionBillingController } from './subscription-billing.controller.js';
import { SubscriptionBillingService } from './subscription-billing.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, PlansModule, SubscriptionsModule, UsageModule],
  controllers: [
    InvoiceSettingsController,
    InvoicesController,
    InvoiceDocumentsController,
    CustomerInvoicesController,
    SubscriptionBillingController,
  ],
  providers: [
    InvoiceDrafts,
    InvoicePartsStore,
    DocumentNumbersService,
    InvoiceSettingsService,
    CustomerCreditService,
    InvoicesService,
    InvoicesQueries,
    InvoiceSummaryQueries,
    InvoiceDocumentsService,
    LateUsageService,
    SubscriptionBillingService,
    RebillingService,
    BillingRun,
    DraftFinalization,
  ],
  exports: [
    InvoicesService,
    InvoicesQueries,
    DocumentNumbersService,
    CustomerCreditService,
    RebillingService,
    LateUsageService,
  ],
})
export class InvoicesModule {}
