import { spawnSync } from 'node:child_process';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The browser of this machine: CHROMIUM_PATH, one on the path, or Debian's package when we are root. */
export async function startChromium(): Promise<Browser> {
  const executablePath =
    process.env.CHROMIUM_PATH ?? fromPath() ?? (installFromDebian() ? fromPath() : undefined);
  if (executablePath === undefined)
    throw new Error(
      'The tests of the console need a Chromium and can get none here: there is no CHROMIUM_PATH, no ' +
        `${NAMES.join(', ')} on the path, and no Debian package (that needs root and a mirror). Install Chromium, or ` +
        'set CHROMIUM_PATH.',
    );
  return chromium.launch({
    executablePath,
    // Root has no sandbox, and a container little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

function fromPath(): string | undefined {
  for (const name of NAMES) {
    const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (status === 0 && stdout.trim() !== '') return stdout.trim();
  }
  return undefined;
}

function installFromDebian(): boolean {
  if (process.getuid?.() !== 0) return false;
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', args, {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium');
}
