import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { RatingModule } from '../rating/rating.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { BillPricing } from './bill-pricing.service.js';
import { CreditHolds } from './credit-holds/credit-holds.service.js';
import { UsageSoFar } from './credit-holds/usage-so-far.service.js';
import { GivingBack } from './giving-back.service.js';
import { ImmediateBilling } from './immediate-billing.service.js';
import { LateUsageCredits } from './late-usage/late-usage-credits.service.js';
import { LateUsageNotes } from './late-usage/late-usage-notes.service.js';
import { LateUsageSettlement } from './late-usage/late-usage-settlement.service.js';
import { LateUsageService } from './late-usage/late-usage.service.js';
import { LineExplanations } from './explanations/line-explanations.service.js';
import { PauseProrations } from './pause-prorations.service.js';
import { ProrationsService } from './prorations.service.js';
import { InvoiceLifecycleService } from './recalculation/invoice-lifecycle.service.js';
import { RecalculationService } from './recalculation/recalculation.service.js';
import { BillingRun } from './runs/billing-runner.service.js';
import { BillingRunsService } from './runs/billing-runs.service.js';
import { DraftFinalization } from './runs/draft-finalization.js';
import { ScheduledEnds } from './runs/scheduled-ends.service.js';
import { SubscriptionAdvancer } from './runs/subscription-advancer.service.js';
import { SubscriptionBillingService } from './subscription-billing.service.js';

/** Who makes invoices, and when: billing runs, late usage, recalculation, prorations. */
@Module({
  imports: [
    TenancyModule,
    CustomersModule,
    PlansModule,
    UsageModule,
    WalletsModule,
    SubscriptionsModule,
    RatingModule,
    InvoicesModule,
    PaymentsModule,
  ],
  providers: [
    BillPricing,
    BillingRun,
    BillingRunsService,
    CreditHolds,
    DraftFinalization,
    GivingBack,
    ImmediateBilling,
    InvoiceLifecycleService,
    LateUsageCredits,
    LateUsageService,
    LateUsageNotes,
    LateUsageSettlement,
    LineExplanations,
    PauseProrations,
    ProrationsService,
    RecalculationService,
    ScheduledEnds,
    SubscriptionBillingService,
    SubscriptionAdvancer,
    UsageSoFar,
  ],
  exports: [
    BillingRun,
    CreditHolds,
    ImmediateBilling,
    InvoiceLifecycleService,
    LateUsageService,
    LateUsageSettlement,
    LineExplanations,
    PauseProrations,
    ProrationsService,
    RecalculationService,
    ScheduledEnds,
    SubscriptionBillingService,
    SubscriptionAdvancer,
    LateUsageCredits,
    BillingRunsService,
  ],
})
export class BillingRunsModule {}
