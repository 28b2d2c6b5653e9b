import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ApiClient } from '../support/api-client.js';
import { failedStart, whileServing } from '../support/server-process.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';

const KEYS = `test:${randomBytes(32).toString('base64')}`;

/** One sentence that says what to do, and exit code 1. */
const ends = async (settings: Record<string, string>): Promise<string> => {
  const { code, said } = await failedStart(settings);
  expect({ code, lines: said.trimEnd().split('\n').length, said }).toMatchObject({ code: 1, lines: 1 });
  return said.trimEnd();
};

describe('a server that cannot start', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });

  it('says that its port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const port = String((holder.address() as AddressInfo).port);
    const base = { DATABASE_URL: database.url, SECRET_KEYS: KEYS };
    expect(await ends({ ...base, PORT: port })).toBe(
      `127.0.0.1:${port} cannot be listened on: another program has it: stop that one, or set PORT to another port`,
    );
    expect(await ends({ ...base, PORT: '0', METRICS_PORT: port })).toContain(
      'or set METRICS_PORT to another port',
    );
    await new Promise((resolve) => holder.close(resolve));
  });

  it('says what is wrong with its database, and not the password', async () => {
    const of = (url: string): Promise<string> => ends({ DATABASE_URL: url, SECRET_KEYS: KEYS, PORT: '0' });
    expect(await of('postgres://user:hidden@127.0.0.1:1/billing')).toBe(
      'the database at 127.0.0.1:1/billing cannot be used: nothing answers there: start it, or correct DATABASE_URL',
    );
    const missing = new URL(database.url);
    missing.pathname = '/not_there';
    expect(await of(missing.href)).toContain(
      'there is no database of that name: create it, or correct DATABASE_URL',
    );
  });

  it('says which key of the settings cannot be read', async () => {
    const of = (keys: string): Promise<string> =>
      ends({ DATABASE_URL: database.url, SECRET_KEYS: keys, PORT: '0' });
    expect(await of('first:short')).toBe('SECRET_KEYS: key 1 must be "<id>:<base64 of 32 bytes>"');
  });

  it('says that secret.key is gone, unreadable or no key, and makes no new one where secrets need it', async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'flexprice-nest-start-'));
    const file = path.join(dir, 'secret.key');
    const settings = { DATA_DIR: dir, PORT: '0' };
    try {
      await whileServing(settings, async (url) => {
        const { api_key } = JSON.parse(fs.readFileSync(path.join(dir, 'credentials.json'), 'utf8'));
        await new ApiClient(url, api_key as string).create('/webhook-endpoints', {
          url: 'https://example.com/',
        });
      });
      const key = fs.readFileSync(file, 'utf8');
      fs.rmSync(file);
      expect(await ends(settings)).toBe(
        `${file} is gone, and secrets in the database are sealed with it: restore it from a backup, or set ` +
          'ALLOW_MISSING_SECRET_KEYS=true to start without these secrets and enter them anew',
      );
      expect(fs.existsSync(file)).toBe(false);
      fs.writeFileSync(file, 'nonsense');
      expect(await ends(settings)).toBe(`${file} is no key of 32 bytes in base64: restore it from a backup`);
      fs.rmSync(file);
      fs.mkdirSync(file);
      expect(await ends(settings)).toBe(
        `${file} cannot be read (EISDIR): make it a file that this user may read`,
      );
      fs.rmdirSync(file);
      fs.writeFileSync(file, key);
      await whileServing(settings, () => Promise.resolve());
    } finally {
      fs.rmSync(dir, { recursive: true, force: true });
    }
  }, 120_000);
});
