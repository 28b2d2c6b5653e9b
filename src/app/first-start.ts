import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { SecretKey } from '../platform/secrets/secret-box.js';
import type { TenancyService } from '../tenancy/tenancy.service.js';

const KEY_FILE = 'secret.key';
const CREDENTIALS_FILE = 'credentials.json';

/** The key of an installation without settings: made once, kept beside its data. */
export function localSecretKey(dataDir: string): SecretKey {
  const file = path.join(dataDir, KEY_FILE);
  fs.mkdirSync(dataDir, { recursive: true });
  if (!fs.existsSync(file))
    fs.writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
  return { id: 'local', key: Buffer.from(fs.readFileSync(file, 'utf8').trim(), 'base64') };
}

export interface LocalCredentials {
  readonly tenant_id: string;
  readonly environment_id: string;
  readonly api_key: string;
}

/** A tenant, a test environment and an API key for an empty database. Answers where they were written, or nothing. */
export async function setUpEmptyDatabase(
  tenancy: TenancyService,
  dataDir: string,
): Promise<string | undefined> {
  if (!(await tenancy.isEmpty())) return undefined;
  const created = await tenancy.createTenant({ name: 'Default', environmentName: 'Test', kind: 'test' });
  const credentials: LocalCredentials = {
    tenant_id: created.tenantId,
    environment_id: created.environmentId,
    api_key: created.apiKey,
  };
  fs.mkdirSync(dataDir, { recursive: true });
  const file = path.resolve(dataDir, CREDENTIALS_FILE);
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
