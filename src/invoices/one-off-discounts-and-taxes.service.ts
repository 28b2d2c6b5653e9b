import { Injectable } from '@nestjs/common';
import { parseCurrency } from '../domain/currency.js';
import { fieldErrors } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { couponSnapshot, couponValue } from '../plans/coupons.types.js';
import { InvoiceCouponsService, type InvoiceCouponRedeemed } from '../plans/invoice-coupons.service.js';
import { SubscriptionCouponsService } from '../plans/subscription-coupons.service.js';
import { TaxRatesService } from '../plans/tax-rates.service.js';
import { taxRateSnapshot, taxValue, type TaxOverride } from '../plans/taxes.types.js';
import type { DiscountsAndTaxes } from './discounts-and-taxes.service.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import type { Invoice } from './invoices.types.js';

export interface OneOffDiscountsAndTaxesInput {
  readonly customerId: string;
  readonly currency: string;
  readonly coupons: readonly {
    readonly couponId: string;
    readonly associationId?: string | undefined;
    /** The line that it lowers; null: the invoice. */
    readonly lineIndex: number | null;
    readonly path: string;
  }[];
  /** Ids or codes of rates. */
  readonly taxRates: readonly string[];
  readonly taxOverrides: readonly TaxOverride[];
}

/** Coupons and taxes that somebody puts on one invoice by hand. It has those and no others, whatever its customer has. */
@Injectable()
export class OneOffDiscountsAndTaxes {
  constructor(
    private readonly coupons: InvoiceCouponsService,
    private readonly uses: SubscriptionCouponsService,
    private readonly taxRates: TaxRatesService,
    private readonly parts: InvoicePartsStore,
  ) {}

  /** Redeems the coupons. `record` is to be told the invoice that was drafted with them. */
  async of(
    ctx: Ctx,
    input: OneOffDiscountsAndTaxesInput,
  ): Promise<DiscountsAndTaxes & { readonly record: (invoice: Invoice) => Promise<void> }> {
    assertOnce(input.coupons);
    const redeemed: { readonly one: InvoiceCouponRedeemed; readonly lineIndex: number | null }[] = [];
    for (const { lineIndex, ...coupon } of input.coupons)
      redeemed.push({ lineIndex, one: await this.coupons.redeem(ctx, { ...input, ...coupon }) });
    const inOrder = [
      ...redeemed.filter(({ lineIndex }) => lineIndex !== null),
      ...redeemed.filter(({ lineIndex }) => lineIndex === null),
    ];
    return {
      coupons: inOrder.map(({ lineIndex, one: { coupon, association } }) => ({
        ...couponValue(coupon),
        couponId: coupon.id,
        couponAssociationId: association?.id ?? null,
        lineIndex,
        snapshot: { ...couponSnapshot(coupon) },
      })),
      taxes: await this.taxesOf(ctx, input),
      record: (invoice) =>
        this.uses.recordUses(
          ctx,
          redeemed.flatMap(({ one: { coupon, association } }) =>
            association === null ? [] : [{ billingKey: keyOf(invoice), coupon: { coupon, association } }],
          ),
        ),
    };
  }

  /** The invoice is gone: what it has used up of its coupons can lower another one. */
  async release(ctx: Ctx, invoice: Invoice): Promise<void> {
    const { coupons } = await this.parts.applicationsOf(ctx, [invoice.id]);
    await this.coupons.release(
      ctx,
      coupons.flatMap((one) => (one.couponAssociationId === null ? one.couponId : [])),
    );
    await this.uses.releaseUses(ctx, keyOf(invoice));
  }

  private async taxesOf(ctx: Ctx, input: OneOffDiscountsAndTaxesInput): Promise<DiscountsAndTaxes['taxes']> {
    const currency = parseCurrency(input.currency);
    if (currency === undefined) throw new RangeError(`${input.currency} is no currency`);
    const rates = await this.taxRates.forInvoice(ctx, input.currency, input.taxRates, input.taxOverrides);
    return rates.map((taxRate) => ({
      ...taxValue(taxRate, currency),
      taxRateId: taxRate.id,
      taxAssociationId: null,
      entityType: 'invoice',
      entityId: null,
      taxRate: { ...taxRateSnapshot(taxRate) },
    }));
  }
}

/** Names the bill among the uses of a coupon. */
const keyOf = ({ id }: Invoice): string => `invoice ${id}`;

function assertOnce(coupons: OneOffDiscountsAndTaxesInput['coupons']): void {
  const seen = new Set<string>();
  const errors: Record<string, string> = {};
  for (const { couponId, lineIndex, path } of coupons) {
    const key = `${couponId} ${lineIndex ?? ''}`;
    if (seen.has(key)) errors[path] = `${path}: coupon ${couponId} is there already`;
    seen.add(key);
  }
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}
