// `npm run fuzz -- --seed N --requests M`: random requests to every operation, against a server in one process. The last
// line says for how many operations all went well. A failing request is printed as a curl line, with its seed.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { assertNode, ensureInstalled, root } from './prepare.mjs';

assertNode();
ensureInstalled();
const { status } = spawnSync(
  process.execPath,
  [
    '--expose-gc',
    '--import',
    path.join(root, 'test/support/register-ts.mjs'),
    path.join(root, 'test/fuzz/main.ts'),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
