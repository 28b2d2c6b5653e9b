import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BillingOptions } from '../billing.options.js';
import { migrateDatabase } from '../billing.module.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { TenancyService } from '../tenancy/tenancy.service.js';
import { createApp } from './create-app.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import type { Environment } from './environment.js';
import { serveMetrics } from './metrics-server.js';
import { databaseProblem, portProblem } from './start-problems.js';
import { localSecretKey, lockDataDir, setUpEnvironment } from './first-start.js';

export interface RunningServer {
  readonly url: string;
  /** Undefined where none are served. */
  readonly metricsUrl: string | undefined;
  /** Where a new key was written: on a first start of an empty embedded database, and of an environment that was added. */
  readonly credentialsFile: string | undefined;
  stop(): Promise<void>;
}

const DATABASE = 'flexprice';
/** Beside the sources of the server in `dist`. */
const CONSOLE_DIR = fileURLToPath(new URL('../../console', import.meta.url));

/** Everything between settings and a server that answers. */
export async function startServer(environment: Environment): Promise<RunningServer> {
  const unlock = environment.databaseUrl === undefined ? lockDataDir(environment.dataDir) : () => undefined;
  const postgres =
    environment.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dir: path.join(environment.dataDir, 'postgres'), port: 54329 })
      : undefined;
  try {
    const url = environment.databaseUrl ?? (await ensureDatabase(postgres as EmbeddedPostgres));
    const database = {
      url,
      poolSize: environment.databasePoolSize,
      statementTimeoutMs: environment.statementTimeoutMs,
      lockTimeoutMs: environment.lockTimeoutMs,
    };
    await migrateDatabase(database).catch((error: unknown) => {
      throw databaseProblem(error, url);
    });
    const secretKeys = environment.secretKeys ?? [
      await localSecretKey(
        environment.dataDir,
        async (keyId) => !environment.allowMissingSecretKeys && (await isSealedWith(url, keyId)),
      ),
    ];
    const app = await createApp({
      billing: billingOptions(environment, database, secretKeys),
      logLevel: environment.logLevel,
      measuresRequests: environment.metricsPort !== undefined,
      docs: environment.docs,
      ...(environment.console ? { consoleDir: CONSOLE_DIR } : {}),
      limits: environment.limits,
      ...(environment.trustProxy === undefined ? {} : { trustProxy: environment.trustProxy }),
    });
    try {
      const credentialsFile =
        postgres === undefined
          ? undefined
          : await setUpEnvironment(
              app.get(TenancyService, { strict: false }),
              environment.dataDir,
              environment.testClockBegins,
            );
      const { metricsPort: port, host } = environment;
      await app.listen(environment.port, host).catch((error: unknown) => {
        throw portProblem(error, { name: 'PORT', host, port: environment.port });
      });
      const metrics =
        port === undefined
          ? undefined
          : await serveMetrics(app.get(Metrics, { strict: false }), { host, port }).catch(
              (error: unknown) => {
                throw portProblem(error, { name: 'METRICS_PORT', host, port });
              },
            );
      return {
        url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
        metricsUrl: metrics?.url,
        credentialsFile,
        stop: async () => {
          // Beside the jobs, which are waited for: together they have as long as one.
          const drained = app.getHttpAdapter().getInstance().close();
          await app.close();
          await drained;
          await metrics?.stop();
          postgres?.stop();
          unlock();
        },
      };
    } catch (error) {
      await app.close();
      throw error;
    }
  } catch (error) {
    postgres?.stop();
    unlock();
    throw error;
  }
}

function billingOptions(
  environment: Environment,
  database: BillingOptions['database'],
  secretKeys: BillingOptions['secretKeys'],
): BillingOptions {
  return {
    database,
    ...(environment.redisUrl === undefined
      ? {}
      : { redis: { url: environment.redisUrl, prefix: environment.queuePrefix } }),
    secretKeys,
    allowCardNumbers: environment.allowCardNumbers,
    allowMissingSecretKeys: environment.allowMissingSecretKeys,
    ...(environment.publicUrl === undefined ? {} : { publicUrl: environment.publicUrl }),
    worker: { enabled: environment.role !== 'api' },
    providers: {
      baseUrls: environment.providerBaseUrls,
      timeoutMs: environment.providerTimeoutMs,
      requestsPerSecond: environment.providerRequestsPerSecond,
      clockUrls: environment.providerClockUrls,
    },
    reconcileEveryMs: environment.reconcileEveryMs,
    webhooks: {
      toPrivateAddresses: environment.webhooksToPrivateAddresses,
      timeoutMs: environment.webhookTimeoutMs,
    },
    usage: {
      ...(environment.usageRetentionMonths === undefined
        ? {}
        : { retentionMonths: environment.usageRetentionMonths }),
      ...(environment.usageStoreUrl === undefined ? {} : { storeUrl: environment.usageStoreUrl }),
    },
  };
}

/** Whether a secret of the database is sealed with a key of that id. Asked as its owner, who sees all tenants. */
async function isSealedWith(url: string, keyId: string): Promise<boolean> {
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ found: boolean }>(
      `SELECT EXISTS (SELECT FROM billing.connections WHERE status <> 'deleted' AND strpos(credentials::text, $1) > 0)
           OR EXISTS (SELECT FROM billing.webhook_endpoints WHERE status <> 'deleted' AND strpos(secret::text, $1) > 0)
              AS found`,
      [`"v1.${keyId}.`],
    );
    return rows[0]?.found === true;
  } finally {
    await client.end();
  }
}

async function ensureDatabase(postgres: EmbeddedPostgres): Promise<string> {
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
  return postgres.url(DATABASE);
}
