import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { AddonsService } from './addons.service.js';
import { CatalogueEntities } from './catalogue-entities.service.js';
import { CouponAssociationsService } from './coupon-associations.service.js';
import { CouponsService } from './coupons.service.js';
import { EntitlementsService } from './entitlements.service.js';
import { PlanCloningService } from './plan-cloning.service.js';
import { PlansService } from './plans.service.js';
import { PriceVersionsService } from './price-versions.service.js';
import { PricesService } from './prices.service.js';
import { InvoiceCouponsService } from './invoice-coupons.service.js';
import { SubscriptionCouponsService } from './subscription-coupons.service.js';
import { TaxAssociationsService } from './tax-associations.service.js';
import { TaxInheritance } from './tax-inheritance.js';
import { TaxRatesService } from './tax-rates.service.js';

const SHOWN = [
  PlansService,
  PricesService,
  PriceVersionsService,
  AddonsService,
  EntitlementsService,
  CouponsService,
  CouponAssociationsService,
  SubscriptionCouponsService,
  InvoiceCouponsService,
  TaxRatesService,
  TaxAssociationsService,
  CatalogueEntities,
];

@Module({
  imports: [TenancyModule, CustomersModule, FeaturesModule],
  providers: [...SHOWN, PlanCloningService, TaxInheritance],
  exports: [...SHOWN, PlanCloningService],
})
export class PlansModule {}
