import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound, validationError } from '../domain/errors.js';
import { rate } from '../domain/rate.js';
import { modelNeeds, type TermField } from '../domain/rating/price-kinds.js';
import { FeaturesService } from '../features/features.service.js';
import { GroupsService } from '../features/groups.service.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { Outbox } from '../platform/outbox/outbox.js';
import type { MeteredPrice, Price, PricedEntity } from './plans.types.js';
import { PriceEntity } from './price.entity.js';
import { assertPrice, type PriceInput } from './price-input.js';

export type { PriceInput } from './price-input.js';

const SEARCH_FIELDS = {
  id: 'id',
  amount: 'amount',
  currency: 'currency',
  type: 'type',
  billing_model: 'billingModel',
  billing_period: 'billingPeriod',
  lookup_key: 'lookupKey',
  entity_id: 'entityId',
  meter_id: 'meterId',
  created_at: 'createdAt',
};

export interface PriceSearch extends SearchRequest {
  readonly price_ids?: string[];
  readonly plan_ids?: string[];
  readonly entity_ids?: string[];
  readonly entity_type?: string;
  readonly meter_ids?: string[];
  readonly billing_periods?: string[];
  readonly allow_expired_prices?: boolean;
  readonly start_date_lt?: Date;
  readonly parent_price_id?: string;
  readonly subscription_id?: string;
}

@Injectable()
export class PricesService {
  constructor(
    private readonly features: FeaturesService,
    private readonly groups: GroupsService,
    private readonly outbox: Outbox,
  ) {}

  /** `path` leads to the price in the caller's body, for error messages; `links` to the prices that it comes from. */
  async create(
    ctx: Ctx,
    entity: PricedEntity,
    input: PriceInput,
    path = '',
    links: { readonly parentPriceId?: string | null; readonly replacesPriceId?: string } = {},
  ): Promise<MeteredPrice> {
    assertPrice(input, path);
    const needs = (field: TermField): boolean => modelNeeds(input.billingModel, field);
    const meter = input.meterId === undefined ? null : await this.features.getMeter(ctx, input.meterId);
    if (meter !== null && meter.status !== 'published')
      throw validationError(`meter ${meter.id} is disabled: its feature was deleted`);
    try {
      const price = await insertRow(ctx.em, PriceEntity, {
        ...auditColumnsForInsert(ctx, 'price'),
        entityType: entity.type,
        entityId: entity.id,
        type: input.type,
        billingModel: input.billingModel,
        billingPeriod: input.billingPeriod,
        billingPeriodCount: input.billingPeriodCount,
        invoiceCadence: input.invoiceCadence,
        currency: input.currency,
        amount: input.amount === undefined || !needs('amount') ? null : rate(input.amount),
        tierMode: needs('tier_mode') ? (input.tierMode ?? null) : null,
        tiers: needs('tiers') ? [...(input.tiers ?? [])] : null,
        transformQuantity:
          needs('transform_quantity') && input.transformQuantity
            ? { divide_by: input.transformQuantity.divide_by, round: input.transformQuantity.round ?? 'up' }
            : null,
        meterId: input.type === 'USAGE' ? (meter?.id ?? null) : null,
        filterValues: { ...input.filterValues },
        minQuantity: input.minQuantity === undefined ? null : rate(input.minQuantity),
        trialPeriodDays: input.trialPeriodDays ?? null,
        parentPriceId: links.parentPriceId ?? null,
        replacesPriceId: links.replacesPriceId ?? null,
        lookupKey: input.lookupKey ?? null,
        displayName: input.displayName ?? null,
        description: input.description ?? null,
        startDate: input.startDate ?? ctx.now,
        endDate: input.endDate ?? null,
        metadata: { ...input.metadata },
      });
      if (input.groupId) await this.groups.assign(ctx, 'price', price.id, input.groupId);
      if (entity.type === 'PLAN')
        await this.outbox.append(ctx, { type: 'price.created', entityType: 'price', entityId: price.id });
      return (await this.withMeters(ctx, [price]))[0] as MeteredPrice;
    } catch (error) {
      if (isUniqueViolation(error, 'prices_lookup_key'))
        throw alreadyExists(`a price with lookup_key ${input.lookupKey ?? ''} exists already`);
      throw error;
    }
  }

