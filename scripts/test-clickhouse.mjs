// `npm run test:clickhouse`: the usage store for ClickHouse, on the engine that npm's chdb carries. Half a gigabyte that
// only these tests need, so it is installed beside the project and not by `npm ci`. The last line says how many tests
// passed and failed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assertNode, ensureInstalled, root } from './prepare.mjs';

const CHDB = '3.4.0';
const dir = path.join(root, '.cache/chdb');

assertNode();
ensureInstalled();
installEngine();
const results = path.join(root, '.data/test-clickhouse-results.json');
fs.rmSync(results, { force: true });
fs.mkdirSync(path.dirname(results), { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    path.join(root, 'node_modules/jest/bin/jest.js'),
    ...['--config', path.join(root, 'test/clickhouse/jest.config.mjs')],
    // The engine takes most of a gigabyte: one at a time.
    ...['--runInBand', '--json', '--outputFile', results, ...process.argv.slice(2)],
  ],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CHDB_DIR: dir },
    timeout: 15 * 60_000,
  },
);
let passed = 0;
let failed = 0;
if (fs.existsSync(results)) {
  const run = JSON.parse(fs.readFileSync(results, 'utf8'));
  passed = run.numPassedTests;
  failed = run.numFailedTests + run.numRuntimeErrorTestSuites;
}
if (status !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function installEngine() {
  const marker = path.join(dir, 'installed');
  if (fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === CHDB) return;
  const began = Date.now();
  console.log(`… installing chdb ${CHDB}, a ClickHouse engine of half a gigabyte, into .cache/chdb`);
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const packages = [`chdb@${CHDB}`, '@clickhouse/client@1.23.1'];
  const installed = spawnSync(
    npm,
    ['install', '--save-exact', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    { cwd: dir, encoding: 'utf8' },
  );
  const usable =
    installed.status === 0
      ? spawnSync(process.execPath, ['-e', "new (require('chdb').Session)('./probe').query('SELECT 1')"], {
          cwd: dir,
          encoding: 'utf8',
        })
      : installed;
  if (usable.status !== 0) {
    console.error(usable.stderr || String(usable.error ?? usable.signal));
    console.error(
      `chdb ${CHDB} cannot be installed or run on ${process.platform}-${process.arch}, so the ClickHouse usage store is ` +
        'not tested here. It has builds for Linux (glibc) and macOS, on x64 and arm64.',
    );
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
  fs.rmSync(path.join(dir, 'probe'), { recursive: true, force: true });
  fs.writeFileSync(marker, CHDB);
  console.log(`✓ installing chdb (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}
