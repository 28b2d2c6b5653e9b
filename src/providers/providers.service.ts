import { Inject, Injectable } from '@nestjs/common';
import { validationError } from '../domain/errors.js';
import { WallClock } from '../platform/clock/clock.js';
import type { ProviderAdapter, ProviderCall, ProviderRuntime } from './provider-adapter.js';

export const PROVIDER_OPTIONS = Symbol('ProviderOptions');

export interface ProviderOptions {
  readonly adapters: readonly ProviderAdapter[];
  /** Base URLs by provider name, where not the provider's own: the sandbox, a proxy. */
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Origin under which providers reach us, for webhooks; undefined when nobody has told. */
  readonly publicUrl: string | undefined;
}

/** The adapters of this installation and what they run with. */
@Injectable()
export class ProvidersService {
  private readonly byName: ReadonlyMap<string, ProviderAdapter>;

  constructor(
    @Inject(PROVIDER_OPTIONS) private readonly options: ProviderOptions,
    private readonly clock: WallClock,
  ) {
    this.byName = new Map(options.adapters.map((adapter) => [adapter.provider, adapter]));
    if (this.byName.size !== options.adapters.length) throw new Error('two adapters for one provider');
  }

  all(): readonly ProviderAdapter[] {
    return this.options.adapters;
  }

  find(provider: string): ProviderAdapter | undefined {
    return this.byName.get(provider.toLowerCase());
  }

  get(provider: string): ProviderAdapter {
    const adapter = this.find(provider);
    if (adapter === undefined)
      throw validationError(`unknown provider ${provider}: use one of ${[...this.byName.keys()].join(', ')}`);
    return adapter;
  }

  /** Undefined when no public URL is configured. */
  get publicUrl(): string | undefined {
    return this.options.publicUrl;
  }

  runtime(provider: string, onCall?: (call: ProviderCall) => void): ProviderRuntime {
    const baseUrl = this.options.baseUrls[provider];
    return {
      timeoutMs: this.options.timeoutMs,
      now: () => this.clock.now(),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(onCall === undefined ? {} : { onCall }),
    };
  }
}
