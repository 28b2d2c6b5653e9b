import { formatRate, type Rate } from '../rate.js';
import type { BillingModel, PackageRounding, TierMode } from './price-kinds.js';

/** How a quantity becomes an amount. All amounts are major units of the price's currency. Source: wire contract, line amounts. */
export type PricingTerms = TermsOf[BillingModel];

interface TermsOf {
  readonly FLAT_FEE: FlatFeeTerms;
  readonly PACKAGE: PackageTerms;
  readonly TIERED: TieredTerms;
}

export interface FlatFeeTerms {
  readonly model: 'FLAT_FEE';
  /** Per unit. */
  readonly amount: Rate;
}

export interface PackageTerms {
  readonly model: 'PACKAGE';
  /** Per package. */
  readonly amount: Rate;
  /** Units in a package: a whole number from 1 up. */
  readonly divideBy: Rate;
  readonly round: PackageRounding;
}

export interface TieredTerms {
  readonly model: 'TIERED';
  readonly mode: TierMode;
  /** In any order; {@link sortTiers} gives the order in which they apply. */
  readonly tiers: readonly Tier[];
}

export interface Tier {
  /** The last quantity inside the tier, inclusive; null means without end. */
  readonly upTo: Rate | null;
  readonly unitAmount: Rate;
  /** Added once when the tier is reached. */
  readonly flatAmount: Rate;
}

/** By upper boundary, the open tier last. */
export const sortTiers = (tiers: readonly Tier[]): Tier[] =>
  [...tiers].sort((a, b) => {
    if (a.upTo === null || b.upTo === null) return Number(a.upTo === null) - Number(b.upTo === null);
    return a.upTo.comparedTo(b.upTo);
  });

/**
 * What is wrong with the terms of a price: wire field → one sentence, empty when they can be charged by.
 * Fields are those of a price on the wire: `amount`, `transform_quantity.divide_by`, `tiers[0].up_to`, …
 */
export function pricingTermsErrors(terms: PricingTerms): Record<string, string> {
  switch (terms.model) {
    case 'FLAT_FEE':
      return amountErrors('amount', terms.amount);
    case 'PACKAGE':
      return { ...amountErrors('amount', terms.amount), ...divideByErrors(terms.divideBy) };
    case 'TIERED':
      return tierErrors(terms.tiers);
  }
}

function amountErrors(field: string, amount: Rate): Record<string, string> {
  if (!amount.isFinite()) return { [field]: `${field} must be a finite decimal` };
  return amount.lessThan(0) ? { [field]: `${field} must not be negative` } : {};
}

function divideByErrors(divideBy: Rate): Record<string, string> {
  const field = 'transform_quantity.divide_by';
  return divideBy.isInteger() && divideBy.greaterThanOrEqualTo(1)
    ? {}
    : { [field]: `${field} must be a whole number from 1 up` };
}

function tierErrors(tiers: readonly Tier[]): Record<string, string> {
  if (tiers.length === 0) return { tiers: 'tiers must not be empty' };
  const errors: Record<string, string> = {};
  const seen = new Set<string>();
  let open = 0;
  tiers.forEach((tier, index) => {
    const prefix = `tiers[${index}]`;
    Object.assign(errors, amountErrors(`${prefix}.unit_amount`, tier.unitAmount));
    Object.assign(errors, amountErrors(`${prefix}.flat_amount`, tier.flatAmount));
    const field = `${prefix}.up_to`;
    if (tier.upTo === null) {
      open += 1;
      if (open > 1) errors[field] = `${field} must be set: only one tier may be without an upper boundary`;
    } else if (!tier.upTo.isFinite() || tier.upTo.lessThanOrEqualTo(0)) {
      errors[field] = `${field} must be above 0`;
    } else {
      const boundary = formatRate(tier.upTo);
      if (seen.has(boundary)) errors[field] = `${field} ${boundary} is the boundary of another tier`;
      seen.add(boundary);
    }
  });
  return errors;
}
