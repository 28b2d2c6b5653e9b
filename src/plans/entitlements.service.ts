import { Injectable } from '@nestjs/common';
import { alreadyExists, fieldErrors, notFound, validationError } from '../domain/errors.js';
import { FeaturesService } from '../features/features.service.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { CatalogueEntities } from './catalogue-entities.service.js';
import { EntitlementEntity } from './entitlement.entity.js';
import { assertEntitlementTerms } from './entitlement-rules.js';
import type {
  EntitledEntityType,
  EntitledSubscription,
  Entitlement,
  EntitlementInput,
  EntitlementTerms,
  FeaturedEntitlement,
} from './entitlements.types.js';

const SEARCH_FIELDS = {
  id: 'id',
  entity_type: 'entityType',
  entity_id: 'entityId',
  feature_id: 'featureId',
  feature_type: 'featureType',
  is_enabled: 'isEnabled',
  usage_limit: 'usageLimit',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface EntitlementSearch extends SearchRequest {
  readonly entity_ids?: string[];
  readonly plan_ids?: string[];
  readonly entity_type?: string;
  readonly feature_ids?: string[];
  readonly feature_type?: string;
  readonly is_enabled?: boolean;
}

/** What the customers of a plan, of an addon, or of one subscription may use. */
@Injectable()
export class EntitlementsService {
  constructor(
    private readonly features: FeaturesService,
    private readonly entities: CatalogueEntities,
  ) {}

  /** `path` leads to it in the caller's body, for error messages. */
  async create(ctx: Ctx, input: EntitlementInput, path = ''): Promise<FeaturedEntitlement> {
    await this.entities.assertExists(ctx, input.entityType, input.entityId);
    const feature = await this.features.get(ctx, input.featureId);
    const { type } = feature.feature;
    if (input.featureType !== undefined && input.featureType !== type)
      throw fieldErrors({
        [`${path}feature_type`]: `${path}feature_type is ${type} for ${feature.feature.name}`,
      });
    assertEntitlementTerms(type, input, path);
    if (input.startDate && input.endDate && input.endDate <= input.startDate)
      throw fieldErrors({ [`${path}end_date`]: `${path}end_date must be after start_date` });
    if (input.parentEntitlementId !== undefined) await this.assertParent(ctx, input, path);
    const entitlement = await this.insert(ctx, {
      ...auditColumnsForInsert(ctx, 'entitlement'),
      entityType: input.entityType,
      entityId: input.entityId,
      featureId: input.featureId,
      featureType: type,
      isEnabled: input.isEnabled ?? true,
      usageLimit: input.usageLimit ?? null,
      usageResetPeriod: input.usageResetPeriod ?? null,
      isSoftLimit: input.isSoftLimit ?? false,
      staticValue: input.staticValue ?? null,
      configValue: input.configValue ? { ...input.configValue } : null,
      parentEntitlementId: input.parentEntitlementId ?? null,
      startDate: input.startDate ?? null,
      endDate: input.endDate ?? null,
    });
    return { entitlement, feature };
  }

  async get(ctx: Ctx, id: string): Promise<FeaturedEntitlement> {
    return (await this.withFeatures(ctx, [await this.find(ctx, id)]))[0] as FeaturedEntitlement;
  }

  async search(
    ctx: Ctx,
    request: EntitlementSearch,
  ): Promise<{ rows: FeaturedEntitlement[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(EntitlementEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const { plan_ids: planIds, entity_ids: entityIds } = request;
    if (entityIds?.length) query.andWhere('row.entityId IN (:...entityIds)', { entityIds });
    if (planIds?.length)
      query.andWhere(`row.entityType = 'PLAN' AND row.entityId IN (:...planIds)`, { planIds });
    if (request.entity_type) query.andWhere('row.entityType = :type', { type: request.entity_type });
    if (request.feature_ids?.length)
      query.andWhere('row.featureId IN (:...features)', { features: request.feature_ids });
    if (request.feature_type)
      query.andWhere('row.featureType = :featureType', { featureType: request.feature_type });
    if (request.is_enabled !== undefined)
      query.andWhere('row.isEnabled = :enabled', { enabled: request.is_enabled });
    const { rows, pagination } = await findPage(query, request, SEARCH_FIELDS);
    return { rows: await this.withFeatures(ctx, rows), pagination };
  }

  async update(ctx: Ctx, id: string, change: EntitlementTerms): Promise<FeaturedEntitlement> {
    const before = await this.find(ctx, id);
    const merged = {
      isEnabled: change.isEnabled ?? before.isEnabled,
      usageLimit: change.usageLimit ?? before.usageLimit,
      usageResetPeriod: change.usageResetPeriod ?? before.usageResetPeriod,
      isSoftLimit: change.isSoftLimit ?? before.isSoftLimit,
      staticValue: change.staticValue ?? before.staticValue,
      configValue: change.configValue ? { ...change.configValue } : before.configValue,
    };
    assertEntitlementTerms(before.featureType, {
      isSoftLimit: merged.isSoftLimit,
      usageLimit: merged.usageLimit ?? undefined,
      usageResetPeriod: merged.usageResetPeriod ?? undefined,
      staticValue: merged.staticValue ?? undefined,
      configValue: merged.configValue ?? undefined,
    });
    await updateRow(ctx.em, EntitlementEntity, id, { ...auditColumnsForUpdate(ctx), ...merged });
    return this.get(ctx, id);
  }

  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.find(ctx, id);
    await updateRow(ctx.em, EntitlementEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
  }

  /** What a subscription has of its own goes on with the one that takes its place at an instant. */
  async transfer(
    ctx: Ctx,
    from: string,
    to: { readonly id: string; readonly startDate: Date },
  ): Promise<void> {
    for (const { entitlement } of await this.ofEntities(ctx, 'SUBSCRIPTION', [from]))
      if (entitlement.endDate === null || entitlement.endDate > to.startDate)
        await this.insert(ctx, {
          ...entitlement,
          ...auditColumnsForInsert(ctx, 'entitlement'),
          entityId: to.id,
          configValue: entitlement.configValue === null ? null : { ...entitlement.configValue },
          // What it stood in place of was the other plan's.
          parentEntitlementId: null,
        });
  }

  /** The published entitlements of those entities, oldest first. */
  async ofEntities(
    ctx: Ctx,
    entityType: EntitledEntityType,
    entityIds: readonly string[],
  ): Promise<FeaturedEntitlement[]> {
    if (entityIds.length === 0) return [];
    const rows = await ctx.em
      .createQueryBuilder(EntitlementEntity, 'row')
      .where(`row.status = 'published' AND row.entityType = :entityType`, { entityType })
      .andWhere('row.entityId = ANY(:entityIds)', { entityIds })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    return this.withFeatures(ctx, rows);
  }

  /**
   * What applies to each of those subscriptions: of its plan, its addons and its own. One of its own that names a parent
   * stands in for it. Disabled ones are in it too: they say that nothing is included. A constant number of queries.
   */
  async applicable(
    ctx: Ctx,
    subscriptions: readonly EntitledSubscription[],
  ): Promise<ReadonlyMap<string, readonly FeaturedEntitlement[]>> {
    const [plans, addons, own] = [
      await this.ofEntities(ctx, 'PLAN', [...new Set(subscriptions.map((one) => one.planId))]),
      await this.ofEntities(ctx, 'ADDON', [...new Set(subscriptions.flatMap((one) => one.addonIds ?? []))]),
      await this.ofEntities(
        ctx,
        'SUBSCRIPTION',
        subscriptions.map((one) => one.subscriptionId),
      ),
    ].map(byEntity) as [ByEntity, ByEntity, ByEntity];
    return new Map(
      subscriptions.map((one) => {
        const ofItsOwn = own.get(one.subscriptionId) ?? [];
        const replaced = new Set(ofItsOwn.map(({ entitlement }) => entitlement.parentEntitlementId));
        const inherited = [
          ...(plans.get(one.planId) ?? []),
          ...(one.addonIds ?? []).flatMap((id) => addons.get(id) ?? []),
        ].filter(({ entitlement }) => !replaced.has(entitlement.id));
        return [
          one.subscriptionId,
          [...inherited, ...ofItsOwn].filter(({ entitlement }) => holdsIn(entitlement, one.period)),
        ];
      }),
    );
  }

  private async assertParent(ctx: Ctx, input: EntitlementInput, path: string): Promise<void> {
    const parent = await this.find(ctx, input.parentEntitlementId ?? '');
    if (input.entityType !== 'SUBSCRIPTION' || parent.entityType === 'SUBSCRIPTION')
      throw validationError(
        `${path}parent_entitlement_id: a subscription's entitlement stands in for one further up`,
      );
    if (parent.featureId !== input.featureId)
      throw validationError(`${path}parent_entitlement_id is of another feature`);
  }

  private async insert(ctx: Ctx, row: EntitlementEntity): Promise<Entitlement> {
    try {
      return await insertRow(ctx.em, EntitlementEntity, row);
    } catch (error) {
      if (isUniqueViolation(error, 'entitlements_once'))
        throw alreadyExists(
          `${row.entityType.toLowerCase()} ${row.entityId} has an entitlement to feature ${row.featureId} already`,
          { entity_id: row.entityId, feature_id: row.featureId },
        );
      throw error;
    }
  }

  private async find(ctx: Ctx, id: string): Promise<Entitlement> {
    const row = await findRow(ctx.em, EntitlementEntity, { id, status: 'published' });
    if (row === null) throw notFound('entitlement', id);
    return row;
  }

  private async withFeatures(ctx: Ctx, rows: readonly Entitlement[]): Promise<FeaturedEntitlement[]> {
    const features = await this.features.byIds(
      ctx,
      rows.map((row) => row.featureId),
    );
    return rows.flatMap((entitlement) => {
      const feature = features.get(entitlement.featureId);
      return feature === undefined ? [] : [{ entitlement, feature }];
    });
  }
}

type ByEntity = ReadonlyMap<string, FeaturedEntitlement[]>;

function byEntity(rows: readonly FeaturedEntitlement[]): ByEntity {
  const map = new Map<string, FeaturedEntitlement[]>();
  for (const row of rows)
    map.set(row.entitlement.entityId, [...(map.get(row.entitlement.entityId) ?? []), row]);
  return map;
}

const holdsIn = ({ startDate, endDate }: Entitlement, period: EntitledSubscription['period']): boolean =>
  (startDate === null || period.end === null || startDate < period.end) &&
  (endDate === null || endDate > period.start);
