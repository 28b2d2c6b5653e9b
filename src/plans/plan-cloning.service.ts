import { Injectable } from '@nestjs/common';
import { fieldErrors } from '../domain/errors.js';
import { formatRate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import { EntitlementsService } from './entitlements.service.js';
import type { FeaturedEntitlement } from './entitlements.types.js';
import { PlansService } from './plans.service.js';
import { notEnded, type MeteredPrice, type PricedPlan } from './plans.types.js';
import type { PriceInput } from './price-input.js';

export interface PlanClone {
  readonly name: string;
  readonly lookupKey: string;
  readonly description?: string | undefined;
  readonly displayOrder?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ClonedPlan extends PricedPlan {
  readonly entitlements: readonly FeaturedEntitlement[];
}

@Injectable()
export class PlanCloningService {
  constructor(
    private readonly plans: PlansService,
    private readonly entitlements: EntitlementsService,
  ) {}

  /** The same plan under another name: with the prices that are not over and the entitlements, or not at all. */
  async clone(ctx: Ctx, id: string, changes: PlanClone): Promise<ClonedPlan> {
    const source = await this.plans.get(ctx, id);
    if (changes.name === source.plan.name)
      throw fieldErrors({ name: 'name must differ from that of the plan it is a copy of' });
    const { plan, prices } = await this.plans.create(
      ctx,
      {
        name: changes.name,
        lookupKey: changes.lookupKey,
        description: changes.description ?? source.plan.description ?? undefined,
        displayOrder: changes.displayOrder ?? source.plan.displayOrder ?? undefined,
        metadata: changes.metadata ?? source.plan.metadata,
      },
      notEnded(source.prices, ctx.now).map((price) => copyOf(price, ctx.now)),
    );
    const entitlements: FeaturedEntitlement[] = [];
    for (const { entitlement } of await this.entitlements.ofEntities(ctx, 'PLAN', [id]))
      entitlements.push(
        await this.entitlements.create(ctx, {
          entityType: 'PLAN',
          entityId: plan.id,
          featureId: entitlement.featureId,
          isEnabled: entitlement.isEnabled,
          usageLimit: entitlement.usageLimit ?? undefined,
          usageResetPeriod: entitlement.usageResetPeriod ?? undefined,
          isSoftLimit: entitlement.isSoftLimit,
          staticValue: entitlement.staticValue ?? undefined,
          configValue: entitlement.configValue ?? undefined,
          startDate: entitlement.startDate ?? undefined,
          endDate: entitlement.endDate ?? undefined,
        }),
      );
    return { plan, prices, entitlements };
  }
}

/** All but the lookup key, which is the source's alone. What is in force begins now, what is to come when it would have. */
const copyOf = ({ price, group }: MeteredPrice, now: Date): PriceInput => ({
  type: price.type,
  billingModel: price.billingModel,
  billingPeriod: price.billingPeriod,
  billingPeriodCount: price.billingPeriodCount,
  invoiceCadence: price.invoiceCadence,
  currency: price.currency,
  amount: price.amount === null ? undefined : formatRate(price.amount),
  tierMode: price.tierMode ?? undefined,
  tiers: price.tiers ?? undefined,
  transformQuantity: price.transformQuantity ?? undefined,
  meterId: price.meterId ?? undefined,
  filterValues: price.filterValues,
  minQuantity: price.minQuantity?.toNumber(),
  trialPeriodDays: price.trialPeriodDays ?? undefined,
  groupId: group?.group.id,
  displayName: price.displayName ?? undefined,
  description: price.description ?? undefined,
  startDate: price.startDate > now ? price.startDate : now,
  endDate: price.endDate ?? undefined,
  metadata: price.metadata,
});
