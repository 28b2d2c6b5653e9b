import { BillingError } from '../../domain/errors.js';

export const inProgress = (): BillingError =>
  new BillingError('version_conflict', 'a request with this idempotency key is still under way', {
    code: 'idempotency_in_progress',
    details: { retryAfterSeconds: 1 },
  });
