import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { openClickHouseUsageStore } from './clickhouse/clickhouse-usage-store.js';
import { DeferredEvents } from './deferred-events.service.js';
import { EventWriter } from './event-writer.js';
import { LateEventsService } from './late-events.service.js';
import { PostgresUsageStore } from './postgres/postgres-usage-store.js';
import { UsagePartitions } from './postgres/usage-partitions.js';
import { UsageRollups } from './postgres/usage-rollups.js';
import { UsageMoveService } from './usage-move.service.js';
import { UsageService } from './usage.service.js';
import { USAGE_STORE, type UsageStore } from './usage-store.js';
import { USAGE_OPTIONS, type UsageOptions } from './usage.types.js';

@Module({
  imports: [TenancyModule, CustomersModule, FeaturesModule],
  providers: [
    UsageService,
    DeferredEvents,
    EventWriter,
    UsageMoveService,
    LateEventsService,
    UsagePartitions,
    UsageRollups,
    {
      provide: USAGE_STORE,
      inject: [USAGE_OPTIONS, UnitOfWork],
      useFactory: (
        { storeUrl, ...options }: UsageOptions,
        uow: UnitOfWork,
      ): UsageStore | Promise<UsageStore> =>
        storeUrl === undefined ? new PostgresUsageStore(uow) : openClickHouseUsageStore(storeUrl, options),
    },
  ],
  exports: [UsageService, DeferredEvents, UsageMoveService, LateEventsService],
})
export class UsageModule {}
