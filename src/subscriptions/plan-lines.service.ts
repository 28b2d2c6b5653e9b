import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate } from '../platform/database/columns.js';
import { insertRow, updateRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import type { MeteredPrice, Plan } from '../plans/plans.types.js';
import { PricesService } from '../plans/prices.service.js';
import { planLineChanges, type PlanLineChanges } from './plan-line-changes.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import { lineOf } from './subscription-line-rules.js';
import { SubscriptionsService } from './subscriptions.service.js';
import type { Subscription, SubscriptionLineItem } from './subscriptions.types.js';

export type { PlanLineChanges } from './plan-line-changes.js';

/** Those that can be changed; one whose first invoice is owed takes nothing on before it is paid. */
const LIVE = ['draft', 'trialing', 'active', 'paused'];

/** The lines that live subscriptions have of their plan, and how they follow it. */
@Injectable()
export class PlanLinesService {
  constructor(
    private readonly prices: PricesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly outbox: Outbox,
  ) {}

  /** The next live subscriptions of a plan, by id. */
  live(ctx: Ctx, planId: string, after: string, limit: number): Promise<Subscription[]> {
    return ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where('row.planId = :planId AND row.id > :after', { planId, after })
      .andWhere(`row.status = 'published' AND row.subscriptionStatus = ANY(:live)`, { live: LIVE })
      .orderBy('row.id')
      .limit(limit)
      .getMany();
  }

  /** What those subscriptions of one plan lack, in their order: as many queries as for one. */
  async changes(
    ctx: Ctx,
    planId: string,
    subscriptions: readonly Subscription[],
  ): Promise<PlanLineChanges[]> {
    const lines = await this.subscriptions.linesOf(
      ctx,
      subscriptions.map(({ id }) => id),
    );
    const priceOf = await this.prices.byIds(
      ctx,
      lines.map(({ priceId }) => priceId),
    );
    const published = await this.prices.ofPlans(ctx, [planId]);
    const gone = [...priceOf.values()].filter(
      ({ price }) => price.entityType === 'PLAN' && price.entityId === planId && price.status !== 'published',
    );
    const all = [...gone, ...published];
    return subscriptions.map((subscription) =>
      planLineChanges(
        subscription,
        lines.filter(({ subscriptionId }) => subscriptionId === subscription.id),
        all,
        priceOf,
      ),
    );
  }

  async end(ctx: Ctx, line: SubscriptionLineItem, endDate: Date): Promise<void> {
    await updateRow(ctx.em, SubscriptionLineItemEntity, line.id, { ...auditColumnsForUpdate(ctx), endDate });
  }

  /** A line of a price that the plan has now. In the place of another it keeps that one's quantity, words and commitment. */
  insert(
    ctx: Ctx,
    subscription: Subscription,
    plan: Plan,
    priced: MeteredPrice,
    { from, until }: { readonly from: Date; readonly until: Date | null },
    place: { readonly of: SubscriptionLineItem; readonly paidUntil: Date | null } | null,
  ): Promise<SubscriptionLineItem> {
    const fresh = lineOf(ctx, subscription, priced, undefined, 'quantity');
    const row: SubscriptionLineItemEntity = {
      ...fresh,
      entityType: 'plan',
      entityId: plan.id,
      planDisplayName: plan.name,
      displayName: priced.price.displayName ?? priced.meter?.name ?? plan.name,
      startDate: from,
      endDate: until,
    };
    return insertRow(
      ctx.em,
      SubscriptionLineItemEntity,
      place === null
        ? row
        : {
            ...row,
            displayName: place.of.displayName,
            metadata: { ...place.of.metadata },
            quantity: place.of.quantity,
            commitment: place.of.commitment,
            replacesId: place.of.id,
            paidUntil: place.paidUntil,
          },
    );
  }

  announce(ctx: Ctx, entityId: string): Promise<void> {
    return this.outbox.append(ctx, { type: 'subscription.updated', entityType: 'subscription', entityId });
  }
}
