import { Injectable } from '@nestjs/common';
import { fullPeriodAt } from '../domain/billing-period.js';
import { invalidOperation } from '../domain/errors.js';
import { money, moneyToRate, sumMoney, type Money } from '../domain/money.js';
import { earlierOf, laterOf, type Period } from '../domain/period.js';
import type { Rate } from '../domain/rate.js';
import type { PricingTerms } from '../domain/rating/pricing-terms.js';
import { lineSchedule } from '../domain/subscribing/line-schedule.js';
import {
  quantityChange,
  unusedCredits,
  type AdvanceEntry,
  type BilledLine,
  type ProrationBehavior,
  type ProrationLine,
  type QuantityChange,
} from '../domain/subscribing/proration.js';
import type { Ctx } from '../platform/context.js';
import { newId } from '../platform/ids.js';
import { PricesService } from '../plans/prices.service.js';
import { pricingTermsOf, type MeteredPrice } from '../plans/plans.types.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import {
  chargedLife,
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';
import { WalletSpending } from '../wallets/wallet-spending.service.js';
import { ImmediateBilling } from './immediate-billing.service.js';
import { BilledLinesQueries } from '../invoices/billed-lines.queries.js';
import type { InvoiceLineItem } from '../invoices/invoices.types.js';
import type { RatedLine } from '../rating/rated-line.types.js';
import { LineCreditsService, netOf } from '../invoices/line-credits.service.js';

/** A line of a proration with the subscription line that it is about. */
export interface Proration extends ProrationLine {
  readonly line: SubscriptionLineItem;
}

/** What was paid in advance, and what of it is given back when things change. */
@Injectable()
export class ProrationsService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly prices: PricesService,
    private readonly spending: WalletSpending,
    private readonly now: ImmediateBilling,
    private readonly credits: LineCreditsService,
    private readonly billedLines: BilledLinesQueries,
  ) {}

  /** What is left of everything that was paid in advance, of all lines or of one. Nothing is given back by asking. */
  async unused(
    ctx: Ctx,
    subscription: Subscription,
    at: Date,
    behavior: ProrationBehavior,
    lineId?: string,
  ): Promise<Proration[]> {
    if (behavior === 'none') return [];
    const lines = await this.subscriptions.linesOf(ctx, [subscription.id]);
    const present = leavesOf(lines).filter(
      ({ id, endDate, billedBy }) =>
        billedBy === null && (lineId === undefined ? endDate === null || endDate > at : id === lineId),
    );
    if (lineId !== undefined) assertNotReplaced(lineId, lines);
    const billed = await this.billed(ctx, subscription, lines, present, at);
    return withLines(unusedCredits(billed, at, behavior, subscription.currency), present);
  }

  /**
   * What it costs, or gives back, that `after` takes the place of `before`, paid in advance until `until`. A charge is on
   * an invoice of its own, finalized; a credit is in the wallet.
   */
  async settleChange(
    ctx: Ctx,
    subscription: Subscription,
    before: SubscriptionLineItem,
    after: SubscriptionLineItem,
    until: Date,
  ): Promise<void> {
    const at = after.startDate;
    const { start, end } = chargedLife(subscription);
    const lines = await this.subscriptions.linesOf(ctx, [subscription.id]);
    const [billed] = await this.billed(ctx, subscription, lines, [after], at);
    const prices = await this.prices.byIds(ctx, [before.priceId, after.priceId]);
    const termsOf = (priceId: string): PricingTerms =>
      pricingTermsOf((prices.get(priceId) as MeteredPrice).price);
    const ends = [until, end, after.endDate].flatMap((date) => date ?? []);
    const change: QuantityChange = {
      billed: billed as BilledLine,
      terms: termsOf(before.priceId),
      newTerms: termsOf(after.priceId),
      from: before.quantity,
      to: after.quantity,
      at,
      until: ends.reduce(earlierOf),
      priced: fullPeriodAt((billed as BilledLine).line.schedule, laterOf(at, start)),
    };
    const prorations = withLines(quantityChange(change, 'create_prorations', subscription.currency), [after]);
    const charges = prorations.filter(({ type }) => type === 'charge');
    const [charge] = charges;
    if (charge !== undefined)
      await this.now.bill(ctx, {
        subscription,
        moment: { type: 'subscription_start', next: charge.period },
        reason: 'SUBSCRIPTION_UPDATE',
        lineIds: [],
        charges: charges.map((one) => changeLine(one, after.quantity.minus(before.quantity))),
      });
    await this.record(ctx, subscription, prorations);
  }

  /**
   * Writes down what was given back. `toWallet` of it goes to the customer's prepaid wallet; whatever else stands on an
   * invoice already.
   */
  async record(
    ctx: Ctx,
    subscription: Subscription,
    prorations: readonly Proration[],
    toWallet: Money = creditOf(prorations, subscription.currency),
  ): Promise<void> {
    const credits = prorations.filter(({ type }) => type === 'credit');
    if (credits.length === 0) return;
    const id = newId('proration');
    await this.credits.recordProration(
      ctx,
      id,
      credits.flatMap(({ from, period }) => from.map(({ key, amount }) => ({ lineId: key, amount, period }))),
    );
    await this.spending.giveBack(ctx, {
      customerId: subscription.customerId,
      amount: toWallet,
      reason: 'CREDIT_ADJUSTMENT',
      referenceId: id,
      description: 'Paid in advance and not used',
    });
  }

  private async billed(
    ctx: Ctx,
    subscription: Subscription,
    lines: readonly SubscriptionLineItem[],
    wanted: readonly SubscriptionLineItem[],
    at: Date,
  ): Promise<BilledLine[]> {
    if (wanted.length === 0) return [];
    await this.now.closeDrafts(ctx, subscription.id);
    const entries = await this.entries(ctx, subscription, at);
    const { start } = chargedLife(subscription);
    return wanted.map((item) => {
      const family = familyOf(item, lines);
      return {
        line: {
          key: item.id,
          priceType: item.priceType,
          cadence: item.invoiceCadence,
          schedule: lineSchedule(scheduleOf(subscription), start, {
            unit: item.billingPeriod,
            count: item.billingPeriodCount,
          }),
          window: { start: item.startDate, end: item.endDate },
        },
        entries: entries.filter(({ lineId }) => family.has(lineId)).map(({ entry }) => entry),
      };
    });
  }

  /**
   * What was charged in advance for the time after an instant, and given back of it, by whatever. The invoices are locked
   * from here on: nothing else gives back of them before this has been written down.
   */
  private async entries(
    ctx: Ctx,
    { id, currency }: Subscription,
    at: Date,
  ): Promise<{ readonly lineId: string; readonly entry: AdvanceEntry }[]> {
    const found = await this.billedLines.advances(ctx, id, at);
    const locked = await this.credits.lock(
      ctx,
      found.map(({ invoiceId }) => invoiceId),
    );
    const billed = found.filter(({ invoiceId }) => locked.get(invoiceId)?.invoiceStatus === 'FINALIZED');
    const byId = new Map(billed.map((line) => [line.id, line]));
    const periodOf = (line: InvoiceLineItem): Period => ({
      start: line.periodStart as Date,
      end: line.periodEnd as Date,
    });
    return [
      ...billed.map((line) => ({
        lineId: line.subscriptionLineItemId as string,
        entry: { key: line.id, amount: netOf(line), period: periodOf(line) },
      })),
      ...(await this.credits.of(ctx, billed)).map((credit) => {
        const line = byId.get(credit.lineId) as InvoiceLineItem;
        return {
          lineId: line.subscriptionLineItemId as string,
          entry: {
            key: line.id,
            amount: money(-credit.net.amount, currency),
            period: credit.period ?? periodOf(line),
          },
        };
      }),
    ];
  }
}