  async get(ctx: Ctx, id: string): Promise<MeteredPrice> {
    const price = await findRow(ctx.em, PriceEntity, { id });
    if (price === null) throw notFound('price', id);
    return (await this.withMeters(ctx, [price]))[0] as MeteredPrice;
  }

  /** The one in force; else the last one that was, or will be. */
  async getByLookupKey(ctx: Ctx, lookupKey: string): Promise<MeteredPrice> {
    const rows = await ctx.em.find(PriceEntity, {
      where: { lookupKey, status: 'published' },
      order: { startDate: 'DESC', id: 'DESC' },
    });
    const inForce = rows.find(
      (row) => row.startDate <= ctx.now && (row.endDate === null || row.endDate > ctx.now),
    );
    const found = inForce ?? rows[0];
    if (found === undefined) throw notFound('price with lookup_key', lookupKey);
    return (await this.withMeters(ctx, [found]))[0] as MeteredPrice;
  }

  /** By id, for the lines that charge by them; ended and deleted prices too. */
  async byIds(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, MeteredPrice>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    const rows = await ctx.em
      .createQueryBuilder(PriceEntity, 'row')
      .where('row.id = ANY(:wanted)', { wanted })
      .getMany();
    return new Map((await this.withMeters(ctx, rows)).map((row) => [row.price.id, row]));
  }

  /** The published prices of those plans, oldest first; ended ones too. */
  ofPlans(ctx: Ctx, planIds: readonly string[]): Promise<MeteredPrice[]> {
    return this.ofEntities(ctx, 'PLAN', planIds);
  }

  /** The published prices of those plans, addons or subscriptions, oldest first; ended ones too. */
  async ofEntities(
    ctx: Ctx,
    type: PricedEntity['type'],
    entityIds: readonly string[],
  ): Promise<MeteredPrice[]> {
    if (entityIds.length === 0) return [];
    const rows = await ctx.em
      .createQueryBuilder(PriceEntity, 'row')
      .where(`row.entityType = :type AND row.entityId = ANY(:entityIds)`, { type, entityIds })
      .andWhere(`row.status = 'published'`)
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    return this.withMeters(ctx, rows);
  }

  async search(
    ctx: Ctx,
    request: PriceSearch,
  ): Promise<{ rows: MeteredPrice[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(PriceEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const entityIds = [...(request.plan_ids ?? []), ...(request.entity_ids ?? [])];
    if (entityIds.length) query.andWhere('row.entityId IN (:...entityIds)', { entityIds });
    if (request.entity_type) query.andWhere('row.entityType = :type', { type: request.entity_type });
    if (request.price_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.price_ids });
    if (request.meter_ids?.length)
      query.andWhere('row.meterId IN (:...meters)', { meters: request.meter_ids });
    if (request.billing_periods?.length)
      query.andWhere('row.billingPeriod IN (:...periods)', { periods: request.billing_periods });
    if (request.start_date_lt)
      query.andWhere('row.startDate < :startDateLt', { startDateLt: request.start_date_lt });
    if (request.parent_price_id)
      query.andWhere('row.parentPriceId = :parent', { parent: request.parent_price_id });
    if (request.subscription_id)
      query.andWhere(`row.entityType = 'SUBSCRIPTION' AND row.entityId = :subscription`, {
        subscription: request.subscription_id,
      });
    if (request.allow_expired_prices !== true)
      query.andWhere('(row.endDate IS NULL OR row.endDate > :now)', { now: ctx.now });
    const { rows, pagination } = await findPage(query, request, SEARCH_FIELDS);
    return { rows: await this.withMeters(ctx, rows), pagination };
  }

  private async withMeters(ctx: Ctx, prices: readonly Price[]): Promise<MeteredPrice[]> {
    const meters = await this.features.metersByIds(
      ctx,
      prices.flatMap((price) => price.meterId ?? []),
    );
    const groups = await this.groups.ofMembers(
      ctx,
      prices.map((price) => price.id),
    );
    return prices.map((price) => ({
      price,
      meter: price.meterId === null ? null : (meters.get(price.meterId) ?? null),
      group: groups.get(price.id) ?? null,
    }));
  }
}
