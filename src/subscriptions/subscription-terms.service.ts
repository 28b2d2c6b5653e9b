import { Injectable } from '@nestjs/common';
import type { Customer } from '../customers/customers.types.js';
import { fieldErrors } from '../domain/errors.js';
import { laterOf } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { CouponAssociationsService } from '../plans/coupon-associations.service.js';
import type { AppliedCoupon } from '../plans/coupons.types.js';
import { EntitlementsService } from '../plans/entitlements.service.js';
import { SubscriptionCouponsService } from '../plans/subscription-coupons.service.js';
import { TaxAssociationsService } from '../plans/tax-associations.service.js';
import type { TaxOverride } from '../plans/taxes.types.js';
import type { Subscription, SubscriptionLineItem } from './subscriptions.types.js';

/** A coupon that a new subscription redeems. */
export interface CouponChoice {
  readonly coupon: { readonly id: string } | { readonly code: string };
  /** Only for the line of this price; the whole invoice, when left out. */
  readonly priceId?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
  /** Leads to it in the caller's body, for error messages. */
  readonly path: string;
}

/** What a new subscription has besides its lines. */
export interface SubscriptionTerms {
  readonly customer: Customer;
  readonly coupons: readonly CouponChoice[];
  readonly taxOverrides: readonly TaxOverride[] | undefined;
}

/** The coupons and taxes that a subscription begins with. */
@Injectable()
export class SubscriptionTermsService {
  constructor(
    private readonly coupons: CouponAssociationsService,
    private readonly subscriptionCoupons: SubscriptionCouponsService,
    private readonly taxes: TaxAssociationsService,
    private readonly entitlements: EntitlementsService,
  ) {}

  /** `lineOf`: the line that stands for a price of the plan, or for a price of its own. */
  async begin(
    ctx: Ctx,
    subscription: Subscription,
    terms: SubscriptionTerms,
    lineOf: (priceId: string) => SubscriptionLineItem | undefined,
  ): Promise<void> {
    for (const choice of terms.coupons) {
      const line = choice.priceId === undefined ? undefined : lineOf(choice.priceId);
      if (choice.priceId !== undefined && line === undefined)
        throw fieldErrors({ [choice.path]: `the subscription takes no price ${choice.priceId}` });
      await this.coupons.redeem(ctx, {
        coupon: choice.coupon,
        customerId: subscription.customerId,
        subscriptionId: subscription.id,
        subscriptionLineItemId: line?.id,
        currency: subscription.currency,
        // Periods of before today are billed too where a subscription is back-dated: they have the coupon as well.
        startDate: laterOf(choice.startDate ?? subscription.startDate, subscription.startDate),
        endDate: choice.endDate,
      });
    }
    await this.taxes.inheritToSubscription(
      ctx,
      { id: subscription.id, customer: terms.customer, startDate: subscription.startDate },
      terms.taxOverrides,
    );
  }

  /** A draft begins at another time than was planned. */
  async moveStart(ctx: Ctx, subscriptionId: string, from: Date, to: Date): Promise<void> {
    await this.subscriptionCoupons.moveStart(ctx, subscriptionId, from, to);
    await this.taxes.moveStart(ctx, subscriptionId, from, to);
  }

  /**
   * Another subscription takes the place of one: its coupons, taxes and own entitlements go on with it. Answers the coupons
   * of lines that none takes the place of.
   */
  async transfer(
    ctx: Ctx,
    from: Subscription,
    to: Subscription,
    lineOf: (lineId: string) => string | undefined,
  ): Promise<AppliedCoupon[]> {
    await this.taxes.transfer(ctx, from.id, to);
    await this.entitlements.transfer(ctx, from.id, to);
    return this.subscriptionCoupons.transfer(ctx, from.id, to, lineOf);
  }
}
