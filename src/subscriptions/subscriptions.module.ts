import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { CustomerSubscriptionsQueries } from './customer-subscriptions.queries.js';
import { EntitlementSummaries } from './entitlement-summaries.service.js';
import { ImportedSubscriptionsService } from './imported-subscriptions.service.js';
import { SubscriptionAddonsService } from './subscription-addons.service.js';
import { SubscriptionCreationService } from './subscription-creation.service.js';
import { SubscriptionLookup } from './subscription-lookup.js';
import { SubscriptionChainsService } from './subscription-chains.service.js';
import { SubscriptionGrants } from './subscription-grants.service.js';
import { PlanLinesService } from './plan-lines.service.js';
import { LineLineage } from './line-lineage.service.js';
import { SubscriptionLinesService } from './subscription-lines.service.js';
import { SubscriptionPausesService } from './subscription-pauses.service.js';
import { SubscriptionSchedulesService } from './subscription-schedules.service.js';
import { SubscriptionTermsService } from './subscription-terms.service.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { UsageLinesService } from './usage-lines.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, FeaturesModule, PlansModule, UsageModule, WalletsModule],
  providers: [
    SubscriptionGrants,
    SubscriptionChainsService,
    SubscriptionsService,
    SubscriptionCreationService,
    SubscriptionLinesService,
    LineLineage,
    PlanLinesService,
    SubscriptionPausesService,
    CustomerSubscriptionsQueries,
    UsageLinesService,
    SubscriptionTermsService,
    SubscriptionSchedulesService,
    SubscriptionLookup,
    SubscriptionAddonsService,
    EntitlementSummaries,
    ImportedSubscriptionsService,
  ],
  exports: [
    SubscriptionGrants,
    SubscriptionChainsService,
    SubscriptionTermsService,
    SubscriptionSchedulesService,
    ImportedSubscriptionsService,
    SubscriptionsService,
    SubscriptionCreationService,
    SubscriptionLinesService,
    LineLineage,
    PlanLinesService,
    SubscriptionPausesService,
    CustomerSubscriptionsQueries,
    UsageLinesService,
    SubscriptionAddonsService,
    EntitlementSummaries,
  ],
})
export class SubscriptionsModule {}
