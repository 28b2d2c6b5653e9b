import os from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres.js';
import { lockDataDir } from '../../src/app/first-start.js';
import { startRedis } from './redis.js';
import { makeTemplate } from './test-database.js';

const MOST_RUNS = 20;
/** A folder with another release of Postgres, named after it: no release reads the data of another. */
const BINARIES = process.env.TEST_POSTGRES_BINARIES;

/** A directory that no other run of the tests uses at this time: the first to end would stop the other's Postgres. */
function takeDirectory(): { readonly dir: string; readonly release: () => void } {
  for (let run = 0; run < MOST_RUNS; run++) {
    const dir = path.join(
      os.tmpdir(),
      `flexprice-nest-test-${BINARIES === undefined ? '' : `${path.basename(BINARIES)}-`}${os.userInfo().uid}-${run}`,
    );
    try {
      return { dir, release: lockDataDir(dir) };
    } catch {
      // Taken: the next one.
    }
  }
  throw new Error(`${MOST_RUNS} runs of the tests are under way already`);
}

/** One Postgres and one Redis for the whole run; each test file takes a database and a queue prefix of its own. */
export async function startServices(): Promise<() => Promise<void>> {
  const { dir, release } = takeDirectory();
  const postgres = process.env.TEST_DATABASE_URL
    ? undefined
    : await startEmbeddedPostgres({ dir, disposable: true, binaries: BINARIES });
  process.env.TEST_DATABASE_URL ??= postgres?.url('postgres');
  const redis = await startRedis();
  process.env.TEST_REDIS_URL = redis.url;
  await makeTemplate();
  return async () => {
    await redis.stop();
    postgres?.stop();
    release();
  };
}
