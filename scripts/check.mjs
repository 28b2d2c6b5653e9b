// `npm run check`: everything that has to hold before a change lands.
import { spawn, spawnSync } from 'node:child_process';
import { makeConsoleTypes } from './console-types.mjs';
import { assertNode, ensureBuilt, ensureInstalled, root } from './prepare.mjs';

assertNode();
ensureInstalled();
// Linter and compiler read them at the same time.
await makeConsoleTypes();

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
/** Two rows of steps beside each other: the linter takes as long as all the others. */
const ROWS = [
  [['lint', 'lint']],
  [
    ['format', 'format:check'],
    ['types', 'types'],
    ['boundaries', 'boundaries'],
    ['dead code', 'dead-code'],
    ['OpenAPI drift', 'openapi:check', ensureBuilt],
  ],
];

/** Whether the command ended well, with all that it wrote. */
const run = (script) =>
  new Promise((resolve) => {
    let output = '';
    const child = spawn(npm, ['run', '--silent', script], { cwd: root });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (status) => {
      resolve({ isGood: status === 0, output });
    });
  });

await Promise.all(
  ROWS.map(async (steps) => {
    for (const [title, script, before] of steps) {
      const began = Date.now();
      before?.();
      const { isGood, output } = await run(script);
      if (!isGood) {
        console.log(output);
        console.error(`✗ ${title}: npm run ${script}`);
        console.log('0 passed, 1 failed');
        process.exit(1);
      }
      console.log(`✓ ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    }
  }),
);
const { status } = spawnSync(npm, ['test', '--silent'], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
