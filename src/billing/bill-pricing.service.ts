import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { LineLineage } from '../subscriptions/line-lineage.service.js';
import { DiscountsAndTaxesService, type SubscriptionBill } from '../invoices/discounts-and-taxes.service.js';
import type { InvoiceDraftInput, InvoiceWithLines } from '../invoices/invoices.types.js';
import type { RatedLine } from '../rating/rated-line.types.js';
import { invoicePeriod, type BillingTask } from '../rating/billing-task.types.js';

/** A task and what it charges. */
export interface RatedTask {
  readonly task: BillingTask;
  readonly lines: readonly RatedLine[];
}

/** What tasks of subscriptions are to be invoiced with: their lines, coupons and taxes. */
@Injectable()
export class BillPricing {
  constructor(
    private readonly lineages: LineLineage,
    private readonly terms: DiscountsAndTaxesService,
  ) {}

  /** In the order of the tasks. `record` is to be told the invoices that were drafted, in that order too. */
  async of(
    ctx: Ctx,
    billed: readonly RatedTask[],
  ): Promise<{
    readonly inputs: readonly InvoiceDraftInput[];
    readonly record: (drafted: readonly InvoiceWithLines[]) => Promise<void>;
  }> {
    const { terms, record } = await this.terms.of(ctx, await this.billsOf(ctx, billed));
    return {
      inputs: billed.map(({ task, lines }, index) => ({ ...draftInput(task, lines), ...terms[index] })),
      record,
    };
  }

  private async billsOf(ctx: Ctx, billed: readonly RatedTask[]): Promise<SubscriptionBill[]> {
    const lineage = await this.lineages.of(ctx, [...new Set(billed.map(({ task }) => task.subscription.id))]);
    return billed.map(({ task: { subscription, moment, reason }, lines }) => ({
      subscriptionId: subscription.id,
      customerId: subscription.customerId,
      currency: subscription.currency,
      period: invoicePeriod(moment),
      reason,
      lines,
      lineage,
    }));
  }
}

const draftInput = (
  { subscription, moment, reason }: BillingTask,
  lines: readonly RatedLine[],
): InvoiceDraftInput => ({
  customerId: subscription.customerId,
  subscriptionId: subscription.id,
  type: 'SUBSCRIPTION',
  billingReason: reason,
  billingPeriod: subscription.billingPeriod,
  collectionMethod: subscription.collectionMethod,
  currency: subscription.currency,
  lines,
  period: invoicePeriod(moment),
  paymentTerms: subscription.paymentTerms,
});
