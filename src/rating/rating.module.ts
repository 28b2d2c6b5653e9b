import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { SubscriptionRatingService } from './subscription-rating.service.js';
import { SubscriptionUsageService } from './subscription-usage.service.js';
import { UsageAnalyticsService } from './usage-analytics.service.js';
import { UsageRatingService } from './usage-rating.service.js';

/** What usage costs: of bills, previews, balances and reports. */
@Module({
  imports: [TenancyModule, CustomersModule, FeaturesModule, PlansModule, UsageModule, SubscriptionsModule],
  providers: [SubscriptionRatingService, SubscriptionUsageService, UsageAnalyticsService, UsageRatingService],
  exports: [SubscriptionRatingService, SubscriptionUsageService, UsageRatingService, UsageAnalyticsService],
})
export class RatingModule {}
