import { Body, HttpCode, Post } from '@nestjs/common';
import { validationError } from '../../domain/errors.js';
import { formatMoney } from '../../domain/money.js';
import type { Period } from '../../domain/period.js';
import { formatRate } from '../../domain/rate.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { displayAmount, toPriceResponse } from '../prices/prices.responses.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { SubscriptionUsageRequest } from './subscription-usage.requests.js';
import { SubscriptionUsageResponse } from './subscription-usage.responses.js';
import {
  SubscriptionUsageService,
  totalOf,
  type UsageCharge,
} from '../../rating/subscription-usage.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';

@ApiController('subscriptions', 'Usage')
export class SubscriptionUsageController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly usage: SubscriptionUsageService,
  ) {}

  /** Usage and cost of a subscription so far, in the current period or any window. */
  @Post('usage')
  @HttpCode(200)
  @OnlyReads()
  ofSubscription(
    @CurrentCaller() caller: Caller,
    @Body() body: SubscriptionUsageRequest,
  ): Promise<SubscriptionUsageResponse> {
    return this.uow.read(caller, async (ctx) => {
      const subscription = await this.subscriptions.get(ctx, body.subscription_id);
      const window = this.windowOf(ctx, subscription, body);
      const charges = await this.usage.charges(ctx, [{ subscription, window }]);
      const total = formatMoney(totalOf(charges, subscription.currency));
      return {
        amount: Number(total),
        currency: subscription.currency,
        display_amount: displayAmount(total, subscription.currency),
        start_time: window?.start ?? ctx.now,
        end_time: window?.end ?? ctx.now,
        charges: charges.map(toChargeResponse),
        commitment_amount: null,
        commitment_utilized: null,
        has_overage: false,
        overage_amount: 0,
        overage_factor: null,
      };
    });
  }

  private windowOf(ctx: Ctx, subscription: Subscription, body: SubscriptionUsageRequest): Period | undefined {
    if (body.start_time === undefined && body.end_time === undefined)
      return body.lifetime_usage === true
        ? this.usage.lifetime(ctx, subscription)
        : this.usage.currentWindow(ctx, subscription);
    const start = body.start_time ?? subscription.currentPeriodStart;
    const end = body.end_time ?? ctx.now;
    if (start >= end) throw validationError('start_time must be before end_time');
    return { start, end };
  }
}

function toChargeResponse({
  line,
  priced,
  quantity,
  amount,
}: UsageCharge): SubscriptionUsageResponse['charges'][number] {
  const shown = formatMoney(amount);
  return {
    subscription_line_item_id: line.id,
    meter_id: line.meterId,
    meter_display_name: line.meterDisplayName,
    quantity: Number(formatRate(quantity)),
    amount: Number(shown),
    currency: amount.currency,
    display_amount: displayAmount(shown, amount.currency),
    filter_values: priced.price.filterValues,
    is_overage: false,
    overage_factor: null,
    price: toPriceResponse(priced),
  };
}
