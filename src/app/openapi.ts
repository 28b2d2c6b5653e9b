import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { createApp } from './create-app.js';
import { createDocument } from './docs.js';

// Writes openapi.json, or checks that the committed one is what this build says. Runs from dist: the descriptions
// come from the comments in the sources, which only the compiler's plugin can read.

const FILE = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../openapi.json');
const [mode] = process.argv.slice(2);

const postgres = await startEmbeddedPostgres({
  dir: path.join(path.dirname(FILE), '.data/openapi-postgres'),
  disposable: true,
});
try {
  const app = await createApp({
    logLevel: 'error',
    billing: {
      database: { url: postgres.url('postgres') },
      secretKeys: [{ id: 'none', key: randomBytes(32) }],
      worker: { enabled: false },
    },
  });
  const text = `${JSON.stringify(createDocument(app), null, 2)}\n`;
  await app.close();
  if (mode === 'write') {
    fs.writeFileSync(FILE, text);
  } else if (!fs.existsSync(FILE) || fs.readFileSync(FILE, 'utf8') !== text) {
    process.stderr.write('openapi.json is not what the sources say: run npm run build && npm run openapi\n');
    process.exitCode = 1;
  }
} finally {
  postgres.stop();
}
