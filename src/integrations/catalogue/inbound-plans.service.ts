import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import type { Ctx } from '../../platform/context.js';
import type { Plan } from '../../plans/plans.types.js';
import { PlansService } from '../../plans/plans.service.js';
import { PricesService } from '../../plans/prices.service.js';
import type { RemotePlan } from '../../providers/provider-catalogue.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { HANDLED, handledBut, skipped, SUPERSEDED, type Dispatched } from '../outcomes/dispatched.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { remoteBaseline, type PlanBaseline } from './plan-baseline.js';
import { ImportedPrices } from './imported-prices.service.js';

/** A plan as the provider shows it. */
export interface PlanReading {
  readonly remoteId: string;
  /** Null: there is none any more. */
  readonly remote: RemotePlan | null;
  /** Of {@link MappingsService.beginReading}, drawn before it was read. */
  readonly number: number;
}

/** Remote plans as plans of ours. */
@Injectable()
export class InboundPlans {
  constructor(
    private readonly plans: PlansService,
    private readonly prices: PricesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly importedPrices: ImportedPrices,
    private readonly mappings: MappingsService,
  ) {}

  /** `evenArchived`: somebody has it, so that it is needed although nobody new gets it. */
  async apply(
    ctx: Ctx,
    connection: Connection,
    reading: PlanReading,
    evenArchived = false,
  ): Promise<Dispatched> {
    if (!connection.syncConfig.plan.inbound) return skipped('plan.inbound is switched off');
    const { remote, remoteId, number } = reading;
    if (remote?.foreign === true) return skipped('the plan belongs to another environment');
    const known = await this.mappings.lockRemote(ctx, connection.id, 'plan', remoteId);
    if (known?.agreement && known.agreement.read > number) return SUPERSEDED;
    if (remote === null) return this.gone(ctx, known, number);
    const mapping = known ?? (await this.adopt(ctx, connection, remote, evenArchived));
    if (mapping === undefined) return skipped('the plan is archived at the provider');
    const plan = await this.plans.find(ctx, mapping.entityId);
    if (plan === null || plan.status === 'deleted') return skipped('the plan was deleted here');
    const common: Partial<PlanBaseline> = mapping.agreement?.common ?? {};
    await this.takeFields(ctx, plan, remote, common, mapping.agreement?.telling ?? {});
    const { ids, left } = await this.importedPrices.apply(ctx, connection, plan.id, remote.prices, {
      common,
      unreadable: remote.unreadable,
    });
    await this.mappings.acceptBaseline(
      ctx,
      mapping,
      {
        read: number,
        common: { ...remoteBaseline(remote, ids) },
        telling: mapping.agreement?.telling ?? null,
      },
      { active: String(remote.active) },
    );
    return handledBut(left);
  }

  /** The mapping of a plan that was not known: to the one of ours that it names, or to a new one. */
  private async adopt(
    ctx: Ctx,
    connection: Connection,
    remote: RemotePlan,
    evenArchived: boolean,
  ): Promise<EntityMapping | undefined> {
    const named = remote.planId === undefined ? null : await this.plans.find(ctx, remote.planId);
    if (named !== null && named.status !== 'deleted')
      return this.mappings.link(ctx, connection, 'plan', named.id, remote.remoteId);
    if (!remote.active && !evenArchived) return undefined;
    const { rows } = await this.plans.search(ctx, { lookup_key: remote.remoteId, limit: 1 }, false);
    const { plan } = await this.plans.create(ctx, {
      name: remote.name,
      description: remote.description,
      ...(rows.length === 0 ? { lookupKey: remote.remoteId } : {}),
      metadata: remote.metadata,
    });
    if (!remote.active) await this.plans.setArchived(ctx, plan.id, true);
    return this.mappings.link(ctx, connection, 'plan', plan.id, remote.remoteId);
  }

  /** What was changed there since both sides were the same. What comes back of our own telling was not. */
  private async takeFields(
    ctx: Ctx,
    plan: Plan,
    remote: RemotePlan,
    common: Partial<PlanBaseline>,
    telling: Partial<PlanBaseline>,
  ): Promise<void> {
    const description = remote.description ?? '';
    const changedThere = <F extends 'name' | 'description' | 'active'>(
      field: F,
      value: PlanBaseline[F],
    ): boolean => value !== common[field] && value !== telling[field];
    const name = changedThere('name', remote.name) && remote.name !== plan.name ? { name: remote.name } : {};
    const words =
      changedThere('description', description) && description !== (plan.description ?? '')
        ? { description }
        : {};
    if (Object.keys({ ...name, ...words }).length > 0)
      await this.plans.update(ctx, plan.id, { ...name, ...words });
    if (changedThere('active', remote.active)) await this.plans.setArchived(ctx, plan.id, !remote.active);
  }

  /** Deleted there: deleted here, unless somebody has it. */
  private async gone(ctx: Ctx, mapping: EntityMapping | null, read: number): Promise<Dispatched> {
    if (mapping === null) return skipped('the provider has no such plan, and neither have we');
    const plan = await this.plans.find(ctx, mapping.entityId);
    if (plan !== null && plan.status !== 'deleted') {
      if (await this.subscriptions.hasOpenFor(ctx, { planId: plan.id }))
        await this.plans.setArchived(ctx, plan.id, true);
      else await this.plans.delete(ctx, plan.id);
    }
    const before: Partial<PlanBaseline> = mapping.agreement?.common ?? {};
    await this.mappings.acceptBaseline(
      ctx,
      mapping,
      { read, common: { ...before, active: false }, telling: null },
      { active: 'false' },
    );
    return HANDLED;
  }
}
