import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BillingModule } from '../billing.module.js';
import { EnvironmentError, readEnvironment } from './environment.js';

/** Ends a command with what is wrong. */
export function complain(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/**
 * A command on the database of DATABASE_URL with one of the services: prints what the work answers as JSON. `before` is done
 * before the modules start. A key of SECRET_KEYS that is missing stops servers, and no command.
 */
export async function onDatabase<Service>(
  service: Type<Service>,
  work: (service: Service) => Promise<object>,
  options: {
    /** Said where there is no DATABASE_URL. */
    readonly required: string;
    readonly before?: (database: { readonly url: string }) => Promise<unknown>;
  },
): Promise<void> {
  try {
    const { databaseUrl, secretKeys } = readEnvironment();
    if (databaseUrl === undefined || secretKeys === undefined) complain(options.required);
    const database = { url: databaseUrl };
    await options.before?.(database);
    const app = await NestFactory.createApplicationContext(
      BillingModule.forRoot({
        database,
        secretKeys,
        allowMissingSecretKeys: true,
        worker: { enabled: false },
      }),
      { logger: ['error'] },
    );
    const answer = await work(app.get(service, { strict: false }));
    await app.close();
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  } catch (error) {
    complain(error instanceof EnvironmentError ? error.problems.join('\n') : String(error));
  }
}
