/**
 * A billing history as plain JSON, and the figures that it must lead to. Whoever can bill it implements {@link Engine}:
 * the oracle, the engine's pure functions, the server over HTTP.
 *
 * The subscription is monthly, anniversary, in UTC, and begins on one of the days 1 to 28. It is billed at its start, at
 * every month's end, and ends with the last month. Decimals are plain decimal strings in major units.
 */
export interface History {
  readonly currency: string;
  readonly start: string;
  /** Months until the subscription ends, from 1 up. */
  readonly months: number;
  readonly lines: readonly HistoryLine[];
  /** On the whole of every invoice, in order. */
  readonly coupons: readonly HistoryCoupon[];
  /** Prepaid balances of the customer before the first invoice. */
  readonly wallets: readonly string[];
  readonly taxes: readonly HistoryTax[];
}

export type HistoryPrice =
  | { readonly model: 'FLAT_FEE'; readonly amount: string }
  | {
      readonly model: 'PACKAGE';
      readonly amount: string;
      readonly divideBy: number;
      readonly round: 'up' | 'down';
    }
  | { readonly model: 'TIERED'; readonly mode: 'VOLUME' | 'SLAB'; readonly tiers: readonly HistoryTier[] };

export interface HistoryTier {
  readonly upTo: number | null;
  readonly unitAmount: string;
  readonly flatAmount: string;
}

interface Line {
  readonly key: string;
  readonly price: HistoryPrice;
  /** Each on the full amount of the line, in order. */
  readonly coupons: readonly HistoryCoupon[];
}

export interface FixedLine extends Line {
  readonly kind: 'fixed';
  readonly cadence: 'ADVANCE' | 'ARREAR';
  /** Null takes the price's minimum, and 1 where it has none. */
  readonly quantity: string | null;
  readonly minQuantity: number | null;
  /** When the line is there; null is the subscription's own start and end. */
  readonly from: string | null;
  readonly until: string | null;
}

export interface UsageLine extends Line {
  readonly kind: 'usage';
  /** Summed up. With `bucket` every UTC day, and within it every group, is priced on its own. */
  readonly events: readonly HistoryEvent[];
  readonly bucket: 'DAY' | null;
  /** Not together with `bucket`. */
  readonly quota: HistoryQuota | null;
}

export type HistoryLine = FixedLine | UsageLine;

export interface HistoryEvent {
  readonly at: string;
  readonly quantity: string;
  readonly group: string;
}

export const RESETS = ['DAILY', 'WEEKLY', 'MONTHLY', 'QUARTERLY', 'ANNUAL', 'NEVER'] as const;

/** Free quantity. Days are UTC days; every other window is counted from the start of the subscription. */
export interface HistoryQuota {
  readonly reset: (typeof RESETS)[number];
  /** Limits add up; null is unlimited; what is disabled does not count. */
  readonly sources: readonly { readonly limit: number | null; readonly enabled: boolean }[];
}

/** `value` is a percentage from 0 to 100, or an amount in whole minor units of the currency. */
export interface HistoryCoupon {
  readonly type: 'percentage' | 'fixed';
  readonly value: string;
}

export interface HistoryTax {
  readonly type: 'percentage' | 'fixed';
  readonly value: string;
}

/** Everything in whole minor units, as decimal integers, but quantities and what is left in the wallets. */
export interface Figures {
  /** One per billing moment: [0] at the start, [k] at the end of month k. */
  readonly invoices: readonly InvoiceFigures[];
  /** What is left of each balance after the last invoice, in major units. */
  readonly walletsLeft: readonly string[];
}

export interface InvoiceFigures {
  readonly status: 'FINALIZED' | 'SKIPPED';
  readonly lines: readonly LineFigures[];
  readonly subtotal: string;
  readonly discount: string;
  readonly credits: string;
  /** By tax rate, in order. */
  readonly taxes: readonly string[];
  readonly tax: string;
  readonly total: string;
}

export interface LineFigures {
  readonly key: string;
  /** What was priced. */
  readonly quantity: string;
  /** What a quota gave for nothing; what was used is the sum of both. */
  readonly free: string;
  readonly amount: string;
  readonly lineDiscount: string;
  readonly invoiceDiscount: string;
  readonly credits: string;
}

export interface Engine {
  invoice(history: History): Promise<Figures>;
}
