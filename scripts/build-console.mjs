// The admin console: types from openapi.json, a bundle of console/ in dist/console, and each file compressed once.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { makeConsoleTypes } from './console-types.mjs';
import { root } from './prepare.mjs';

const COMPRESSED = /\.(js|css|svg)$/;

await makeConsoleTypes();
const { build } = await import('vite');
await build({ configFile: path.join(root, 'console/vite.config.ts'), logLevel: 'warn' });

const assets = path.join(root, 'dist/console/assets');
for (const name of fs.readdirSync(assets)) {
  if (!COMPRESSED.test(name)) continue;
  const file = path.join(assets, name);
  const content = fs.readFileSync(file);
  fs.writeFileSync(
    `${file}.br`,
    zlib.brotliCompressSync(content, {
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 9,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  );
  fs.writeFileSync(`${file}.gz`, zlib.gzipSync(content, { level: 9 }));
}
