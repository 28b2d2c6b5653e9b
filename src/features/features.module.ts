import { Module } from '@nestjs/common';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { FeaturesController } from './features.controller.js';
import { FeaturesService } from './features.service.js';
import { GroupsController } from './groups.controller.js';
import { GroupsService } from './groups.service.js';

@Module({
  imports: [TenancyModule],
  controllers: [FeaturesController, GroupsController],
  providers: [FeaturesService, GroupsService],
  exports: [FeaturesService, GroupsService],
})
export class FeaturesModule {}
