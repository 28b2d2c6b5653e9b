import { Injectable } from '@nestjs/common';
import { alreadyExists, fieldErrors, invalidOperation, notFound, validationError } from '../domain/errors.js';
import { ignoredFields, type BillingModel, type TierMode } from '../domain/rating/price-kinds.js';
import { formatRate } from '../domain/rate.js';
import { GroupsService } from '../features/groups.service.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, updateRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import type { MeteredPrice, Price, StoredTier } from './plans.types.js';
import { PriceEntity } from './price.entity.js';
import type { PriceInput } from './price-input.js';
import { PricesService } from './prices.service.js';

/** What a price charges. Changing any of it makes another price: what was billed stays explained by the old one. */
export interface ChargeChange {
  readonly amount?: string | undefined;
  readonly billingModel?: BillingModel | undefined;
  readonly tierMode?: TierMode | undefined;
  readonly tiers?: readonly StoredTier[] | undefined;
  readonly transformQuantity?: PriceInput['transformQuantity'];
}

export interface PriceChange extends ChargeChange {
  readonly effectiveFrom?: Date | undefined;
  readonly lookupKey?: string | undefined;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Empty: out of its group. */
  readonly groupId?: string | undefined;
}

/** Prices over time: versions, ends, and what one subscription has in place of its plan's. */
@Injectable()
export class PriceVersionsService {
  constructor(
    private readonly prices: PricesService,
    private readonly groups: GroupsService,
    private readonly outbox: Outbox,
  ) {}

  /** In place where nothing changes that is charged; else the old one ends at an instant and a new one begins there. */
  async update(ctx: Ctx, id: string, change: PriceChange): Promise<MeteredPrice> {
    const price = await this.lock(ctx, id);
    if (!changesCharge(change)) {
      if (change.effectiveFrom)
        throw validationError('effective_from goes with a change of what is charged', {
          fields: { effective_from: 'effective_from goes with a change of what is charged' },
        });
      return this.relabel(ctx, price, change);
    }
    const at = change.effectiveFrom ?? ctx.now;
    this.assertCanEnd(ctx, price, at, 'effective_from');
    const { price: _, meter: __, group } = await this.prices.get(ctx, id);
    await updateRow(ctx.em, PriceEntity, id, { ...auditColumnsForUpdate(ctx), endDate: at });
    const next = await this.prices.create(
      ctx,
      { type: price.entityType as 'PLAN', id: price.entityId },
      {
        ...changed(price, change),
        lookupKey: change.lookupKey ?? price.lookupKey ?? undefined,
        displayName: change.displayName ?? price.displayName ?? undefined,
        description: change.description ?? price.description ?? undefined,
        metadata: change.metadata ?? price.metadata,
        groupId: change.groupId ?? group?.group.id,
        startDate: at,
        endDate: price.endDate ?? undefined,
      },
      '',
      { parentPriceId: price.parentPriceId, replacesPriceId: id },
    );
    await this.outbox.append(ctx, {
      type: 'price.replaced',
      entityType: 'price',
      entityId: id,
      payload: { replaced_by: next.price.id },
    });
    return next;
  }

  /** Nothing is charged by it after that instant. A price that has not begun never does. */
  async end(ctx: Ctx, id: string, given?: Date): Promise<void> {
    const price = await this.lock(ctx, id);
    const neverBegins = given === undefined && price.startDate >= ctx.now;
    if (!neverBegins) this.assertCanEnd(ctx, price, given ?? ctx.now, 'end_date');
    await updateRow(ctx.em, PriceEntity, id, {
      ...auditColumnsForUpdate(ctx),
      ...(neverBegins
        ? { status: 'deleted' as const, endDate: price.startDate }
        : { endDate: given ?? ctx.now }),
    });
    await this.outbox.append(ctx, { type: 'price.ended', entityType: 'price', entityId: id });
  }