/** What the prorations give back together. */
export const creditOf = (prorations: readonly ProrationLine[], currency: string): Money =>
  sumMoney(
    prorations.filter(({ type }) => type === 'credit').map(({ amount }) => amount),
    currency,
  );

/** Lines whose place no other has taken. */
function leavesOf(lines: readonly SubscriptionLineItem[]): SubscriptionLineItem[] {
  const replaced = new Set(lines.map(({ replacesId }) => replacesId));
  return lines.filter(({ id }) => !replaced.has(id));
}

/** A line, those whose place it took, and those that took theirs: they share one account, so that nothing is given back twice. */
function familyOf(line: SubscriptionLineItem, lines: readonly SubscriptionLineItem[]): ReadonlySet<string> {
  const byId = new Map(lines.map((one) => [one.id, one]));
  const rootOf = (one: SubscriptionLineItem): string => {
    const before = one.replacesId === null ? undefined : byId.get(one.replacesId);
    return before === undefined ? one.id : rootOf(before);
  };
  const root = rootOf(line);
  return new Set(lines.filter((one) => rootOf(one) === root).map(({ id }) => id));
}

/** A line that another one replaces at its end gives its account on to that one. */
function assertNotReplaced(id: string, lines: readonly SubscriptionLineItem[]): void {
  const successor = lines.find(({ replacesId }) => replacesId === id);
  if (successor !== undefined)
    throw invalidOperation(
      `line ${successor.id} takes the place of this one at ${successor.startDate.toISOString()}: change that one`,
      'line_item_already_replaced',
      { line_item_id: successor.id },
    );
}

/** A charge for the rest of a period that was paid before the line was changed. */
const changeLine = ({ line, amount, period }: Proration, more: Rate): RatedLine => ({
  displayName: `${line.displayName} (change)`,
  amount: moneyToRate(amount),
  quantity: more.greaterThan(0) ? more : line.quantity,
  priceType: line.priceType,
  period,
  subscriptionLineItemId: line.id,
  entityType: line.entityType,
  entityId: line.entityId,
  priceId: line.priceId,
  meterId: null,
  planDisplayName: line.planDisplayName,
  meterDisplayName: null,
});

const withLines = (
  prorations: readonly ProrationLine[],
  lines: readonly SubscriptionLineItem[],
): Proration[] =>
  prorations.map((one) => ({
    ...one,
    line: lines.find(({ id }) => id === one.lineKey) as SubscriptionLineItem,
  }));
