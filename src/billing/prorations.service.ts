import { Injectable } from '@nestjs/common';
import { fullPeriodAt } from '../domain/billing-period.js';
import { giveCredits, type GivenCredit } from '../domain/invoicing/give-credits.js';
import {
  minMoney,
  money,
  moneyToRate,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../domain/money.js';
import { earlierOf, laterOf, type Period } from '../domain/period.js';
import { rate, type Rate } from '../domain/rate.js';
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
import { ImmediateBilling } from './immediate-billing.service.js';
import { BilledLinesQueries } from '../invoices/billed-lines.queries.js';
import { UNUSED_TIME_OF, type Invoice, type InvoiceLineItem } from '../invoices/invoices.types.js';
import type { RatedLine, SettledTaxPart } from '../rating/rated-line.types.js';
import { assertNotReplaced, familyOf, leavesOf } from './line-families.js';
import { GivingBack, type CreditPart, type GivenBack } from './giving-back.service.js';
import { LineTaxes, withTax } from '../invoices/line-taxes.service.js';
import { LineCreditsService, netOf } from '../invoices/line-credits.service.js';

/** A line of a proration with the subscription line that it is about. */
export interface Proration extends ProrationLine {
  readonly line: SubscriptionLineItem;
  /** Of a credit with the tax that goes back with it; the amount of a charge. */
  readonly withTax: Money;
}

/** What an invoice has taken of credits, in their order, before tax. */
export interface CarriedCredits {
  /** Null: it took nothing, and there is none. */
  readonly invoiceId: string | null;
  readonly nets: readonly Money[];
}

/** What was paid in advance, and what of it is given back when things change. */
@Injectable()
export class ProrationsService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly prices: PricesService,
    private readonly giving: GivingBack,
    private readonly taxes: LineTaxes,
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
    return this.withLines(ctx, unusedCredits(billed, at, behavior, subscription.currency), present);
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
    const prorations = await this.withLines(
      ctx,
      quantityChange(change, 'create_prorations', subscription.currency),
      [after],
    );
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
   * Gives credits back. What of them stands on an invoice already is `carried`; of the rest what is still owed for it is
   * lowered first, and what was paid goes to the customer's prepaid wallet.
   */
  async record(
    ctx: Ctx,
    subscription: Subscription,
    prorations: readonly Proration[],
    carried: CarriedCredits = { invoiceId: null, nets: [] },
  ): Promise<GivenBack> {
    const { currency, customerId } = subscription;
    const credits = prorations.filter(({ type }) => type === 'credit');
    if (credits.length === 0) return { toWallet: zeroMoney(currency), notes: [] };
    const sourceId = newId('proration');
    const split = credits.map((credit, index) =>
      splitParts(partsOf(credit), carried.nets[index] ?? zeroMoney(currency)),
    );
    await this.recordCarried(
      ctx,
      sourceId,
      carried.invoiceId,
      split.flatMap(({ taken }) => taken),
    );
    return this.giving.giveBack(ctx, {
      customerId,
      currency,
      sourceId,
      parts: split.flatMap(({ left }) => left),
      reason: 'CREDIT_ADJUSTMENT',
      noteReason: 'ORDER_CHANGE',
      description: 'Paid in advance and not used',
    });
  }

  /** The unused time that a void invoice has taken off is given back anew. */
  async returnCarried(ctx: Ctx, voided: Invoice): Promise<GivenBack> {
    // Usage that it corrected is found again with the next bill.
    const released = (await this.credits.releaseCarried(ctx, voided.id)).filter(
      ({ source }) => source === 'PRORATION',
    );
    return this.giving.giveBack(ctx, {
      customerId: voided.customerId,
      currency: voided.currency,
      sourceId: voided.id,
      parts: released.map(({ lineId, net, period }) => ({ lineId, net, period })),
      reason: 'INVOICE_VOID_REFUND',
      noteReason: 'ORDER_CHANGE',
      description: 'Unused time that a void invoice had taken off',
    });
  }

  /** As lines of an invoice that has room for so much; and what each of them takes, before tax. */
  async asLines(
    ctx: Ctx,
    credits: readonly Proration[],
    room: Money,
  ): Promise<{ readonly lines: readonly RatedLine[]; readonly nets: readonly Money[] }> {
    const book = await this.taxes.of(
      ctx,
      credits.flatMap(({ from }) => from.map(({ key }) => key)),
    );
    const partsFor = (index: number, net: Money): readonly CreditPart[] =>
      splitParts(partsOf(credits[index] as Proration), net).taken;
    const given = giveCredits(
      credits.map(({ amount }, index) => ({ key: String(index), credit: amount })),
      room,
      (key, net) =>
        sumMoney(
          partsFor(Number(key), net).map((part) => book.taxOn(part.lineId, part.net)),
          net.currency,
        ),
    );
    return {
      nets: given.map(({ amount }) => amount),
      lines: credits.flatMap((credit, index) => {
        const { amount } = given[index] as GivenCredit;
        if (amount.amount === 0n) return [];
        const taxes = partsFor(index, amount).flatMap((part) => book.take(part.lineId, part.net).taxes);
        return [creditLine(credit, amount, taxes)];
      }),
    };
  }

  private async recordCarried(
    ctx: Ctx,
    sourceId: string,
    carriedBy: string | null,
    parts: readonly CreditPart[],
  ): Promise<void> {
    const book = await this.taxes.of(
      ctx,
      parts.map(({ lineId }) => lineId),
    );
    await this.credits.record(
      ctx,
      parts.map((part) => ({
        ...part,
        source: 'PRORATION' as const,
        sourceId,
        carriedBy,
        amount: withTax(book.take(part.lineId, part.net)),
      })),
    );
  }

  /** With the lines that they are about, and the tax that goes back with them. */
  private async withLines(
    ctx: Ctx,
    prorations: readonly ProrationLine[],
    lines: readonly SubscriptionLineItem[],
  ): Promise<Proration[]> {
    const book = await this.taxes.of(
      ctx,
      prorations.flatMap(({ from }) => from.map(({ key }) => key)),
    );
    return prorations.map((one) => ({
      ...one,
      line: lines.find(({ id }) => id === one.lineKey) as SubscriptionLineItem,
      withTax:
        one.type === 'charge'
          ? one.amount
          : sumMoney(
              one.from.map(({ key, amount }) => withTax(book.take(key, amount))),
              one.amount.currency,
            ),
    }));
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

/** What the prorations give back together, with its tax. */
export const creditOf = (prorations: readonly Proration[], currency: string): Money =>
  sumMoney(
    prorations.filter(({ type }) => type === 'credit').map((one) => one.withTax),
    currency,
  );

/** What each invoice line gives back of a credit. */
const partsOf = ({ from, period }: Proration): CreditPart[] =>
  from.map(({ key, amount }) => ({ lineId: key, net: amount, period }));

/** The first of the parts that make up an amount, and the rest. */
function splitParts(
  parts: readonly CreditPart[],
  net: Money,
): { readonly taken: readonly CreditPart[]; readonly left: readonly CreditPart[] } {
  let open = net;
  const taken: CreditPart[] = [];
  const left: CreditPart[] = [];
  for (const part of parts) {
    const now = minMoney(part.net, open);
    open = subtractMoney(open, now);
    if (now.amount > 0n) taken.push({ ...part, net: now });
    if (now.amount < part.net.amount) left.push({ ...part, net: subtractMoney(part.net, now) });
  }
  return { taken, left };
}

/** A credit as a line of the new plan's first invoice. */
const creditLine = (
  { line, period }: Proration,
  amount: Money,
  taxes: readonly SettledTaxPart[],
): RatedLine => ({
  displayName: `Unused time on ${line.displayName}`,
  amount: moneyToRate(amount).negated(),
  quantity: rate(1),
  priceType: 'FIXED',
  period,
  entityType: line.entityType,
  entityId: line.entityId,
  planDisplayName: line.planDisplayName,
  metadata: { [UNUSED_TIME_OF]: line.id },
  settled: { taxes },
});

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
