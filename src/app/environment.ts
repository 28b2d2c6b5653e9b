import { DEFAULT_LIMITS, type AdmissionLimits } from './admission.js';
import { LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS } from '../platform/database/data-source.js';
import type { SecretKey } from '../platform/secrets/secret-box.js';

export type Role = 'api' | 'worker' | 'all';

/** What the standalone server is set up with. Nothing else in the library reads the process's environment. */
export interface Environment {
  readonly host: string;
  readonly port: number;
  /** Where metrics are served. Undefined: nowhere. */
  readonly metricsPort: number | undefined;
  readonly role: Role;
  /** Undefined: an embedded Postgres in {@link dataDir}. */
  readonly databaseUrl: string | undefined;
  readonly databasePoolSize: number;
  /** In milliseconds; 0: none. */
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** Undefined: jobs run in this process. */
  readonly redisUrl: string | undefined;
  readonly queuePrefix: string;
  /** Undefined: a key is made and kept in {@link dataDir}; only with the embedded Postgres. */
  readonly secretKeys: readonly SecretKey[] | undefined;
  /** Whether a server starts without a key that stored secrets are sealed with. */
  readonly allowMissingSecretKeys: boolean;
  /** Whether requests may hold numbers of payment cards. */
  readonly allowCardNumbers: boolean;
  readonly publicUrl: string | undefined;
  readonly dataDir: string;
  /** Where the clock of a new test environment begins, in the embedded Postgres. Undefined: none is added to those that are there. */
  readonly testClockBegins: Date | undefined;
  readonly logLevel: string;
  /** Whether /docs is served. */
  readonly docs: boolean;
  /** Whether /console is served. */
  readonly console: boolean;
  readonly providerBaseUrls: Readonly<Record<string, string>>;
  readonly providerTimeoutMs: number;
  /** By provider name; where nothing is said, what its adapter says holds. */
  readonly providerRequestsPerSecond: Readonly<Record<string, number>>;
  /** By provider name, where one that is played takes orders for its clock. */
  readonly providerClockUrls: Readonly<Record<string, string>>;
  readonly reconcileEveryMs: number;
  /** Whether endpoints for outbound webhooks may be in private networks, and reached by plain HTTP. */
  readonly webhooksToPrivateAddresses: boolean;
  readonly webhookTimeoutMs: number;
  readonly limits: AdmissionLimits;
  /** Proxies whose X-Forwarded-For is believed. Undefined: none. */
  readonly trustProxy: string | undefined;
  /** Undefined: events are kept for ever. */
  readonly usageRetentionMonths: number | undefined;
  /** A ClickHouse for events. Undefined: they are in Postgres with everything else. */
  readonly usageStoreUrl: string | undefined;
}

type Source = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const PROVIDER_BASE_URL = /^PROVIDER_([A-Z0-9_]+)_BASE_URL$/;
const PROVIDER_CLOCK_URL = /^PROVIDER_([A-Z0-9_]+)_CLOCK_URL$/;
const PROVIDER_RATE = /^PROVIDER_([A-Z0-9_]+)_REQUESTS_PER_SECOND$/;

/** All that is wrong with the settings, a line each. */
export class EnvironmentError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'EnvironmentError';
  }
}

