import { Injectable } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { applyFraction } from '../domain/fraction.js';
import type { InvoiceBillingReason } from '../domain/invoicing/zero-rules.js';
import type { Period } from '../domain/period.js';
import { ratePrice } from '../domain/rating/rate-price.js';
import { ZERO, type Rate } from '../domain/rate.js';
import {
  linesDue,
  type BillingMoment,
  type ChargeableLine,
  type DueCharge,
} from '../domain/subscribing/charges-due.js';
import { lineSchedule } from '../domain/subscribing/line-schedule.js';
import { lineWindow } from '../domain/subscribing/line-window.js';
import { billableQuantity } from '../domain/usage/aggregate.js';
import type { PropertyFilter } from '../domain/usage/filters.js';
import type { Ctx } from '../platform/context.js';
import { PricesService } from '../plans/prices.service.js';
import { pricingTermsOf, type MeteredPrice } from '../plans/plans.types.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import {
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';
import { meterQuery, UsageService } from '../usage/usage.service.js';
import type { UsageQuery } from '../usage/usage.types.js';
import { InvoicesService } from './invoices.service.js';
import { LateUsageService } from './late-usage.service.js';
import type { InvoiceWithLines, RatedLine } from './invoices.types.js';

/** A moment in a subscription's life that is to be billed. */
export interface BillingTask {
  readonly subscription: Subscription;
  readonly moment: BillingMoment;
  readonly reason: InvoiceBillingReason;
}

interface PricedLine extends ChargeableLine {
  readonly item: SubscriptionLineItem;
  readonly priced: MeteredPrice;
}

type Charge = DueCharge<PricedLine>;

/** Turns moments of subscriptions into invoices. Whatever their number, the queries are as many as for one. */
@Injectable()
export class SubscriptionBillingService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly customers: CustomersService,
    private readonly prices: PricesService,
    private readonly usage: UsageService,
    private readonly invoices: InvoicesService,
    private readonly lateUsage: LateUsageService,
  ) {}

  /**
   * Drafts one invoice for each task that has something to charge; nothing at all to charge for at the start of
   * a subscription is no invoice, at the end of a period it is a SKIPPED one, so that the period is done.
   */
  async bill(ctx: Ctx, tasks: readonly BillingTask[]): Promise<ReadonlyMap<BillingTask, InvoiceWithLines>> {
    const inTime = await this.rate(ctx, tasks);
    const rated = await this.lateUsage.withLateUsage(ctx, tasks, inTime, (past) => this.rate(ctx, past));
    const invoices = new Map<BillingTask, InvoiceWithLines>();
    for (const [index, task] of tasks.entries()) {
      const lines = rated[index] ?? [];
      if (lines.length === 0 && task.moment.type === 'subscription_start') continue;
      const { subscription } = task;
      invoices.set(
        task,
        await this.invoices.draft(ctx, {
          customerId: subscription.customerId,
          subscriptionId: subscription.id,
          type: 'SUBSCRIPTION',
          billingReason: task.reason,
          billingPeriod: subscription.billingPeriod,
          collectionMethod: subscription.collectionMethod,
          currency: subscription.currency,
          lines,
          period: invoicePeriod(task.moment),
          paymentTerms: subscription.paymentTerms,
        }),
      );
    }
    return invoices;
  }

  /** What the tasks would be charged for, rated exactly, in their order. */
  async rate(ctx: Ctx, tasks: readonly BillingTask[]): Promise<RatedLine[][]> {
    const charges = await this.chargesOf(ctx, tasks);
    const quantities = await this.usageOf(ctx, tasks, charges);
    return charges.map((list) => list.map((charge) => ratedLine(charge, quantities.get(charge))));
  }

  private async chargesOf(ctx: Ctx, tasks: readonly BillingTask[]): Promise<Charge[][]> {
    const items = await this.subscriptions.linesOf(ctx, [
      ...new Set(tasks.map((task) => task.subscription.id)),
    ]);
    const prices = await this.prices.byIds(
      ctx,
      items.map((item) => item.priceId),
    );
    const bySubscription = new Map<string, SubscriptionLineItem[]>();
    for (const item of items)
      bySubscription.set(item.subscriptionId, [...(bySubscription.get(item.subscriptionId) ?? []), item]);
    return tasks.map(({ subscription, moment }) => {
      const lines = (bySubscription.get(subscription.id) ?? []).flatMap((item) =>
        pricedLine(subscription, item, prices.get(item.priceId)),
      );
      return linesDue(moment, { start: subscription.startDate, end: subscription.endDate }, lines);
    });
  }

  private async usageOf(
    ctx: Ctx,
    tasks: readonly BillingTask[],
    charges: readonly Charge[][],
  ): Promise<ReadonlyMap<Charge, Rate>> {
    const customers = await this.customers.listByIds(ctx, [
      ...new Set(tasks.map((task) => task.subscription.customerId)),
    ]);
    const externalIds = new Map(customers.map((customer) => [customer.id, customer.externalId]));
    const metered: Charge[] = [];
    const queries: UsageQuery[] = [];
    for (const charge of charges.flat()) {
      const { item, priced } = charge.line;
      if (priced.price.type !== 'USAGE' || priced.meter === null) continue;
      metered.push(charge);
      queries.push(
        meterQuery(
          priced.meter,
          externalIds.get(item.customerId) ?? '',
          charge.effective,
          priceFilters(priced),
        ),
      );
    }
    const values = await this.usage.aggregate(ctx, queries);
    return new Map(metered.map((charge, index) => [charge, values[index] ?? ZERO]));
  }
}

const priceFilters = ({ price }: MeteredPrice): PropertyFilter[] =>
  Object.entries(price.filterValues).map(([key, values]) => ({ key, values }));

function pricedLine(
  subscription: Subscription,
  item: SubscriptionLineItem,
  priced: MeteredPrice | undefined,
): PricedLine[] {
  if (priced === undefined)
    throw new Error(`line ${item.id} names a price that is not there: ${item.priceId}`);
  const window = lineWindow({
    subscriptionStart: subscription.startDate,
    subscriptionEnd: subscription.endDate,
    lineStart: item.startDate,
    lineEnd: item.endDate,
    priceStart: priced.price.startDate,
    priceEnd: priced.price.endDate,
  });
  if (window === undefined) return [];
  return [
    {
      key: item.id,
      priceType: item.priceType,
      cadence: item.invoiceCadence,
      schedule: lineSchedule(scheduleOf(subscription), subscription.startDate, {
        unit: item.billingPeriod,
        count: item.billingPeriodCount,
      }),
      window,
      item,
      priced,
    },
  ];
}

function ratedLine(charge: Charge, used: Rate | undefined): RatedLine {
  const { item, priced } = charge.line;
  const quantity = used === undefined ? item.quantity : billableQuantity(used);
  return {
    displayName: item.displayName,
    amount: applyFraction(ratePrice(pricingTermsOf(priced.price), quantity), charge.fraction),
    quantity,
    priceType: item.priceType,
    period: charge.effective,
    subscriptionLineItemId: item.id,
    entityType: item.entityType,
    entityId: item.entityId,
    priceId: item.priceId,
    meterId: item.meterId,
    planDisplayName: item.planDisplayName,
    meterDisplayName: item.meterDisplayName,
  };
}

/** The billing period that an invoice is for: the one it closes, or the first one. */
const invoicePeriod = (moment: BillingMoment): Period =>
  moment.type === 'subscription_start' ? moment.next : moment.closing;
