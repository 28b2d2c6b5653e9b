import { Injectable } from '@nestjs/common';
import { alreadyExists, invalidOperation, notFound } from '../domain/errors.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { AddonEntity } from './addon.entity.js';
import type { Addon, AddonType, PricedAddon } from './addons.types.js';
import { CatalogueEntities } from './catalogue-entities.service.js';
import { EntitlementsService } from './entitlements.service.js';
import { notEnded } from './plans.types.js';
import { PricesService } from './prices.service.js';

const SEARCH_FIELDS = {
  id: 'id',
  name: 'name',
  lookup_key: 'lookupKey',
  type: 'type',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface AddonInput {
  readonly name: string;
  readonly lookupKey: string;
  readonly type?: AddonType | undefined;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export interface AddonSearch extends SearchRequest {
  readonly addon_ids?: string[];
  readonly addon_type?: string;
  readonly lookup_keys?: string[];
}

/** What can be added to a subscription besides its plan: prices, entitlements and credit grants of its own. */
@Injectable()
export class AddonsService {
  constructor(
    private readonly prices: PricesService,
    private readonly entitlements: EntitlementsService,
    private readonly entities: CatalogueEntities,
  ) {}

  async create(ctx: Ctx, input: AddonInput): Promise<PricedAddon> {
    try {
      const addon = await insertRow(ctx.em, AddonEntity, {
        ...auditColumnsForInsert(ctx, 'addon'),
        name: input.name,
        lookupKey: input.lookupKey,
        type: input.type ?? 'onetime',
        description: input.description ?? null,
        metadata: { ...input.metadata },
      });
      return { addon, prices: [], entitlements: [] };
    } catch (error) {
      if (isUniqueViolation(error, 'addons_lookup_key'))
        throw alreadyExists(`an addon with lookup_key ${input.lookupKey} exists already`);
      throw error;
    }
  }

  async get(ctx: Ctx, id: string): Promise<PricedAddon> {
    return this.priced(ctx, await this.getAddon(ctx, id));
  }

  async getAddon(ctx: Ctx, id: string): Promise<Addon> {
    const row = await findRow(ctx.em, AddonEntity, { id, status: 'published' });
    if (row === null) throw notFound('addon', id);
    return row;
  }

  async getByLookupKey(ctx: Ctx, lookupKey: string): Promise<PricedAddon> {
    const row = await findRow(ctx.em, AddonEntity, { lookupKey, status: 'published' });
    if (row === null) throw notFound('addon with lookup_key', lookupKey);
    return this.priced(ctx, row);
  }

  async search(
    ctx: Ctx,
    request: AddonSearch,
  ): Promise<{ rows: PricedAddon[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(AddonEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.addon_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.addon_ids });
    if (request.addon_type) query.andWhere('row.type = :type', { type: request.addon_type });
    if (request.lookup_keys?.length)
      query.andWhere('row.lookupKey IN (:...keys)', { keys: request.lookup_keys });
    const { rows, pagination } = await findPage(query, request, SEARCH_FIELDS);
    return { rows: await this.pricedAll(ctx, rows), pagination };
  }

  async update(
    ctx: Ctx,
    id: string,
    change: Partial<Pick<AddonInput, 'name' | 'description' | 'metadata'>>,
  ): Promise<PricedAddon> {
    const before = await this.getAddon(ctx, id);
    await updateRow(ctx.em, AddonEntity, id, {
      ...auditColumnsForUpdate(ctx),
      name: change.name ?? before.name,
      description: change.description ?? before.description,
      metadata: { ...(change.metadata ?? before.metadata) },
    });
    return this.get(ctx, id);
  }

  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.getAddon(ctx, id);
    if (await this.entities.isAddonUsed(ctx, id))
      throw invalidOperation('a subscription that is not cancelled has the addon', 'addon_in_use', { id });
    await updateRow(ctx.em, AddonEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
  }

  private async priced(ctx: Ctx, addon: Addon): Promise<PricedAddon> {
    return (await this.pricedAll(ctx, [addon]))[0] as PricedAddon;
  }

  private async pricedAll(ctx: Ctx, addons: readonly Addon[]): Promise<PricedAddon[]> {
    const ids = addons.map((addon) => addon.id);
    const prices = notEnded(await this.prices.ofEntities(ctx, 'ADDON', ids), ctx.now);
    const entitlements = await this.entitlements.ofEntities(ctx, 'ADDON', ids);
    return addons.map((addon) => ({
      addon,
      prices: prices.filter(({ price }) => price.entityId === addon.id),
      entitlements: entitlements.filter(({ entitlement }) => entitlement.entityId === addon.id),
    }));
  }
}
