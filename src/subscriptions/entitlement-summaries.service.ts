import { Injectable } from '@nestjs/common';
import type { OpenPeriod } from '../domain/period.js';
import { BEGUN_STATUSES } from '../domain/subscribing/subscription-states.js';
import { quotaWindowAt, type EntitlementTotal } from '../domain/usage/entitlement-summary.js';
import type { MeteredFeature } from '../features/features.types.js';
import type { Ctx } from '../platform/context.js';
import { MAX_LIMIT } from '../platform/http/list-query.js';
import { AddonsService } from '../plans/addons.service.js';
import { EntitlementsService } from '../plans/entitlements.service.js';
import type { Entitlement } from '../plans/entitlements.types.js';
import { PlansService } from '../plans/plans.service.js';
import { SubscriptionAddonsService } from './subscription-addons.service.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { contractOf, cutBefore, cutPeriod } from './contract.types.js';
import { quotaCalendarOf } from './quota-calendar.types.js';
import { SubscriptionChainsService, type SubscriptionChains } from './subscription-chains.service.js';
import type { Subscription } from './subscriptions.types.js';

/** Where a subscription has an entitlement from. */
export interface EntitlementSource {
  readonly subscription: Subscription;
  readonly entitlement: Entitlement;
  readonly entityName: string | null;
  readonly quantity: number;
}

export interface EntitledFeature {
  readonly feature: MeteredFeature;
  readonly sources: readonly EntitlementSource[];
}

/** What subscriptions entitle to at the moment, feature by feature. */
@Injectable()
export class EntitlementSummaries {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly chains: SubscriptionChainsService,
    private readonly entitlements: EntitlementsService,
    private readonly plans: PlansService,
    private readonly addons: AddonsService,
    private readonly associations: SubscriptionAddonsService,
  ) {}

  /** The customer's subscriptions that have begun and are not over: what product code asks about. */
  async entitling(ctx: Ctx, customerId: string, ids?: readonly string[]): Promise<Subscription[]> {
    const { rows } = await this.subscriptions.search(ctx, {
      customer_ids: [customerId],
      subscription_status: [...BEGUN_STATUSES],
      ...(ids === undefined ? {} : { subscription_ids: [...ids] }),
      limit: MAX_LIMIT,
    });
    return rows.filter(({ startDate }) => startDate <= ctx.now);
  }

  /** By a number of queries that does not grow with them. A subscription that is over entitles to nothing. */
  async of(
    ctx: Ctx,
    subscriptions: readonly Subscription[],
    featureIds?: readonly string[],
  ): Promise<EntitledFeature[]> {
    const open = subscriptions.filter(({ subscriptionStatus }) => subscriptionStatus !== 'cancelled');
    const period = { start: ctx.now, end: new Date(ctx.now.getTime() + 1) };
    const addonIds = await this.associations.idsIn(
      ctx,
      open.map(({ id }) => id),
      period,
    );
    const applicable = await this.entitlements.applicable(
      ctx,
      open.map(({ id, planId }) => ({
        subscriptionId: id,
        planId,
        addonIds: addonIds.get(id) ?? [],
        period,
      })),
    );
    const names = await this.namesOf(ctx, open, [...addonIds.values()].flat());
    const features = new Map<string, { feature: MeteredFeature; sources: EntitlementSource[] }>();
    for (const subscription of open)
      for (const { entitlement, feature } of applicable.get(subscription.id) ?? []) {
        if (featureIds !== undefined && !featureIds.includes(entitlement.featureId)) continue;
        const entry = features.get(entitlement.featureId) ?? { feature, sources: [] };
        features.set(entitlement.featureId, entry);
        const index = entry.sources.findIndex(
          (one) => one.subscription === subscription && one.entitlement.id === entitlement.id,
        );
        const same = entry.sources[index];
        if (same === undefined)
          entry.sources.push({
            subscription,
            entitlement,
            entityName: names.get(entitlement.entityId) ?? null,
            quantity: 1,
          });
        else entry.sources[index] = { ...same, quantity: same.quantity + 1 };
      }
    return [...features.values()];
  }

  /** The time that a limit holds for at the moment; sources that begin anew at different times: the billing period. */
  windowOf(
    ctx: Ctx,
    subscription: Subscription,
    total: EntitlementTotal,
    chains: SubscriptionChains,
  ): OpenPeriod {
    if (total.reset === null) {
      const { currentPeriodStart: start, currentPeriodEnd: end } = subscription;
      // A period that a change of plan has cut goes on, and its quota with it.
      const [cut] =
        start.getTime() === subscription.startDate.getTime()
          ? cutBefore(contractOf(chains.of(subscription.id), subscription))
          : [];
      return { start: cut === undefined ? start : (cutPeriod(cut)?.closing.start ?? start), end };
    }
    const { schedule, life } = quotaCalendarOf(subscription);
    return quotaWindowAt(total.reset, schedule, { start: life.start, end: null }, ctx.now);
  }

  /** What changes of plan have made of those subscriptions, for {@link windowOf}. */
  chainsOf(ctx: Ctx, subscriptions: readonly Subscription[]): Promise<SubscriptionChains> {
    return this.chains.of(ctx, subscriptions);
  }

  private async namesOf(
    ctx: Ctx,
    subscriptions: readonly Subscription[],
    addonIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const planIds = [...new Set(subscriptions.map(({ planId }) => planId))];
    const names = new Map<string, string>();
    if (planIds.length > 0)
      for (const { plan } of (await this.plans.search(ctx, { plan_ids: planIds, limit: MAX_LIMIT }, false))
        .rows)
        names.set(plan.id, plan.name);
    if (addonIds.length > 0)
      for (const { addon } of (
        await this.addons.search(ctx, { addon_ids: [...new Set(addonIds)], limit: MAX_LIMIT })
      ).rows)
        names.set(addon.id, addon.name);
    return names;
  }
}
