import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Stripe's command line, talking to the sandbox, with nothing of its own on this machine. */
export class StripeCli {
  private readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'flexprice-nest-stripe-cli-'));

  constructor(
    private readonly url: string,
    private readonly secretKey: string,
  ) {}

  /** The events that it can trigger, as its help lists them. */
  async triggers(): Promise<string[]> {
    const help = await this.run('trigger', '--help');
    const [, listed = ''] = /Supported events:\n((?: {2}\S+\n)+)/.exec(help) ?? [];
    return listed.split('\n').flatMap((line) => line.trim() || []);
  }

  /** `add`: parameters in place of its own, `step:path=value`. Throws what it says when a call of its is refused that should not be. */
  async trigger(event: string, add: readonly string[] = []): Promise<void> {
    const where = ['--api-base', this.url, '--api-key', this.secretKey];
    const more = add.flatMap((parameter) => ['--override', parameter]);
    const said = await this.run('trigger', event, ...where, ...more);
    if (!said.includes('Trigger succeeded')) throw new Error(said);
  }

  remove(): void {
    fs.rmSync(this.home, { recursive: true, force: true });
  }

  private run(...args: string[]): Promise<string> {
    const program = process.env.STRIPE_CLI;
    if (program === undefined) throw new Error('run this with npm run test:stripe-cli');
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: this.home,
        XDG_CONFIG_HOME: this.home,
        STRIPE_CLI_TELEMETRY_OPTOUT: '1',
      },
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve(said) : reject(new Error(`stripe ${args.join(' ')}: ${said}`)),
      );
    });
  }
}
