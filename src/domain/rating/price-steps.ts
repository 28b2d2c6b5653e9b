import { ZERO, type Rate } from '../rate.js';
import { packagesOf } from './package.js';
import { sortTiers, type PricingTerms, type Tier, type TieredTerms } from './pricing-terms.js';
import { ratePrice } from './rate-price.js';
import { tierSlices } from './tiered-slab.js';
import { volumeTier } from './tiered-volume.js';

export type PriceRule = 'per_unit' | 'package' | 'graduated_tier' | 'volume_tier' | 'priced_before';

/** One figure of a price, with the rule that made it. */
export interface PriceStep {
  readonly rule: PriceRule;
  /** Units, or packages; negative where less is charged than for the units before. */
  readonly quantity: Rate;
  readonly unitAmount: Rate | null;
  /** Of a tier that is entered. */
  readonly flatAmount: Rate | null;
  /** Place of the tier, from 1. */
  readonly tier: number | null;
  /** The last quantity in the tier; null without end, and where there is no tier. */
  readonly upTo: Rate | null;
  /** Exact, in major units. */
  readonly amount: Rate;
}

/**
 * What the units from one quantity to another cost, step by step: together `ratePrice(to) - ratePrice(from)`, exactly. Made by
 * what {@link ratePrice} is made of. RangeError as that.
 */
export function priceSteps(terms: PricingTerms, from: Rate, to: Rate): PriceStep[] {
  // What cannot be priced is refused in the same words.
  ratePrice(terms, from);
  ratePrice(terms, to);
  return stepsOf(terms, from, to).filter(({ quantity, amount }) => !quantity.isZero() || !amount.isZero());
}

function stepsOf(terms: PricingTerms, from: Rate, to: Rate): PriceStep[] {
  switch (terms.model) {
    case 'FLAT_FEE':
      return [plain('per_unit', to.minus(from), terms.amount)];
    case 'PACKAGE': {
      const packages = (quantity: Rate): Rate => (quantity.isZero() ? ZERO : packagesOf(terms, quantity));
      return [plain('package', packages(to).minus(packages(from)), terms.amount)];
    }
    case 'TIERED':
      return terms.mode === 'SLAB' ? slabSteps(terms, from, to) : volumeSteps(terms, from, to);
  }
}

const plain = (rule: PriceRule, quantity: Rate, unitAmount: Rate): PriceStep => ({
  rule,
  quantity,
  unitAmount,
  flatAmount: null,
  tier: null,
  upTo: null,
  amount: unitAmount.times(quantity),
});

/** Tier by tier what is there more than before. A flat amount is in the step that enters the tier. */
function slabSteps(terms: TieredTerms, from: Rate, to: Rate): PriceStep[] {
  const slices = (quantity: Rate): ReturnType<typeof tierSlices> =>
    quantity.isZero() ? [] : tierSlices(terms, quantity);
  const [before, after] = [slices(from), slices(to)];
  return sortTiers(terms.tiers).flatMap((tier, index): PriceStep[] => {
    const [old, now] = [before[index], after[index]];
    if (old === undefined && now === undefined) return [];
    const entered = (now === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
    return [
      {
        rule: 'graduated_tier',
        quantity: (now?.quantity ?? ZERO).minus(old?.quantity ?? ZERO),
        unitAmount: tier.unitAmount,
        flatAmount: tier.flatAmount.times(entered),
        tier: index + 1,
        upTo: tier.upTo,
        amount: (now?.amount ?? ZERO).minus(old?.amount ?? ZERO),
      },
    ];
  });
}

/** All units at the price of the tier that they have reached, less what was asked for those before. */
function volumeSteps(terms: TieredTerms, from: Rate, to: Rate): PriceStep[] {
  const tiers = sortTiers(terms.tiers);
  const whole = (quantity: Rate): PriceStep[] => {
    if (quantity.isZero()) return [];
    const tier = volumeTier(terms, quantity);
    return [volumeStep(tiers, tier, quantity, tier.flatAmount, ratePrice(terms, quantity))];
  };
  const [before] = whole(from);
  const [after] = whole(to);
  if (before === undefined) return whole(to);
  if (after !== undefined && after.tier === before.tier)
    return [
      volumeStep(
        tiers,
        volumeTier(terms, to),
        to.minus(from),
        ZERO,
        ratePrice(terms, to).minus(ratePrice(terms, from)),
      ),
    ];
  return [
    ...whole(to),
    { ...before, rule: 'priced_before', quantity: from.negated(), amount: before.amount.negated() },
  ];
}

const volumeStep = (
  tiers: readonly Tier[],
  tier: Tier,
  quantity: Rate,
  flatAmount: Rate,
  amount: Rate,
): PriceStep => ({
  rule: 'volume_tier',
  quantity,
  unitAmount: tier.unitAmount,
  flatAmount,
  tier: tiers.indexOf(tier) + 1,
  upTo: tier.upTo,
  amount,
});
