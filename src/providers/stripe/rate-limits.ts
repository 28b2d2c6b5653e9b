import type { ProviderGate, ProviderRateLimits } from '../provider-adapter.js';

/** As published: what an account may ask in a second, and of it any one endpoint. */
const LIVE: ProviderRateLimits = { mode: 'live', perAccount: 100, perEndpoint: 25 };
const TEST: ProviderRateLimits = { mode: 'test', perAccount: 25, perEndpoint: 25 };

/** The two sides of an account are counted apart; which one a key opens is written in it. */
export const stripeRateLimits = ({
  secret_key: key = '',
}: Readonly<Record<string, string>>): ProviderRateLimits => (/^(?:sk|rk)_live_/.test(key) ? LIVE : TEST);

/**
 * `POST /v1/invoices/{id}/add_lines`. Words of the API are small letters; what has anything else in it is an id. An id
 * of small letters alone, which only a merchant's own product can have, is counted as an endpoint by itself: too
 * generous by little, and Stripe's refusal is honoured all the same.
 */
export function endpointOf(method: string, path: string): string {
  const [, version = '', ...words] = (path.split('?', 1)[0] ?? path).split('/');
  const template = words.map((word) => (/^[a-z_]+$/.test(word) ? word : '{id}'));
  return `${method} /${[version, ...template].join('/')}`;
}

const HOLD_MS = 1_000;

/**
 * After a refusal for its rate an account or endpoint has a pause, so that the calls which wait do not run into the
 * same refusal. A 429 that names no reason is a lock on one object (`lock_timeout`): it says nothing of the others.
 */
export function holdAfter(
  gate: ProviderGate | undefined,
  endpoint: string,
  status: number,
  headers: Readonly<Record<string, unknown>>,
): void {
  if (gate === undefined || status !== 429) return;
  const reason = headers['stripe-rate-limited-reason'];
  if (typeof reason !== 'string') return;
  const ms = retryAfterMs(headers['retry-after']) ?? HOLD_MS;
  gate.hold(reason.startsWith('global') ? 'account' : { endpoint }, ms);
}

/** Undefined for what is not a number of seconds. */
export const retryAfterMs = (header: unknown): number | undefined =>
  typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
