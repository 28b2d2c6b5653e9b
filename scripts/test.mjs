// `npm test`: all tests, on real Postgres and real Redis. The last line says how many passed and failed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assertNode, ensureInstalled, root } from './prepare.mjs';

assertNode();
ensureInstalled();
const results = path.join(root, '.data/test-results.json');
fs.rmSync(results, { force: true });
fs.mkdirSync(path.dirname(results), { recursive: true });
const jest = path.join(root, 'node_modules/jest/bin/jest.js');
const { status } = spawnSync(
  process.execPath,
  [jest, '--json', '--outputFile', results, ...process.argv.slice(2)],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);
let passed = 0;
let failed = 0;
if (fs.existsSync(results)) {
  const run = JSON.parse(fs.readFileSync(results, 'utf8'));
  passed = run.numPassedTests;
  // A file that could not even be loaded has no tests to count, and is a failure all the same.
  failed = run.numFailedTests + run.numRuntimeErrorTestSuites;
}
if (status !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
