import { setFlagsFromString } from 'node:v8';
import 'reflect-metadata';
import { EnvironmentError, readEnvironment } from './app/environment.js';
import { startServer } from './app/server.js';

/**
 * How much more than what is in use the heap may hold before it is collected, in percent. Left to itself V8 lets it grow
 * to several times as much while events stream through, and keeps that from the machine for good.
 */
const HEAP_GROWTH_PERCENT = 50;
setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

try {
  const server = await startServer(readEnvironment());
  if (server.credentialsFile !== undefined)
    say({ event: 'first_start', credentials_file: server.credentialsFile });
  say({ event: 'ready', url: server.url, metrics_url: server.metricsUrl });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        complain(`the server did not stop cleanly: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
} catch (error) {
  if (error instanceof EnvironmentError) for (const problem of error.problems) complain(problem);
  else complain(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
