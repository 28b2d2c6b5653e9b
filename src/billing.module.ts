import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { ApiModule } from './api/api.module.js';
import { RenderingModule } from './api/rendering.module.js';
import { migrations } from '../migrations/index.js';
import {
  BILLING_OPTIONS,
  notificationOptions,
  platformOptions,
  providerOptions,
  usageOptions,
  type BillingOptions,
} from './billing.options.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { CustomersModule } from './customers/customers.module.js';
import { ENTITIES } from './entities.js';
import { FeaturesModule } from './features/features.module.js';
import { IntegrationsModule } from './integrations/integrations.module.js';
import { RECONCILE_OPTIONS } from './integrations/reconcile/reconcile.options.js';
import { InvoicesModule } from './invoices/invoices.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { NOTIFICATION_OPTIONS } from './notifications/notifications.types.js';
import { PaymentsModule } from './payments/payments.module.js';
import { PlansModule } from './plans/plans.module.js';
import { dataSourceOptions, migrate, type DatabaseOptions } from './platform/database/data-source.js';
import { PLATFORM_OPTIONS, PlatformModule } from './platform/platform.module.js';
import { PROVIDER_OPTIONS } from './providers/providers.service.js';
import { ProvidersModule, type ProviderModules } from './providers/providers.module.js';
import { BillingRunsModule } from './billing/billing-runs.module.js';
import { PrepaidModule } from './prepaid/prepaid.module.js';
import { RatingModule } from './rating/rating.module.js';
import { SubscriptionChangesModule } from './subscription-changes/subscription-changes.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';
import { TenancyModule } from './tenancy/tenancy.module.js';
import { USAGE_OPTIONS } from './usage/usage.types.js';
import { UsageModule } from './usage/usage.module.js';
import { WalletsModule } from './wallets/wallets.module.js';

/** What decides which modules there are. Nest has to know it before it makes any, so no factory can say it. */
export interface BillingWiring {
  /**
   * Modules of payment providers: each provides an adapter under `PROVIDER_ADAPTERS`. Default: none. A module that the host
   * imports elsewhere adds its adapter just as well.
   */
  readonly providerModules?: ProviderModules;
}

export interface BillingModuleAsyncOptions extends BillingWiring, Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...args: never[]) => BillingOptions | Promise<BillingOptions>;
  /** Whether jobs go through Bull: part of the wiring, so said here and not by the factory. */
  readonly usesRedis?: boolean;
}

/** The whole of billing, for any Nest application: its routes, its jobs, its tables in a schema of their own. */
@Module({})
export class BillingModule {
  static forRoot(options: BillingOptions & BillingWiring): DynamicModule {
    return BillingModule.assemble(
      { provide: BILLING_OPTIONS, useValue: options },
      [],
      options.redis !== undefined,
      options,
    );
  }

  static forRootAsync(options: BillingModuleAsyncOptions): DynamicModule {
    return BillingModule.assemble(
      {
        provide: BILLING_OPTIONS,
        inject: options.inject ?? [],
        useFactory: options.useFactory as (...args: unknown[]) => BillingOptions | Promise<BillingOptions>,
      },
      options.imports ?? [],
      options.usesRedis ?? false,
      options,
    );
  }

  private static assemble(
    options: Provider,
    imports: NonNullable<ModuleMetadata['imports']>,
    usesRedis: boolean,
    { providerModules = [] }: BillingWiring,
  ): DynamicModule {
    const optionsModule: DynamicModule = {
      module: BillingOptionsModule,
      global: true,
      imports,
      providers: [options, ...DERIVED_OPTIONS],
      exports: [
        BILLING_OPTIONS,
        PLATFORM_OPTIONS,
        PROVIDER_OPTIONS,
        RECONCILE_OPTIONS,
        USAGE_OPTIONS,
        NOTIFICATION_OPTIONS,
      ],
    };
    return {
      module: BillingModule,
      imports: [
        optionsModule,
        PlatformModule.register({ optionsModule, usesRedis, entities: ENTITIES, migrations }),
        ProvidersModule.register(providerModules),
        ...HOUSES,
      ],
      exports: HOUSES,
    };
  }
}

@Module({})
class BillingOptionsModule {}

const DERIVED_OPTIONS: Provider[] = [
  { provide: PLATFORM_OPTIONS, inject: [BILLING_OPTIONS], useFactory: platformOptions },
  { provide: PROVIDER_OPTIONS, inject: [BILLING_OPTIONS], useFactory: providerOptions },
  {
    provide: RECONCILE_OPTIONS,
    inject: [BILLING_OPTIONS],
    useFactory: (options: BillingOptions) => ({ everyMs: options.reconcileEveryMs ?? 60_000 }),
  },
  { provide: USAGE_OPTIONS, inject: [BILLING_OPTIONS], useFactory: usageOptions },
  { provide: NOTIFICATION_OPTIONS, inject: [BILLING_OPTIONS], useFactory: notificationOptions },
];

/** The street, from left to right. */
const HOUSES = [
  TenancyModule,
  ConnectionsModule,
  CustomersModule,
  FeaturesModule,
  PlansModule,
  UsageModule,
  WalletsModule,
  SubscriptionsModule,
  RatingModule,
  InvoicesModule,
  PaymentsModule,
  BillingRunsModule,
  PrepaidModule,
  SubscriptionChangesModule,
  IntegrationsModule,
  NotificationsModule,
  RenderingModule,
  ApiModule,
];

/** Brings our schema of that database up to date; to be called before an application starts. Answers what has run. */
export const migrateDatabase = (database: DatabaseOptions): Promise<readonly string[]> =>
  migrate(dataSourceOptions(database, ENTITIES, migrations));
