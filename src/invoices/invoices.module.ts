import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { BillingRun } from './billing-run.js';
import { BillingRunsController } from './billing-run.controller.js';
import { AddonChanges } from './addon-changes.service.js';
import { BillingNow } from './billing-now.service.js';
import { BillingRunsService } from './billing-runs.service.js';
import { CustomerCreditService } from './customer-credit.service.js';
import { CustomerInvoicesController } from './customer-invoices.controller.js';
import { DocumentNumbersService } from './document-numbers.service.js';
import { DraftFinalization } from './draft-finalization.js';
import { ImportedSubscriptionLife } from './imported-subscription-life.service.js';
import { InvoiceDocumentsController } from './invoice-documents.controller.js';
import { InvoiceDocumentsService } from './invoice-documents.service.js';
import { InvoiceDrafts } from './invoice-drafts.service.js';
import { InvoiceFinalization } from './invoice-finalization.service.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import { InvoiceSettingsController } from './invoice-settings.controller.js';
import { InvoiceSettingsService } from './invoice-settings.service.js';
import { InvoiceSummaryQueries } from './invoice-summary.queries.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoicesService } from './invoices.service.js';
import { LateUsageSettlement } from './late-usage-settlement.service.js';
import { LateUsageService } from './late-usage.service.js';
import { PlanChangeCarry } from './plan-change-carry.service.js';
import { PlanChangeController } from './plan-change.controller.js';
import { PlanChangeScheduling } from './plan-change-scheduling.service.js';
import { PlanChangeService } from './plan-change.service.js';
import { InvoiceTerms } from './invoice-terms.service.js';
import { LineCreditsService } from './line-credits.service.js';
import { ProrationsService } from './prorations.service.js';
import { RebillingService } from './rebilling.service.js';
import { ScheduledPlanChanges } from './scheduled-plan-changes.js';
import { SubscriptionSchedulesController } from './subscription-schedules.controller.js';
import { SubscriptionAddonsController } from './subscription-addons.controller.js';
import { SubscriptionChanges } from './subscription-billing-changes.service.js';
import { SubscriptionBillingController } from './subscription-billing.controller.js';
import { FirstPayment } from './subscription-billing-payment.js';
import { BillTermsService } from './bill-terms.service.js';
import { SubscriptionRatingService } from './subscription-rating.service.js';
import { SubscriptionBillingService } from './subscription-billing.service.js';
import { SubscriptionSteps } from './subscription-billing-steps.service.js';
import { UsageAnalyticsController } from './usage-analytics.controller.js';
import { UsageAnalyticsService } from './usage-analytics.service.js';
import { WalletAutoTopUp } from './wallet-auto-topup.js';
import { WalletBalanceController } from './wallet-balance.controller.js';
import { WalletBalance } from './wallet-balance.service.js';
import { CreditGrantsController, GrantListsController } from './wallet-grants.controller.js';
import { WalletGrants } from './wallet-grants.service.js';
import { WalletInvoiceEvents } from './wallet-invoice-events.js';
import { WalletInvoicing } from './wallet-invoicing.service.js';
import { WalletTopUpsController } from './wallet-topups.controller.js';
import { CreditsExpiring, GrantsDue } from './wallet-triggers.js';

const WALLET_CONTROLLERS = [
  WalletTopUpsController,
  WalletBalanceController,
  CreditGrantsController,
  GrantListsController,
];
const WALLET_PROVIDERS = [
  WalletInvoicing,
  WalletBalance,
  WalletGrants,
  WalletInvoiceEvents,
  WalletAutoTopUp,
  GrantsDue,
  CreditsExpiring,
];

@Module({
  imports: [
    TenancyModule,
    CustomersModule,
    FeaturesModule,
    PlansModule,
    SubscriptionsModule,
    UsageModule,
    WalletsModule,
  ],
  controllers: [
    InvoiceSettingsController,
    InvoicesController,
    InvoiceDocumentsController,
    CustomerInvoicesController,
    SubscriptionBillingController,
    PlanChangeController,
    SubscriptionSchedulesController,
    SubscriptionAddonsController,
    BillingRunsController,
    UsageAnalyticsController,
    ...WALLET_CONTROLLERS,
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
    RebillingService,
    DraftFinalization,
    InvoiceFinalization,
    BillTermsService,
    SubscriptionRatingService,
    SubscriptionBillingService,
    SubscriptionSteps,
    BillingNow,
    InvoiceTerms,
    LineCreditsService,
    ProrationsService,
    SubscriptionChanges,
    PlanChangeCarry,
    PlanChangeService,
    PlanChangeScheduling,
    ScheduledPlanChanges,
    ImportedSubscriptionLife,
    LateUsageSettlement,
    AddonChanges,
    FirstPayment,
    BillingRunsService,
    BillingRun,
    UsageAnalyticsService,
    ...WALLET_PROVIDERS,
  ],
  exports: [
    InvoicesService,
    InvoicesQueries,
    DocumentNumbersService,
    CustomerCreditService,
    LineCreditsService,
    RebillingService,
    LateUsageService,
    LateUsageSettlement,
    SubscriptionBillingService,
    SubscriptionChanges,
    ImportedSubscriptionLife,
  ],
})
export class InvoicesModule {}
