import { isZeroMoney } from '../money.js';
import { taxableNet, withTotals, type DraftInvoice } from './draft-invoice.js';
import { amountOf, type PercentageOrFixed } from './percentage.js';

export type Tax = PercentageOrFixed & { readonly key: string };

/**
 * The third step: each tax on the charges less their discounts (credits are a way to pay, they do not lower it; what is given
 * back brings its own tax), rounded once each and
 * independent of the others. Where nothing is left to tax a fixed amount is not levied either: a coupon for all of it leaves
 * nothing to pay. RangeError when taxes were applied before, for a negative value or a foreign currency.
 */
export function applyTaxes(draft: DraftInvoice, taxes: readonly Tax[]): DraftInvoice {
  if (draft.taxes.length > 0) throw new RangeError('taxes are applied once');
  const taxableAmount = taxableNet(draft);
  return withTotals({
    ...draft,
    taxes: taxes.map((tax) => {
      const amount = amountOf(tax, taxableAmount);
      return { taxKey: tax.key, taxableAmount, amount: isZeroMoney(taxableAmount) ? taxableAmount : amount };
    }),
  });
}
