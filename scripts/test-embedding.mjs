// `npm run test:embedding`: the package as npm packs it, installed into applications that embed it: with Nest 12 and 11, as
// ES modules and as CommonJS, on Express and on Fastify. What is packed is looked at by publint and by attw. The last line
// says how many checks passed and failed.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertNode, ensureBuilt, ensureInstalled, root } from './prepare.mjs';

/** What looks at the packed package. With a newer fflate, attw reads no tarball at all. */
const TOOLS = {
  private: true,
  dependencies: { publint: '0.3.18', '@arethetypeswrong/cli': '0.18.2' },
  overrides: { fflate: '0.8.2' },
};
/** By major version of Nest, where the ranges of the example are not what is wanted. */
const NESTS = { 12: {}, 11: { nest: '^11.1.0', swagger: '^11.2.0' } };
const MODULES = { esm: 'module', cjs: 'commonjs' };
const PLATFORMS = ['express', 'fastify'];

assertNode();
ensureInstalled();
ensureBuilt();

const example = path.join(root, 'examples/embed-in-nest-app');
const cache = path.join(root, '.cache/embedding');
const windows = process.platform === 'win32';
let passed = 0;
let failed = 0;

function count(name, isOk, details = '') {
  if (isOk) passed += 1;
  else failed += 1;
  console.log(`${isOk ? '✓' : '✗'} ${name}${isOk || details === '' ? '' : `\n${details.trim()}`}`);
}

function run(command, args, { timeout = 120_000, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      shell: windows,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      ...options,
    });
    let text = '';
    const keep = (chunk) => (text += chunk);
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => resolve({ isOk: false, text: `${text}${error}` }));
    child.on('close', (status) => resolve({ isOk: status === 0, text }));
  });
}

async function pack() {
  fs.mkdirSync(cache, { recursive: true });
  for (const file of fs.readdirSync(cache)) if (file.endsWith('.tgz')) fs.rmSync(path.join(cache, file));
  const { isOk, text } = await run('npm', ['pack', '--silent', '--pack-destination', cache], { cwd: root });
  const [file] = fs.readdirSync(cache).filter((name) => name.endsWith('.tgz'));
  if (!isOk || file === undefined) throw new Error(`npm pack: ${text}`);
  return path.join(cache, file);
}

/** A folder with the example's packages for one Nest, and the packed library. */
async function install(major, tarball) {
  const dir = path.join(cache, `nest-${major}`);
  fs.mkdirSync(dir, { recursive: true });
  const manifest = JSON.parse(fs.readFileSync(path.join(example, 'package.json'), 'utf8'));
  const { nest, swagger } = NESTS[major];
  for (const name of Object.keys(manifest.dependencies)) {
    if (nest !== undefined && name.startsWith('@nestjs/')) manifest.dependencies[name] = nest;
    if (swagger !== undefined && name === '@nestjs/swagger') manifest.dependencies[name] = swagger;
  }
  manifest.dependencies['flexprice-nest'] = `file:${tarball}`;
  fs.writeFileSync(path.join(dir, 'package.json'), JSON.stringify(manifest, null, 2));
  // Another tarball of the same name and version is another package.
  fs.rmSync(path.join(dir, 'package-lock.json'), { force: true });
  fs.rmSync(path.join(dir, 'node_modules/flexprice-nest'), { recursive: true, force: true });
  fs.rmSync(path.join(dir, 'node_modules/.package-lock.json'), { force: true });
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  const { isOk, text } = await run('npm', args, { cwd: dir });
  const installed = path.join(dir, 'node_modules/@nestjs/core/package.json');
  const version = fs.existsSync(installed) ? JSON.parse(fs.readFileSync(installed, 'utf8')).version : 'none';
  const isRight = isOk && version.startsWith(`${major}.`);
  count(`Nest ${major}: installs (@nestjs/core ${version})`, isRight, text);
  return isRight ? dir : undefined;
}

/** The example, compiled against what is installed in the folder. */
async function compile(dir, kind) {
  const app = path.join(dir, kind);
  fs.rmSync(app, { recursive: true, force: true });
  fs.cpSync(path.join(example, 'src'), path.join(app, 'src'), { recursive: true });
  fs.writeFileSync(path.join(app, 'package.json'), JSON.stringify({ type: MODULES[kind] }));
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    rootDir: 'src',
    outDir: 'dist',
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
  };
  fs.writeFileSync(path.join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const { isOk, text } = await run(process.execPath, [tsc, '-p', app], { shell: false });
  count(`${path.basename(dir)} ${kind}: compiles`, isOk, text);
  return isOk ? app : undefined;
}

async function tryOut(app, platform, postgres) {
  const name = `${path.basename(path.dirname(app))} ${path.basename(app)} ${platform}`;
  const database = name.replaceAll(/\W/g, '_');
  const client = new (await import('pg')).default.Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${database}`);
  await client.query(`CREATE DATABASE ${database}`);
  await client.end();
  const { isOk, text } = await run(process.execPath, ['dist/try-out.js', platform], {
    cwd: app,
    shell: false,
    timeout: 60_000,
    env: { ...process.env, DATABASE_URL: postgres.url(database), NODE_NO_WARNINGS: '1' },
  });
  const lines = text.split('\n');
  for (const line of lines) if (line.startsWith('ok ')) count(`${name}: ${line.slice(3)}`, true);
  lines.forEach((line, at) => {
    if (!line.startsWith('not ok ')) return;
    const next = lines.findIndex((other, i) => i > at && /^(not )?ok /.test(other));
    count(`${name}: ${line.slice(7)}`, false, lines.slice(at + 1, next < 0 ? undefined : next).join('\n'));
  });
  // One that ends without having said why.
  if (!isOk && !/^not ok /m.test(text)) count(`${name}: runs to its end`, false, text);
}

async function lookAt(tarball) {
  const dir = path.join(cache, 'tools');
  const manifest = path.join(dir, 'package.json');
  const wanted = JSON.stringify(TOOLS);
  if (!fs.existsSync(path.join(dir, 'node_modules')) || fs.readFileSync(manifest, 'utf8') !== wanted) {
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(manifest, wanted);
    const { isOk, text } = await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: dir,
    });
    if (!isOk) {
      count('publint and attw can be installed', false, text);
      return;
    }
  }
  const bin = (file, args) =>
    run(process.execPath, [path.join(dir, 'node_modules', file), ...args], { shell: false });
  const lint = await bin('publint/src/cli.js', [tarball, '--strict']);
  count('publint finds nothing', lint.isOk && !/\b(error|warning|suggestion)s?:/i.test(lint.text), lint.text);
  const types = await bin('@arethetypeswrong/cli/dist/index.js', [
    tarball,
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    'openapi.json',
  ]);
  count('attw finds nothing', types.isOk, types.text);
}

async function embed(major, tarball) {
  const dir = await install(major, tarball);
  if (dir === undefined) return;
  for (const kind of Object.keys(MODULES)) {
    const app = await compile(dir, kind);
    if (app === undefined) continue;
    for (const platform of PLATFORMS) await tryOut(app, platform, postgres);
  }
}

const module = await import(pathToFileURL(path.join(root, 'dist/src/app/embedded-postgres.js')).href);
const postgres = await module.startEmbeddedPostgres({ dir: path.join(cache, 'postgres'), disposable: true });
try {
  const tarball = await pack();
  // Each waits mostly for the registry or for its own database: together they take little longer than one.
  await Promise.all([lookAt(tarball), ...Object.keys(NESTS).map((major) => embed(major, tarball))]);
} catch (error) {
  count('runs to its end', false, String(error?.stack ?? error));
} finally {
  postgres.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
