import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import type { Ctx } from '../../platform/context.js';
import type { MeteredPrice, Plan } from '../../plans/plans.types.js';
import { PlansService } from '../../plans/plans.service.js';
import { PricesService } from '../../plans/prices.service.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { ProviderError } from '../../providers/provider-error.js';
import type { Attempt } from '../../providers/provider-objects.js';
import type { PlanPush, PricePush, RemotePlan } from '../../providers/provider-catalogue.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncTasks } from '../sync/sync-tasks.js';
import type { Prepared, SyncOperation, SyncTask } from '../sync/sync.types.js';
import { localBaseline, remoteBaseline, isOpen, samePlan, type PlanBaseline } from './plan-baseline.js';
import { factsOf } from './price-facts.js';

interface PlanSide {
  readonly plan: Plan;
  readonly prices: readonly MeteredPrice[];
  /** By the ids of prices. */
  readonly mapped: ReadonlyMap<string, EntityMapping>;
  readonly common: PlanBaseline;
}

/** Our plan and its fixed prices → the provider's. What is metered here is billed here, and not told. */
@Injectable()
export class PushPlanTask implements SyncTask<RemotePlan>, OnModuleInit {
  readonly entityType = 'plan';
  readonly action = 'push';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly plans: PlansService,
    private readonly prices: PricesService,
    private readonly mappings: MappingsService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.catalog?.push !== undefined;
  }

  /** Whether the provider does not have the plan as it is, nor, where a push is under way, will have it so. */
  async isAhead(ctx: Ctx, connectionId: string, planId: string, isUnderWay = false): Promise<boolean> {
    const side = await this.side(ctx, connectionId, planId);
    if (side === undefined) return false;
    const mapping = await this.mappings.find(ctx, connectionId, 'plan', planId);
    if (mapping === null) return side.common.active;
    const { common, telling } = mapping.agreement ?? {};
    const theirs = (isUnderWay ? telling : undefined) ?? common;
    return !samePlan({ ...NOTHING, ...theirs }, side.common);
  }

  async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    if (!connection.syncConfig.plan.outbound) return { skip: 'plan.outbound is switched off' };
    const side = await this.side(ctx, connection.id, operation.entityId);
    if (side === undefined) return { skip: 'there is no such plan' };
    if (!(await this.isAhead(ctx, connection.id, operation.entityId)))
      return { skip: 'the provider has the plan as it is' };
    const mapping = await this.mappings.reserve(ctx, connection, 'plan', side.plan.id);
    await this.mappings.acceptBaseline(ctx, mapping, {
      read: mapping.agreement?.read ?? 0,
      common: mapping.agreement?.common ?? {},
      telling: { ...side.common },
    });
    return { ready: { ...pushOf(side, mapping.providerEntityId ?? undefined, ctx.now) } };
  }

  call(session: ProviderSession, snapshot: Record<string, unknown>, attempt: Attempt): Promise<RemotePlan> {
    if (session.catalog?.push === undefined) throw new Error('the session cannot push plans');
    return session.catalog.push(snapshot as unknown as PlanPush, attempt);
  }

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    remote: RemotePlan,
  ): Promise<string> {
    const mapping = await this.mappings.link(ctx, connection, 'plan', operation.entityId, remote.remoteId, {
      active: String(remote.active),
    });
    const ids = new Map<string, string>();
    for (const price of remote.prices) {
      const known = await this.mappings.findByRemoteId(ctx, connection.id, 'price', price.remoteId);
      const id = known?.entityId ?? price.priceId;
      if (id === undefined) continue;
      if (known === null && (await this.prices.byIds(ctx, [id])).has(id))
        await this.mappings.link(ctx, connection, 'price', id, price.remoteId);
      ids.set(price.remoteId, id);
    }
    await this.mappings.acceptBaseline(ctx, mapping, {
      read: mapping.agreement?.read ?? 0,
      common: { ...remoteBaseline(remote, ids) },
      telling: null,
    });
    return remote.remoteId;
  }

  async refused(ctx: Ctx, operation: SyncOperation, error: ProviderError): Promise<void> {
    if (!error.retryable)
      await this.mappings.notTold(ctx, operation.connectionId, this.entityType, operation.entityId);
  }

  private async side(ctx: Ctx, connectionId: string, planId: string): Promise<PlanSide | undefined> {
    const plan = await this.plans.find(ctx, planId);
    if (plan === null) return undefined;
    const prices = await this.prices.ofPlans(ctx, [planId]);
    const mapped = await this.mappings.ofEntities(
      ctx,
      connectionId,
      'price',
      prices.map(({ price }) => price.id),
    );
    return { plan, prices, mapped, common: localBaseline(plan, prices, mapped, ctx.now) };
  }
}

const NOTHING: PlanBaseline = { name: '', description: '', active: false, prices: {} };

function pushOf({ plan, prices, mapped }: PlanSide, remoteId: string | undefined, now: Date): PlanPush {
  return {
    planId: plan.id,
    remoteId,
    name: plan.name,
    description: plan.description ?? undefined,
    active: plan.status === 'published',
    metadata: {
      ...plan.metadata,
      ...(plan.lookupKey === null ? {} : { lookup_key: plan.lookupKey }),
    },
    prices: prices
      .filter(({ price }) => price.type === 'FIXED')
      .map((priced): PricePush => {
        const { price } = priced;
        return {
          priceId: price.id,
          remoteId: mapped.get(price.id)?.providerEntityId ?? undefined,
          ...factsOf(price),
          name: price.displayName ?? undefined,
          active: isOpen(priced, now),
          trialPeriodDays: price.trialPeriodDays ?? undefined,
          metadata: {
            ...price.metadata,
            ...(price.lookupKey === null ? {} : { lookup_key: price.lookupKey }),
          },
        };
      }),
  };
}
