import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { PROVIDER_ADAPTERS } from './provider-adapters.js';
import { ProvidersService } from './providers.service.js';

/** Imports of a module, of which each provides adapters under {@link PROVIDER_ADAPTERS}. */
export type ProviderModules = NonNullable<ModuleMetadata['imports']>;

@Module({})
export class ProvidersModule {
  static register(modules: ProviderModules): DynamicModule {
    return {
      module: ProvidersModule,
      global: true,
      imports: [...modules],
      // The token is known also where no module adds a provider.
      providers: [ProvidersService, { provide: PROVIDER_ADAPTERS, useValue: [] }],
      exports: [ProvidersService],
    };
  }
}
