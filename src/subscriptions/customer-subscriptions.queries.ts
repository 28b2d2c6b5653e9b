import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { SubscriptionEntity } from './subscription.entity.js';
import type { Subscription } from './subscriptions.types.js';

/** What other houses ask of many customers' subscriptions at once, and what has to be fast. */
@Injectable()
export class CustomerSubscriptionsQueries {
  byIds(ctx: Ctx, ids: readonly string[]): Promise<Subscription[]> {
    return ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where('row.id = ANY(:ids)', { ids })
      .orderBy('row.id')
      .getMany();
  }

  /** Subscriptions of a customer that are not over, oldest first. */
  openOf(ctx: Ctx, customerId: string): Promise<Subscription[]> {
    return ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where(`row.customerId = :customerId AND row.status = 'published'`, { customerId })
      .andWhere(`row.subscriptionStatus NOT IN ('cancelled', 'draft')`)
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  /** Per customer, the earliest end of a period that is over and not billed yet. */
  async unbilledSince(ctx: Ctx, customerIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const rows = await ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .select('row.customerId', 'customer')
      .addSelect('min(row.currentPeriodEnd)', 'since')
      .where('row.customerId = ANY(:ids)', { ids: customerIds })
      .andWhere(`row.subscriptionStatus IN ('active', 'trialing') AND row.currentPeriodEnd <= :now`, {
        now: ctx.now,
      })
      .groupBy('row.customerId')
      .getRawMany<{ customer: string; since: Date }>();
    return new Map(rows.map((row) => [row.customer, row.since]));
  }
}
