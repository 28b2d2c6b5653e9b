import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { EventWriter } from './event-writer.js';
import { LateEventsService } from './late-events.service.js';
import { PostgresUsageStore } from './postgres/postgres-usage-store.js';
import { UsagePartitions } from './postgres/usage-partitions.js';
import { UsageRollups } from './postgres/usage-rollups.js';
import { UsageController } from './usage.controller.js';
import { UsageService } from './usage.service.js';
import { USAGE_STORE } from './usage-store.js';

@Module({
  imports: [TenancyModule, CustomersModule, FeaturesModule],
  controllers: [UsageController],
  providers: [
    UsageService,
    EventWriter,
    LateEventsService,
    UsagePartitions,
    UsageRollups,
    { provide: USAGE_STORE, useClass: PostgresUsageStore },
  ],
  exports: [UsageService, LateEventsService],
})
export class UsageModule {}
