import type { Money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import type { Rate } from '../domain/rate.js';
import type { LineOrigin } from './line-origin.types.js';

/** That a line restates an earlier one, whose usage was not complete when it was billed. */
export interface Restatement {
  readonly restatedLineItemId: string;
  readonly subscriptionLineItemId: string;
  readonly priceId: string;
  readonly period: Period;
  readonly quantityBefore: Rate;
  readonly quantity: Rate;
  /** Minor units, before discounts. */
  readonly amountBefore: bigint;
  readonly amount: bigint;
  readonly carriedAmount: bigint;
  /** Of what lines the line that restates gives back, and how much. */
  readonly gives: readonly GivenPart[];
}

/** Something that is given back of a line of an earlier invoice. */
export interface GivenPart {
  readonly lineId: string;
  /** Before tax. */
  readonly net: Money;
  /** With the tax that goes back with it. */
  readonly amount: Money;
}

/** The tax that goes with a settled figure, by the rates that levied it. */
export interface SettledTax {
  readonly taxes: readonly SettledTaxPart[];
}

export interface SettledTaxPart {
  readonly taxRateId: string;
  readonly taxAssociationId: string | null;
  readonly entityType: string;
  readonly entityId: string;
  /** The rate as it was levied, as the wire shows it. */
  readonly taxRate: Readonly<Record<string, unknown>> | null;
  /** Signed like the line. */
  readonly taxableAmount: Money;
  readonly amount: Money;
}

/** A charge that was rated exactly and goes onto an invoice. */
export interface RatedLine {
  readonly displayName: string;
  readonly amount: Rate;
  readonly quantity: Rate;
  readonly priceType: PriceType;
  readonly period: Period | null;
  readonly subscriptionLineItemId?: string | null;
  readonly entityType?: string | null;
  readonly entityId?: string | null;
  readonly priceId?: string | null;
  readonly meterId?: string | null;
  readonly planDisplayName?: string | null;
  readonly meterDisplayName?: string | null;
  readonly adjustedEntitlementQuantity?: Rate | null;
  /** How a commitment bore on the line, as the wire shows it. */
  readonly commitmentInfo?: Readonly<Record<string, unknown>> | null;
  readonly restatement?: Restatement;
  /** Left out: a charge. What is given back or paid out is settled: no discount and no tax of the invoice touches it. */
  readonly settled?: SettledTax;
  /** A charge that is net of its discounts already; taxes are levied on it. */
  readonly undiscounted?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of a line that was rated, for whoever has to explain it. */
  readonly origin?: LineOrigin;
}
