import { Injectable } from '@nestjs/common';
import type { Customer } from '../customers/customers.types.js';
import { alreadyExists, fieldErrors, notFound } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, insertUnlessThere, updateRow } from '../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { CatalogueEntities, type EntityKind } from './catalogue-entities.service.js';
import { TaxAssociationEntity } from './tax-association.entity.js';
import { assertActive, TaxRatesService } from './tax-rates.service.js';
import type {
  AssociatedTax,
  TaxAssociation,
  TaxedBill,
  TaxedEntityType,
  TaxOverride,
} from './taxes.types.js';

export interface TaxAssociationInput extends TaxOverride {
  readonly entityType: TaxedEntityType;
  readonly entityId: string;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
}

export interface TaxAssociationList extends ListRequest {
  readonly entity_type?: string;
  readonly entity_id?: string;
  readonly tax_rate_id?: string;
}

/**
 * Which rates tax what. Only a subscription's are applied; the tenant's and the customers' are copied down when a
 * customer, or a subscription, is created. What changes above later does not reach it.
 */
@Injectable()
export class TaxAssociationsService {
  constructor(
    private readonly taxRates: TaxRatesService,
    private readonly entities: CatalogueEntities,
  ) {}

  async create(ctx: Ctx, input: TaxAssociationInput): Promise<AssociatedTax> {
    await this.entities.assertExists(ctx, input.entityType.toUpperCase() as EntityKind, input.entityId);
    const taxRate = await this.taxRates.hold(ctx, (await this.taxRates.getByCode(ctx, input.taxRateCode)).id);
    assertActive(taxRate);
    const startDate = input.startDate ?? ctx.now;
    if (input.endDate && input.endDate <= startDate)
      throw fieldErrors({ end_date: 'end_date must be after start_date' });
    try {
      const association = await insertRow(ctx.em, TaxAssociationEntity, {
        ...auditColumnsForInsert(ctx, 'taxAssociation'),
        taxRateId: taxRate.id,
        entityType: input.entityType,
        entityId: input.entityId,
        priority: input.priority ?? 0,
        autoApply: input.autoApply ?? true,
        currency: input.currency ?? null,
        startDate,
        endDate: input.endDate ?? null,
        inheritedFrom: null,
        metadata: { ...input.metadata },
      });
      return { association, taxRate };
    } catch (error) {
      if (isUniqueViolation(error, 'tax_associations_once'))
        throw alreadyExists(`${input.entityType} ${input.entityId} has tax rate ${taxRate.code} already`);
      throw error;
    }
  }

  async get(ctx: Ctx, id: string): Promise<AssociatedTax> {
    return (await this.withRates(ctx, [await this.find(ctx, id)]))[0] as AssociatedTax;
  }

