import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { formatRate } from '../../domain/rate.js';
import type { Ctx } from '../../platform/context.js';
import type { Plan } from '../../plans/plans.types.js';
import { PlansService } from '../../plans/plans.service.js';
import type { RemoteSubscription, RemoteSubscriptionItem } from '../../providers/provider-subscriptions.js';
import {
  ImportedSubscriptionsService,
  type ImportedItem,
} from '../../subscriptions/imported-subscriptions.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';
import { ImportedPrices } from '../catalogue/imported-prices.service.js';
import { InboundPlans, type PlanReading } from '../catalogue/inbound-plans.service.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { itemLines, type CommonSubscription } from './common-subscription.js';

/** What a subscription cannot be imported without, in words. */
export interface Missing {
  readonly missing: string;
}

/** Remote items as lines of ours: their plans and prices, and what changes of them. */
@Injectable()
export class ImportedItems {
  constructor(
    private readonly plans: PlansService,
    private readonly subscriptions: SubscriptionsService,
    private readonly imported: ImportedSubscriptionsService,
    private readonly inboundPlans: InboundPlans,
    private readonly importedPrices: ImportedPrices,
    private readonly mappings: MappingsService,
  ) {}

  /** The items with plans and prices of ours; what is not known yet is imported, if that is switched on. */
  async resolve(
    ctx: Ctx,
    connection: Connection,
    remote: RemoteSubscription,
    readings: readonly PlanReading[],
  ): Promise<readonly ImportedItem[] | Missing> {
    const items: ImportedItem[] = [];
    for (const item of remote.items) {
      const plan = await this.planOf(ctx, connection, item, readings);
      if ('missing' in plan) return plan;
      const known = await this.mappings.findByRemoteId(ctx, connection.id, 'price', item.price.remoteId);
      if (known === null && !connection.syncConfig.plan.inbound)
        return {
          missing: `the price ${item.price.remoteId} is not known here, and plan.inbound is switched off`,
        };
      const priced = await this.importedPrices.ensure(ctx, connection, plan.id, item.price);
      items.push({ itemId: item.remoteId, plan, priced, quantity: item.quantity });
    }
    return items;
  }

  /** Lines follow items: made, ended, of another price or quantity. `known`: what both sides had last. */
  async follow(
    ctx: Ctx,
    connection: Connection,
    subscription: Subscription,
    items: readonly ImportedItem[],
    known: {
      readonly common: CommonSubscription | undefined;
      readonly telling: CommonSubscription | undefined;
    },
  ): Promise<void> {
    const lines = itemLines(await this.subscriptions.linesOf(ctx, [subscription.id]), connection.id, ctx.now);
    const there = new Set(items.map(({ itemId }) => itemId));
    for (const line of lines)
      if (!there.has(line.providerItemId ?? '')) await this.imported.endLine(ctx, line);
    for (const item of items) {
      const line = lines.find(({ providerItemId }) => providerItemId === item.itemId);
      const before = known.common?.quantities[item.itemId];
      if (line === undefined) {
        // One that was there before and is gone here was taken away here.
        if (before === undefined || before !== (item.quantity ?? ''))
          await this.imported.addItem(ctx, subscription, connection.id, item);
      } else if (line.priceId !== item.priced.price.id) {
        await this.imported.endLine(ctx, line);
        await this.imported.addItem(ctx, subscription, connection.id, item);
      } else {
        await this.followQuantity(ctx, line, item, before, known.telling?.quantities[item.itemId]);
      }
    }
  }

  private async followQuantity(
    ctx: Ctx,
    line: SubscriptionLineItem,
    { quantity }: ImportedItem,
    before: string | undefined,
    telling: string | undefined,
  ): Promise<void> {
    if (quantity === undefined || quantity === before || quantity === telling) return;
    if (formatRate(line.quantity) !== quantity) await this.imported.setQuantity(ctx, line, quantity);
  }

  private async planOf(
    ctx: Ctx,
    connection: Connection,
    { price }: RemoteSubscriptionItem,
    readings: readonly PlanReading[],
  ): Promise<Plan | Missing> {
    const find = async (): Promise<Plan | null> => {
      const mapping = await this.mappings.findByRemoteId(ctx, connection.id, 'plan', price.remotePlanId);
      return mapping === null ? null : this.plans.find(ctx, mapping.entityId);
    };
    let plan = await find();
    if (plan === null) {
      const reading = readings.find(({ remoteId }) => remoteId === price.remotePlanId);
      const unknown = `the plan ${price.remotePlanId} is not known here`;
      if (reading === undefined)
        return {
          missing: connection.syncConfig.plan.inbound
            ? `${unknown} yet`
            : `${unknown}, and plan.inbound is switched off`,
        };
      const dispatched = await this.inboundPlans.apply(ctx, connection, reading, true);
      plan = await find();
      if (plan === null)
        return { missing: `${unknown}${'reason' in dispatched ? `: ${dispatched.reason}` : ''}` };
    }
    return plan.status === 'deleted' ? { missing: `its plan ${plan.id} was deleted here` } : plan;
  }
}
