import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const START_MS = 60_000;
const STOP_MS = 15_000;

/** One of the programs that the quickstart runs: the sandbox, the server. */
export class Program {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    /** What it said when it was ready. */
    readonly ready: Readonly<Record<string, string>>,
  ) {}

  /** Starts a program of this build and waits for its one line of JSON that says `ready`. */
  static async start(
    name: string,
    file: string,
    environment: Readonly<Record<string, string>>,
    logFile: string,
  ): Promise<Program> {
    fs.mkdirSync(path.dirname(logFile), { recursive: true });
    const log = fs.createWriteStream(logFile);
    const child = spawn(process.execPath, [path.join(HERE, '..', file)], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const ready = await new Promise<Record<string, string>>((resolve, reject) => {
      const giveUp = (why: string): void => {
        clearTimeout(timer);
        child.kill();
        reject(new Error(`${name} did not start: ${why}\n${output.slice(-2000)}`));
      };
      const timer = setTimeout(() => {
        giveUp('it took too long');
      }, START_MS);
      child.once('exit', (code) => {
        giveUp(`it ended with code ${code ?? 'none'}`);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        log.write(chunk);
        output += chunk.toString();
      });
      child.stdout.on('data', (chunk: Buffer) => {
        log.write(chunk);
        output += chunk.toString();
        const line = output.split('\n').find((one) => one.includes('"event":"ready"'));
        if (line === undefined) return;
        clearTimeout(timer);
        child.removeAllListeners('exit');
        output = '';
        resolve(JSON.parse(line) as Record<string, string>);
      });
    });
    return new Program(name, child, ready);
  }

  /** Calls back when it ends by itself, which it should not. */
  onExit(callback: (code: number | null) => void): void {
    this.child.once('exit', callback);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.removeAllListeners('exit');
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
      this.child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      this.child.kill('SIGTERM');
    });
  }
}
