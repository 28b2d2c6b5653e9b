import { Injectable } from '@nestjs/common';
import type { Customer } from '../customers/customers.types.js';
import type { BillingInterval } from '../domain/billing-period.js';
import { isMultipleOf } from '../domain/billing-period.js';
import { rate } from '../domain/rate.js';
import { laterOf, type Period } from '../domain/period.js';
import { nextAction } from '../domain/subscribing/subscription-life.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { insertRow, updateRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import type { MeteredPrice, Plan } from '../plans/plans.types.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import { carriedQuotaCalendar } from './quota-calendar.types.js';
import { lineOf } from './subscription-line-rules.js';
import { SubscriptionTermsService } from './subscription-terms.service.js';
import type { Subscription, SubscriptionLineItem } from './subscriptions.types.js';

/** A line that the provider bills. */
export interface ImportedItem {
  readonly itemId: string;
  readonly plan: Plan;
  readonly priced: MeteredPrice;
  /** Undefined for usage. */
  readonly quantity: string | undefined;
}

export interface ImportInput {
  readonly connectionId: string;
  readonly customer: Customer;
  readonly plan: Plan;
  readonly status: 'active' | 'trialing' | 'incomplete';
  readonly currency: string;
  readonly interval: BillingInterval;
  readonly anchor: Date;
  readonly startDate: Date;
  readonly trial: Period | undefined;
  readonly current: Period;
  readonly collectionMethod: Subscription['collectionMethod'];
  readonly metadata: Readonly<Record<string, string>>;
  readonly items: readonly ImportedItem[];
  /** The plan's prices; of these, what is metered here is charged for here. */
  readonly prices: readonly MeteredPrice[];
  /** It takes the place of another one, whose taxes go on with it. */
  readonly carriesTerms?: boolean | undefined;
  /** The subscription whose plan was changed there: this one goes on with what was begun. */
  readonly continues?: Subscription | undefined;
}

/**
 * Subscriptions that live at a provider. It bills the items that it has; here they are shown and cost nothing. What is
 * metered here is not known there, and is charged for here.
 */
@Injectable()
export class ImportedSubscriptionsService {
  constructor(
    private readonly terms: SubscriptionTermsService,
    private readonly outbox: Outbox,
  ) {}

  /** In the period that the provider is in: earlier ones are not billed afterwards. */
  async insert(ctx: Ctx, input: ImportInput): Promise<Subscription> {
    const row: SubscriptionEntity = {
      ...auditColumnsForInsert(ctx, 'subscription'),
      customerId: input.customer.id,
      planId: input.plan.id,
      subscriptionStatus: input.status,
      currency: input.currency,
      billingPeriod: input.interval.unit,
      billingPeriodCount: input.interval.count,
      billingCycle: 'anniversary',
      billingAnchor: input.anchor,
      // Providers count months in UTC.
      timezone: 'UTC',
      startDate: input.startDate,
      endDate: null,
      trialStart: input.trial?.start ?? null,
      trialEnd: input.trial?.end ?? null,
      activatedAt: input.startDate,
      currentPeriodStart: input.current.start,
      currentPeriodEnd: input.current.end,
      cancelAt: null,
      cancelAtPeriodEnd: false,
      cancelledAt: null,
      pauseStatus: 'none',
      activePauseId: null,
      pauseAt: null,
      resumeAt: null,
      nextActionAt: null,
      billingFailures: 0,
      collectionMethod: input.collectionMethod,
      paymentBehavior: 'default_active',
      paymentTerms: null,
      prorationBehavior: 'none',
      commitment: null,
      continuesId: input.continues?.id ?? null,
      continuedById: null,
      quotaCalendar: input.continues === undefined ? null : carriedQuotaCalendar(input.continues),
      endProrationBehavior: null,
      lookupKey: null,
      metadata: { ...input.metadata },
      version: 1,
    };
    const subscription = await insertRow(ctx.em, SubscriptionEntity, {
      ...row,
      nextActionAt: nextAction(row)?.at ?? null,
    });
    for (const item of input.items) await this.addItem(ctx, subscription, input.connectionId, item);
    for (const priced of input.prices)
      if (isChargedHere(priced, input, ctx.now)) await this.addUsage(ctx, subscription, input.plan, priced);
    await this.terms.begin(
      ctx,
      subscription,
      {
        customer: input.customer,
        coupons: [],
        taxOverrides: input.carriesTerms === true ? [] : undefined,
      },
      () => undefined,
    );
    await this.outbox.append(ctx, {
      type: 'subscription.created',
      entityType: 'subscription',
      entityId: subscription.id,
    });
    return subscription;
  }

