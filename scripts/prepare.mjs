// What every command of the README needs before it can run: dependencies and, for the server, a build of these sources.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split('.').map(Number);

export function assertNode() {
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`This needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

/** Settings in `.env`, where there is one. Variables that are set already win. */
export function loadEnv() {
  const file = path.join(root, '.env');
  if (fs.existsSync(file)) process.loadEnvFile(file);
}

function run(title, command, args) {
  const began = Date.now();
  console.log(`… ${title}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    console.error(`${title} failed${error ? `: ${error.message}` : ''}: ${command} ${args.join(' ')}`);
    process.exit(1);
  }
  console.log(`✓ ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** `npm ci`, when there is nothing installed or the lock file has changed since. */
export function ensureInstalled() {
  const marker = path.join(root, 'node_modules/.package-lock.json');
  const lock = path.join(root, 'package-lock.json');
  if (fs.existsSync(marker) && fs.statSync(marker).mtimeMs >= fs.statSync(lock).mtimeMs) return;
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  run('installing dependencies', npm, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  // npm keeps the times of files that did not change; the marker says when we have looked.
  fs.utimesSync(marker, new Date(), new Date());
}

/** `nest build` and the console, each when its sources are not those of the last one. */
export function ensureBuilt() {
  ensure('building', 'dist/.sources', fingerprint(SERVER), ['node_modules/@nestjs/cli/bin/nest.js', 'build']);
  // `nest build` empties dist, and this with it.
  ensureConsoleBuilt();
}

export function ensureConsoleBuilt() {
  ensure('building the console', 'dist/console/.sources', fingerprint(CONSOLE), [
    'scripts/build-console.mjs',
  ]);
}

const SERVER = {
  files: ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'],
  dirs: ['src', 'migrations'],
  ending: /(?<!\.spec)\.ts$|\.json$/,
};
const CONSOLE = {
  files: ['package-lock.json', 'openapi.json', 'scripts/build-console.mjs', 'scripts/console-types.mjs'],
  dirs: ['console'],
  ending: /(?<!\.gen\.d)\.tsx?$|\.(json|html|css)$/,
};

function ensure(title, stampFile, now, [script, ...args]) {
  const stamp = path.join(root, stampFile);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === now) return;
  run(title, process.execPath, [path.join(root, script), ...args]);
  fs.writeFileSync(stamp, now);
}

function fingerprint({ files, dirs, ending }) {
  const hash = createHash('sha256');
  const add = (file) => hash.update(file).update(fs.readFileSync(path.join(root, file)));
  for (const file of files) add(file);
  for (const dir of dirs)
    for (const file of fs.readdirSync(path.join(root, dir), { recursive: true }).sort())
      if (ending.test(file)) add(path.join(dir, file));
  return hash.digest('hex');
}
