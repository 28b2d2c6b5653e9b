import os from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres.js';
import { startRedis } from './redis.js';
import { makeTemplate } from './test-database.js';

/** One Postgres and one Redis for the whole run; each test file takes a database and a queue prefix of its own. */
export async function startServices(): Promise<() => Promise<void>> {
  const dir = path.join(os.tmpdir(), `flexprice-nest-test-${os.userInfo().uid}`);
  const postgres = process.env.TEST_DATABASE_URL
    ? undefined
    : await startEmbeddedPostgres({ dir, disposable: true });
  process.env.TEST_DATABASE_URL ??= postgres?.url('postgres');
  const redis = await startRedis();
  process.env.TEST_REDIS_URL = redis.url;
  await makeTemplate();
  return async () => {
    await redis.stop();
    postgres?.stop();
  };
}