  addItem(
    ctx: Ctx,
    subscription: Subscription,
    connectionId: string,
    item: ImportedItem,
  ): Promise<SubscriptionLineItem> {
    const { price, meter } = item.priced;
    return insertRow(ctx.em, SubscriptionLineItemEntity, {
      ...lineOf(ctx, subscription, item.priced, item.quantity, 'quantity'),
      entityType: 'plan',
      entityId: item.plan.id,
      planDisplayName: item.plan.name,
      displayName: price.displayName ?? meter?.name ?? item.plan.name,
      startDate: laterOf(subscription.startDate, subscription.currentPeriodStart),
      billedBy: connectionId,
      providerItemId: item.itemId,
      // For whoever wonders why it is on no invoice.
      metadata: { billed_by: connectionId, provider_item_id: item.itemId },
    });
  }

  /** Nothing is charged for it here, so that no line has to end for another quantity to begin. */
  async setQuantity(ctx: Ctx, line: SubscriptionLineItem, quantity: string): Promise<void> {
    await updateRow(ctx.em, SubscriptionLineItemEntity, line.id, {
      ...auditColumnsForUpdate(ctx),
      quantity: rate(quantity),
    });
  }

  async endLine(ctx: Ctx, line: SubscriptionLineItem): Promise<void> {
    // A line that begins later than now never begins.
    await updateRow(ctx.em, SubscriptionLineItemEntity, line.id, {
      ...auditColumnsForUpdate(ctx),
      ...(line.startDate >= ctx.now ? { status: 'deleted' as const } : { endDate: ctx.now }),
    });
  }

  /** What is told of it and changes nothing that is charged. */
  async describe(
    ctx: Ctx,
    subscription: Subscription,
    facts: {
      readonly collectionMethod: Subscription['collectionMethod'];
      readonly metadata: Readonly<Record<string, string>>;
    },
  ): Promise<void> {
    const metadata = { ...subscription.metadata, ...facts.metadata };
    await updateRow(ctx.em, SubscriptionEntity, subscription.id, {
      ...auditColumnsForUpdate(ctx),
      collectionMethod: facts.collectionMethod,
      metadata,
    });
  }

  private addUsage(
    ctx: Ctx,
    subscription: Subscription,
    plan: Plan,
    priced: MeteredPrice,
  ): Promise<SubscriptionLineItem> {
    return insertRow(ctx.em, SubscriptionLineItemEntity, {
      ...lineOf(ctx, subscription, priced, undefined, 'quantity'),
      entityType: 'plan',
      entityId: plan.id,
      planDisplayName: plan.name,
      displayName: priced.price.displayName ?? priced.meter?.name ?? plan.name,
      startDate: laterOf(priced.price.startDate, subscription.startDate),
    });
  }
}

/** A fixed price is the provider's to charge, if it is charged at all. */
const isChargedHere = ({ price }: MeteredPrice, input: ImportInput, now: Date): boolean =>
  price.type === 'USAGE' &&
  price.currency === input.currency &&
  (price.endDate === null || price.endDate > now) &&
  isMultipleOf({ unit: price.billingPeriod, count: price.billingPeriodCount }, input.interval);
