// `npm run check`: everything that has to hold before a change lands.
import { spawnSync } from 'node:child_process';
import { assertNode, ensureBuilt, ensureInstalled, root } from './prepare.mjs';

assertNode();
ensureInstalled();

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const STEPS = [
  ['format', 'format:check'],
  ['lint', 'lint'],
  ['types', 'types'],
  ['boundaries', 'boundaries'],
  ['dead code', 'dead-code'],
  ['OpenAPI drift', 'openapi:check', ensureBuilt],
];

for (const [title, script, before] of STEPS) {
  const began = Date.now();
  before?.();
  const { status, stdout, stderr } = spawnSync(npm, ['run', '--silent', script], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) {
    console.log(stdout);
    console.error(stderr);
    console.error(`✗ ${title}: npm run ${script}`);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
  console.log(`✓ ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}
const { status } = spawnSync(npm, ['test', '--silent'], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
