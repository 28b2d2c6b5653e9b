import {
  addMoney,
  allocateMoney,
  floorAtZero,
  isZeroMoney,
  minMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../money.js';
import {
  discountedAmount,
  isDiscountable,
  withTotals,
  type AppliedDiscount,
  type DraftInvoice,
  type DraftLine,
} from './draft-invoice.js';
import { amountOf, type PercentageOrFixed } from './percentage.js';

/** Only coupons that apply: redeemable now, in the invoice's currency, within their duration. */
export type Coupon = PercentageOrFixed & { readonly key: string };

export interface LineCoupon {
  readonly lineKey: string;
  readonly coupon: Coupon;
}

export interface Discounts {
  readonly lineCoupons?: readonly LineCoupon[];
  readonly invoiceCoupons?: readonly Coupon[];
}

/**
 * The second step. Line coupons first, each reckoned on the full amount of its line; then invoice coupons in order, each on
 * what remains of the charges. What is given back or paid out is net already: it is in no base. Each discount is rounded
 * once and never takes more than is left; a coupon on the invoice is spread over the charges in proportion to what is left
 * of them, by largest remainder. RangeError when discounts, credits or taxes were applied
 * before, for an unknown line, a negative value or a foreign currency.
 */
export function applyDiscounts(draft: DraftInvoice, discounts: Discounts): DraftInvoice {
  if (draft.discounts.length + draft.credits.length + draft.taxes.length > 0)
    throw new RangeError('discounts are applied once, before credits and taxes');
  const { lineCoupons = [], invoiceCoupons = [] } = discounts;
  const byLine = lineCoupons.reduce(applyLineCoupon, draft);
  return invoiceCoupons.reduce(applyInvoiceCoupon, byLine);
}

function applyLineCoupon(draft: DraftInvoice, { lineKey, coupon }: LineCoupon): DraftInvoice {
  const target = draft.lines.find((line) => line.key === lineKey);
  if (target === undefined) throw new RangeError(`no line ${lineKey} to discount`);
  const before = isDiscountable(target) ? discountedAmount(target) : zeroMoney(draft.currency);
  const amount = minMoney(amountOf(coupon, floorAtZero(target.amount)), before);
  const lines = draft.lines.map((line) =>
    line === target ? { ...line, lineItemDiscount: addMoney(line.lineItemDiscount, amount) } : line,
  );
  return withDiscount(draft, lines, applied(coupon, lineKey, before, amount));
}

function applyInvoiceCoupon(draft: DraftInvoice, coupon: Coupon): DraftInvoice {
  const before = sumMoney(draft.lines.filter(isDiscountable).map(discountedAmount), draft.currency);
  const amount = minMoney(amountOf(coupon, before), before);
  return withDiscount(draft, spread(draft.lines, amount), applied(coupon, null, before, amount));
}

/** No line gets more than is left of it: the lines together leave at least what is spread. */
function spread(lines: readonly DraftLine[], amount: Money): readonly DraftLine[] {
  if (isZeroMoney(amount)) return lines;
  const shares = allocateMoney(
    amount,
    lines.map((line) => (isDiscountable(line) ? discountedAmount(line).amount : 0n)),
  );
  return lines.map((line, index) => {
    const share = shares[index];
    return share === undefined
      ? line
      : { ...line, invoiceLevelDiscount: addMoney(line.invoiceLevelDiscount, share) };
  });
}

const applied = (
  coupon: Coupon,
  lineKey: string | null,
  originalPrice: Money,
  amount: Money,
): AppliedDiscount => ({
  couponKey: coupon.key,
  lineKey,
  originalPrice,
  amount,
  finalPrice: subtractMoney(originalPrice, amount),
});

const withDiscount = (
  draft: DraftInvoice,
  lines: readonly DraftLine[],
  discount: AppliedDiscount,
): DraftInvoice => withTotals({ ...draft, lines, discounts: [...draft.discounts, discount] });
