import { Inject, Injectable } from '@nestjs/common';
import { validationError } from '../domain/errors.js';
import { WallClock } from '../platform/clock/clock.js';
import type { ProviderAdapter, ProviderCall, ProviderRuntime } from './provider-adapter.js';
import { Turns } from './turns.js';

export const PROVIDER_OPTIONS = Symbol('ProviderOptions');

/** For a 429 that does not say how long. */
const DEFAULT_HOLD_MS = 1_000;

export interface ProviderOptions {
  readonly adapters: readonly ProviderAdapter[];
  /** Base URLs by provider name, where not the provider's own: the sandbox, a proxy. */
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Calls a second by provider name, where not what the adapter says. */
  readonly requestsPerSecond: Readonly<Record<string, number>>;
  /** Origin under which providers reach us, for webhooks; undefined when nobody has told. */
  readonly publicUrl: string | undefined;
}

/** The adapters of this installation and what they run with. */
@Injectable()
export class ProvidersService {
  private readonly byName: ReadonlyMap<string, ProviderAdapter>;
  private readonly turns: Turns;

  constructor(
    @Inject(PROVIDER_OPTIONS) private readonly options: ProviderOptions,
    private readonly clock: WallClock,
  ) {
    this.turns = new Turns(() => clock.now());
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

  /** Undefined where calls are not limited by us. */
  requestsPerSecond(provider: string): number | undefined {
    return this.options.requestsPerSecond[provider] ?? this.find(provider)?.requestsPerSecond;
  }

  runtime(provider: string, connectionId: string, onCall?: (call: ProviderCall) => void): ProviderRuntime {
    const baseUrl = this.options.baseUrls[provider];
    const perSecond = this.requestsPerSecond(provider);
    return {
      ...(perSecond === undefined ? {} : { turn: () => this.turns.take(connectionId, perSecond) }),
      timeoutMs: this.options.timeoutMs,
      now: () => this.clock.now(),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      onCall: (call) => {
        if (call.status === 429 && perSecond !== undefined)
          this.turns.hold(connectionId, call.retryAfterMs ?? DEFAULT_HOLD_MS);
        onCall?.(call);
      },
    };
  }
}
