import { CouponAssociationsService } from '../../src/plans/coupon-associations.service.js';
import type { AppliedCoupon, RedeemInput } from '../../src/plans/coupons.types.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import type { TestApp } from './test-app.js';

/** Redeems a coupon as the house of subscriptions does. */
export function redeem({ app, tenant }: TestApp, input: RedeemInput): Promise<AppliedCoupon> {
  const { tenantId, environmentId } = tenant;
  const caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
  return app
    .get(UnitOfWork, { strict: false })
    .run(caller, (ctx) => app.get(CouponAssociationsService, { strict: false }).redeem(ctx, input));
}
