import { Injectable } from '@nestjs/common';
import type { Money } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import { BillPricing, type RatedTask } from './bill-pricing.service.js';
import { CreditHolds } from './credit-holds/credit-holds.service.js';
import { InvoiceDrafts, type Seal } from '../invoices/invoice-drafts.service.js';
import type { LateUsage } from './late-usage/late-usage-books.js';
import { LateUsageService } from './late-usage/late-usage.service.js';
import type { InvoiceDraftInput, InvoiceWithLines } from '../invoices/invoices.types.js';
import type { RatedLine } from '../rating/rated-line.types.js';
import type { BillingTask } from '../rating/billing-task.types.js';
import { SubscriptionRatingService } from '../rating/subscription-rating.service.js';

/** Turns moments of subscriptions into invoices. Whatever their number, the queries are as many as for one. */
@Injectable()
export class SubscriptionBillingService {
  constructor(
    private readonly rating: SubscriptionRatingService,
    private readonly pricing: BillPricing,
    private readonly holds: CreditHolds,
    private readonly drafts: InvoiceDrafts,
    private readonly lateUsage: LateUsageService,
  ) {}

  /**
   * Drafts one invoice for each task that has something to charge; nothing at all to charge for at the start of
   * a subscription, or while it is paused, is no invoice; at the end of a period it is a SKIPPED one, so that the
   * period is done. What `seal` makes final is no draft any more.
   */
  async bill(
    ctx: Ctx,
    tasks: readonly BillingTask[],
    seal?: Seal,
  ): Promise<ReadonlyMap<BillingTask, InvoiceWithLines>> {
    await this.holds.beforeBills(ctx, tasks);
    const inTime = await this.rate(ctx, tasks);
    const late = await this.lateUsage.find(ctx, tasks, (past) => this.rate(ctx, past));
    const billed = tasks
      .map((task, index): Billed => {
        const own = late[index] as LateUsage;
        return { task, lines: [...(inTime[index] ?? []), ...own.charges], late: own };
      })
      .filter((one) => one.lines.length > 0 || one.late.credits.length > 0 || !mayBeNothing(one.task));
    const { inputs, record } = await this.priced(ctx, billed);
    const drafts = await this.drafts.draftAll(ctx, inputs, seal);
    await record(drafts);
    return new Map(billed.map(({ task }, index) => [task, drafts[index] as InvoiceWithLines]));
  }

  /** What an invoice of the task would come to with its discounts and taxes, before prepaid credits. Nothing is written. */
  async total(ctx: Ctx, task: BillingTask): Promise<Money> {
    const [lines] = await this.rate(ctx, [task]);
    const { inputs } = await this.priced(ctx, [
      { task, lines: lines ?? [], late: { charges: [], credits: [] } },
    ]);
    return this.drafts.total(inputs[0] as InvoiceDraftInput);
  }

  /** What the tasks would be charged for, rated exactly, in their order. */
  rate(ctx: Ctx, tasks: readonly BillingTask[]): Promise<RatedLine[][]> {
    return this.rating.rate(ctx, tasks);
  }

  /** The bills with their discounts and taxes, and what is given back on them. */
  private async priced(
    ctx: Ctx,
    billed: readonly Billed[],
  ): Promise<{
    readonly inputs: readonly InvoiceDraftInput[];
    readonly record: (drafted: readonly InvoiceWithLines[]) => Promise<void>;
  }> {
    const { inputs: charged, record } = await this.pricing.of(ctx, billed);
    const credits = await this.lateUsage.give(
      ctx,
      billed.map(({ late }, index) => ({
        late,
        room: this.drafts.total(charged[index] as InvoiceDraftInput),
      })),
    );
    return {
      // Behind the charges: coupons name their lines by their places.
      inputs: charged.map((input, index) => ({
        ...input,
        lines: [...input.lines, ...(credits[index] ?? [])],
      })),
      record,
    };
  }
}

/** A task with what it charges, and what late usage has changed. */
interface Billed extends RatedTask {
  readonly late: LateUsage;
}

const mayBeNothing = ({ moment, subscription }: BillingTask): boolean =>
  moment.type === 'subscription_start' || subscription.subscriptionStatus === 'paused';
