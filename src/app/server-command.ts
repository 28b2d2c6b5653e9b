import { NestFactory } from '@nestjs/core';
import { BillingModule } from '../billing.module.js';
import { TenancyService } from '../tenancy/tenancy.service.js';
import { EnvironmentError, readEnvironment } from './environment.js';

/** Ends a command with what is wrong. */
export function complain(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** A command on the database of DATABASE_URL: prints what the work answers as JSON. `before` is done before the modules start. */
export async function onDatabase(
  work: (tenancy: TenancyService) => Promise<object>,
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
      BillingModule.forRoot({ database, secretKeys, worker: { enabled: false } }),
      { logger: ['error'] },
    );
    const answer = await work(app.get(TenancyService, { strict: false }));
    await app.close();
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  } catch (error) {
    complain(error instanceof EnvironmentError ? error.problems.join('\n') : String(error));
  }
}
