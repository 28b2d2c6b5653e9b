import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { PlanEntity } from './plan.entity.js';
import type { MeteredPrice, Plan, PricedPlan } from './plans.types.js';
import type { PriceInput } from './price-input.js';
import { PricesService } from './prices.service.js';

const SEARCH_FIELDS = {
  id: 'id',
  name: 'name',
  lookup_key: 'lookupKey',
  display_order: 'displayOrder',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface PlanFields {
  readonly name: string;
  readonly lookupKey?: string | undefined;
  readonly description?: string | undefined;
  readonly displayOrder?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface PlanSearch extends SearchRequest {
  readonly plan_ids?: string[];
  readonly lookup_key?: string;
  readonly metadata?: Record<string, string>;
}

@Injectable()
export class PlansService {
  constructor(
    private readonly prices: PricesService,
    private readonly outbox: Outbox,
  ) {}

  /** The plan and its prices together or not at all. */
  async create(ctx: Ctx, fields: PlanFields, prices: readonly PriceInput[] = []): Promise<PricedPlan> {
    const plan = await this.insert(ctx, fields);
    const created: MeteredPrice[] = [];
    for (const [index, price] of prices.entries())
      created.push(await this.prices.create(ctx, { type: 'PLAN', id: plan.id }, price, `prices[${index}]`));
    await this.outbox.append(ctx, { type: 'plan.created', entityType: 'plan', entityId: plan.id });
    return { plan, prices: created };
  }

  async get(ctx: Ctx, id: string): Promise<PricedPlan> {
    const plan = await this.getPlan(ctx, id);
    return { plan, prices: await this.prices.ofPlans(ctx, [id]) };
  }

  /** Deleted ones too. */
  find(ctx: Ctx, id: string): Promise<Plan | null> {
    return findRow(ctx.em, PlanEntity, { id });
  }

  async getPlan(ctx: Ctx, id: string): Promise<Plan> {
    const plan = await findRow(ctx.em, PlanEntity, { id });
    if (plan === null || plan.status === 'deleted') throw notFound('plan', id);
    return plan;
  }

  async search(
    ctx: Ctx,
    request: PlanSearch,
    withPrices: boolean,
  ): Promise<{ rows: PricedPlan[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(PlanEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.plan_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.plan_ids });
    if (request.lookup_key) query.andWhere('row.lookupKey = :key', { key: request.lookup_key });
    if (request.metadata && Object.keys(request.metadata).length > 0)
      query.andWhere('row.metadata @> :metadata', { metadata: JSON.stringify(request.metadata) });
    const { rows, pagination } = await findPage(query, request, SEARCH_FIELDS);
    const prices = withPrices
      ? await this.prices.ofPlans(
          ctx,
          rows.map((row) => row.id),
        )
      : [];
    return {
      rows: rows.map((plan) => ({ plan, prices: prices.filter(({ price }) => price.entityId === plan.id) })),
      pagination,
    };
  }

  async update(ctx: Ctx, id: string, change: Partial<PlanFields>): Promise<PricedPlan> {
    const before = await this.getPlan(ctx, id);
    await this.named(change.lookupKey, () =>
      updateRow(ctx.em, PlanEntity, id, {
        ...auditColumnsForUpdate(ctx),
        name: change.name ?? before.name,
        lookupKey: change.lookupKey ?? before.lookupKey,
        description: change.description ?? before.description,
        displayOrder: change.displayOrder ?? before.displayOrder,
        metadata: { ...(change.metadata ?? before.metadata) },
      }),
    );
    await this.outbox.append(ctx, { type: 'plan.updated', entityType: 'plan', entityId: id });
    return this.get(ctx, id);
  }

  /** An archived plan goes on for whoever has it, and is offered to nobody any more. */
  async setArchived(ctx: Ctx, id: string, archived: boolean): Promise<void> {
    const before = await this.getPlan(ctx, id);
    const status = archived ? 'archived' : 'published';
    if (before.status === status) return;
    await updateRow(ctx.em, PlanEntity, id, { ...auditColumnsForUpdate(ctx), status });
    await this.outbox.append(ctx, { type: 'plan.updated', entityType: 'plan', entityId: id });
  }

  /** The caller has made sure that nobody is subscribed. */
  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.getPlan(ctx, id);
    await updateRow(ctx.em, PlanEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
    await this.outbox.append(ctx, { type: 'plan.deleted', entityType: 'plan', entityId: id });
  }

  private insert(ctx: Ctx, fields: PlanFields): Promise<Plan> {
    return this.named(fields.lookupKey, () =>
      insertRow(ctx.em, PlanEntity, {
        ...auditColumnsForInsert(ctx, 'plan'),
        name: fields.name,
        lookupKey: fields.lookupKey ?? null,
        description: fields.description ?? null,
        displayOrder: fields.displayOrder ?? null,
        metadata: { ...fields.metadata },
      }),
    );
  }

  private async named<T>(lookupKey: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isUniqueViolation(error, 'plans_lookup_key'))
        throw alreadyExists(`a plan with lookup_key ${lookupKey ?? ''} exists already`);
      throw error;
    }
  }
}
