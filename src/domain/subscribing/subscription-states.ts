import { invalidOperation } from '../errors.js';
import { keysWhere } from '../tables.js';
import { mayFollow, type Transitions } from '../transitions.js';

/** Source: wire contract, subscriptions. */
export const SUBSCRIPTION_STATUSES = [
  'active',
  'paused',
  'cancelled',
  'incomplete',
  'trialing',
  'draft',
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/**
 * What a subscription in that state gets. `served`: its usage is charged and its credits are granted; `suspended`: it has
 * begun, and what falls due is lost; `waiting`: it has not begun; `over`: nothing any more.
 */
export const SUBSCRIPTION_SERVICE = {
  active: 'served',
  trialing: 'served',
  paused: 'suspended',
  incomplete: 'waiting',
  draft: 'waiting',
  cancelled: 'over',
} as const satisfies Readonly<Record<SubscriptionStatus, 'served' | 'suspended' | 'waiting' | 'over'>>;

export const SERVED_STATUSES = keysWhere(SUBSCRIPTION_SERVICE, (service) => service === 'served');
/** Of what has begun and is not over. */
export const BEGUN_STATUSES = keysWhere(
  SUBSCRIPTION_SERVICE,
  (service) => service === 'served' || service === 'suspended',
);

/** A cancellation that lies ahead is a date, not a status: only what has ended is cancelled, and that is final. */
export const SUBSCRIPTION_TRANSITIONS: Transitions<SubscriptionStatus> = {
  draft: ['active', 'trialing', 'incomplete', 'cancelled'],
  incomplete: ['active', 'trialing', 'cancelled'],
  trialing: ['active', 'incomplete', 'paused', 'cancelled'],
  active: ['trialing', 'paused', 'cancelled'], // a trial can be granted late
  paused: ['active', 'trialing', 'cancelled'],
  cancelled: [],
};

/**
 * Throws invalid_operation with code `subscription_already_{status}` (nothing to do, or cancelled for good) or
 * `subscription_not_active` (the move needs another status). Clients look for "already cancelled" and "not active".
 */
export function assertSubscriptionTransition(from: SubscriptionStatus, to: SubscriptionStatus): void {
  if (mayFollow(SUBSCRIPTION_TRANSITIONS, from, to)) return;
  const details = { from, to };
  if (from === 'cancelled' || from === to)
    throw invalidOperation(`subscription is already ${from}`, `subscription_already_${from}`, details);
  if (from === 'active')
    throw invalidOperation(
      `subscription is active, it cannot become ${to}`,
      'invalid_subscription_transition',
      details,
    );
  throw invalidOperation(
    `subscription is not active: it is ${from} and cannot become ${to}`,
    'subscription_not_active',
    details,
  );
}
