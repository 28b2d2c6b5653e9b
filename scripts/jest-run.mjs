// What the test commands have in common: Jest with its report kept, and a last line that says how many tests passed and failed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './prepare.mjs';

/** Ends the process. `name` names the report in `.data`. */
export function runJest(name, args, { env = {}, timeout } = {}) {
  const results = path.join(root, `.data/${name}-results.json`);
  fs.rmSync(results, { force: true });
  fs.mkdirSync(path.dirname(results), { recursive: true });
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  const { status } = spawnSync(
    process.execPath,
    [jest, '--json', '--outputFile', results, ...args, ...process.argv.slice(2)],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env }, timeout },
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
}

/**
 * Packages that only some tests need, in a folder of their own and not by `npm ci`. `probe` runs what was installed, in
 * that folder, and may leave `probe` there; `otherwise` says what is not tested where it does not run. Answers the folder.
 */
export function installBeside(name, version, { packages, what, probe, otherwise }) {
  const dir = path.join(root, '.cache', name);
  const marker = path.join(dir, 'installed');
  if (fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === version) return dir;
  const began = Date.now();
  console.log(`… installing ${name} ${version}, ${what}, into .cache/${name}`);
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const installed = spawnSync(
    npm,
    ['install', '--save-exact', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    { cwd: dir, encoding: 'utf8' },
  );
  const usable =
    installed.status === 0 ? spawnSync(process.execPath, probe, { cwd: dir, encoding: 'utf8' }) : installed;
  if (usable.status !== 0) {
    console.error(usable.stderr || String(usable.error ?? usable.signal));
    console.error(
      `${name} ${version} cannot be installed or run on ${process.platform}-${process.arch}, so ${otherwise}`,
    );
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
  fs.rmSync(path.join(dir, 'probe'), { recursive: true, force: true });
  fs.writeFileSync(marker, version);
  console.log(`✓ installing ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  return dir;
}
