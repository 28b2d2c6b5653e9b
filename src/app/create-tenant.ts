import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { migrateDatabase } from '../billing.module.js';
import { TenancyService } from '../tenancy/tenancy.service.js';
import { complain, onDatabase } from './server-command.js';

// A tenant with an environment and a first API key, on the database of DATABASE_URL: what an installation begins with; or one
// more environment of a tenant, with a key of its own. The key is printed once and kept nowhere.

const USAGE = `usage: npm run tenant -- --name NAME [--environment NAME] [--kind live|test]
       npm run tenant -- --tenant ID --environment NAME [--kind live|test]   (one more of a tenant that is there)`;

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

await onDatabase(
  TenancyService,
  async (tenancy) => {
    const created =
      tenant === undefined
        ? await tenancy.createTenant({ name: name ?? '', environmentName, kind })
        : await tenancy.addEnvironment({ tenantId: tenant, environmentName, kind });
    return {
      tenant_id: created.tenantId,
      environment_id: created.environmentId,
      api_key: created.apiKey,
    };
  },
  {
    required: 'DATABASE_URL is required: an embedded database gets its tenant on its first start',
    before: migrateDatabase,
  },
);
