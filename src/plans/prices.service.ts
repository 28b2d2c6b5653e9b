import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound, validationError } from '../domain/errors.js';
import { rate } from '../domain/rate.js';
import { FeaturesService } from '../features/features.service.js';
import type { Ctx } from '../platform/context.js';
import { insertRow, stampNew } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import type { MeteredPrice, Price } from './plans.types.js';
import { PriceEntity } from './price.entity.js';
import { priceInput } from './price-dialect.js';
import { assertPrice, type PriceInput } from './price-input.js';
import type { PriceFieldsRequest } from './prices.requests.js';

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
}

@Injectable()
export class PricesService {
  constructor(private readonly features: FeaturesService) {}

  /** `path` leads to the price in the caller's body, for error messages. */
  async create(
    ctx: Ctx,
    entity: { readonly type: 'PLAN' | 'SUBSCRIPTION'; readonly id: string },
    input: PriceInput,
    path = '',
  ): Promise<MeteredPrice> {
    assertPrice(input, path);
    const meter = input.meterId === undefined ? null : await this.features.getMeter(ctx, input.meterId);
    if (meter !== null && meter.status !== 'published')
      throw validationError(`meter ${meter.id} is disabled: its feature was deleted`);
    try {
      const price = await insertRow(ctx.em, PriceEntity, {
        ...stampNew(ctx, 'price'),
        entityType: entity.type,
        entityId: entity.id,
        type: input.type,
        billingModel: input.billingModel,
        billingPeriod: input.billingPeriod,
        billingPeriodCount: input.billingPeriodCount,
        invoiceCadence: input.invoiceCadence,
        currency: input.currency,
        amount: input.amount === undefined || input.billingModel === 'TIERED' ? null : rate(input.amount),
        tierMode: input.billingModel === 'TIERED' ? (input.tierMode ?? null) : null,
        tiers: input.billingModel === 'TIERED' ? [...(input.tiers ?? [])] : null,
        transformQuantity:
          input.billingModel === 'PACKAGE' && input.transformQuantity
            ? { divide_by: input.transformQuantity.divide_by, round: input.transformQuantity.round ?? 'up' }
            : null,
        meterId: input.type === 'USAGE' ? (meter?.id ?? null) : null,
        filterValues: { ...input.filterValues },
        minQuantity: input.minQuantity === undefined ? null : rate(input.minQuantity),
        trialPeriodDays: input.trialPeriodDays ?? null,
        lookupKey: input.lookupKey ?? null,
        displayName: input.displayName ?? null,
        description: input.description ?? null,
        startDate: input.startDate ?? ctx.now,
        endDate: input.endDate ?? null,
        metadata: { ...input.metadata },
      });
      return { price, meter: price.meterId === null ? null : meter };
    } catch (error) {
      if (isUniqueViolation(error, 'prices_lookup_key'))
        throw alreadyExists(`a price with lookup_key ${input.lookupKey ?? ''} exists already`);
      throw error;
    }
  }

  /** A price as the wire describes it, in the words that {@link create} takes. */
  inputOf(body: PriceFieldsRequest): PriceInput {
    return priceInput(body);
  }

  async get(ctx: Ctx, id: string): Promise<MeteredPrice> {
    const price = await ctx.em.findOneBy(PriceEntity, { id });
    if (price === null) throw notFound('price', id);
    return (await this.withMeters(ctx, [price]))[0] as MeteredPrice;
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

  /** The published prices of those plans, oldest first. */
  async ofPlans(ctx: Ctx, planIds: readonly string[]): Promise<MeteredPrice[]> {
    if (planIds.length === 0) return [];
    const rows = await ctx.em
      .createQueryBuilder(PriceEntity, 'row')
      .where(`row.entityType = 'PLAN' AND row.entityId IN (:...planIds)`, { planIds })
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
    return prices.map((price) => ({
      price,
      meter: price.meterId === null ? null : (meters.get(price.meterId) ?? null),
    }));
  }
}
