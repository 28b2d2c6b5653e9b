import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { BillingModule } from '../billing.module.js';
import { TenancyService } from '../tenancy/tenancy.service.js';
import { EnvironmentError, readEnvironment } from './environment.js';

// An API key to an environment that is there, on the database of DATABASE_URL: for who has lost the last one. The key is
// printed once and kept nowhere. It can do everything; narrower ones are made with it through the API.

function complain(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

const { values } = parseArgs({
  options: { environment: { type: 'string' }, name: { type: 'string', default: 'Made on the server' } },
});
if (values.environment === undefined) complain('usage: npm run keys -- --environment ID [--name NAME]');

try {
  const { databaseUrl, secretKeys } = readEnvironment();
  if (databaseUrl === undefined || secretKeys === undefined) complain('DATABASE_URL is required');
  const app = await NestFactory.createApplicationContext(
    BillingModule.forRoot({ database: { url: databaseUrl }, secretKeys, worker: { enabled: false } }),
    { logger: ['error'] },
  );
  const made = await app
    .get(TenancyService, { strict: false })
    .newKey({ environmentId: values.environment, name: values.name });
  await app.close();
  process.stdout.write(`${JSON.stringify({ api_key: made.apiKey }, null, 2)}\n`);
} catch (error) {
  complain(error instanceof EnvironmentError ? error.problems.join('\n') : String(error));
}
