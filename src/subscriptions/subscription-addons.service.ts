import { Injectable } from '@nestjs/common';
import { isMultipleOf } from '../domain/billing-period.js';
import { invalidOperation, notFound, validationError } from '../domain/errors.js';
import { laterOf, type OpenPeriod } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, insertRow, rowExists, updateRow } from '../platform/database/rows.js';
import { AddonsService } from '../plans/addons.service.js';
import type { PricedAddon } from '../plans/addons.types.js';
import type { MeteredPrice } from '../plans/plans.types.js';
import { SubscriptionAddonEntity } from './subscription-addon.entity.js';
import { assertChangeable } from './subscription-line-rules.js';
import { SubscriptionLinesService } from './subscription-lines.service.js';
import { SubscriptionsService } from './subscriptions.service.js';
import type { Subscription, SubscriptionLineItem } from './subscriptions.types.js';

export type SubscriptionAddon = Readonly<SubscriptionAddonEntity>;

export interface AddonInput {
  readonly addonId: string;
  readonly startDate?: Date | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Addons that subscriptions have: their prices are lines, their entitlements apply. What they grant is copied by the caller. */
@Injectable()
export class SubscriptionAddonsService {
  constructor(
    private readonly addons: AddonsService,
    private readonly lines: SubscriptionLinesService,
    private readonly subscriptions: SubscriptionsService,
  ) {}

  /** Gives it to a locked subscription that has nothing due. What its lines charge is the caller's to bill. */
  async attach(
    ctx: Ctx,
    subscription: Subscription,
    input: AddonInput,
  ): Promise<{ association: SubscriptionAddon; lines: SubscriptionLineItem[] }> {
    assertChangeable(subscription);
    const priced = await this.addons.get(ctx, input.addonId);
    const startDate =
      input.startDate ?? (subscription.activatedAt === null ? subscription.startDate : ctx.now);
    if (priced.addon.type === 'onetime' && (await this.has(ctx, subscription, priced.addon.id)))
      throw invalidOperation(
        `the subscription has addon ${priced.addon.name} already, and it can be had once`,
        'addon_already_added',
        { addon_id: priced.addon.id },
      );
    const association = await insertRow(ctx.em, SubscriptionAddonEntity, {
      ...auditColumnsForInsert(ctx, 'addonAssociation'),
      subscriptionId: subscription.id,
      addonId: priced.addon.id,
      addonStatus: 'active',
      startDate,
      endDate: null,
      cancelledAt: null,
      cancellationReason: null,
      metadata: { ...input.metadata },
    });
    const lines: SubscriptionLineItem[] = [];
    for (const { price } of fitting(subscription, priced))
      lines.push(
        await this.lines.add(ctx, subscription, {
          price: { id: price.id },
          startDate,
          displayName: price.displayName ?? (price.type === 'FIXED' ? priced.addon.name : undefined),
          addon: { id: priced.addon.id, associationId: association.id },
        }),
      );
    return { association, lines };
  }

  /** Takes it from the subscription: its lines that go on still, which the caller ends. */
  async detach(
    ctx: Ctx,
    association: SubscriptionAddon,
    reason: string | undefined,
  ): Promise<SubscriptionLineItem[]> {
    if (association.addonStatus === 'cancelled')
      throw invalidOperation('the addon is already cancelled', 'addon_already_cancelled');
    await updateRow(ctx.em, SubscriptionAddonEntity, association.id, {
      ...auditColumnsForUpdate(ctx),
      addonStatus: 'cancelled',
      endDate: ctx.now,
      cancelledAt: ctx.now,
      cancellationReason: reason ?? null,
    });
    return (await this.subscriptions.linesOf(ctx, [association.subscriptionId])).filter(
      (line) =>
        line.addonAssociationId === association.id && (line.endDate === null || line.endDate > ctx.now),
    );
  }

  async get(ctx: Ctx, id: string): Promise<SubscriptionAddon> {
    const row = await findRow(ctx.em, SubscriptionAddonEntity, { id, status: 'published' });
    if (row === null) throw notFound('addon association', id);
    return row;
  }

  /** Moves the addons of a draft along with its start, as its lines are moved. */
  async moveStart(ctx: Ctx, subscriptionId: string, from: Date, to: Date): Promise<void> {
    for (const { id, startDate } of await this.of(ctx, [subscriptionId]))
      await updateRow(ctx.em, SubscriptionAddonEntity, id, {
        ...auditColumnsForUpdate(ctx),
        startDate: startDate <= from ? to : laterOf(startDate, to),
      });
  }

  /** Of those subscriptions, past ones too, oldest first. */
  async of(ctx: Ctx, subscriptionIds: readonly string[]): Promise<SubscriptionAddon[]> {
    if (subscriptionIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(SubscriptionAddonEntity, 'row')
      .where(`row.subscriptionId = ANY(:ids) AND row.status = 'published'`, { ids: subscriptionIds })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  /** The addons that each of those subscriptions has at some time in a period, once for each time that it has one. */
  async idsIn(
    ctx: Ctx,
    subscriptionIds: readonly string[],
    period: OpenPeriod,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>();
    for (const { subscriptionId, addonId, startDate, endDate } of await this.of(ctx, subscriptionIds)) {
      if (period.end !== null && startDate >= period.end) continue;
      if (endDate !== null && endDate <= period.start) continue;
      found.set(subscriptionId, [...(found.get(subscriptionId) ?? []), addonId]);
    }
    return found;
  }

  private has(ctx: Ctx, { id }: Subscription, addonId: string): Promise<boolean> {
    return rowExists(ctx.em, SubscriptionAddonEntity, { subscriptionId: id, addonId, addonStatus: 'active' });
  }
}

/** Its prices in the subscription's currency and for its period, or a multiple. An addon without prices only entitles. */
function fitting(subscription: Subscription, { addon, prices }: PricedAddon): readonly MeteredPrice[] {
  const base = { unit: subscription.billingPeriod, count: subscription.billingPeriodCount };
  const fit = prices.filter(
    ({ price }) =>
      price.currency === subscription.currency &&
      isMultipleOf({ unit: price.billingPeriod, count: price.billingPeriodCount }, base),
  );
  if (prices.length > 0 && fit.length === 0)
    throw validationError(
      `addon ${addon.name} has no prices in ${subscription.currency} that are charged every ${base.count} × ${base.unit}`,
      { addon_id: addon.id },
    );
  return fit;
}
