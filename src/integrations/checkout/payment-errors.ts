import { invalidOperation, type BillingError } from '../../domain/errors.js';
import { ProviderError } from '../../providers/provider-error.js';
import type { Decline } from '../../providers/provider-objects.js';

/** A refused card, in the words that the guides show: `error.code` and `error.details`. */
export const declineError = (
  provider: string,
  decline: Pick<Decline, 'code' | 'message' | 'providerCode' | 'advice'>,
  ids: { readonly customerId: string; readonly paymentId: string },
): BillingError =>
  invalidOperation(decline.message, decline.code, {
    customer_id: ids.customerId,
    payment_id: ids.paymentId,
    [`${provider}_error_code`]: decline.providerCode ?? decline.code,
    ...(decline.advice === undefined ? {} : { advice: decline.advice }),
  });

/** A provider's refusal as an answer to our own caller, with the provider's name. */
export const providerRefusal = (provider: string, error: unknown): unknown =>
  error instanceof ProviderError ? error.toBillingError(provider) : error;
