import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { BILLING_MODULES } from './api/billing-modules.js';
import { ApiModule } from './api/api.module.js';
import { FacadeModule } from './api/facade.module.js';
import { DEFAULT_BASES } from './api/mount-routes.js';
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
import { ENTITIES } from './entities.js';
import { IntegrationsModule } from './integrations/integrations.module.js';
import { NoIntegrationsModule } from './integrations/no-integrations.module.js';
import { RECONCILE_OPTIONS } from './integrations/reconcile/reconcile.options.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { NOTIFICATION_OPTIONS } from './notifications/notifications.types.js';
import {
  dataSourceOptions,
  isDataSource,
  migrate,
  migrationOptions,
  type DatabaseOptions,
} from './platform/database/data-source.js';
import { PrepareBilling1763600000000 } from './platform/database/prepare-billing.migration.js';
import { PLATFORM_OPTIONS, PlatformModule } from './platform/platform.module.js';
import { PROVIDER_OPTIONS } from './providers/providers.service.js';
import { ProvidersModule, type ProviderModules } from './providers/providers.module.js';
import { REQUEST_GUARD } from './tenancy/request-guard.types.js';
import { USAGE_OPTIONS } from './usage/usage.types.js';

/**
 * What an application can leave out. `billing` is customers, plans, usage, subscriptions, invoices, payments, wallets and
 * outbound webhooks. `integrations` is connections, the sync with providers, their webhooks and their payments.
 */
export type Feature = 'billing' | 'integrations';
const FEATURES: readonly string[] = ['billing', 'integrations'] satisfies readonly Feature[];

/** What decides which modules there are. Nest has to know it before it makes any, so no factory can say it. */
export interface BillingWiring {
  /**
   * Modules of payment providers: each provides an adapter under `PROVIDER_ADAPTERS`. Default: none. A module that the host
   * imports elsewhere adds its adapter just as well.
   */
  readonly providerModules?: ProviderModules;
  /** False: no routes. Jobs, events, outbound webhooks and all services work as ever. Default true. */
  readonly http?: boolean;
  /** The path of the routes, in place of `v1` and its alias `api/v1`. The host's global prefix comes before it. */
  readonly prefix?: string;
  /** Default: all. */
  readonly features?: readonly Feature[];
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
    { providerModules = [], http = true, prefix, features = ['billing', 'integrations'] }: BillingWiring,
  ): DynamicModule {
    assertFeatures(features);
    const hasIntegrations = features.includes('integrations');
    const integrations = hasIntegrations ? IntegrationsModule : NoIntegrationsModule;
    const bases = prefix === undefined ? DEFAULT_BASES : [checkedPrefix(prefix)];
    const optionsModule: DynamicModule = {
      module: BillingOptionsModule,
      global: true,
      imports,
      providers: [options, ...derivedOptions(bases[0] ?? '')],
      exports: [
        BILLING_OPTIONS,
        PLATFORM_OPTIONS,
        PROVIDER_OPTIONS,
        RECONCILE_OPTIONS,
        USAGE_OPTIONS,
        NOTIFICATION_OPTIONS,
        REQUEST_GUARD,
      ],
    };
    const modules = [
      ...BILLING_MODULES,
      integrations,
      NotificationsModule,
      RenderingModule.register(integrations, hasIntegrations),
      FacadeModule.register(integrations),
    ];
    return {
      module: BillingModule,
      imports: [
        optionsModule,
        PlatformModule.register({ optionsModule, usesRedis, entities: ENTITIES, migrations }),
        ProvidersModule.register(providerModules),
        ...modules,
        ...(http ? [ApiModule.register({ bases, integrations, hasIntegrations })] : []),
      ],
      exports: modules,
    };
  }
}

function assertFeatures(features: readonly string[]): void {
  const unknown = features.filter((feature) => !FEATURES.includes(feature));
  if (unknown.length > 0)
    throw new Error(`unknown features: ${unknown.join(', ')}. There are ${FEATURES.join(' and ')}`);
  if (!features.includes('billing'))
    throw new Error('the feature billing is missing: integrations keep its customers and invoices in step');
}

function checkedPrefix(prefix: string): string {
  const path = prefix.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(path))
    throw new Error(`prefix must be a path like "billing" or "billing/v1", not ${JSON.stringify(prefix)}`);
  return path;
}

@Module({})
class BillingOptionsModule {}

const derivedOptions = (prefix: string): Provider[] => [
  { provide: PLATFORM_OPTIONS, inject: [BILLING_OPTIONS], useFactory: platformOptions },
  {
    provide: PROVIDER_OPTIONS,
    inject: [BILLING_OPTIONS],
    useFactory: (options: BillingOptions) => providerOptions(options, prefix),
  },
  {
    provide: REQUEST_GUARD,
    inject: [BILLING_OPTIONS],
    useFactory: ({ guard }: BillingOptions) => guard ?? null,
  },
  {
    provide: RECONCILE_OPTIONS,
    inject: [BILLING_OPTIONS],
    useFactory: (options: BillingOptions) => ({ everyMs: options.reconcileEveryMs ?? 60_000 }),
  },
  { provide: USAGE_OPTIONS, inject: [BILLING_OPTIONS], useFactory: usageOptions },
  { provide: NOTIFICATION_OPTIONS, inject: [BILLING_OPTIONS], useFactory: notificationOptions },
];

/**
 * Brings our schema of that database up to date; to be called before an application starts. Of a data source it only takes
 * how the database is reached. Answers what has run.
 */
export const migrateDatabase = (database: DatabaseOptions | DataSource): Promise<readonly string[]> =>
  migrate(
    isDataSource(database)
      ? migrationOptions(database, migrations)
      : dataSourceOptions(database, ENTITIES, migrations),
  );

/** For a host that runs them among its own: `migrations: [...billingMigrations, …]`. Its login role needs what ours does. */
export const billingMigrations = [PrepareBilling1763600000000, ...migrations] as const;
