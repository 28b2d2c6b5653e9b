import type { PaymentStatus } from '../invoicing/invoice-states.js';
import {
  addMoney,
  compareMoney,
  floorAtZero,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../money.js';

export interface Settlement {
  /** Payments less refunds; never below zero, even where a refund and a dispute took the same money twice. */
  readonly amountPaid: Money;
  readonly amountRemaining: Money;
  readonly overpaidAmount: Money;
  readonly paymentStatus: Extract<
    PaymentStatus,
    'PENDING' | 'SUCCEEDED' | 'OVERPAID' | 'PARTIALLY_REFUNDED' | 'REFUNDED'
  >;
  /** Nothing is owed any more. */
  readonly paid: boolean;
}

/**
 * Where an invoice stands, computed from all the money that moved for it. Their order does not matter, and
 * amountPaid + amountRemaining − overpaidAmount = total − adjusted − forgiven, never below zero. An invoice that was once paid in full is REFUNDED or
 * PARTIALLY_REFUNDED when money goes back, so that nobody collects again what was given back on purpose.
 * RangeError for a negative total or a foreign currency.
 *
 * @param input.allocations succeeded payments positive; refunds and lost disputes negative
 * @param input.adjusted what credit notes took off before it was paid
 * @param input.forgiven what credit notes gave back after it was paid (it is in the allocations, too): not asked for again
 */
export function settleInvoice(input: {
  readonly total: Money;
  readonly allocations: readonly Money[];
  readonly adjusted?: Money;
  readonly forgiven?: Money;
}): Settlement {
  const { total, allocations } = input;
  if (total.amount < 0n) throw new RangeError('an invoice total must not be negative');
  const nothing = zeroMoney(total.currency);
  const owed = floorAtZero(subtractMoney(total, input.adjusted ?? nothing));
  const forgiven = input.forgiven ?? nothing;
  const kept = floorAtZero(subtractMoney(owed, forgiven));
  const received = sumMoney(
    allocations.filter(({ amount }) => amount > 0n),
    total.currency,
  );
  const returned = sumMoney(
    allocations.filter(({ amount }) => amount < 0n),
    total.currency,
  );
  const amountPaid = floorAtZero(addMoney(received, returned));
  const amountRemaining = floorAtZero(subtractMoney(kept, amountPaid));
  return {
    amountPaid,
    amountRemaining,
    overpaidAmount: floorAtZero(subtractMoney(amountPaid, kept)),
    paymentStatus: statusOf({ owed, kept, forgiven, received, amountPaid }),
    paid: amountRemaining.amount === 0n,
  };
}

function statusOf(figures: {
  readonly owed: Money;
  readonly kept: Money;
  readonly forgiven: Money;
  readonly received: Money;
  readonly amountPaid: Money;
}): Settlement['paymentStatus'] {
  const { owed, kept, forgiven, received, amountPaid } = figures;
  const balance = compareMoney(amountPaid, kept);
  if (balance > 0) return 'OVERPAID';
  if (balance === 0 && forgiven.amount === 0n) return 'SUCCEEDED';
  if (compareMoney(received, owed) < 0) return 'PENDING';
  return amountPaid.amount === 0n ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
}

/** True while money is still expected: an open invoice may be collected, a refunded or settled one may not. */
export const isAwaitingPayment = (status: PaymentStatus): boolean => AWAITS_PAYMENT[status];

const AWAITS_PAYMENT = {
  INITIATED: true,
  PENDING: true,
  PROCESSING: true,
  FAILED: true,
  SUCCEEDED: false,
  OVERPAID: false,
  PARTIALLY_REFUNDED: false,
  REFUNDED: false,
  VOIDED: false,
} as const satisfies Readonly<Record<PaymentStatus, boolean>>;
