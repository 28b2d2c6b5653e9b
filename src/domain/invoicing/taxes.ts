import { netOfDiscounts, withTotals, type DraftInvoice } from './draft-invoice.js';
import { amountOf, type PercentageOrFixed } from './percentage.js';

export type Tax = PercentageOrFixed & { readonly key: string };

/**
 * The fourth step: each tax on subtotal − discounts (credits are a way to pay, they do not lower it), rounded once each and
 * independent of the others. RangeError when taxes were applied before, for a negative value or a foreign currency.
 */
export function applyTaxes(draft: DraftInvoice, taxes: readonly Tax[]): DraftInvoice {
  if (draft.taxes.length > 0) throw new RangeError('taxes are applied once');
  const taxableAmount = netOfDiscounts(draft);
  return withTotals({
    ...draft,
    taxes: taxes.map((tax) => ({ taxKey: tax.key, taxableAmount, amount: amountOf(tax, taxableAmount) })),
  });
}
