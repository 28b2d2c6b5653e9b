import type { Period } from '../domain/period.js';
import type { PriceType } from '../domain/rating/price-kinds.js';
import type { Rate } from '../domain/rate.js';

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
  readonly metadata?: Readonly<Record<string, string>>;
}
