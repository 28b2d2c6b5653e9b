import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound, validationError } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { FeatureEntity } from './feature.entity.js';
import type {
  Feature,
  FeatureType,
  Meter,
  MeterAggregation,
  MeteredFeature,
  MeterFilter,
  ReportingUnit,
} from './features.types.js';
import { GroupsService } from './groups.service.js';
import { MeterEntity } from './meter.entity.js';
import { assertMeter } from './meter-rules.js';

const SEARCH_FIELDS = {
  id: 'id',
  name: 'name',
  lookup_key: 'lookupKey',
  type: 'type',
  meter_id: 'meterId',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface MeterInput {
  readonly name: string;
  readonly eventName: string;
  readonly aggregation: MeterAggregation;
  readonly filters: readonly MeterFilter[];
  readonly resetUsage: 'BILLING_PERIOD' | 'NEVER';
}

export interface FeatureInput {
  readonly name: string;
  readonly type: FeatureType;
  readonly lookupKey?: string | undefined;
  readonly description?: string | undefined;
  readonly unitSingular?: string | undefined;
  readonly unitPlural?: string | undefined;
  readonly reportingUnit?: ReportingUnit | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** For a metered feature: a new meter, or the id of one that exists. */
  readonly meter?: MeterInput | string | undefined;
  readonly groupId?: string | undefined;
}

export interface FeatureClone {
  readonly name: string;
  readonly lookupKey: string;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface FeatureChange {
  readonly name?: string;
  readonly description?: string;
  readonly unitSingular?: string;
  readonly unitPlural?: string;
  readonly reportingUnit?: ReportingUnit;
  readonly metadata?: Record<string, string>;
  /** Replaces the meter's filters. */
  readonly filters?: MeterFilter[];
  /** Empty: out of its group. */
  readonly groupId?: string;
}

export interface FeatureSearch extends SearchRequest {
  readonly feature_ids?: string[];
  readonly meter_ids?: string[];
  readonly lookup_key?: string;
  readonly lookup_keys?: string[];
  readonly name_contains?: string;
}

@Injectable()
export class FeaturesService {
  constructor(private readonly groups: GroupsService) {}

  async create(ctx: Ctx, input: FeatureInput): Promise<MeteredFeature> {
    const meter = await this.meterFor(ctx, input);
    try {
      const feature = await insertRow(ctx.em, FeatureEntity, {
        ...auditColumnsForInsert(ctx, 'feature'),
        name: input.name,
        type: input.type,
        lookupKey: input.lookupKey ?? null,
        meterId: meter?.id ?? null,
        description: input.description ?? null,
        unitSingular: input.unitSingular ?? null,
        unitPlural: input.unitPlural ?? null,
        reportingUnit: input.reportingUnit ?? null,
        metadata: { ...input.metadata },
      });
      if (input.groupId) await this.groups.assign(ctx, 'feature', feature.id, input.groupId);
      return (await this.withMeters(ctx, [feature]))[0] as MeteredFeature;
    } catch (error) {
      if (isUniqueViolation(error, 'features_lookup_key'))
        throw alreadyExists(`a feature with lookup_key ${input.lookupKey ?? ''} exists already`);
      throw error;
    }
  }

  /** The same feature under another name, with a meter of its own: changing one leaves the other alone. */
  async clone(ctx: Ctx, id: string, changes: FeatureClone): Promise<MeteredFeature> {
    const { feature, meter, group } = await this.get(ctx, id);
    if (changes.name === feature.name)
      throw validationError('name must differ from that of the feature it is a copy of', {
        fields: { name: 'name must differ from that of the source' },
      });
    return this.create(ctx, {
      name: changes.name,
      lookupKey: changes.lookupKey,
      type: feature.type,
      description: changes.description ?? feature.description ?? undefined,
      unitSingular: feature.unitSingular ?? undefined,
      unitPlural: feature.unitPlural ?? undefined,
      reportingUnit: feature.reportingUnit ?? undefined,
      metadata: changes.metadata ?? feature.metadata,
      meter: meter ?? undefined,
      groupId: group?.group.id,
    });
  }

  async get(ctx: Ctx, id: string): Promise<MeteredFeature> {
    const feature = await findRow(ctx.em, FeatureEntity, { id, status: 'published' });
    if (feature === null) throw notFound('feature', id);
    return (await this.withMeters(ctx, [feature]))[0] as MeteredFeature;
  }

  async getMeter(ctx: Ctx, id: string): Promise<Meter> {
    const row = await findRow(ctx.em, MeterEntity, { id });
    if (row === null) throw notFound('meter', id);
    return row;
  }

  /** All meters of the environment, whatever has become of their features: they may still be billed by. */
  listMeters(ctx: Ctx): Promise<Meter[]> {
    return ctx.em.find(MeterEntity);
  }

  async metersByIds(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, Meter>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    const rows = await ctx.em
      .createQueryBuilder(MeterEntity, 'row')
      .where('row.id IN (:...wanted)', { wanted })
      .getMany();
    return new Map(rows.map((row) => [row.id, row]));
  }

  async search(
    ctx: Ctx,
    request: FeatureSearch,
  ): Promise<{ rows: MeteredFeature[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(FeatureEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const keys = [...(request.lookup_keys ?? []), ...(request.lookup_key ? [request.lookup_key] : [])];
    if (keys.length) query.andWhere('row.lookupKey IN (:...keys)', { keys });
    if (request.feature_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.feature_ids });
    if (request.meter_ids?.length)
      query.andWhere('row.meterId IN (:...meterIds)', { meterIds: request.meter_ids });
    if (request.name_contains)
      query.andWhere('strpos(lower(row.name), lower(:part)) > 0', { part: request.name_contains });
    const { rows, pagination } = await findPage(query, request, SEARCH_FIELDS);
    return { rows: await this.withMeters(ctx, rows), pagination };
  }

  async update(ctx: Ctx, id: string, change: FeatureChange): Promise<MeteredFeature> {
    const { feature } = await this.get(ctx, id);
    const { filters, groupId, ...own } = change;
    await updateRow(ctx.em, FeatureEntity, id, { ...auditColumnsForUpdate(ctx), ...own });
    if (groupId !== undefined) await this.groups.assign(ctx, 'feature', id, groupId);
    if (filters !== undefined && feature.meterId !== null)
      await updateRow(ctx.em, MeterEntity, feature.meterId, { ...auditColumnsForUpdate(ctx), filters });
    return this.get(ctx, id);
  }

  /** The features of those ids, deleted ones too: what refers to them has to show them. */
  async byIds(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, MeteredFeature>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    const rows = await ctx.em
      .createQueryBuilder(FeatureEntity, 'row')
      .where('row.id = ANY(:wanted)', { wanted })
      .getMany();
    return new Map((await this.withMeters(ctx, rows)).map((row) => [row.feature.id, row]));
  }

  /**
   * The caller has made sure that nothing entitles to it. The feature goes; its meter stays for the prices and invoices
   * that name it, but takes no new ones.
   */
  async delete(ctx: Ctx, id: string): Promise<void> {
    const { feature } = await this.get(ctx, id);
    await updateRow(ctx.em, FeatureEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
    await this.groups.assign(ctx, 'feature', id, '');
    if (feature.meterId !== null)
      await updateRow(ctx.em, MeterEntity, feature.meterId, {
        ...auditColumnsForUpdate(ctx),
        status: 'archived',
      });
  }

  private async meterFor(ctx: Ctx, input: FeatureInput): Promise<Meter | null> {
    if (input.meter === undefined) return null;
    if (typeof input.meter === 'string') return this.getMeter(ctx, input.meter);
    const { name, eventName, aggregation, filters, resetUsage } = input.meter;
    assertMeter(aggregation, resetUsage);
    return insertRow(ctx.em, MeterEntity, {
      ...auditColumnsForInsert(ctx, 'meter'),
      name,
      eventName,
      aggregation,
      filters: [...filters],
      resetUsage,
    });
  }

  private async withMeters(ctx: Ctx, features: readonly Feature[]): Promise<MeteredFeature[]> {
    const meters = await this.metersByIds(
      ctx,
      features.flatMap((feature) => feature.meterId ?? []),
    );
    const groups = await this.groups.ofMembers(
      ctx,
      features.map((feature) => feature.id),
    );
    return features.map((feature) => ({
      feature,
      meter: feature.meterId === null ? null : (meters.get(feature.meterId) ?? null),
      group: groups.get(feature.id) ?? null,
    }));
  }
}
