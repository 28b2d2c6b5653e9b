import { Module } from '@nestjs/common';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { FeaturesService } from './features.service.js';
import { GroupsService } from './groups.service.js';

@Module({
  imports: [TenancyModule],
  providers: [FeaturesService, GroupsService],
  exports: [FeaturesService, GroupsService],
})
export class FeaturesModule {}
