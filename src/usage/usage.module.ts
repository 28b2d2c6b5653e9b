import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { loadOptional } from '../platform/optional-package.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
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
      useFactory: async ({ storeUrl, ...options }: UsageOptions, uow: UnitOfWork): Promise<UsageStore> => {
        if (storeUrl === undefined) return new PostgresUsageStore(uow);
        const { openClickHouseUsageStore } = await loadOptional(
          'Events in ClickHouse',
          '@clickhouse/client',
          () => import('./clickhouse/clickhouse-usage-store.js'),
        );
        return openClickHouseUsageStore(storeUrl, options);
      },
    },
  ],
  exports: [UsageService, DeferredEvents, UsageMoveService, LateEventsService],
})
export class UsageModule {}
