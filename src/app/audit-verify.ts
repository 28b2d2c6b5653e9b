import 'reflect-metadata';
import { AuditTrail } from '../tenancy/audit-trail.service.js';
import { onDatabase } from './server-command.js';

// Computes the hashes of the audit trail in the database of DATABASE_URL anew. Prints the head of each environment's chain, and
// ends with code 1 where an entry was changed or is missing.

await onDatabase(
  AuditTrail,
  async (trail) => {
    const environments = await trail.verify();
    if (environments.some(({ brokenAt }) => brokenAt !== null)) process.exitCode = 1;
    return {
      environments: environments.map(({ tenantId, environmentId, entries, head, brokenAt }) => ({
        tenant_id: tenantId,
        environment_id: environmentId,
        entries,
        head,
        broken_at: brokenAt,
      })),
    };
  },
  { required: 'DATABASE_URL is required: the audit trail of that database is verified' },
);
