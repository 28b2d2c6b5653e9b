import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import { isBilled } from '../../domain/invoicing/invoice-states.js';
import {
  addMoney,
  floorAtZero,
  money,
  moneyToRate,
  roundToMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../../domain/money.js';
import { earlierOf, laterOf, makePeriod, type Period } from '../../domain/period.js';
import { rate } from '../../domain/rate.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { CREDITED_TO_WALLET, type Invoice } from '../../invoices/invoices.types.js';
import { LineTaxes } from '../../invoices/line-taxes.service.js';
import type { CreditNote } from '../../payments/payments.types.js';
import type { Ctx } from '../../platform/context.js';
import type { BillingTask } from '../../rating/billing-task.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';
import { SubscriptionChainsService } from '../../subscriptions/subscription-chains.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { GivingBack } from '../giving-back.service.js';
import { ImmediateBilling } from '../immediate-billing.service.js';
import { SubscriptionAdvancer } from '../runs/subscription-advancer.service.js';
import { SubscriptionBillingService } from '../subscription-billing.service.js';
import { creditLines, type LateCredit, type LateUsage } from './late-usage-books.js';
import { CORRECTED_USAGE, LateUsageNotes, noteTotal } from './late-usage-notes.service.js';
import { LateUsageService } from './late-usage.service.js';

export interface LateUsageSettled {
  readonly invoice: Invoice | undefined;
  /** In the customer's prepaid wallet now, and no longer owed, together. */
  readonly credited: Money;
  /** What lowers invoices that are not paid yet. */
  readonly notes: readonly CreditNote[];
}

/**
 * Settles what arrived late without waiting for the next invoice: of a subscription that has ended there is none. What is
 * missing is invoiced; of what was billed too much, what is still owed is lowered and what was paid is credit in the prepaid
 * wallet.
 */
@Injectable()
export class LateUsageSettlement {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly chains: SubscriptionChainsService,
    private readonly steps: SubscriptionAdvancer,
    private readonly late: LateUsageService,
    private readonly billing: SubscriptionBillingService,
    private readonly now: ImmediateBilling,
    private readonly giving: GivingBack,
    private readonly taxes: LineTaxes,
    private readonly noted: LateUsageNotes,
  ) {}

  /** Of all finished periods of the invoice's subscription. */
  async settle(ctx: Ctx, invoiceId: string): Promise<LateUsageSettled> {
    const { subscription, late } = await this.find(ctx, invoiceId);
    const { currency } = subscription;
    const parts = await this.noted.partsOf(ctx, late.credits);
    const { notes } = await this.giving.lowerOwed(ctx, parts.flat(), CORRECTED_USAGE);
    const open = await this.noted.record(ctx, subscription.id, late.credits, parts, notes);
    const charged =
      late.charges.length === 0
        ? zeroMoney(currency)
        : await this.billing.total(ctx, taskOf(subscription, late.charges));
    const given = await this.given(ctx, open);
    const toWallet = floorAtZero(subtractMoney(sumOf(given, currency), charged));
    const invoice = await this.charge(ctx, subscription, [
      ...late.charges,
      ...given,
      ...creditedLine(toWallet),
    ]);
    // Lines that change only what is carried come to nothing, and make no invoice.
    if (invoice === undefined && notes.length === 0)
      throw invalidOperation('no usage has arrived late', 'no_late_usage');
    if (invoice !== undefined)
      await this.giving.toWallet(ctx, {
        customerId: subscription.customerId,
        amount: toWallet,
        reason: 'CREDIT_ADJUSTMENT',
        sourceId: invoice.id,
        description: CORRECTED_USAGE.memo,
        of: open.map(({ billed }) => billed.invoice.id),
      });
    const credited = addMoney(toWallet, noteTotal(notes, currency));
    return { invoice, credited, notes: notes.map(({ note }) => note) };
  }

  /** What has arrived late for the subscription of an invoice. */
  async find(
    ctx: Ctx,
    invoiceId: string,
  ): Promise<{ readonly subscription: Subscription; readonly late: LateUsage }> {
    const asked = await this.invoices.get(ctx, invoiceId);
    if (asked.subscriptionId === null || !isBilled(asked.invoiceStatus))
      throw invalidOperation(
        'late usage belongs to a subscription’s invoice that is final',
        'invoice_without_late_usage',
        { invoice_status: asked.invoiceStatus },
      );
    const subscription = await this.steps.catchUp(ctx, await this.lastOf(ctx, asked.subscriptionId));
    const late = await this.lateUsage(ctx, subscription);
    if (late.charges.length + late.credits.length === 0)
      throw invalidOperation('no usage has arrived late', 'no_late_usage');
    return { subscription, late };
  }

  /**
   * The subscription that goes on after all changes of plan, locked: it restates those before it. Asked of an earlier one,
   * a period that a change has cut would be worth what its own part shows, and what later bills know of it would be undone.
   */
  private async lastOf(ctx: Ctx, id: string): Promise<Subscription> {
    const subscription = await this.subscriptions.lock(ctx, id);
    if (subscription.continuedById === null) return subscription;
    const last = (await this.chains.of(ctx, [subscription])).of(id).at(-1);
    return last === undefined ? subscription : this.subscriptions.lock(ctx, last.id);
  }

  /** Those lines as an invoice of their own; none where they come to nothing. */
  async charge(
    ctx: Ctx,
    subscription: Subscription,
    lines: readonly RatedLine[],
  ): Promise<Invoice | undefined> {
    return lines.length === 0 ? undefined : this.now.bill(ctx, taskOf(subscription, lines));
  }

  /** All of the credits, as lines with their tax. */
  private async given(ctx: Ctx, credits: readonly LateCredit[]): Promise<RatedLine[]> {
    const [first] = credits;
    if (first === undefined) return [];
    const book = await this.taxes.of(
      ctx,
      credits.flatMap(({ billed }) => billed.lineIds),
    );
    return creditLines(credits, money(UNLIMITED, first.credit.currency), book);
  }

  private async lateUsage(ctx: Ctx, subscription: Subscription): Promise<LateUsage> {
    const { subscriptionStatus: status, endDate, currentPeriodStart } = subscription;
    const over = status === 'cancelled' && endDate !== null ? endDate : currentPeriodStart;
    if (over >= ctx.now) return { charges: [], credits: [] };
    const task = {
      subscription,
      moment: { type: 'cancel', closing: makePeriod(over, ctx.now) },
      reason: 'PRORATION',
      runsUntil: over,
    } as const;
    const [found] = await this.late.find(ctx, [task], (past) => this.billing.rate(ctx, past));
    return found ?? { charges: [], credits: [] };
  }
}

