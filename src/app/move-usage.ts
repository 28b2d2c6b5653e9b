import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { BillingModule, migrateDatabase } from '../billing.module.js';
import { UsageMoveService } from '../usage/usage-move.service.js';
import { EnvironmentError, readEnvironment } from './environment.js';

// Takes the events of DATABASE_URL over to USAGE_STORE_URL: a month, or everything. May be broken off and begun again.

const USAGE = 'usage: npm run usage:move [-- --month YYYY-MM]';

function complain(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

function monthOf(text: string): { start: Date; end: Date } {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? complain(USAGE);
  const begins = (months: number): Date => new Date(Date.UTC(Number(year), Number(month) - 1 + months));
  return { start: begins(0), end: begins(1) };
}

const { values } = parseArgs({ options: { month: { type: 'string' } } });

try {
  const { databaseUrl, secretKeys, usageStoreUrl, usageRetentionMonths } = readEnvironment();
  if (databaseUrl === undefined || secretKeys === undefined || usageStoreUrl === undefined)
    complain('DATABASE_URL and USAGE_STORE_URL are required: where from, and where to');
  const database = { url: databaseUrl };
  await migrateDatabase(database);
  const app = await NestFactory.createApplicationContext(
    BillingModule.forRoot({
      database,
      secretKeys,
      allowMissingSecretKeys: true,
      worker: { enabled: false },
      usage: {
        storeUrl: usageStoreUrl,
        ...(usageRetentionMonths === undefined ? {} : { retentionMonths: usageRetentionMonths }),
      },
    }),
    { logger: ['error'], abortOnError: false },
  );
  const moved = await app
    .get(UsageMoveService, { strict: false })
    .move(values.month === undefined ? undefined : monthOf(values.month));
  await app.close();
  process.stdout.write(`${JSON.stringify(moved)}\n`);
} catch (error) {
  complain(error instanceof EnvironmentError ? error.problems.join('\n') : String(error));
}
