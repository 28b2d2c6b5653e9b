import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { SecretKey } from '../platform/secrets/secret-box.js';
import type { NewTenant, TenancyService } from '../tenancy/tenancy.service.js';
import { StartProblem } from './start-problems.js';

const KEY_FILE = 'secret.key';
const CREDENTIALS_FILE = 'credentials.json';
/** Of an environment that was added: the first key stays where it is. */
const MORE_CREDENTIALS_FILE = 'added-credentials.json';

const KEY_ID = 'local';
const KEY_BYTES = 32;

/**
 * The key of an installation without settings: made once, kept beside its data. `isNeeded` tells whether something is sealed
 * with a key of that id already: a new one would not open it.
 */
export async function localSecretKey(
  dataDir: string,
  isNeeded: (keyId: string) => Promise<boolean>,
): Promise<SecretKey> {
  const file = path.resolve(dataDir, KEY_FILE);
  fs.mkdirSync(dataDir, { recursive: true });
  if (!fs.existsSync(file)) {
    if (await isNeeded(KEY_ID))
      throw new StartProblem(
        `${file} is gone, and secrets in the database are sealed with it: restore it from a backup, or set ` +
          'ALLOW_MISSING_SECRET_KEYS=true to start without these secrets and enter them anew',
      );
    fs.writeFileSync(file, randomBytes(KEY_BYTES).toString('base64'), { mode: 0o600, flag: 'wx' });
  }
  return { id: KEY_ID, key: readKey(file) };
}

function readKey(file: string): Buffer {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as { code?: string };
    throw new StartProblem(
      `${file} cannot be read (${code ?? String(error)}): make it a file that this user may read`,
      error,
    );
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES)
    throw new StartProblem(`${file} is no key of ${KEY_BYTES} bytes in base64: restore it from a backup`);
  return key;
}

export interface LocalCredentials {
  readonly tenant_id: string;
  readonly environment_id: string;
  readonly api_key: string;
}

/**
 * A tenant, a test environment and an API key for an empty database. Where the clock is to begin elsewhere, one more
 * environment also for a database that has some. Answers where they were written, or nothing.
 */
export async function setUpEnvironment(
  tenancy: TenancyService,
  dataDir: string,
  clockBegins?: Date,
): Promise<string | undefined> {
  if (await tenancy.isEmpty())
    return write(
      path.resolve(dataDir, CREDENTIALS_FILE),
      await tenancy.createTenant({ name: 'Default', environmentName: 'Test', kind: 'test', clockBegins }),
    );
  if (clockBegins === undefined) return undefined;
  const first = JSON.parse(
    fs.readFileSync(path.resolve(dataDir, CREDENTIALS_FILE), 'utf8'),
  ) as LocalCredentials;
  return write(
    path.resolve(dataDir, MORE_CREDENTIALS_FILE),
    await tenancy.addEnvironment({
      tenantId: first.tenant_id,
      environmentName: `Test from ${clockBegins.toISOString().slice(0, 10)}`,
      kind: 'test',
      clockBegins,
    }),
  );
}

function write(file: string, created: NewTenant): string {
  const credentials: LocalCredentials = {
    tenant_id: created.tenantId,
    environment_id: created.environmentId,
    api_key: created.apiKey,
  };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  return file;
}

/**
 * One server at a time on the embedded data: the second would adopt the first one's Postgres, and take it away
 * when it stops. The file names the process; one that is not alive any more does not count.
 */
export function lockDataDir(dataDir: string): () => void {
  const file = path.join(dataDir, 'server.pid');
  fs.mkdirSync(dataDir, { recursive: true });
  const holder = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
  if (holder > 0 && holder !== process.pid && isAlive(holder))
    throw new Error(
      `a server (process ${holder}) runs on ${path.resolve(dataDir)} already: stop it, or set DATA_DIR to another place`,
    );
  fs.writeFileSync(file, String(process.pid));
  return () => {
    fs.rmSync(file, { force: true });
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