/** More than any invoice comes to: all credits fit. */
const UNLIMITED = 10n ** 30n;

const taskOf = (subscription: Subscription, lines: readonly RatedLine[]): BillingTask => ({
  subscription,
  moment: { type: 'subscription_start', next: spanOf(lines) },
  reason: 'SUBSCRIPTION_UPDATE',
  lineIds: [],
  charges: lines,
});

const spanOf = (lines: readonly RatedLine[]): Period => {
  const periods = lines.flatMap(({ period }) => period ?? []);
  return makePeriod(
    periods.map(({ start }) => start).reduce(earlierOf),
    periods.map(({ end }) => end).reduce(laterOf),
  );
};

/** What lines of credits give back, with their tax. */
const sumOf = (lines: readonly RatedLine[], currency: string): Money =>
  subtractMoney(
    zeroMoney(currency),
    sumMoney(
      lines.flatMap(({ amount, settled }) => [
        roundToMoney(amount, currency),
        ...(settled?.taxes ?? []).map((tax) => tax.amount),
      ]),
      currency,
    ),
  );

/** Brings the document to zero: what it takes back is paid out, not owed. */
const creditedLine = (credited: Money): RatedLine[] =>
  credited.amount === 0n
    ? []
    : [
        {
          displayName: 'Credited to the prepaid wallet',
          amount: moneyToRate(credited),
          quantity: rate(1),
          priceType: 'FIXED',
          period: null,
          metadata: { [CREDITED_TO_WALLET]: 'true' },
          settled: { taxes: [] },
        },
      ];
