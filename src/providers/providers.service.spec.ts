import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WallClock } from '../platform/time/clock.js';
import { MountedRoutes } from '../platform/http/mounted-routes.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { fakeProvider } from '../testing.js';
import type { ProviderAdapter } from './provider-adapter.js';
import { PROVIDER_ADAPTERS } from './provider-adapters.js';
import { ProvidersModule } from './providers.module.js';
import { PROVIDER_OPTIONS, ProvidersService } from './providers.service.js';

const named = (provider: string): ProviderAdapter => ({ ...fakeProvider().adapter, provider });

function moduleOf(useValue: ProviderAdapter | readonly ProviderAdapter[]): Type {
  @Module({ providers: [{ provide: PROVIDER_ADAPTERS, useValue }] })
  class OfAProvider {}
  return OfAProvider;
}

@Module({
  providers: [
    WallClock,
    MountedRoutes,
    { provide: Metrics, useValue: { histogram: () => ({}) } },
    { provide: PROVIDER_OPTIONS, useValue: {} },
  ],
  exports: [WallClock, MountedRoutes, Metrics, PROVIDER_OPTIONS],
})
class Surroundings {}

async function namesOf(given: readonly Type[], elsewhere: readonly Type[] = []): Promise<string[]> {
  const providers = ProvidersModule.register([Surroundings, ...given]);
  @Module({ imports: [providers, ...elsewhere] })
  class Host {}
  const app = await NestFactory.createApplicationContext(Host, { logger: false, abortOnError: false });
  const names = app
    .get(ProvidersService, { strict: false })
    .all()
    .map(({ provider }) => provider);
  await app.close();
  return names.sort();
}

test('takes the adapters of all modules, wherever the host imports them', async () => {
  expect(await namesOf([])).toEqual([]);
  expect(await namesOf([moduleOf(named('acme')), moduleOf([named('bolt'), named('coin')])])).toEqual([
    'acme',
    'bolt',
    'coin',
  ]);
  expect(await namesOf([moduleOf(named('acme'))], [moduleOf(named('dime'))])).toEqual(['acme', 'dime']);
});

test('waits for an adapter that a factory makes', async () => {
  @Module({ providers: [{ provide: PROVIDER_ADAPTERS, useFactory: () => Promise.resolve(named('slow')) }] })
  class SlowModule {}
  expect(await namesOf([SlowModule])).toEqual(['slow']);
});

test('refuses two adapters of one name at the start', async () => {
  await expect(namesOf([moduleOf(named('acme')), moduleOf(named('acme'))])).rejects.toThrow(
    'two modules provide an adapter of the provider acme',
  );
});
