import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import {
  floorAtZero,
  moneyToRate,
  roundToMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../../domain/money.js';
import { earlierOf, laterOf, makePeriod, type Period } from '../../domain/period.js';
import { rate } from '../../domain/rate.js';
import type { Ctx } from '../../platform/context.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { WalletSpending } from '../../wallets/wallet-spending.service.js';
import { ImmediateBilling } from '../immediate-billing.service.js';
import { BilledLinesQueries } from '../../invoices/billed-lines.queries.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { CREDITED_TO_WALLET, type Invoice } from '../../invoices/invoices.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';
import { LateUsageService } from './late-usage.service.js';
import { SubscriptionBillingService } from '../subscription-billing.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { SubscriptionSteps } from '../runs/subscription-steps.service.js';

export interface LateUsageSettled {
  readonly invoice: Invoice;
  /** In the customer's prepaid wallet now. */
  readonly credited: Money;
}

/**
 * Settles what arrived late without waiting for the next invoice: of a subscription that has ended there is none. What is
 * owed is invoiced, what was billed too much is credit in the prepaid wallet, and both stand on one document.
 */
@Injectable()
export class LateUsageSettlement {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly steps: SubscriptionSteps,
    private readonly billedLines: BilledLinesQueries,
    private readonly late: LateUsageService,
    private readonly billing: SubscriptionBillingService,
    private readonly now: ImmediateBilling,
    private readonly spending: WalletSpending,
  ) {}

  /** Of all finished periods of the invoice's subscription. */
  async settle(ctx: Ctx, invoiceId: string): Promise<LateUsageSettled> {
    const { subscription, lines } = await this.find(ctx, invoiceId);
    const { currency } = subscription;
    const net = sumMoney(
      lines.map(({ amount }) => roundToMoney(amount, currency)),
      currency,
    );
    const credited = floorAtZero(subtractMoney(zeroMoney(currency), net));
    const invoice = await this.charge(ctx, subscription, [...lines, ...creditedLine(credited)]);
    // Lines that change only what is carried come to nothing, and make no invoice.
    if (invoice === undefined) throw invalidOperation('no usage has arrived late', 'no_late_usage');
    await this.spending.giveBack(ctx, {
      customerId: subscription.customerId,
      amount: credited,
      reason: 'CREDIT_ADJUSTMENT',
      referenceId: invoice.id,
      description: 'Usage that was corrected after it was billed',
    });
    return { invoice, credited };
  }

  /** What has arrived late for the subscription of an invoice: lines that bring its periods to what they come to. */
  async find(
    ctx: Ctx,
    invoiceId: string,
  ): Promise<{ readonly subscription: Subscription; readonly lines: readonly RatedLine[] }> {
    const asked = await this.invoices.get(ctx, invoiceId);
    if (
      asked.subscriptionId === null ||
      (asked.invoiceStatus !== 'FINALIZED' && asked.invoiceStatus !== 'SKIPPED')
    )
      throw invalidOperation(
        'late usage belongs to a subscription’s invoice that is final',
        'invoice_without_late_usage',
        { invoice_status: asked.invoiceStatus },
      );
    const subscription = await this.steps.catchUp(
      ctx,
      await this.subscriptions.lock(ctx, asked.subscriptionId),
    );
    const lines = await this.lateLines(ctx, subscription);
    if (lines.length === 0) throw invalidOperation('no usage has arrived late', 'no_late_usage');
    return { subscription, lines };
  }

  /** Those lines as an invoice of their own; none where they come to nothing. */
  async charge(
    ctx: Ctx,
    subscription: Subscription,
    lines: readonly RatedLine[],
  ): Promise<Invoice | undefined> {
    if (lines.length === 0) return undefined;
    return this.now.bill(ctx, {
      subscription,
      moment: { type: 'subscription_start', next: spanOf(lines) },
      reason: 'SUBSCRIPTION_UPDATE',
      lineIds: [],
      charges: lines,
    });
  }

  /** Restated in full: what is too much goes to the wallet, so an invoice that could not hold it is no limit. */
  private async lateLines(ctx: Ctx, subscription: Subscription): Promise<RatedLine[]> {
    const { subscriptionStatus: status, endDate, currentPeriodStart } = subscription;
    const over = status === 'cancelled' && endDate !== null ? endDate : currentPeriodStart;
    if (over >= ctx.now) return [];
    const task = {
      subscription,
      moment: { type: 'cancel', closing: makePeriod(over, ctx.now) },
      reason: 'PRORATION',
      runsUntil: over,
    } as const;
    const everything: RatedLine = {
      displayName: '',
      amount: moneyToRate(await this.billedLines.billedSoFar(ctx, subscription)),
      quantity: rate(1),
      priceType: 'FIXED',
      period: null,
    };
    const found = await this.late.lateUsageLines(ctx, [task], [[everything]], (past) =>
      this.billing.rate(ctx, past),
    );
    return found[0] ?? [];
  }
}

const spanOf = (lines: readonly RatedLine[]): Period => {
  const periods = lines.flatMap(({ period }) => period ?? []);
  return makePeriod(
    periods.map(({ start }) => start).reduce(earlierOf),
    periods.map(({ end }) => end).reduce(laterOf),
  );
};

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
        },
      ];