  /** What that subscription is charged in place of the price; the price itself stays as it is. */
  async override(
    ctx: Ctx,
    basePriceId: string,
    subscriptionId: string,
    change: ChargeChange & { readonly startDate?: Date; readonly minQuantity?: number },
  ): Promise<MeteredPrice> {
    const { price } = await this.prices.get(ctx, basePriceId);
    return this.prices.create(
      ctx,
      { type: 'SUBSCRIPTION', id: subscriptionId },
      {
        ...changed(price, change),
        displayName: price.displayName ?? undefined,
        description: price.description ?? undefined,
        metadata: price.metadata,
        startDate: change.startDate ?? price.startDate,
        endDate: price.endDate ?? undefined,
        ...(change.minQuantity === undefined ? {} : { minQuantity: change.minQuantity }),
      },
      '',
      { parentPriceId: price.id },
    );
  }

  private async relabel(ctx: Ctx, price: Price, change: PriceChange): Promise<MeteredPrice> {
    try {
      await updateRow(ctx.em, PriceEntity, price.id, {
        ...auditColumnsForUpdate(ctx),
        lookupKey: change.lookupKey ?? price.lookupKey,
        displayName: change.displayName ?? price.displayName,
        description: change.description ?? price.description,
        metadata: { ...(change.metadata ?? price.metadata) },
      });
    } catch (error) {
      if (isUniqueViolation(error, 'prices_lookup_key'))
        throw alreadyExists(`a price with lookup_key ${change.lookupKey ?? ''} exists already`);
      throw error;
    }
    if (change.groupId !== undefined) await this.groups.assign(ctx, 'price', price.id, change.groupId);
    return this.prices.get(ctx, price.id);
  }

  private async lock(ctx: Ctx, id: string): Promise<Price> {
    const row = await findRow(ctx.em, PriceEntity, { id }, { lock: true });
    if (row === null || row.status === 'deleted') throw notFound('price', id);
    if (row.endDate !== null && row.endDate <= ctx.now)
      throw invalidOperation(`price ${id} ended at ${row.endDate.toISOString()}`, 'price_ended', { id });
    return row;
  }

  /** What was charged before now is billed, or will be: it cannot be changed afterwards. */
  private assertCanEnd(ctx: Ctx, price: Price, at: Date, field: string): void {
    const wrong =
      at < ctx.now
        ? `${field} must not be in the past: what was charged until now stays as it was`
        : at <= price.startDate
          ? `${field} must be after the price's start, ${price.startDate.toISOString()}`
          : field === 'effective_from' && price.endDate !== null && at >= price.endDate
            ? `${field} must be before the price's end, ${price.endDate.toISOString()}`
            : undefined;
    if (wrong !== undefined) throw fieldErrors({ [field]: wrong });
  }
}

const changesCharge = (change: ChargeChange): boolean =>
  [change.amount, change.billingModel, change.tierMode, change.tiers, change.transformQuantity].some(
    (value) => value !== undefined,
  );

/** The terms of a price with the changes, all else as it was. Refuses what the billing model would ignore. */
function changed(price: Price, change: ChargeChange): PriceInput {
  const billingModel = change.billingModel ?? price.billingModel;
  const ignored = ignoredFields(billingModel, {
    amount: change.amount,
    tiers: change.tiers,
    tier_mode: change.tierMode,
    transform_quantity: change.transformQuantity,
  });
  if (ignored.length > 0)
    throw fieldErrors(
      Object.fromEntries(ignored.map((field) => [field, `${field} says nothing to a ${billingModel} price`])),
    );
  return {
    type: price.type,
    billingModel,
    billingPeriod: price.billingPeriod,
    billingPeriodCount: price.billingPeriodCount,
    invoiceCadence: price.invoiceCadence,
    currency: price.currency,
    amount: change.amount ?? (price.amount === null ? undefined : formatRate(price.amount)),
    tierMode: change.tierMode ?? price.tierMode ?? undefined,
    tiers: change.tiers ?? price.tiers ?? undefined,
    transformQuantity: change.transformQuantity ?? price.transformQuantity ?? undefined,
    meterId: price.meterId ?? undefined,
    filterValues: price.filterValues,
    minQuantity: price.minQuantity === null ? undefined : price.minQuantity.toNumber(),
    trialPeriodDays: price.trialPeriodDays ?? undefined,
  };
}
