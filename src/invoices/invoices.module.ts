import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { DiscountsAndTaxesService } from './discounts-and-taxes.service.js';
import { BilledLinesQueries } from './billed-lines.queries.js';
import { CustomerCreditService } from './customer-credit.service.js';
import { DocumentNumbersService } from './document-numbers.service.js';
import { InvoiceAdjustments } from './invoice-adjustments.service.js';
import { InvoiceDocumentsService } from './invoice-documents.service.js';
import { InvoiceDrafts } from './invoice-drafts.service.js';
import { InvoiceFinalization } from './invoice-finalization.service.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import { InvoiceSettingsService } from './invoice-settings.service.js';
import { OneOffDiscountsAndTaxes } from './one-off-discounts-and-taxes.service.js';
import { InvoicesService } from './invoices.service.js';
import { LineCreditsService } from './line-credits.service.js';
import { LineTaxes } from './line-taxes.service.js';
import { OpenDraftsQueries } from './open-drafts.queries.js';
import { UsageRestatements } from './usage-restatements.service.js';

/** The document: drafts, lines, discounts, taxes, finalization, numbers, PDF. */
@Module({
  imports: [TenancyModule, CustomersModule, PlansModule, SubscriptionsModule, WalletsModule],
  providers: [
    DiscountsAndTaxesService,
    BilledLinesQueries,
    CustomerCreditService,
    DocumentNumbersService,
    InvoiceAdjustments,
    InvoiceDocumentsService,
    InvoiceDrafts,
    InvoiceFinalization,
    InvoicePartsStore,
    InvoiceSettingsService,
    OneOffDiscountsAndTaxes,
    InvoicesService,
    LineCreditsService,
    LineTaxes,
    OpenDraftsQueries,
    UsageRestatements,
  ],
  exports: [
    DiscountsAndTaxesService,
    BilledLinesQueries,
    CustomerCreditService,
    DocumentNumbersService,
    InvoiceAdjustments,
    InvoiceDocumentsService,
    InvoiceDrafts,
    InvoiceFinalization,
    InvoiceSettingsService,
    InvoicesService,
    LineCreditsService,
    LineTaxes,
    OpenDraftsQueries,
    UsageRestatements,
    OneOffDiscountsAndTaxes,
  ],
})
export class InvoicesModule {}
