import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { SubscriptionChainsService } from './subscription-chains.service.js';
import { CustomerSubscriptionsQueries } from './customer-subscriptions.queries.js';
import { scheduleOf, type Subscription } from './subscriptions.types.js';
import type { GrantSubject } from '../wallets/credit-grants.types.js';
import { GrantApplications } from '../wallets/grant-applications.service.js';
import { GrantTransfer } from '../wallets/grant-transfer.service.js';

/** Gives subscriptions the credits that they are due. */
@Injectable()
export class SubscriptionGrants {
  constructor(
    private readonly applications: GrantApplications,
    private readonly subscriptions: CustomerSubscriptionsQueries,
    private readonly chains: SubscriptionChainsService,
    private readonly carry: GrantTransfer,
  ) {}

  /** Of those subscriptions, everything that is due by now: when they start, when they roll, when they become active again. */
  async applyDue(ctx: Ctx, subscriptionIds: readonly string[]): Promise<void> {
    if (subscriptionIds.length === 0) return;
    const subscriptions = await this.subscriptions.byIds(ctx, subscriptionIds);
    const chains = await this.chains.of(ctx, subscriptions);
    await this.applications.applyDueGrants(
      ctx,
      subscriptions.map((one) => {
        const chain = chains.of(one.id);
        const place = chain.findIndex(({ id }) => id === one.id);
        return subjectOf(
          one,
          chain.slice(0, Math.max(place, 0)).map((before) => ({
            id: before.id,
            schedule: scheduleOf(before),
            startDate: before.startDate,
          })),
        );
      }),
      ctx.now,
    );
  }

  /** Moves what waits for a draft along with its start. */
  async moveStart(ctx: Ctx, draft: Subscription, activated: Subscription): Promise<void> {
    await this.carry.moveStart(ctx, subjectOf(draft), subjectOf(activated));
  }
}

export const subjectOf = (
  subscription: Subscription,
  continues: GrantSubject['continues'] = [],
): GrantSubject => ({
  id: subscription.id,
  customerId: subscription.customerId,
  planId: subscription.planId,
  currency: subscription.currency,
  createdAt: subscription.createdAt,
  status: subscription.subscriptionStatus,
  schedule: scheduleOf(subscription),
  startDate: subscription.startDate,
  endDate: subscription.endDate,
  continues,
});