export function readEnvironment(source: Source = process.env): Environment {
  const problems: string[] = [];
  const text = (name: string): string | undefined => {
    const value = source[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const oneOf = <T extends string>(name: string, choices: readonly T[], fallback: T): T => {
    const value = text(name) ?? fallback;
    if (!(choices as readonly string[]).includes(value))
      problems.push(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}`);
    return value as T;
  };
  const flag = (name: string, fallback: boolean): boolean =>
    oneOf(name, ['true', 'false'], String(fallback)) === 'true';
  const whole = (name: string, fallback: number, min: number, max: number): number => {
    const value = text(name);
    const parsed = value === undefined ? fallback : /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(parsed >= min && parsed <= max))
      problems.push(`${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`);
    return parsed;
  };
  const wholeIfSet = (name: string, min: number, max: number): number | undefined =>
    text(name) === undefined ? undefined : whole(name, min, min, max);
  const url = (name: string, protocols: readonly string[]): string | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol))
      problems.push(
        `${name} must be a URL that begins with ${protocols.map((one) => `${one}//`).join(' or ')}`,
      );
    return value;
  };
  const providerUrls = (names: RegExp): Record<string, string> =>
    Object.fromEntries(
      Object.keys(source).flatMap((name) => {
        const provider = names.exec(name)?.[1]?.toLowerCase();
        const value = provider === undefined ? undefined : url(name, ['http:', 'https:']);
        return provider === undefined || value === undefined ? [] : [[provider, value]];
      }),
    );

  const databaseUrl = url('DATABASE_URL', ['postgres:', 'postgresql:']);
  const secretKeys = readSecretKeys(text('SECRET_KEYS'), problems);
  if (databaseUrl !== undefined && text('SECRET_KEYS') === undefined)
    problems.push(
      'SECRET_KEYS is required with DATABASE_URL: "<id>:<base64 of 32 bytes>", the newest first, separated by commas' +
        ' (make one with: openssl rand -base64 32)',
    );
  const environment: Environment = {
    host: text('HOST') ?? '127.0.0.1',
    port: whole('PORT', 3000, 0, 65_535),
    metricsPort: wholeIfSet('METRICS_PORT', 0, 65_535),
    role: oneOf('ROLE', ['api', 'worker', 'all'], 'all'),
    databaseUrl,
    databasePoolSize: whole('DATABASE_POOL_SIZE', 10, 2, 500),
    statementTimeoutMs: whole('DATABASE_STATEMENT_TIMEOUT_MS', STATEMENT_TIMEOUT_MS, 0, 86_400_000),
    lockTimeoutMs: whole('DATABASE_LOCK_TIMEOUT_MS', LOCK_TIMEOUT_MS, 0, 86_400_000),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    queuePrefix: text('QUEUE_PREFIX') ?? 'flexprice',
    secretKeys,
    allowCardNumbers: flag('ALLOW_CARD_NUMBERS', false),
    allowMissingSecretKeys: flag('ALLOW_MISSING_SECRET_KEYS', false),
    publicUrl: url('PUBLIC_URL', ['http:', 'https:']),
    dataDir: text('DATA_DIR') ?? '.data',
    testClockBegins: pastInstant(text('TEST_CLOCK_BEGINS'), problems),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    docs: oneOf('DOCS', ['on', 'off'], 'on') === 'on',
    console: oneOf('CONSOLE', ['on', 'off'], 'on') === 'on',
    providerBaseUrls: providerUrls(PROVIDER_BASE_URL),
    providerClockUrls: providerUrls(PROVIDER_CLOCK_URL),
    providerTimeoutMs: whole('PROVIDER_TIMEOUT_MS', 20_000, 100, 120_000),
    providerRequestsPerSecond: Object.fromEntries(
      Object.keys(source).flatMap((name) => {
        const provider = PROVIDER_RATE.exec(name)?.[1]?.toLowerCase();
        return provider === undefined || text(name) === undefined
          ? []
          : [[provider, whole(name, 1, 1, 10_000)]];
      }),
    ),
    usageRetentionMonths: wholeIfSet('USAGE_RETENTION_MONTHS', 1, 1200),
    usageStoreUrl: url('USAGE_STORE_URL', ['clickhouse:', 'http:', 'https:']),
    reconcileEveryMs: whole('RECONCILE_EVERY_MS', 60_000, 100, 86_400_000),
    webhooksToPrivateAddresses: flag('WEBHOOKS_TO_PRIVATE_ADDRESSES', false),
    webhookTimeoutMs: whole('WEBHOOK_TIMEOUT_MS', 15_000, 100, 60_000),
    limits: {
      perKey: whole('LIMIT_PER_KEY', DEFAULT_LIMITS.perKey, 0, 1_000_000),
      atOncePerKey: whole('LIMIT_AT_ONCE_PER_KEY', DEFAULT_LIMITS.atOncePerKey, 0, 100_000),
      perAddress: whole('LIMIT_PER_ADDRESS', DEFAULT_LIMITS.perAddress, 0, 1_000_000),
      webhooksPerAddress: whole(
        'LIMIT_WEBHOOKS_PER_ADDRESS',
        DEFAULT_LIMITS.webhooksPerAddress,
        0,
        10_000_000,
      ),
    },
    trustProxy: text('TRUST_PROXY'),
  };
  if (problems.length > 0) throw new EnvironmentError(problems);
  return environment;
}

function pastInstant(value: string | undefined, problems: string[]): Date | undefined {
  if (value === undefined) return undefined;
  const instant = new Date(value);
  if (!(instant.getTime() >= Date.UTC(2000, 0, 1) && instant.getTime() <= Date.now()))
    problems.push(
      `TEST_CLOCK_BEGINS must be a time in the past, such as 2026-01-01T00:00:00Z, not ${JSON.stringify(value)}`,
    );
  return instant;
}

function readSecretKeys(value: string | undefined, problems: string[]): SecretKey[] | undefined {
  if (value === undefined) return undefined;
  const keys = value.split(',').map((entry): SecretKey => {
    const [id = '', encoded = ''] = entry.trim().split(/:(.*)/s);
    return { id, key: Buffer.from(encoded, 'base64') };
  });
  keys.forEach(({ id, key }, index) => {
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id) || key.length !== 32)
      problems.push(`SECRET_KEYS: key ${index + 1} must be "<id>:<base64 of 32 bytes>"`);
  });
  if (new Set(keys.map(({ id }) => id)).size !== keys.length)
    problems.push('SECRET_KEYS: two keys have one id');
  return keys;
}
