// The types of the console's API client, made from openapi.json. They are not committed, so they cannot be out of date.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './prepare.mjs';

const source = path.join(root, 'openapi.json');
const target = path.join(root, 'console/src/api/schema.gen.d.ts');

export async function makeConsoleTypes() {
  const first = `// Made from openapi.json, ${createHash('sha256').update(fs.readFileSync(source)).digest('hex')}`;
  if (fs.existsSync(target) && fs.readFileSync(target, 'utf8').startsWith(first)) return;
  const { default: openapiTS, astToString } = await import('openapi-typescript');
  const types = astToString(await openapiTS(pathToFileURL(source)));
  fs.writeFileSync(target, `${first}\n${types}`);
}

if (process.argv[1] === import.meta.filename) await makeConsoleTypes();
