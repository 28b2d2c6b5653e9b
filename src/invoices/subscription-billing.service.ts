import { Injectable } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { applyFraction, type Fraction } from '../domain/fraction.js';
import type { Period } from '../domain/period.js';
import { ratePrice } from '../domain/rating/rate-price.js';
import { ZERO, type Rate } from '../domain/rate.js';
import { linesDue, type ChargeableLine, type DueCharge } from '../domain/subscribing/charges-due.js';
import { lineSchedule } from '../domain/subscribing/line-schedule.js';
import { lineWindow } from '../domain/subscribing/line-window.js';
import { proratedCharges } from '../domain/subscribing/proration.js';
import { billableQuantity } from '../domain/usage/aggregate.js';
import type { PropertyFilter } from '../domain/usage/filters.js';
import type { Ctx } from '../platform/context.js';
import { PricesService } from '../plans/prices.service.js';
import { pricingTermsOf, type MeteredPrice } from '../plans/plans.types.js';
import { SubscriptionPausesService } from '../subscriptions/subscription-pauses.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import {
  chargedLife,
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';
import { meterQuery, UsageService } from '../usage/usage.service.js';
import type { UsageQuery } from '../usage/usage.types.js';
import { InvoiceDrafts } from './invoice-drafts.service.js';
import { LateUsageService } from './late-usage.service.js';
import type { InvoiceDraftInput, InvoiceWithLines, RatedLine } from './invoices.types.js';
import { invoicePeriod, type BillingTask } from './subscription-billing.types.js';

/** A price as a line of a subscription takes it. */
export interface PricedLine extends ChargeableLine {
  readonly item: SubscriptionLineItem;
  readonly priced: MeteredPrice;
}

type Charge = DueCharge<PricedLine>;

const NOTHING: Fraction = { numerator: 0n, denominator: 1n };

/** Turns moments of subscriptions into invoices. Whatever their number, the queries are as many as for one. */
@Injectable()
export class SubscriptionBillingService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly customers: CustomersService,
    private readonly prices: PricesService,
    private readonly usage: UsageService,
    private readonly pauses: SubscriptionPausesService,
    private readonly drafts: InvoiceDrafts,
    private readonly lateUsage: LateUsageService,
  ) {}

  /**
   * Drafts one invoice for each task that has something to charge; nothing at all to charge for at the start of
   * a subscription, or while it is paused, is no invoice; at the end of a period it is a SKIPPED one, so that the
   * period is done.
   */
  async bill(ctx: Ctx, tasks: readonly BillingTask[]): Promise<ReadonlyMap<BillingTask, InvoiceWithLines>> {
    const inTime = await this.rate(ctx, tasks);
    const rated = await this.lateUsage.withLateUsage(ctx, tasks, inTime, (past) => this.rate(ctx, past));
    const billed: BillingTask[] = [];
    const inputs: InvoiceDraftInput[] = [];
    for (const [index, task] of tasks.entries()) {
      const { subscription, moment } = task;
      const lines = rated[index] ?? [];
      const mayBeNothing =
        moment.type === 'subscription_start' || subscription.subscriptionStatus === 'paused';
      if (lines.length === 0 && mayBeNothing) continue;
      billed.push(task);
      inputs.push({
        customerId: subscription.customerId,
        subscriptionId: subscription.id,
        type: 'SUBSCRIPTION',
        billingReason: task.reason,
        billingPeriod: subscription.billingPeriod,
        collectionMethod: subscription.collectionMethod,
        currency: subscription.currency,
        lines,
        period: invoicePeriod(moment),
        paymentTerms: subscription.paymentTerms,
      });
    }
    const drafts = await this.drafts.draftAll(ctx, inputs);
    return new Map(billed.map((task, index) => [task, drafts[index] as InvoiceWithLines]));
  }

  /** What the tasks would be charged for, rated exactly, in their order. */
  async rate(ctx: Ctx, tasks: readonly BillingTask[]): Promise<RatedLine[][]> {
    const charges = await this.chargesOf(ctx, tasks);
    const quantities = await this.usageOf(ctx, tasks, charges);
    return charges.map((list, index) => [
      ...list.map((charge) => ratedLine(charge, quantities.get(charge))),
      ...(tasks[index]?.charges ?? []),
    ]);
  }

  private async chargesOf(ctx: Ctx, tasks: readonly BillingTask[]): Promise<Charge[][]> {
    const subscriptionIds = [...new Set(tasks.map((task) => task.subscription.id))];
    const items = await this.subscriptions.linesOf(ctx, subscriptionIds);
    const pauses = await this.pauses.pausedTimes(ctx, subscriptionIds);
    const prices = await this.prices.byIds(
      ctx,
      items.map((item) => item.priceId),
    );
    const bySubscription = new Map<string, SubscriptionLineItem[]>();
    for (const item of items) {
      const own = bySubscription.get(item.subscriptionId);
      if (own === undefined) bySubscription.set(item.subscriptionId, [item]);
      else own.push(item);
    }
    return tasks.map(({ subscription, moment, lineIds, linesSince }) => {
      const lines = (bySubscription.get(subscription.id) ?? [])
        .filter((item) => lineIds === undefined || lineIds.includes(item.id))
        .filter((item) => linesSince === undefined || item.createdAt >= linesSince)
        .flatMap((item) => pricedLine(subscription, item, prices.get(item.priceId)));
      return moment.type === 'trial_start'
        ? lines.flatMap((line) => freeCharge(line, moment.trial))
        : proratedCharges(
            linesDue(moment, chargedLife(subscription), lines, pauses.get(subscription.id) ?? []),
            subscription.prorationBehavior,
          );
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

export function pricedLine(
  subscription: Subscription,
  item: SubscriptionLineItem,
  priced: MeteredPrice | undefined,
): PricedLine[] {
  if (priced === undefined)
    throw new Error(`line ${item.id} names a price that is not there: ${item.priceId}`);
  const life = chargedLife(subscription);
  // A price of the subscription's own is valid as long as its line is.
  const shared = priced.price.entityType !== 'SUBSCRIPTION';
  const window = lineWindow({
    subscriptionStart: life.start,
    subscriptionEnd: life.end,
    lineStart: item.startDate,
    lineEnd: item.endDate,
    priceStart: shared ? priced.price.startDate : null,
    priceEnd: shared ? priced.price.endDate : null,
  });
  if (window === undefined) return [];
  return [
    {
      key: item.id,
      priceType: item.priceType,
      cadence: item.invoiceCadence,
      schedule: lineSchedule(scheduleOf(subscription), life.start, {
        unit: item.billingPeriod,
        count: item.billingPeriodCount,
      }),
      window,
      paidUntil: item.paidUntil,
      item,
      priced,
    },
  ];
}

/** What a trial gives for nothing: the fees that would be charged in advance. */
const freeCharge = (line: PricedLine, trial: Period): Charge[] =>
  line.priceType === 'FIXED' && line.cadence === 'ADVANCE' && line.schedule.interval.unit !== 'ONETIME'
    ? [{ line, servicePeriod: trial, effective: trial, fraction: NOTHING, fullPeriod: trial }]
    : [];

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
