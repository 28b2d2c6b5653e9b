import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { BillTermsService } from './bill-terms.service.js';
import { BilledLinesQueries } from './billed-lines.queries.js';
import { CustomerCreditService } from './customer-credit.service.js';
import { CustomerInvoicesController } from './customer-invoices.controller.js';
import { DocumentNumbersService } from './document-numbers.service.js';
import { InvoiceAdjustments } from './invoice-adjustments.service.js';
import { InvoiceDocumentsService } from './invoice-documents.service.js';
import { InvoiceDrafts } from './invoice-drafts.service.js';
import { InvoiceFinalization } from './invoice-finalization.service.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import { InvoiceSettingsController } from './invoice-settings.controller.js';
import { InvoiceSettingsService } from './invoice-settings.service.js';
import { InvoiceSummaryQueries } from './invoice-summary.queries.js';
import { InvoiceTerms } from './invoice-terms.service.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoicesService } from './invoices.service.js';
import { LineCreditsService } from './line-credits.service.js';
import { LineTaxes } from './line-taxes.service.js';
import { OpenDraftsQueries } from './open-drafts.queries.js';
import { UsageRestatements } from './usage-restatements.service.js';

/** The document: drafts, lines, discounts, taxes, finalization, numbers, PDF. */
@Module({
  imports: [TenancyModule, CustomersModule, PlansModule, SubscriptionsModule, WalletsModule],
  controllers: [InvoiceSettingsController, InvoicesController, CustomerInvoicesController],
  providers: [
    BillTermsService,
    BilledLinesQueries,
    CustomerCreditService,
    DocumentNumbersService,
    InvoiceAdjustments,
    InvoiceDocumentsService,
    InvoiceDrafts,
    InvoiceFinalization,
    InvoicePartsStore,
    InvoiceSettingsService,
    InvoiceSummaryQueries,
    InvoiceTerms,
    InvoicesQueries,
    InvoicesService,
    LineCreditsService,
    LineTaxes,
    OpenDraftsQueries,
    UsageRestatements,
  ],
  exports: [
    BillTermsService,
    BilledLinesQueries,
    CustomerCreditService,
    DocumentNumbersService,
    InvoiceAdjustments,
    InvoiceDocumentsService,
    InvoiceDrafts,
    InvoiceFinalization,
    InvoiceSettingsService,
    InvoiceSummaryQueries,
    InvoicesQueries,
    InvoicesService,
    LineCreditsService,
    LineTaxes,
    OpenDraftsQueries,
    UsageRestatements,
  ],
})
export class InvoicesModule {}
