import type { AdmissionLimits } from '../../src/app/admission.js';
import { randomBytes } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { BillingOptions } from '../../src/billing.options.js';
import type { ProviderModules } from '../../src/providers/providers.module.js';
import { createApp } from '../../src/app/create-app.js';
import { TenancyService, type NewTenant } from '../../src/tenancy/tenancy.service.js';
import { ApiClient } from './api-client.js';
import { createDatabase, type TestDatabase } from './test-database.js';

export type Transport = 'in-process' | 'bull';

/** Journeys run on both: the same handlers, the same rules. */
export const TRANSPORTS: readonly Transport[] = ['in-process', 'bull'];

export interface TestAppOptions {
  readonly transport?: Transport;
  readonly providers?: BillingOptions['providers'];
  readonly providerModules?: ProviderModules;
  readonly worker?: BillingOptions['worker'];
  readonly usage?: BillingOptions['usage'];
  readonly webhooks?: BillingOptions['webhooks'];
  readonly publicUrl?: string;
  readonly reconcileEveryMs?: number;
  /** A database that exists already: a second server on it, or one after a crash. */
  readonly database?: TestDatabase;
  readonly databaseTimeouts?: { readonly statementTimeoutMs: number; readonly lockTimeoutMs: number };
  readonly secretKey?: Buffer;
  /** Instead of one key, the newest first. */
  readonly secretKeys?: BillingOptions['secretKeys'];
  readonly allowMissingSecretKeys?: boolean;
  readonly allowCardNumbers?: boolean;
  readonly limits?: Partial<AdmissionLimits>;
  readonly docs?: boolean;
  readonly consoleDir?: string;
  readonly log?: { readonly level: string; write(line: string): void };
}

export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly api: ApiClient;
  readonly tenant: NewTenant;
  readonly database: TestDatabase;
  readonly secretKey: Buffer;
  /** Another tenant on the same server, with a client of its own. */
  anotherTenant(kind?: 'test' | 'live'): Promise<{ tenant: NewTenant; api: ApiClient }>;
  /** Stops the server and keeps the database. */
  close(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await createDatabase());
  const secretKey = options.secretKey ?? randomBytes(32);
  const app = await createApp({
    logLevel: options.log?.level ?? process.env.TEST_LOG_LEVEL ?? 'silent',
    ...(options.log === undefined ? {} : { logTo: options.log }),
    // One address plays all the world here.
    limits: { perAddress: 0, ...options.limits },
    ...(options.providerModules === undefined ? {} : { providerModules: options.providerModules }),
    ...(options.docs === undefined ? {} : { docs: options.docs }),
    ...(options.consoleDir === undefined ? {} : { consoleDir: options.consoleDir }),
    billing: {
      database: { url: database.url, poolSize: 10, ...options.databaseTimeouts },
      ...(options.transport === 'bull'
        ? { redis: { url: process.env.TEST_REDIS_URL ?? '', prefix: database.name } }
        : {}),
      secretKeys: options.secretKeys ?? [{ id: 'test', key: secretKey }],
      ...(options.allowMissingSecretKeys === undefined
        ? {}
        : { allowMissingSecretKeys: options.allowMissingSecretKeys }),
      ...(options.allowCardNumbers === undefined ? {} : { allowCardNumbers: options.allowCardNumbers }),
      ...(options.usage === undefined ? {} : { usage: options.usage }),
      ...(options.webhooks === undefined ? {} : { webhooks: options.webhooks }),
      ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      ...(options.providers === undefined ? {} : { providers: options.providers }),
      // Ticks are for servers that nobody drives; here the clock is advanced by hand. A tick in a test that is slow today
      // would bill what the test is still making, or hold what it is about to bill.
      worker: { sweepEveryMs: 200, tickEveryMs: 24 * 3_600_000, ...options.worker },
      reconcileEveryMs: options.reconcileEveryMs ?? 3_600_000,
    },
  });
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const tenancy = app.get(TenancyService, { strict: false });
  const newTenant = async (kind: 'test' | 'live'): Promise<{ tenant: NewTenant; api: ApiClient }> => {
    const tenant = await tenancy.createTenant({ name: 'Test', environmentName: kind, kind });
    return { tenant, api: new ApiClient(url, tenant.apiKey) };
  };
  const { tenant, api } = await newTenant('test');
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await app.close();
  };
  return {
    app,
    url,
    api,
    tenant,
    database,
    secretKey,
    anotherTenant: (kind = 'test') => newTenant(kind),
    close,
    stop: async () => {
      await close();
      await database.drop();
    },
  };
}
