import type { ReactNode } from 'react';
import type { Price } from '../api/types';
import { formatMoney, formatQuantity, isZero } from '../format/money';
import { everyPeriod } from '../format/words';

type Terms = Pick<
  Price,
  'type' | 'billing_model' | 'tier_mode' | 'tiers' | 'amount' | 'currency' | 'transform_quantity'
>;

/** What a unit costs, in words: "20.00 USD", "0.50 USD per 1,000", or its tiers. */
export function PriceTerms({ price }: { readonly price: Terms }): ReactNode {
  const money = (amount: string): string => formatMoney(amount, price.currency);
  if (price.billing_model !== 'TIERED') {
    const amount = money(price.amount ?? '0');
    const by = price.transform_quantity?.divide_by;
    if (by !== undefined) return `${amount} per ${formatQuantity(by)}`;
    return price.type === 'USAGE' ? `${amount} per unit` : amount;
  }
  let from = 0;
  const rows = (price.tiers ?? []).map((tier) => {
    const first = from;
    from = tier.up_to ?? from;
    const flat = tier.flat_amount === null || isZero(tier.flat_amount) ? '' : ` + ${money(tier.flat_amount)}`;
    const range =
      tier.up_to === null
        ? `above ${formatQuantity(first)}`
        : `${formatQuantity(first)} – ${formatQuantity(tier.up_to)}`;
    return `${range}: ${money(tier.unit_amount)} per unit${flat}`;
  });
  return (
    <>
      {price.tier_mode === 'VOLUME' ? 'One tier prices everything:' : 'Each tier prices its own part:'}
      <ul className="plain-list">
        {rows.map((row) => (
          <li key={row}>{row}</li>
        ))}
      </ul>
    </>
  );
}

export const cadence = (price: Pick<Price, 'billing_period' | 'billing_period_count'>): string => {
  const every = everyPeriod(price.billing_period, price.billing_period_count);
  return every === 'once' ? every : `every ${every}`;
};