  async list(
    ctx: Ctx,
    request: TaxAssociationList,
  ): Promise<{ rows: AssociatedTax[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(TaxAssociationEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.entity_type) query.andWhere('row.entityType = :type', { type: request.entity_type });
    if (request.entity_id) query.andWhere('row.entityId = :entity', { entity: request.entity_id });
    if (request.tax_rate_id) query.andWhere('row.taxRateId = :rate', { rate: request.tax_rate_id });
    const { rows, pagination } = await findPage(query, request, { created_at: 'createdAt' });
    return { rows: await this.withRates(ctx, rows), pagination };
  }

  async update(
    ctx: Ctx,
    id: string,
    change: Pick<TaxOverride, 'autoApply' | 'priority' | 'metadata'>,
  ): Promise<AssociatedTax> {
    const before = await this.find(ctx, id);
    await updateRow(ctx.em, TaxAssociationEntity, id, {
      ...auditColumnsForUpdate(ctx),
      autoApply: change.autoApply ?? before.autoApply,
      priority: change.priority ?? before.priority,
      metadata: { ...(change.metadata ?? before.metadata) },
    });
    return this.get(ctx, id);
  }

  /** Answers what it was. */
  async delete(ctx: Ctx, id: string): Promise<AssociatedTax> {
    const before = await this.get(ctx, id);
    const change = { ...auditColumnsForUpdate(ctx), status: 'deleted' as const };
    await updateRow(ctx.em, TaxAssociationEntity, id, change);
    return { ...before, association: { ...before.association, ...change } };
  }

  /**
   * Gives a customer the tenant's rates of the instant at which it was created, whenever that is caught up on, and only
   * once: a copy that was deleted since stays deleted.
   */
  async inheritToCustomer(ctx: Ctx, customer: Pick<Customer, 'id' | 'createdAt'>): Promise<void> {
    const at = customer.createdAt;
    const sources = await ctx.em
      .createQueryBuilder(TaxAssociationEntity, 'row')
      .where(`row.entityType = 'tenant' AND row.entityId = :tenant`, { tenant: ctx.scope.tenantId })
      .andWhere('row.createdAt <= :at AND (row.endDate IS NULL OR row.endDate > :at)', { at })
      // A deleted row was last changed when it was deleted.
      .andWhere(`(row.status = 'published' OR row.updatedAt > :at)`)
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    await this.copy(ctx, sources, 'customer', customer.id, at, at);
  }

  /**
   * Gives a new customer these rates in place of the tenant's (an empty list: no tax). The copies of those are made and
   * deleted: so whoever catches up on the inheritance later finds them, and leaves them deleted.
   */
  async overrideForCustomer(ctx: Ctx, customer: Customer, overrides: readonly TaxOverride[]): Promise<void> {
    await this.inheritToCustomer(ctx, customer);
    await ctx.em.update(
      TaxAssociationEntity,
      { entityType: 'customer', entityId: customer.id },
      { ...auditColumnsForUpdate(ctx), status: 'deleted' },
    );
    for (const override of overrides)
      await this.create(ctx, { ...override, entityType: 'customer', entityId: customer.id });
  }

  /**
   * Gives a new subscription its customer's rates, or the overrides in their place where the caller sends a list of them
   * (an empty one: no tax). To be called in the unit of work that creates it.
   */
  async inheritToSubscription(
    ctx: Ctx,
    subscription: { readonly id: string; readonly customer: Customer; readonly startDate: Date },
    overrides?: readonly TaxOverride[],
  ): Promise<void> {
    if (overrides !== undefined) {
      for (const override of overrides)
        await this.create(ctx, {
          ...override,
          entityType: 'subscription',
          entityId: subscription.id,
          startDate: subscription.startDate,
        });
      return;
    }
    // The job that does this after a customer's creation may not have run yet.
    await this.inheritToCustomer(ctx, subscription.customer);
    const sources = await ctx.em
      .createQueryBuilder(TaxAssociationEntity, 'row')
      .where(`row.entityType = 'customer' AND row.entityId = :customer AND row.status = 'published'`, {
        customer: subscription.customer.id,
      })
      .andWhere('(row.endDate IS NULL OR row.endDate > :now)', { now: ctx.now })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    await this.copy(ctx, sources, 'subscription', subscription.id, subscription.startDate, ctx.now);
  }

  /** What taxes a subscription taxes the one that takes its place. */
  async transfer(
    ctx: Ctx,
    from: string,
    to: { readonly id: string; readonly startDate: Date },
  ): Promise<void> {
    const sources = await ctx.em
      .createQueryBuilder(TaxAssociationEntity, 'row')
      .where(`row.entityType = 'subscription' AND row.entityId = :from AND row.status = 'published'`, {
        from,
      })
      .andWhere('(row.endDate IS NULL OR row.endDate > :at)', { at: to.startDate })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    await this.copy(ctx, sources, 'subscription', to.id, to.startDate, to.startDate);
  }

  /** A draft begins at another time than was planned: what taxes it from its start on moves along. */
  async moveStart(ctx: Ctx, subscriptionId: string, from: Date, to: Date): Promise<void> {
    await ctx.em.query(
      `UPDATE tax_associations SET start_date = $3, updated_at = $4, updated_by = $5
        WHERE entity_type = 'subscription' AND entity_id = $1 AND start_date = $2
          AND (end_date IS NULL OR end_date > $3)`,
      [subscriptionId, from, to, ctx.now, ctx.actor],
    );
  }

  /** The taxes on each of those bills, in the order of their priority, by subscription. A constant number of queries. */
  async applicable(
    ctx: Ctx,
    bills: readonly TaxedBill[],
  ): Promise<ReadonlyMap<TaxedBill, readonly AssociatedTax[]>> {
    if (bills.length === 0) return new Map();
    const rows = await ctx.em
      .createQueryBuilder(TaxAssociationEntity, 'row')
      .where(`row.entityType = 'subscription' AND row.status = 'published' AND row.autoApply`)
      .andWhere('row.entityId = ANY(:ids)', { ids: bills.map((bill) => bill.subscriptionId) })
      .orderBy('row.priority')
      .addOrderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    const active = (await this.withRates(ctx, rows)).filter(
      ({ taxRate }) => taxRate.status === 'published' && taxRate.taxRateStatus === 'ACTIVE',
    );
    return new Map(
      bills.map((bill) => [bill, active.filter(({ association }) => concerns(association, bill))]),
    );
  }

  /** Rates that apply at that instant begin with the entity that gets them, others when they would have. */
  private async copy(
    ctx: Ctx,
    sources: readonly TaxAssociation[],
    entityType: TaxedEntityType,
    entityId: string,
    startDate: Date,
    asOf: Date,
  ): Promise<void> {
    for (const source of sources)
      await insertUnlessThere(ctx.em, TaxAssociationEntity, {
        ...source,
        ...auditColumnsForInsert(ctx, 'taxAssociation'),
        entityType,
        entityId,
        startDate: source.startDate <= asOf ? startDate : source.startDate,
        inheritedFrom: source.id,
      });
  }

  private async find(ctx: Ctx, id: string): Promise<TaxAssociation> {
    const row = await findRow(ctx.em, TaxAssociationEntity, { id, status: 'published' });
    if (row === null) throw notFound('tax association', id);
    return row;
  }

  private async withRates(ctx: Ctx, rows: readonly TaxAssociation[]): Promise<AssociatedTax[]> {
    const rates = await this.taxRates.byIds(
      ctx,
      rows.map((row) => row.taxRateId),
    );
    return rows.flatMap((association) => {
      const taxRate = rates.get(association.taxRateId);
      return taxRate === undefined ? [] : [{ association, taxRate }];
    });
  }
}

const concerns = (association: TaxAssociation, bill: TaxedBill): boolean =>
  association.entityId === bill.subscriptionId &&
  (association.currency === null || association.currency === bill.currency) &&
  association.startDate < bill.period.end &&
  (association.endDate === null || association.endDate > bill.period.start);
