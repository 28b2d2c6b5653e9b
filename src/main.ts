import { setFlagsFromString } from 'node:v8';
import 'reflect-metadata';
import { EnvironmentError, readEnvironment } from './app/environment.js';
import { startServer } from './app/server.js';
import { uncaughtHandler } from './app/uncaught.js';

/**
 * How much more than what is in use the heap may hold before it is collected, in percent. Left to itself V8 lets it grow
 * to several times as much while events stream through, and keeps that from the machine for good.
 */
const HEAP_GROWTH_PERCENT = 50;
setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);

/** Requests and jobs have less; supervisors kill after thirty seconds. */
const LONGEST_STOP_MS = 28_000;

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
  say({
    event: 'ready',
    url: server.url,
    metrics_url: server.metricsUrl,
    credentials_file: server.credentialsFile,
  });
  let stopping = false;
  const stop = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      complain(`the server did not stop within ${LONGEST_STOP_MS} ms`);
      process.exit(1);
    }, LONGEST_STOP_MS).unref();
    server.stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        complain(`the server did not stop cleanly: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', () => {
    stop(0);
  });
  process.on('SIGTERM', () => {
    stop(0);
  });
  const uncaught = uncaughtHandler({
    log: (line) => {
      complain(JSON.stringify(line));
    },
    giveUp: () => {
      stop(1);
    },
  });
  process.on('uncaughtException', (error) => {
    uncaught('exception', error);
  });
  process.on('unhandledRejection', (error) => {
    uncaught('rejection', error);
  });
} catch (error) {
  if (error instanceof EnvironmentError) for (const problem of error.problems) complain(problem);
  else complain(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
