import { Module } from '@nestjs/common';
import { FeaturesModule } from '../features/features.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { PlansController } from './plans.controller.js';
import { PlansService } from './plans.service.js';
import { PricesController } from './prices.controller.js';
import { PricesService } from './prices.service.js';

@Module({
  imports: [TenancyModule, FeaturesModule],
  controllers: [PlansController, PricesController],
  providers: [PlansService, PricesService],
  exports: [PlansService, PricesService],
})
export class PlansModule {}
