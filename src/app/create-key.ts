import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { TenancyService } from '../tenancy/tenancy.service.js';
import { complain, onDatabase } from './server-command.js';

// An API key to an environment that is there, on the database of DATABASE_URL: for who has lost the last one. The key is
// printed once and kept nowhere. It can do everything; narrower ones are made with it through the API.

const { values } = parseArgs({
  options: { environment: { type: 'string' }, name: { type: 'string', default: 'Made on the server' } },
});
if (values.environment === undefined) complain('usage: npm run keys -- --environment ID [--name NAME]');

const { environment: environmentId, name } = values;
await onDatabase(
  TenancyService,
  async (tenancy) => ({ api_key: (await tenancy.newKey({ environmentId, name })).apiKey }),
  {
    required: 'DATABASE_URL is required',
  },
);
