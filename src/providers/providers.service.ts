import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Histogram } from 'prom-client';
import { validationError } from '../domain/errors.js';
import { WallClock } from '../platform/time/clock.js';
import { MountedRoutes } from '../platform/http/mounted-routes.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { CallGates } from './call-gate.js';
import type {
  ProviderAdapter,
  ProviderCall,
  ProviderConnection,
  ProviderGate,
  ProviderSession,
} from './provider-adapter.js';
import { PROVIDER_ADAPTERS } from './provider-adapters.js';
import { ProviderError } from './provider-error.js';
import { Turns } from './turns.js';

export const PROVIDER_OPTIONS = Symbol('ProviderOptions');

/** For a 429 that does not say how long. */
const DEFAULT_HOLD_MS = 1_000;

export interface ProviderOptions {
  /** Base URLs by provider name, where not the provider's own: the sandbox, a proxy. */
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Calls a second by provider name, where not what the adapter says. */
  readonly requestsPerSecond: Readonly<Record<string, number>>;
  /** By provider name, where one that is played takes orders for its clock. */
  readonly clockUrls: Readonly<Record<string, string>>;
  /** Origin under which providers reach us, for webhooks; undefined when nobody has told. */
  readonly publicUrl: string | undefined;
  /** The path of the API for an application that serves none itself. */
  readonly basePath: string;
}

/**
 * The adapters of this installation and what they run with. Nest has no multi-providers, but `ModuleRef.get` with `each`
 * answers the value of a token in every module: whatever modules the application is made of, their adapters are found.
 */
@Injectable()
export class ProvidersService implements OnModuleInit, OnModuleDestroy {
  private readonly gates = new CallGates();
  private found: ReadonlyMap<string, ProviderAdapter> | undefined;
  private readonly turns: Turns;
  private isStopping = false;
  private readonly calls: Histogram<'provider' | 'method' | 'status'>;

  constructor(
    @Inject(PROVIDER_OPTIONS) private readonly options: ProviderOptions,
    private readonly clock: WallClock,
    private readonly modules: ModuleRef,
    private readonly routes: MountedRoutes,
    metrics: Metrics,
  ) {
    this.calls = metrics.histogram({
      name: 'provider_call_duration_seconds',
      help: 'Time of calls to providers; status none: no answer came',
      labels: ['provider', 'method', 'status'],
    });
    this.turns = new Turns(() => clock.now());
  }

  /** By now all modules have their values. Two adapters of one name end the start here. */
  onModuleInit(): void {
    this.find('');
  }

  all(): readonly ProviderAdapter[] {
    return [...this.byName.values()];
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

  /**
   * Where providers send webhooks, below `origin` or the public URL. Undefined when neither is known.
   * `target` names whose they are: the environment, or one connection.
   */
  webhookUrl(provider: string, target: string, origin?: string): string | undefined {
    const from = this.options.publicUrl ?? origin;
    const base = this.routes.base ?? this.options.basePath;
    return from === undefined ? undefined : `${from}${base}/webhooks/${provider}/${target}`;
  }

  get hasClocks(): boolean {
    return Object.keys(this.options.clockUrls).length > 0;
  }

  /** Undefined for a provider that is not played. */
  clockUrl(provider: string): string | undefined {
    return this.options.clockUrls[provider];
  }

  /** How many calls take turns; undefined where they do not, because nothing limits them or a gate does. */
  requestsPerSecond(provider: string): number | undefined {
    const adapter = this.find(provider);
    const wanted = adapter?.rateLimits === undefined ? this.options.requestsPerSecond[provider] : undefined;
    return wanted ?? adapter?.requestsPerSecond;
  }

  /**
   * `accountId` is the provider's name of the account, where it is known; sessions of one account share its limits. After
   * `until` no call goes out.
   */
  open(
    provider: string,
    connection: ProviderConnection,
    accountId: string | undefined,
    onCall?: (call: ProviderCall) => void,
    until?: Date,
  ): ProviderSession {
    const adapter = this.get(provider);
    const baseUrl = this.options.baseUrls[provider];
    const gate = this.gateOf(adapter, connection, accountId);
    const perSecond = this.requestsPerSecond(provider);
    const { connectionId } = connection;
    return adapter.open(connection, {
      timeoutMs: this.options.timeoutMs,
      now: () => this.clock.now(),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(gate === undefined ? {} : { gate }),
      ...(perSecond === undefined && until === undefined
        ? {}
        : {
            turn: async () => {
              if (perSecond !== undefined) await this.turns.take(connectionId, perSecond);
              this.assertInTime(until);
            },
          }),
      onCall: (call) => {
        const { method, status = 'none' } = call;
        this.calls.observe({ provider: adapter.provider, method, status }, call.durationMs / 1000);
        if (call.status === 429 && perSecond !== undefined)
          this.turns.hold(connectionId, call.retryAfterMs ?? DEFAULT_HOLD_MS);
        onCall?.(call);
      },
    });
  }

  /** How long a claim lasts for beginning calls, of one that lasts so long: its last call has ended before somebody else begins. */
  callsWithin(claimMs: number): number {
    return Math.max(claimMs - this.options.timeoutMs, claimMs / 2);
  }

  private get byName(): ReadonlyMap<string, ProviderAdapter> {
    this.found ??= byName(
      this.modules.get<ProviderAdapter | readonly ProviderAdapter[]>(PROVIDER_ADAPTERS, {
        strict: false,
        each: true,
      }),
    );
    return this.found;
  }

  /** Work that can be gone on with elsewhere begins no other call here. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  private assertInTime(until: Date | undefined): void {
    if (until === undefined) return;
    if (this.isStopping)
      throw new ProviderError('unavailable', 'the process is being stopped: nothing was sent', {
        code: 'stopping',
      });
    if (this.clock.now() <= until) return;
    throw new ProviderError(
      'unavailable',
      'this took so long that somebody else may be at it: nothing was sent',
      {
        code: 'claim_over',
      },
    );
  }

  private gateOf(
    adapter: ProviderAdapter,
    { connectionId, credentials }: ProviderConnection,
    accountId: string | undefined,
  ): ProviderGate | undefined {
    const published = adapter.rateLimits?.(credentials);
    if (published === undefined) return undefined;
    const wanted = this.options.requestsPerSecond[adapter.provider];
    const limits = wanted === undefined ? published : { perAccount: wanted, perEndpoint: wanted };
    const account = accountId ?? keysOf(adapter, credentials);
    const gate = this.gates.of(`${adapter.provider} ${account} ${published.mode}`, limits);
    return {
      enter: (endpoint) => gate.enter(endpoint, connectionId),
      hold: (what, ms) => {
        gate.hold(what, ms);
      },
    };
  }
}

function byName(
  adapters: readonly (ProviderAdapter | readonly ProviderAdapter[])[],
): ReadonlyMap<string, ProviderAdapter> {
  const found = new Map<string, ProviderAdapter>();
  for (const adapter of adapters.flat()) {
    const other = found.get(adapter.provider);
    if (other !== undefined && other !== adapter)
      throw new Error(`two modules provide an adapter of the provider ${adapter.provider}`);
    found.set(adapter.provider, adapter);
  }
  return found;
}

/** An account that does not tell its name is known by its keys, which are not kept in the clear. */
function keysOf(adapter: ProviderAdapter, credentials: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const { name, role } of adapter.credentialFields)
    if (role === 'api') hash.update(`${name}\0${credentials[name] ?? ''}\0`);
  return hash.digest('base64url');
}
