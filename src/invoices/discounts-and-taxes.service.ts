import { Injectable } from '@nestjs/common';
import { parseCurrency } from '../domain/currency.js';
import { roundToMoney, type Money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { CouponAssociationsService } from '../plans/coupon-associations.service.js';
import { couponSnapshot, couponValue, type AppliedCoupon } from '../plans/coupons.types.js';
import { SubscriptionCouponsService } from '../plans/subscription-coupons.service.js';
import { TaxAssociationsService } from '../plans/tax-associations.service.js';
import { taxRateSnapshot, taxValue, type AssociatedTax } from '../plans/taxes.types.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import type { CouponInput, Invoice, InvoiceWithLines, TaxInput } from './invoices.types.js';
import type { RatedLine } from '../rating/rated-line.types.js';

/** A bill of a subscription whose lines are known. */
export interface SubscriptionBill {
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly currency: string;
  readonly period: Period;
  readonly reason: string;
  readonly lines: readonly RatedLine[];
  /** A line and those whose places it has taken: what was redeemed for them is for it. */
  readonly lineage: (lineItemId: string) => readonly string[];
}

export interface DiscountsAndTaxes {
  readonly coupons: readonly CouponInput[];
  readonly taxes: readonly TaxInput[];
}

/** The coupons and taxes of subscriptions' bills, by a number of statements that does not grow with them. */
@Injectable()
export class DiscountsAndTaxesService {
  constructor(
    private readonly coupons: CouponAssociationsService,
    private readonly uses: SubscriptionCouponsService,
    private readonly taxes: TaxAssociationsService,
    private readonly parts: InvoicePartsStore,
  ) {}

  /** In the order of the bills. `record` is to be told the invoices that were drafted by them, in that order too. */
  async of(
    ctx: Ctx,
    bills: readonly SubscriptionBill[],
  ): Promise<{
    readonly terms: readonly DiscountsAndTaxes[];
    readonly record: (drafted: readonly InvoiceWithLines[]) => Promise<void>;
  }> {
    // A bill of nothing takes nothing of a coupon that counts only so often.
    const owed = bills.filter(({ lines, currency }) => lines.some((line) => isOwed(line, currency)));
    const coupons = await this.coupons.applicable(
      ctx,
      owed.map((bill) => ({ ...bill, billingKey: billingKey(bill) })),
      { toBill: true },
    );
    const taxes = await this.taxes.applicable(ctx, bills);
    const applied = bills.map((bill) => coupons.get(billingKey(bill)) ?? []);
    return {
      terms: bills.map((bill, index) => ({
        coupons: couponInputs(bill, applied[index] ?? []),
        taxes: (taxes.get(bill) ?? []).map((tax) => taxInput(tax, bill)),
      })),
      record: (drafted) => this.record(ctx, bills, applied, drafted),
    };
  }

  /** The bill is gone, or about to be made anew: what it has used up of its coupons can lower another one. */
  async release(ctx: Ctx, invoice: Invoice): Promise<void> {
    const { subscriptionId, periodStart: start, periodEnd: end, billingReason: reason } = invoice;
    if (subscriptionId === null || start === null || end === null) return;
    const { coupons } = await this.parts.applicationsOf(ctx, [invoice.id]);
    await this.coupons.releaseUses(
      ctx,
      billingKey({ subscriptionId, period: { start, end }, reason }),
      coupons.flatMap(({ couponAssociationId }) => couponAssociationId ?? []),
    );
  }

  /** Only what has really taken something off is used up. */
  private async record(
    ctx: Ctx,
    bills: readonly SubscriptionBill[],
    applied: readonly (readonly AppliedCoupon[])[],
    drafted: readonly InvoiceWithLines[],
  ): Promise<void> {
    const limited = (one: AppliedCoupon): boolean => one.coupon.cadence !== 'forever';
    const asked = drafted.filter((_, index) => (applied[index] ?? []).some(limited));
    if (asked.length === 0) return;
    const { coupons } = await this.parts.applicationsOf(
      ctx,
      asked.map(({ invoice }) => invoice.id),
    );
    const took = new Set(
      coupons
        .filter(({ discountedAmount }) => discountedAmount > 0n)
        .map((one) => `${one.invoiceId} ${one.couponAssociationId ?? ''}`),
    );
    await this.uses.recordUses(
      ctx,
      bills.flatMap((bill, index) =>
        (applied[index] ?? [])
          .filter(({ association }) => took.has(`${drafted[index]?.invoice.id ?? ''} ${association.id}`))
          .map((coupon) => ({ billingKey: billingKey(bill), coupon })),
      ),
    );
  }
}

/** Names a bill whichever invoice stands for it: voided and made again it has the same one. */
const billingKey = (bill: Pick<SubscriptionBill, 'subscriptionId' | 'period' | 'reason'>): string =>
  [bill.subscriptionId, bill.reason, bill.period.start.toISOString(), bill.period.end.toISOString()].join(
    ' ',
  );

const amountOf = (line: RatedLine, currency: string): Money => roundToMoney(line.amount, currency);

const isOwed = (line: RatedLine, currency: string): boolean => amountOf(line, currency).amount > 0n;

function couponInputs(bill: SubscriptionBill, applied: readonly AppliedCoupon[]): CouponInput[] {
  const inputs = applied.flatMap((one): CouponInput[] => {
    const { association, coupon } = one;
    const input = {
      ...couponValue(coupon),
      couponId: coupon.id,
      couponAssociationId: association.id,
      snapshot: { ...couponSnapshot(coupon) },
    };
    const lineItemId = association.subscriptionLineItemId;
    if (lineItemId === null) return [{ ...input, lineIndex: null }];
    return linesFor(bill, lineItemId, input.type).map((lineIndex) => ({ ...input, lineIndex }));
  });
  return [
    ...inputs.filter(({ lineIndex }) => lineIndex !== null),
    ...inputs.filter(({ lineIndex }) => lineIndex === null),
  ];
}

/**
 * The lines of the bill that a line's coupon lowers. What a line charges may stand on several (usage and its overage, the
 * time before and after a pause): a percentage is taken off each, a fixed amount once, from the greatest.
 */
function linesFor(bill: SubscriptionBill, lineItemId: string, type: 'percentage' | 'fixed'): number[] {
  const own = bill.lines.flatMap((line, index) => {
    const item = line.subscriptionLineItemId ?? null;
    const meant = item !== null && bill.lineage(item).includes(lineItemId);
    return meant && isOwed(line, bill.currency) ? [index] : [];
  });
  if (type === 'percentage') return own;
  const [greatest] = [...own].sort((a, b) => {
    const [one, other] = [a, b].map(
      (index) => amountOf(bill.lines[index] as RatedLine, bill.currency).amount,
    );
    return (other as bigint) > (one as bigint) ? 1 : (other as bigint) < (one as bigint) ? -1 : a - b;
  });
  return greatest === undefined ? [] : [greatest];
}

function taxInput({ association, taxRate }: AssociatedTax, bill: SubscriptionBill): TaxInput {
  const currency = parseCurrency(bill.currency);
  if (currency === undefined) throw new RangeError(`${bill.currency} is no currency`);
  return {
    ...taxValue(taxRate, currency),
    taxRateId: taxRate.id,
    taxAssociationId: association.id,
    entityType: association.entityType,
    entityId: association.entityId,
    taxRate: { ...taxRateSnapshot(taxRate) },
  };
}
