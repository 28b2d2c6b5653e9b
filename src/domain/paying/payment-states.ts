import { invalidOperation } from '../errors.js';
import type { PaymentStatus } from '../invoicing/invoice-states.js';
import { compareMoney, isZeroMoney, type Money } from '../money.js';
import { keysWhere } from '../tables.js';
import { mayFollow, type Transitions } from '../transitions.js';

/**
 * The states of one payment. FAILED is not final: the customer may try again on the same payment page.
 * Source: wire contract, payments.
 */
export const PAYMENT_TRANSITIONS: Transitions<PaymentStatus> = {
  INITIATED: ['PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'VOIDED'],
  PENDING: ['PROCESSING', 'SUCCEEDED', 'FAILED', 'VOIDED'],
  PROCESSING: ['PENDING', 'SUCCEEDED', 'FAILED', 'VOIDED'],
  FAILED: ['PENDING', 'PROCESSING', 'SUCCEEDED', 'VOIDED'],
  VOIDED: ['SUCCEEDED'],
  SUCCEEDED: ['OVERPAID', 'PARTIALLY_REFUNDED', 'REFUNDED'],
  OVERPAID: ['PARTIALLY_REFUNDED', 'REFUNDED'],
  PARTIALLY_REFUNDED: ['REFUNDED'],
  REFUNDED: [],
};

/** Throws invalid_operation with code `payment_already_{status}` or `invalid_payment_transition`. */
export function assertPaymentTransition(from: PaymentStatus, to: PaymentStatus): void {
  if (mayFollow(PAYMENT_TRANSITIONS, from, to)) return;
  const word = from.toLowerCase();
  throw from === to
    ? invalidOperation(`payment is already ${word}`, `payment_already_${word}`, { from, to })
    : invalidOperation(`payment is ${from}, it cannot become ${to}`, 'invalid_payment_transition', {
        from,
        to,
      });
}

/** How far a payment with that status has come. */
export const PAYMENT_STAGES = {
  INITIATED: 'not_begun',
  PENDING: 'being_decided',
  PROCESSING: 'being_decided',
  FAILED: 'failed',
  VOIDED: 'voided',
  SUCCEEDED: 'collected',
  OVERPAID: 'collected',
  // What was given back since was collected all the same.
  PARTIALLY_REFUNDED: 'collected',
  REFUNDED: 'collected',
} as const satisfies Readonly<
  Record<PaymentStatus, 'not_begun' | 'being_decided' | 'failed' | 'voided' | 'collected'>
>;

export const UNDECIDED_STATUSES = keysWhere(
  PAYMENT_STAGES,
  (stage) => stage === 'not_begun' || stage === 'being_decided',
);

/** How much a status says. Money that has moved outweighs every report that it has not. */
const CERTAINTY: Readonly<Record<PaymentStatus, number>> = {
  INITIATED: 0,
  PENDING: 1,
  PROCESSING: 2,
  FAILED: 3,
  VOIDED: 4,
  SUCCEEDED: 5,
  OVERPAID: 6,
  PARTIALLY_REFUNDED: 7,
  REFUNDED: 8,
};

/**
 * What is known of a payment after a provider's report, which may be late, repeated or out of order: the more certain of the
 * two. Any order and any repetition of the same reports ends in the same status, and a success is never taken back.
 */
export const mergeRemoteStatus = (current: PaymentStatus, incoming: PaymentStatus): PaymentStatus =>
  CERTAINTY[incoming] > CERTAINTY[current] ? incoming : current;

/** The status of a payment that succeeded, given what has been refunded of it so far. RangeError for two currencies. */
export function statusAfterRefunds(
  paid: Money,
  refunded: Money,
): Extract<PaymentStatus, 'SUCCEEDED' | 'PARTIALLY_REFUNDED' | 'REFUNDED'> {
  if (compareMoney(refunded, paid) >= 0 && !isZeroMoney(refunded)) return 'REFUNDED';
  return refunded.amount > 0n ? 'PARTIALLY_REFUNDED' : 'SUCCEEDED';
}
