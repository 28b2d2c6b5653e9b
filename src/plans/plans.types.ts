import type { PricingTerms } from '../domain/rating/pricing-terms.js';
import { rate, ZERO } from '../domain/rate.js';
import type { PropertyFilter } from '../domain/usage/filters.js';
import type { GroupWithMembers, Meter } from '../features/features.types.js';
import type { PlanEntity } from './plan.entity.js';
import type { PriceEntity } from './price.entity.js';

export type { StoredTier } from './price.entity.js';
export type Plan = Readonly<PlanEntity>;
export type Price = Readonly<PriceEntity>;

/** What a price, or an entitlement, is of. */
export interface PricedEntity {
  readonly type: 'PLAN' | 'ADDON' | 'SUBSCRIPTION';
  readonly id: string;
}

export interface MeteredPrice {
  readonly price: Price;
  readonly meter: Meter | null;
  readonly group: GroupWithMembers | null;
}

/** Without the versions and prices that are over. */
export const notEnded = (prices: readonly MeteredPrice[], now: Date): MeteredPrice[] =>
  prices.filter(({ price }) => price.endDate === null || price.endDate > now);

export interface PricedPlan {
  readonly plan: Plan;
  readonly prices: readonly MeteredPrice[];
}

/** The terms that a stored price charges by. */
export function pricingTermsOf(
  price: Pick<Price, 'billingModel' | 'amount' | 'tierMode' | 'tiers' | 'transformQuantity'>,
): PricingTerms {
  switch (price.billingModel) {
    case 'FLAT_FEE':
      return { model: 'FLAT_FEE', amount: price.amount ?? ZERO };
    case 'PACKAGE':
      return {
        model: 'PACKAGE',
        amount: price.amount ?? ZERO,
        divideBy: rate(price.transformQuantity?.divide_by ?? 1),
        round: price.transformQuantity?.round ?? 'up',
      };
    case 'TIERED':
      return {
        model: 'TIERED',
        mode: price.tierMode ?? 'VOLUME',
        tiers: (price.tiers ?? []).map((tier) => ({
          upTo: tier.up_to === null ? null : rate(tier.up_to),
          unitAmount: rate(tier.unit_amount),
          flatAmount: rate(tier.flat_amount),
        })),
      };
  }
}

/** Which events a price charges for, besides what its meter says. */
export const priceFilters = (price: Pick<Price, 'filterValues'>): PropertyFilter[] =>
  Object.entries(price.filterValues).map(([key, values]) => ({ key, values }));
