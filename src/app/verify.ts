import 'reflect-metadata';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { BooksVerifier } from './books-verifier.js';
import { onDatabase } from './server-command.js';

// Checks the books in the database of DATABASE_URL: totals, payments, credits, numbers, wallets, mappings. Reads only; a server may
// run meanwhile. Prints the rows that do not pass, and ends with code 1 where there are any.

await onDatabase(
  UnitOfWork,
  async (uow) => {
    const environments = await new BooksVerifier(uow).verify();
    if (environments.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
    return {
      environments: environments.map(({ tenantId, environmentId, checked, broken }) => ({
        tenant_id: tenantId,
        environment_id: environmentId,
        checked,
        broken,
      })),
    };
  },
  { required: 'DATABASE_URL is required: the books in that database are verified' },
);
