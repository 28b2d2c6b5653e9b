import type { ProviderRateLimits } from '../provider-adapter.js';

/**
 * As published: 600 requests a minute to any one operation, of one credential. That is spread over the seconds, as a gate
 * counts by those. There is no limit of all operations together: what is asked of ten at once is as much as we ever ask.
 */
export const WHOP_RATE_LIMITS: ProviderRateLimits = { mode: 'any', perAccount: 100, perEndpoint: 10 };

/** `POST /invoices/{id}/void`. Words of the API are small letters; what has anything else in it is an id. */
export const endpointOf = (method: string, path: string): string =>
  `${method} ${path
    .split('/')
    .map((word) => (/^[a-z_]*$/.test(word) ? word : '{id}'))
    .join('/')}`;
