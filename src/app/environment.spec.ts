import { randomBytes } from 'node:crypto';
import { EnvironmentError, readEnvironment } from './environment.js';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

const problemsOf = (source: Record<string, string>): readonly string[] => {
  try {
    readEnvironment(source);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
};

describe('environment', () => {
  it('needs nothing: embedded Postgres, jobs in the process, all roles', () => {
    expect(readEnvironment({})).toMatchObject({
      databaseUrl: undefined,
      redisUrl: undefined,
      role: 'all',
      port: 3000,
      host: '127.0.0.1',
    });
  });

  it('names every wrong setting, one a line', () => {
    const problems = problemsOf({
      PORT: 'http',
      ROLE: 'boss',
      DATABASE_URL: 'mysql://x',
      REDIS_URL: 'nowhere',
      LOG_LEVEL: 'loud',
      SECRET_KEYS: 'short:YWJj',
    });
    expect(problems.map((line) => line.split(/[ :]/)[0])).toEqual(
      ['DATABASE_URL', 'SECRET_KEYS', 'PORT', 'ROLE', 'REDIS_URL', 'LOG_LEVEL'].sort(
        (a, b) => problems.findIndex((p) => p.startsWith(a)) - problems.findIndex((p) => p.startsWith(b)),
      ),
    );
    expect(problems).toHaveLength(6);
    expect(problems.join('')).not.toContain('\n');
  });

  it('serves the documentation unless DOCS=off', () => {
    expect([readEnvironment({}).docs, readEnvironment({ DOCS: 'off' }).docs]).toEqual([true, false]);
    expect(problemsOf({ DOCS: 'no' })).toEqual(['DOCS must be one of on, off, not "no"']);
  });

  it('serves the console unless CONSOLE=off', () => {
    expect([readEnvironment({}).console, readEnvironment({ CONSOLE: 'off' }).console]).toEqual([true, false]);
    expect(problemsOf({ CONSOLE: 'no' })).toEqual(['CONSOLE must be one of on, off, not "no"']);
  });

  it('keeps usage for ever, or for some whole months', () => {
    expect(readEnvironment({}).usageRetentionMonths).toBeUndefined();
    expect(readEnvironment({ USAGE_RETENTION_MONTHS: '24' }).usageRetentionMonths).toBe(24);
    expect(problemsOf({ USAGE_RETENTION_MONTHS: '0' })[0]).toMatch(/^USAGE_RETENTION_MONTHS must be/);
  });

  it('keeps events in Postgres, or in a ClickHouse', () => {
    expect(readEnvironment({}).usageStoreUrl).toBeUndefined();
    const url = 'clickhouse://user:password@host:8123/usage';
    expect(readEnvironment({ USAGE_STORE_URL: url }).usageStoreUrl).toBe(url);
    expect(problemsOf({ USAGE_STORE_URL: 'postgres://host/usage' })).toEqual([
      'USAGE_STORE_URL must be a URL that begins with clickhouse:// or http:// or https://',
    ]);
  });

  it('asks for keys when the database is not its own', () => {
    expect(problemsOf({ DATABASE_URL: 'postgres://localhost/x' })[0]).toMatch(/^SECRET_KEYS is required/);
    const read = readEnvironment({
      DATABASE_URL: 'postgres://localhost/x',
      SECRET_KEYS: `${key('new')},${key('old')}`,
    });
    expect(read.secretKeys?.map(({ id }) => id)).toEqual(['new', 'old']);
  });

  it('serves no metrics and calls no private network unless it is told to', () => {
    expect(readEnvironment({})).toMatchObject({ metricsPort: undefined, webhooksToPrivateAddresses: false });
    expect(readEnvironment({ METRICS_PORT: '9464', WEBHOOKS_TO_PRIVATE_ADDRESSES: 'true' })).toMatchObject({
      metricsPort: 9464,
      webhooksToPrivateAddresses: true,
    });
    expect(problemsOf({ METRICS_PORT: 'on', WEBHOOKS_TO_PRIVATE_ADDRESSES: 'yes' })).toHaveLength(2);
  });

  it('reads the base URL of any provider', () => {
    expect(readEnvironment({ PROVIDER_ACME_PAY_BASE_URL: 'http://127.0.0.1:1' }).providerBaseUrls).toEqual({
      acme_pay: 'http://127.0.0.1:1',
    });
    expect(problemsOf({ PROVIDER_ACME_BASE_URL: 'ftp://x' })).toHaveLength(1);
  });
});
