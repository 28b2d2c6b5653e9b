import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { AddonsController } from './addons.controller.js';
import { AddonsService } from './addons.service.js';
import { CatalogueEntities } from './catalogue-entities.service.js';
import { CatalogueGrants } from './catalogue-grants.service.js';
import { CouponAssociationsService } from './coupon-associations.service.js';
import { CustomerCreationController } from './customer-creation.controller.js';
import { CouponsController } from './coupons.controller.js';
import { CouponsService } from './coupons.service.js';
import { EntitlementsController } from './entitlements.controller.js';
import { EntitlementsService } from './entitlements.service.js';
import { FeatureRemovalController } from './feature-removal.controller.js';
import { PlanCloningService } from './plan-cloning.service.js';
import { PlansController } from './plans.controller.js';
import { PlansService } from './plans.service.js';
import { PriceVersionsService } from './price-versions.service.js';
import { PricesController } from './prices.controller.js';
import { PricesService } from './prices.service.js';
import { InvoiceCouponsService } from './invoice-coupons.service.js';
import { SubscriptionCouponsService } from './subscription-coupons.service.js';
import { TaxAssociationsController } from './tax-associations.controller.js';
import { TaxAssociationsService } from './tax-associations.service.js';
import { TaxInheritance } from './tax-inheritance.js';
import { TaxRatesController } from './tax-rates.controller.js';
import { TaxRatesService } from './tax-rates.service.js';

const SHOWN = [
  CatalogueGrants,
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
  controllers: [
    PlansController,
    PricesController,
    AddonsController,
    EntitlementsController,
    CustomerCreationController,
    CouponsController,
    TaxRatesController,
    TaxAssociationsController,
    FeatureRemovalController,
  ],
  providers: [...SHOWN, PlanCloningService, TaxInheritance],
  exports: SHOWN,
})
export class PlansModule {}
