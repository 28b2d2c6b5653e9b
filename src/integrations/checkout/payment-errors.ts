import { BillingError, invalidOperation } from '../../domain/errors.js';
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

/** The code of an answer to our own caller for why a provider has refused. */
export const codeOf = (error: { readonly kind: string } | undefined): string => {
  if (error?.kind === 'auth') return 'provider_credentials_refused';
  return error?.kind === 'forbidden' ? 'provider_permission_missing' : 'provider_refused';
};

/** A provider's refusal as an answer to our own caller: in words, not as a 500. */
export function providerRefusal(provider: string, error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error;
  const details = { provider, provider_code: error.code, request_id: error.requestId, param: error.param };
  if (error.retryable)
    return new BillingError(
      'service_unavailable',
      `${provider} cannot be reached just now: ${error.message}`,
      {
        code: 'provider_unavailable',
        details: {
          ...details,
          ...(error.retryAfterMs === undefined
            ? {}
            : { retryAfterSeconds: Math.ceil(error.retryAfterMs / 1000) }),
        },
        cause: error,
      },
    );
  return new BillingError('invalid_operation', `${provider}: ${error.message}`, {
    code: codeOf(error),
    details,
    cause: error,
  });
}
