/**
 * Injection token of payment providers. A module that provides a {@link ProviderAdapter} under this token adds a provider:
 *
 *     @Module({ providers: [{ provide: PROVIDER_ADAPTERS, useValue: acmeAdapter }] })
 *     export class AcmeModule {}
 *
 * Any number of modules may do so. A factory can inject what the adapter is made of. The value may also be a list.
 */
export const PROVIDER_ADAPTERS = Symbol('ProviderAdapters');
