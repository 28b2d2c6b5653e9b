import { Injectable } from '@nestjs/common';
import { fieldErrors, invalidOperation, notFound } from '../domain/errors.js';
import { laterOf } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate } from '../platform/database/columns.js';
import { findRow, insertRow, insertRows, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse } from '../platform/http/list-query.js';
import { Outbox } from '../platform/outbox/outbox.js';
import type { MeteredPrice, Plan } from '../plans/plans.types.js';
import { PricesService, type PriceInput } from '../plans/prices.service.js';
import { storedLineCommitment } from './commitments.js';
import type { LineCommitmentInput } from './commitments.types.js';
import { changesPrice, overridden, type PriceOverride } from './price-override.js';
import {
  assertChangeable,
  assertFits,
  assertNotBilled,
  assertOffered,
  billedElsewhere,
  lineOf,
} from './subscription-line-rules.js';
import { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import type { LineChange, LineInput, LineSearch } from './subscription-lines.types.js';
import type { Subscription, SubscriptionLineItem } from './subscriptions.types.js';

export type { LineChange, LineInput } from './subscription-lines.types.js';

const SEARCH_FIELDS = {
  id: 'id',
  subscription_id: 'subscriptionId',
  customer_id: 'customerId',
  price_id: 'priceId',
  meter_id: 'meterId',
  start_date: 'startDate',
  end_date: 'endDate',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

@Injectable()
export class SubscriptionLinesService {
  constructor(
    private readonly prices: PricesService,
    private readonly outbox: Outbox,
  ) {}

  /** The lines of a new subscription: its plan's prices, some of them with terms of their own. */
  async insertOfPlan(
    ctx: Ctx,
    subscription: Subscription,
    plan: Plan,
    chosen: readonly MeteredPrice[],
    overrides: readonly (PriceOverride & { readonly priceId: string })[],
    commitments: Readonly<Record<string, LineCommitmentInput>> = {},
  ): Promise<SubscriptionLineItem[]> {
    const rows: SubscriptionLineItemEntity[] = [];
    for (const priced of chosen) {
      const index = overrides.findIndex(({ priceId }) => priceId === priced.price.id);
      const override = overrides[index];
      const own =
        override !== undefined && changesPrice(override)
          ? await this.prices.create(
              ctx,
              { type: 'SUBSCRIPTION', id: subscription.id },
              overridden(priced.price, override, subscription.startDate, `override_line_items[${index}]`),
              `override_line_items[${index}]`,
              { parentPriceId: priced.price.id },
            )
          : priced;
      rows.push({
        ...lineOf(ctx, subscription, own, override?.quantity, `override_line_items[${index}].quantity`),
        entityType: 'plan',
        entityId: plan.id,
        planDisplayName: plan.name,
        displayName: own.price.displayName ?? own.meter?.name ?? plan.name,
        // A plan's price that is younger than a back-dated subscription still counts from its own start.
        startDate: laterOf(own.price.startDate, subscription.startDate),
        commitment: storedLineCommitment(
          override?.commitment ?? commitments[priced.price.id],
          subscription,
          own,
          override?.commitment ? `override_line_items[${index}]` : `line_item_commitments.${priced.price.id}`,
        ),
      });
    }
    const unknown = Object.fromEntries(
      [
        ...overrides.map(
          ({ priceId }, index) => [`override_line_items[${index}].price_id`, priceId] as const,
        ),
        ...Object.keys(commitments).map((priceId) => [`line_item_commitments.${priceId}`, priceId] as const),
      ].flatMap(([field, priceId]) =>
        chosen.some(({ price }) => price.id === priceId)
          ? []
          : [[field, `the subscription takes no price ${priceId}`]],
      ),
    );
    if (Object.keys(unknown).length > 0) throw fieldErrors(unknown);
    await insertRows(ctx.em, SubscriptionLineItemEntity, rows);
    return rows;
  }

  /** Adds a line to a locked subscription that has nothing due. `path` leads to it in the body. */
  async add(
    ctx: Ctx,
    subscription: Subscription,
    input: LineInput,
    path = '',
  ): Promise<SubscriptionLineItem> {
    assertChangeable(subscription);
    const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
    const wanted = input.startDate ?? (subscription.activatedAt === null ? subscription.startDate : ctx.now);
    const ownStart = 'input' in input.price ? (input.price.input.startDate ?? wanted) : wanted;
    const startDate = laterOf(laterOf(wanted, ownStart), subscription.startDate);
    // What was asked for, not what it is clipped to: a date that cannot be kept is refused.
    assertNotBilled(subscription, input.startDate ?? startDate, at('start_date'));
    if (input.endDate && input.endDate <= startDate)
      throw fieldErrors({ [at('end_date')]: `${at('end_date')} must be after start_date` });
    const priced =
      'id' in input.price
        ? await this.prices.get(ctx, input.price.id)
        : await this.prices.create(
            ctx,
            { type: 'SUBSCRIPTION', id: subscription.id },
            { ...input.price.input, startDate },
            at('price'),
          );
    assertFits(subscription, priced, 'id' in input.price ? at('price_id') : at('price'));
    if ('id' in input.price && input.price.isKept !== true) assertOffered(priced, startDate, at('price_id'));
    const row = await insertRow(ctx.em, SubscriptionLineItemEntity, {
      ...lineOf(ctx, subscription, priced, input.quantity, at('quantity')),
      displayName: input.displayName ?? priced.price.displayName ?? priced.meter?.name ?? 'Subscription',
      ...(input.addon === undefined
        ? {}
        : { entityType: 'addon', entityId: input.addon.id, addonAssociationId: input.addon.associationId }),
      // A shared price that begins later is charged from its own start.
      startDate: 'id' in input.price ? laterOf(startDate, priced.price.startDate) : startDate,
      // A price that was made for this line may bring its end along; a shared one ends for those who come later.
      endDate: input.endDate ?? ('id' in input.price ? null : priced.price.endDate),
      commitment: storedLineCommitment(input.commitment, subscription, priced, path),
      metadata: { ...input.metadata },
    });
    await this.announce(ctx, subscription.id);
    return row;
  }

  /**
   * From an instant on, another price or quantity: the line ends there and another one takes its place. What was charged in
   * advance for the period that this falls into stays charged: `paidUntil` says how long. A name or metadata alone are
   * changed where they are.
   */
  async replace(
    ctx: Ctx,
    subscription: Subscription,
    line: SubscriptionLineItem,
    change: LineChange,
    paidUntil: (line: SubscriptionLineItem, at: Date) => Date | null,
  ): Promise<SubscriptionLineItem> {
    assertChangeable(subscription);
    const words = {
      displayName: change.displayName ?? line.displayName,
      metadata: { ...(change.metadata ?? line.metadata) },
    };
    if (!changesPrice(change) && change.quantity === undefined && change.commitment === undefined) {
      await updateRow(ctx.em, SubscriptionLineItemEntity, line.id, {
        ...auditColumnsForUpdate(ctx),
        ...words,
      });
      await this.announce(ctx, subscription.id);
      return this.get(ctx, line.id);
    }
    if (line.billingPeriod === 'ONETIME')
      throw invalidOperation(
        'a one-time charge is not changed: remove it and add another',
        'line_item_not_changeable',
      );
    const at = this.effective(ctx, subscription, line, change.effectiveFrom);
    const before = await this.prices.get(ctx, line.priceId);
    const priced = changesPrice(change)
      ? await this.prices.create(
          ctx,
          { type: 'SUBSCRIPTION', id: subscription.id },
          overridden(before.price, change, at, ''),
          '',
          // Whatever it charges by, it still stands in for that one.
          { parentPriceId: before.price.parentPriceId ?? before.price.id },
        )
      : before;
    const next = lineOf(ctx, subscription, priced, change.quantity, 'quantity');
    const row = await insertRow(ctx.em, SubscriptionLineItemEntity, {
      ...next,
      ...words,
      quantity: change.quantity === undefined ? line.quantity : next.quantity,
      entityType: line.entityType,
      entityId: line.entityId,
      planDisplayName: line.planDisplayName,
      addonAssociationId: line.addonAssociationId,
      ...billedElsewhere(line),
      startDate: at,
      endDate: line.endDate,
      paidUntil: paidUntil(line, at),
      commitment:
        change.commitment === undefined
          ? line.commitment
          : storedLineCommitment(change.commitment, subscription, priced, ''),
      replacesId: line.id,
    });
    await updateRow(ctx.em, SubscriptionLineItemEntity, line.id, {
      ...auditColumnsForUpdate(ctx),
      endDate: at,
    });
    await this.announce(ctx, subscription.id);
    return row;
  }

  /** Says which line of another subscription has charged for the same usage before. */
  async continue(ctx: Ctx, line: SubscriptionLineItem, before: SubscriptionLineItem): Promise<void> {
    await updateRow(ctx.em, SubscriptionLineItemEntity, line.id, {
      ...auditColumnsForUpdate(ctx),
      continuesId: before.id,
    });
  }

  /** Ends a line; it is not charged for from then on. */
  async remove(
    ctx: Ctx,
    subscription: Subscription,
    line: SubscriptionLineItem,
    effectiveFrom: Date | undefined,
  ): Promise<SubscriptionLineItem> {
    assertChangeable(subscription);
    const endDate = this.effective(ctx, subscription, line, effectiveFrom);
    await updateRow(ctx.em, SubscriptionLineItemEntity, line.id, { ...auditColumnsForUpdate(ctx), endDate });
    await this.announce(ctx, subscription.id);
    return this.get(ctx, line.id);
  }

  /** The same price again, from an instant on, for another subscription alone. */
  priceAnew({ price }: MeteredPrice, from: Date): PriceInput {
    return overridden(price, {}, from, '');
  }

  async get(ctx: Ctx, id: string): Promise<SubscriptionLineItem> {
    const row = await findRow(ctx.em, SubscriptionLineItemEntity, { id, status: 'published' });
    if (row === null) throw notFound('subscription line item', id);
    return row;
  }

  /** Moves the lines of a draft along with its start. */
  async moveStart(ctx: Ctx, subscriptionId: string, from: Date, to: Date): Promise<void> {
    await ctx.em.query(
      `UPDATE subscription_line_items
          SET start_date = CASE WHEN start_date <= $2 THEN $3 ELSE greatest(start_date, $3) END,
              updated_at = $4, updated_by = $5
        WHERE subscription_id = $1`,
      [subscriptionId, from, to, ctx.now, ctx.actor],
    );
  }

  search(
    ctx: Ctx,
    request: LineSearch,
  ): Promise<{ rows: SubscriptionLineItem[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(SubscriptionLineItemEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const lists: [keyof SubscriptionLineItem, string[] | undefined][] = [
      ['id', request.line_item_ids],
      ['subscriptionId', request.subscription_ids],
      ['customerId', request.customer_ids],
      ['priceId', request.price_ids],
      ['meterId', request.meter_ids],
      ['entityId', request.entity_ids],
      ['currency', request.currencies],
      ['billingPeriod', request.billing_periods],
    ];
    for (const [property, values] of lists)
      if (values?.length) query.andWhere(`row.${property} = ANY(:${property})`, { [property]: values });
    if (request.entity_type) query.andWhere('row.entityType = :type', { type: request.entity_type });
    if (request.active_filter === true)
      query.andWhere('row.startDate <= :now AND (row.endDate IS NULL OR row.endDate > :now)', {
        now: ctx.now,
      });
    return findPage(query, request, SEARCH_FIELDS);
  }

  /** When a change of a line takes effect; refuses what would change a period that is billed. */
  private effective(
    ctx: Ctx,
    subscription: Subscription,
    line: SubscriptionLineItem,
    wanted: Date | undefined,
  ): Date {
    const at = laterOf(wanted ?? ctx.now, line.startDate);
    assertNotBilled(subscription, wanted ?? at, 'effective_from');
    assertNotBilled(subscription, at, 'effective_from');
    if (line.endDate !== null && at >= line.endDate)
      throw invalidOperation(
        `the line ends at ${line.endDate.toISOString()} already`,
        'line_item_already_ended',
        { end_date: line.endDate.toISOString() },
      );
    return at;
  }

  private announce(ctx: Ctx, entityId: string): Promise<void> {
    return this.outbox.append(ctx, { type: 'subscription.updated', entityType: 'subscription', entityId });
  }
}
