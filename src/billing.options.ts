import type { NotificationOptions } from './notifications/notifications.types.js';
import type { DataSource } from 'typeorm';
import type { RequestGuard } from './tenancy/request-guard.types.js';
import type { DatabaseOptions } from './platform/database/data-source.js';
import type { WorkerOptions } from './platform/worker/worker.js';
import type { PlatformOptions, RedisOptions } from './platform/platform.module.js';
import type { SecretKey } from './platform/secrets/secret-box.js';
import type { ProviderOptions } from './providers/providers.service.js';
import type { UsageOptions } from './usage/usage.types.js';

export interface WorkerSettings {
  /** False: this process serves HTTP only, and another one works. Default true. */
  readonly enabled?: boolean;
  /** Default 1 s. */
  readonly sweepEveryMs?: number;
  /** Default 5 s. */
  readonly tickEveryMs?: number;
  /** How long an advance of a test environment's clock waits in all for work that does not go on. Default 60 s. */
  readonly clockPatienceMs?: number;
}

/** Everything that an embedding application decides. */
export interface BillingOptions {
  /** Where the database is; or a data source of the host's own, whose entities include `BILLING_ENTITIES`. */
  readonly database: DatabaseOptions | DataSource;
  /**
   * Tells whose a request is, in place of the library's API keys: the host's own sessions or tokens. It is asked for every
   * request but those of webhooks, which prove themselves.
   */
  readonly guard?: RequestGuard;
  /** Jobs go through Bull on this Redis; without it they run in this process. */
  readonly redis?: RedisOptions;
  /**
   * What credentials of providers are sealed with. The first key seals, all of them open. Losing them means
   * entering every credential again.
   */
  readonly secretKeys: readonly SecretKey[];
  /**
   * True: an application starts although credentials or webhook secrets are sealed with a key that is not among `secretKeys`,
   * and logs which. Default false: it refuses to start.
   */
  readonly allowMissingSecretKeys?: boolean;
  /**
   * True: texts, metadata and event properties may hold what looks like the number of a payment card. Default false: such a
   * request is refused, so that no card number is stored by mistake.
   */
  readonly allowCardNumbers?: boolean;
  /**
   * Origin under which providers reach this server: webhook addresses are made of it and of the path at which the routes are
   * mounted, the host's global prefix included.
   */
  readonly publicUrl?: string;
  /** False is short for `{ enabled: false }`. */
  readonly worker?: false | WorkerSettings;
  readonly providers?: {
    /** Base URLs by provider name, where not the provider's own. */
    readonly baseUrls?: Readonly<Record<string, string>>;
    /** Limit of one HTTP call to a provider. Default 20 s. */
    readonly timeoutMs?: number;
    /** Calls a second of one connection, by provider name, where its adapter's own limit is not the right one. */
    readonly requestsPerSecond?: Readonly<Record<string, number>>;
    /**
     * By provider name, where one that is played takes orders for its clock, which then goes with that of each test
     * environment connected to it. `docs/reference/simulated-provider-clock.md` has the protocol.
     */
    readonly clockUrls?: Readonly<Record<string, string>>;
  };
  readonly usage?: {
    /** Whole months that events are kept beyond the current one. Default: for ever. */
    readonly retentionMonths?: number;
    /**
     * Events live in this ClickHouse: `clickhouse://user:password@host:8123/database`, or the same with `https`.
     * Default: in Postgres.
     */
    readonly storeUrl?: string;
  };
  /** Webhooks to endpoints of the tenants' own. */
  readonly webhooks?: {
    /**
     * True: endpoints may be in private networks, and reached by plain HTTP. Default false, because whoever has an API key
     * could have this server call what only it can reach.
     */
    readonly toPrivateAddresses?: boolean;
    /** Limit of one try. Default 15 s. */
    readonly timeoutMs?: number;
  };
  /** How often providers are asked what their webhooks may have lost. Default 60 s. */
  readonly reconcileEveryMs?: number;
}

export const BILLING_OPTIONS = Symbol('BillingOptions');

export const platformOptions = (options: BillingOptions): PlatformOptions => ({
  database: options.database,
  ...(options.redis === undefined ? {} : { redis: options.redis }),
  secretKeys: options.secretKeys,
  allowMissingSecretKeys: options.allowMissingSecretKeys ?? false,
  allowCardNumbers: options.allowCardNumbers ?? false,
  worker: workerOptions(options.worker),
});

function workerOptions(given: BillingOptions['worker']): WorkerOptions {
  const settings: WorkerSettings = given === false ? { enabled: false } : (given ?? {});
  return {
    enabled: settings.enabled ?? true,
    sweepEveryMs: settings.sweepEveryMs ?? 1_000,
    tickEveryMs: settings.tickEveryMs ?? 5_000,
    clockPatienceMs: settings.clockPatienceMs ?? 60_000,
  };
}

export const providerOptions = (options: BillingOptions, prefix: string): ProviderOptions => ({
  baseUrls: options.providers?.baseUrls ?? {},
  timeoutMs: options.providers?.timeoutMs ?? 20_000,
  requestsPerSecond: options.providers?.requestsPerSecond ?? {},
  clockUrls: options.providers?.clockUrls ?? {},
  publicUrl: options.publicUrl?.replace(/\/+$/, ''),
  basePath: `/${prefix}`,
});

export const usageOptions = ({ usage }: BillingOptions): UsageOptions => ({
  retentionMonths: usage?.retentionMonths,
  storeUrl: usage?.storeUrl,
});

export const notificationOptions = ({ webhooks }: BillingOptions): NotificationOptions => ({
  toPrivateAddresses: webhooks?.toPrivateAddresses ?? false,
  timeoutMs: webhooks?.timeoutMs ?? 15_000,
});
