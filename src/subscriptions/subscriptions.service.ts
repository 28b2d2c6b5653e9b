import { Injectable } from '@nestjs/common';
import type { Customer } from '../customers/customers.types.js';
import {
  calendarAnchor,
  periodFrom,
  type BillingCycle,
  type BillingInterval,
} from '../domain/billing-period.js';
import { invalidOperation, notFound, notImplemented, validationError } from '../domain/errors.js';
import type { Period } from '../domain/period.js';
import { rate } from '../domain/rate.js';
import {
  assertSubscriptionTransition,
  type SubscriptionStatus,
} from '../domain/subscribing/subscription-states.js';
import type { Ctx } from '../platform/context.js';
import { insertRow, insertRows, stampChange, stampNew, updateRow } from '../platform/database/columns.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { PlansService } from '../plans/plans.service.js';
import type { MeteredPrice, Plan } from '../plans/plans.types.js';
import { choosePrices } from './plan-choice.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import {
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
  type SubscriptionWithLines,
} from './subscriptions.types.js';

const SEARCH_FIELDS = {
  id: 'id',
  customer_id: 'customerId',
  plan_id: 'planId',
  subscription_status: 'subscriptionStatus',
  currency: 'currency',
  start_date: 'startDate',
  current_period_start: 'currentPeriodStart',
  current_period_end: 'currentPeriodEnd',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface SubscribeInput {
  readonly customer: Customer;
  readonly planId: string;
  readonly currency?: string | undefined;
  readonly billingPeriod?: BillingInterval['unit'] | undefined;
  readonly billingPeriodCount?: number | undefined;
  readonly billingCycle?: BillingCycle | undefined;
  readonly billingAnchor?: Date | undefined;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
  readonly collectionMethod?: Subscription['collectionMethod'] | undefined;
  readonly paymentTerms?: string | undefined;
  readonly lookupKey?: string | undefined;
  readonly timezone?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface SubscriptionSearch extends SearchRequest {
  readonly subscription_ids?: string[];
  readonly customer_ids?: string[];
  readonly plan_id?: string;
  readonly subscription_status?: string[];
}

@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly plans: PlansService,
    private readonly outbox: Outbox,
  ) {}

  /** The subscription with its lines; whoever calls bills its start in the same unit of work. */
  async create(ctx: Ctx, input: SubscribeInput): Promise<SubscriptionWithLines> {
    const { plan, prices } = await this.plans.get(ctx, input.planId);
    const start = input.startDate ?? ctx.now;
    if (start > ctx.now) throw notImplemented('a start_date in the future is not supported yet');
    if (input.endDate && input.endDate <= start) throw validationError('end_date must be after start_date');
    const chosen = choosePrices(
      plan,
      prices,
      { currency: input.currency, unit: input.billingPeriod, count: input.billingPeriodCount },
      start,
    );
    const subscription = await this.insert(ctx, input, plan, start, chosen.currency, chosen.interval);
    const lines = await this.insertLines(ctx, subscription, plan, chosen.prices);
    await this.announce(ctx, 'subscription.created', subscription.id);
    return { subscription, lines };
  }

  async get(ctx: Ctx, id: string): Promise<Subscription> {
    const row = await ctx.em.findOneBy(SubscriptionEntity, { id });
    if (row === null) throw notFound('subscription', id);
    return row;
  }

  async lock(ctx: Ctx, id: string): Promise<Subscription> {
    const row = await ctx.em.findOne(SubscriptionEntity, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
    if (row === null) throw notFound('subscription', id);
    return row;
  }

  /** The lines of those subscriptions, oldest first. */
  async linesOf(ctx: Ctx, subscriptionIds: readonly string[]): Promise<SubscriptionLineItem[]> {
    if (subscriptionIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(SubscriptionLineItemEntity, 'row')
      .where('row.subscriptionId = ANY(:ids)', { ids: subscriptionIds })
      .andWhere(`row.status = 'published'`)
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
  }

  async search(
    ctx: Ctx,
    request: SubscriptionSearch,
  ): Promise<{ rows: Subscription[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.subscription_ids?.length)
      query.andWhere('row.id IN (:...ids)', { ids: request.subscription_ids });
    if (request.customer_ids !== undefined)
      query.andWhere('row.customerId = ANY(:customers)', { customers: request.customer_ids });
    if (request.plan_id) query.andWhere('row.planId = :plan', { plan: request.plan_id });
    if (request.subscription_status?.length)
      query.andWhere('row.subscriptionStatus IN (:...states)', { states: request.subscription_status });
    return findPage(query, request, SEARCH_FIELDS);
  }

  async hasOpenFor(ctx: Ctx, owner: { customerId: string } | { planId: string }): Promise<boolean> {
    const query = ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where(`row.subscriptionStatus <> 'cancelled'`);
    if ('customerId' in owner) query.andWhere('row.customerId = :customerId', owner);
    else query.andWhere('row.planId = :planId', owner);
    return (await query.getCount()) > 0;
  }

  /** When the next period of the environment ends; null when none does. */
  async nextPeriodEnd(ctx: Ctx): Promise<Date | null> {
    const row = await ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .select('min(row.currentPeriodEnd)', 'due')
      .where(`row.subscriptionStatus = 'active'`)
      .getRawOne<{ due: Date | null }>();
    return row?.due ?? null;
  }

  /** Subscriptions whose period has ended, longest ago first, locked; those that another worker bills are left to it. */
  async lockDue(ctx: Ctx, limit: number): Promise<Subscription[]> {
    return ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where(`row.subscriptionStatus = 'active' AND row.currentPeriodEnd <= :now`, { now: ctx.now })
      .orderBy('row.currentPeriodEnd')
      .addOrderBy('row.id')
      .limit(limit)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getMany();
  }

  /** The period that follows the current one; undefined when the current one is the last. */
  nextPeriod(subscription: Subscription): Period | undefined {
    const { currentPeriodEnd, endDate } = subscription;
    if (endDate !== null && endDate <= currentPeriodEnd) return undefined;
    return periodFrom(scheduleOf(subscription), currentPeriodEnd, endDate);
  }

  /** Moves on to the next period, or ends the subscription when there is none. */
  async roll(ctx: Ctx, subscription: Subscription, next: Period | undefined): Promise<void> {
    if (next === undefined) {
      await this.end(ctx, subscription, subscription.currentPeriodEnd);
      return;
    }
    await updateRow(ctx.em, SubscriptionEntity, subscription.id, {
      ...stampChange(ctx),
      currentPeriodStart: next.start,
      currentPeriodEnd: next.end,
      version: subscription.version + 1,
    });
  }

  /** Ends it: nothing is charged for after that instant. */
  async end(ctx: Ctx, subscription: Subscription, at: Date): Promise<void> {
    assertSubscriptionTransition(subscription.subscriptionStatus, 'cancelled');
    await updateRow(ctx.em, SubscriptionEntity, subscription.id, {
      ...stampChange(ctx),
      subscriptionStatus: 'cancelled' satisfies SubscriptionStatus,
      cancelledAt: at,
      endDate: at,
      version: subscription.version + 1,
    });
    await this.announce(ctx, 'subscription.cancelled', subscription.id);
  }

  /** Lets it end later: at the end of its period, or on a date, whichever of its periods that falls into. */
  async scheduleEnd(ctx: Ctx, subscription: Subscription, at: Date, atPeriodEnd: boolean): Promise<void> {
    assertSubscriptionTransition(subscription.subscriptionStatus, 'cancelled');
    if (at <= ctx.now)
      throw invalidOperation('cancel_at must be in the future', 'cancel_at_in_the_past', {
        cancel_at: at.toISOString(),
      });
    await updateRow(ctx.em, SubscriptionEntity, subscription.id, {
      ...stampChange(ctx),
      cancelAt: at,
      cancelAtPeriodEnd: atPeriodEnd,
      endDate: at,
      currentPeriodEnd: at < subscription.currentPeriodEnd ? at : subscription.currentPeriodEnd,
      version: subscription.version + 1,
    });
    await this.announce(ctx, 'subscription.updated', subscription.id);
  }

  private insert(
    ctx: Ctx,
    input: SubscribeInput,
    plan: Plan,
    start: Date,
    currency: string,
    interval: BillingInterval,
  ): Promise<Subscription> {
    const timeZone = input.timezone ?? input.customer.timezone;
    const cycle = input.billingCycle ?? 'anniversary';
    if (cycle === 'calendar' && input.billingAnchor)
      throw validationError('billing_anchor goes with billing_cycle anniversary: the calendar has its own');
    const anchor =
      cycle === 'calendar' ? calendarAnchor(start, interval.unit, timeZone) : (input.billingAnchor ?? start);
    const period = periodFrom({ interval, cycle, anchor, timeZone }, start, input.endDate);
    return insertRow(ctx.em, SubscriptionEntity, {
      ...stampNew(ctx, 'subscription'),
      customerId: input.customer.id,
      planId: plan.id,
      subscriptionStatus: 'active',
      currency,
      billingPeriod: interval.unit,
      billingPeriodCount: interval.count,
      billingCycle: cycle,
      billingAnchor: anchor,
      timezone: timeZone,
      startDate: start,
      endDate: input.endDate ?? null,
      currentPeriodStart: period.start,
      currentPeriodEnd: period.end,
      cancelAt: null,
      cancelAtPeriodEnd: false,
      cancelledAt: null,
      collectionMethod: input.collectionMethod ?? 'charge_automatically',
      paymentBehavior: 'default_active',
      paymentTerms: input.paymentTerms ?? null,
      prorationBehavior: 'none',
      lookupKey: input.lookupKey ?? null,
      metadata: { ...input.metadata },
      version: 1,
    });
  }

  private async insertLines(
    ctx: Ctx,
    subscription: Subscription,
    plan: Plan,
    prices: readonly MeteredPrice[],
  ): Promise<SubscriptionLineItem[]> {
    const rows = prices.map(({ price, meter }): SubscriptionLineItemEntity => ({
      ...stampNew(ctx, 'subscriptionLineItem'),
      subscriptionId: subscription.id,
      customerId: subscription.customerId,
      entityType: 'plan',
      entityId: plan.id,
      planDisplayName: plan.name,
      priceId: price.id,
      priceType: price.type,
      invoiceCadence: price.invoiceCadence,
      billingPeriod: price.billingPeriod,
      billingPeriodCount: price.billingPeriodCount,
      meterId: price.meterId,
      meterDisplayName: meter?.name ?? null,
      displayName: price.displayName ?? meter?.name ?? plan.name,
      quantity: price.type === 'FIXED' ? (price.minQuantity ?? rate(1)) : rate(0),
      currency: price.currency,
      // A plan's price that is younger than a back-dated subscription still counts from its own start.
      startDate: price.startDate > subscription.startDate ? price.startDate : subscription.startDate,
      endDate: price.endDate,
      metadata: {},
    }));
    await insertRows(ctx.em, SubscriptionLineItemEntity, rows);
    return rows;
  }

  private announce(ctx: Ctx, type: string, id: string): Promise<void> {
    return this.outbox.append(ctx, { type, entityType: 'subscription', entityId: id });
  }
}
