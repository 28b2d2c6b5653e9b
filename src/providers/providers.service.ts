import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { validationError } from '../domain/errors.js';
import { WallClock } from '../platform/clock/clock.js';
import { CallGates } from './call-gate.js';
import type {
  ProviderAdapter,
  ProviderCall,
  ProviderConnection,
  ProviderGate,
  ProviderSession,
} from './provider-adapter.js';

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
  private readonly gates = new CallGates();
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

  /** `accountId` is the provider's name of the account, where it is known; sessions of one account share its limits. */
  open(
    provider: string,
    connection: ProviderConnection,
    accountId: string | undefined,
    onCall?: (call: ProviderCall) => void,
  ): ProviderSession {
    const adapter = this.get(provider);
    const baseUrl = this.options.baseUrls[provider];
    const gate = this.gateOf(adapter, connection, accountId);
    return adapter.open(connection, {
      timeoutMs: this.options.timeoutMs,
      now: () => this.clock.now(),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(gate === undefined ? {} : { gate }),
      ...(onCall === undefined ? {} : { onCall }),
    });
  }

  private gateOf(
    adapter: ProviderAdapter,
    { connectionId, credentials }: ProviderConnection,
    accountId: string | undefined,
  ): ProviderGate | undefined {
    const limits = adapter.rateLimits?.(credentials);
    if (limits === undefined) return undefined;
    const account = accountId ?? keysOf(adapter, credentials);
    const gate = this.gates.of(`${adapter.provider} ${account} ${limits.mode}`, limits);
    return {
      enter: (endpoint) => gate.enter(endpoint, connectionId),
      hold: (what, ms) => {
        gate.hold(what, ms);
      },
    };
  }
}

/** An account that does not tell its name is known by its keys, which are not kept in the clear. */
function keysOf(adapter: ProviderAdapter, credentials: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const { name, role } of adapter.credentialFields)
    if (role === 'api') hash.update(`${name}\0${credentials[name] ?? ''}\0`);
  return hash.digest('base64url');
}
