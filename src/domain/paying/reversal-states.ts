/**
 * How certain each word about money that goes back is. Providers tell late, twice and out of order; of two words the
 * more certain one stands, so any order and any repetition of the same reports ends in the same state.
 */
const REFUNDS = { REQUESTED: 0, PENDING: 1, SUCCEEDED: 2, CANCELED: 3, FAILED: 4 } as const;
const DISPUTES = { INQUIRY: 0, INQUIRY_CLOSED: 1, OPEN: 2, LOST: 3, WON: 4 } as const;

export type RefundState = keyof typeof REFUNDS;
export type DisputeState = keyof typeof DISPUTES;

export const mergeRefundStatus = (current: RefundState, incoming: RefundState): RefundState =>
  REFUNDS[incoming] > REFUNDS[current] ? incoming : current;

/** A loss can still be turned into a win, in arbitration; nothing follows a win. */
export const mergeDisputeStatus = (current: DisputeState, incoming: DisputeState): DisputeState =>
  DISPUTES[incoming] > DISPUTES[current] ? incoming : current;

/** Whether the money counts as gone. */
export const hasGone = (status: RefundState): boolean => status === 'PENDING' || status === 'SUCCEEDED';

/** Whether the money can be given back by somebody else. */
export const holdsAmount = (status: RefundState): boolean => status === 'REQUESTED' || hasGone(status);
