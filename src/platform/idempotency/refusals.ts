import { BillingError } from '../../domain/errors.js';

export const keyReused = (): BillingError =>
  new BillingError(
    'already_exists',
    'the idempotency key was sent with another request before: use a new one',
    {
      code: 'idempotency_key_reused',
    },
  );

export const inProgress = (): BillingError =>
  new BillingError('version_conflict', 'a request with this idempotency key is still under way', {
    code: 'idempotency_in_progress',
    details: { retryAfterSeconds: 1 },
  });
