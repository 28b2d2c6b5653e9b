import 'reflect-metadata';
import { migrateDatabase } from '../billing.module.js';
import { SealedSecrets } from '../platform/reseal/sealed-secrets.js';
import { onDatabase } from './server-command.js';

// Seals all credentials and webhook secrets in the database of DATABASE_URL with the first key of SECRET_KEYS, and prints which
// keys are still needed. May be stopped and run again. Servers may run meanwhile, if they have that key.

let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    isStopped = true;
  });

await onDatabase(
  SealedSecrets,
  async (secrets) => {
    const { newestKey, isComplete, moved, notOpened, keys } = await secrets.reseal(() => isStopped);
    if (!isComplete || notOpened.length > 0) process.exitCode = 1;
    return {
      newest_key: newestKey,
      complete: isComplete,
      moved,
      not_opened: notOpened,
      keys: keys.map(({ id, inSettings, usedBy, removableFrom }) => ({
        id,
        in_secret_keys: inSettings,
        used_by: usedBy,
        removable_from: removableFrom,
      })),
    };
  },
  {
    required: 'DATABASE_URL is required: the secrets of that database are sealed anew',
    before: migrateDatabase,
  },
);
