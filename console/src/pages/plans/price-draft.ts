import { Decimal } from 'decimal.js';
import type { InlinePrice } from '../../api/types';

export type Model = InlinePrice['pricing_model'];

export interface TierDraft {
  readonly upTo: string;
  readonly unit: string;
  readonly flat: string;
}

export interface PriceDraft {
  readonly key: number;
  readonly name: string;
  readonly featureId: string;
  readonly model: Model;
  readonly amount: string;
  readonly per: string;
  readonly tiers: readonly TierDraft[];
}

export const NEW_TIERS: readonly TierDraft[] = [
  { upTo: '1000', unit: '', flat: '' },
  { upTo: '', unit: '', flat: '' },
];

const NUMBER = /^\d+(\.\d+)?$/;
export const isNumber = (text: string): boolean => NUMBER.test(text.trim());

const hasTiers = ({ model }: PriceDraft): boolean => model === 'tiered' || model === 'volume';

/** Whether there is enough to send: what the numbers may be is the API's to say. */
export function isComplete(draft: PriceDraft): boolean {
  if (!hasTiers(draft))
    return isNumber(draft.amount) && (draft.model !== 'package' || /^\d+$/.test(draft.per));
  return (
    draft.featureId !== '' &&
    draft.tiers.every(
      ({ upTo, unit, flat }, index) =>
        isNumber(unit) &&
        (flat.trim() === '' || isNumber(flat)) &&
        (index === draft.tiers.length - 1 ? upTo.trim() === '' || isNumber(upTo) : isNumber(upTo)),
    )
  );
}

/** As the API wants it. */
export function toRequest(draft: PriceDraft): InlinePrice {
  return {
    pricing_model: draft.model,
    ...(draft.featureId === '' ? {} : { feature_id: draft.featureId }),
    ...(draft.name.trim() === '' ? {} : { display_name: draft.name.trim() }),
    ...(hasTiers(draft)
      ? {
          tiers: draft.tiers.map(({ upTo, unit, flat }) => ({
            unit_amount: unit.trim(),
            ...(upTo.trim() === '' ? {} : { up_to: upTo.trim() }),
            ...(flat.trim() === '' ? {} : { flat_amount: flat.trim() }),
          })),
        }
      : { unit_price: draft.amount.trim() }),
    ...(draft.model === 'package'
      ? { transform_quantity: { divide_by: Number(draft.per), round: 'up' } }
      : {}),
  };
}

export interface Part {
  readonly text: string;
  readonly amount: string;
}

/**
 * What a quantity would cost by a price that is not stored yet, which the API previews only for subscriptions. Exact, and
 * without discounts, taxes, and the rounding of a bill.
 */
export function estimate(draft: PriceDraft, quantity: string): readonly Part[] {
  const amountOf = new Decimal(draft.amount.trim() === '' ? 0 : draft.amount.trim());
  if (draft.featureId === '' && !hasTiers(draft)) return [{ text: 'fixed', amount: amountOf.toFixed() }];
  const units = new Decimal(quantity);
  if (draft.model === 'flat')
    return [{ text: `${units.toFixed()} × ${amountOf.toFixed()}`, amount: units.mul(amountOf).toFixed() }];
  if (draft.model === 'package') {
    const packages = units.div(draft.per).ceil();
    return [
      {
        text: `${packages.toFixed()} packages × ${amountOf.toFixed()}`,
        amount: packages.mul(amountOf).toFixed(),
      },
    ];
  }
  return draft.model === 'volume' ? byVolume(draft.tiers, units) : bySlabs(draft.tiers, units);
}

const flatOf = ({ flat }: TierDraft): Decimal => new Decimal(flat.trim() === '' ? 0 : flat.trim());

function part(units: Decimal, tier: TierDraft): Part {
  const flat = flatOf(tier);
  return {
    text: `${units.toFixed()} × ${tier.unit.trim()}${flat.isZero() ? '' : ` + ${flat.toFixed()}`}`,
    amount: units.mul(tier.unit.trim()).plus(flat).toFixed(),
  };
}

function byVolume(tiers: readonly TierDraft[], units: Decimal): readonly Part[] {
  if (units.isZero()) return [];
  const tier =
    tiers.find(({ upTo }) => upTo.trim() === '' || units.lessThanOrEqualTo(upTo.trim())) ?? tiers.at(-1);
  return tier === undefined ? [] : [part(units, tier)];
}

function bySlabs(tiers: readonly TierDraft[], units: Decimal): readonly Part[] {
  const parts: Part[] = [];
  let from = new Decimal(0);
  for (const tier of tiers) {
    const to = tier.upTo.trim() === '' ? units : Decimal.min(units, tier.upTo.trim());
    const inside = to.minus(from);
    if (inside.lessThanOrEqualTo(0)) break;
    parts.push(part(inside, tier));
    from = to;
  }
  return parts;
}

export const sumOf = (parts: readonly Part[]): string =>
  parts.reduce((sum, { amount }) => sum.plus(amount), new Decimal(0)).toFixed();
