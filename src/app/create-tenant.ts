import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { BillingModule, migrateDatabase } from '../billing.module.js';
import { TenancyService } from '../tenancy/tenancy.service.js';
import { EnvironmentError, readEnvironment } from './environment.js';

// A tenant with an environment and a first API key, on the database of DATABASE_URL: what an installation begins with; or one
// more environment of a tenant, with a key of its own. The key is printed once and kept nowhere.

const USAGE = `usage: npm run tenant -- --name NAME [--environment NAME] [--kind live|test]
       npm run tenant -- --tenant ID --environment NAME [--kind live|test]   (one more of a tenant that is there)`;

function complain(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

const { values } = parseArgs({
  options: {
    name: { type: 'string' },
    tenant: { type: 'string' },
    environment: { type: 'string', default: 'Production' },
    kind: { type: 'string', default: 'live' },
  },
});
const { name, tenant, environment: environmentName, kind } = values;
if ((name === undefined) === (tenant === undefined) || (kind !== 'live' && kind !== 'test')) complain(USAGE);

try {
  const { databaseUrl, secretKeys } = readEnvironment();
  if (databaseUrl === undefined || secretKeys === undefined)
    complain('DATABASE_URL is required: an embedded database gets its tenant on its first start');
  const database = { url: databaseUrl };
  await migrateDatabase(database);
  const app = await NestFactory.createApplicationContext(
    BillingModule.forRoot({ database, secretKeys, worker: { enabled: false } }),
    { logger: ['error'] },
  );
  const tenancy = app.get(TenancyService, { strict: false });
  const created =
    tenant === undefined
      ? await tenancy.createTenant({ name: name ?? '', environmentName, kind })
      : await tenancy.addEnvironment({ tenantId: tenant, environmentName, kind });
  await app.close();
  process.stdout.write(
    `${JSON.stringify(
      { tenant_id: created.tenantId, environment_id: created.environmentId, api_key: created.apiKey },
      null,
      2,
    )}\n`,
  );
} catch (error) {
  complain(error instanceof EnvironmentError ? error.problems.join('\n') : String(error));
}
