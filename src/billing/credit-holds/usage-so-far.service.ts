import { Injectable } from '@nestjs/common';
import type { Money } from '../../domain/money.js';
import { rate } from '../../domain/rate.js';
import { InvoiceDrafts } from '../../invoices/invoice-drafts.service.js';
import type { Ctx } from '../../platform/context.js';
import type { BillingTask } from '../../rating/billing-task.types.js';
import type { RatedLine } from '../../rating/rated-line.types.js';
import { SubscriptionRatingService } from '../../rating/subscription-rating.service.js';
import { BillPricing } from '../bill-pricing.service.js';

/** What usage comes to that is not billed yet. */
@Injectable()
export class UsageSoFar {
  constructor(
    private readonly rating: SubscriptionRatingService,
    private readonly pricing: BillPricing,
    private readonly drafts: InvoiceDrafts,
  ) {}

  /** Of each task after its discounts; what a commitment asks for beyond the usage is left out. Nothing is written. */
  async of(ctx: Ctx, tasks: readonly BillingTask[]): Promise<Money[]> {
    const rated = await this.rating.rate(ctx, tasks);
    const { inputs } = await this.pricing.of(
      ctx,
      tasks.map((task, index) => ({ task, lines: (rated[index] ?? []).map(withoutTrueUp) })),
    );
    return inputs.map((input) => this.drafts.usage(input));
  }
}

function withoutTrueUp(line: RatedLine): RatedLine {
  const trueUp = line.commitmentInfo?.computed_true_up_amount;
  return typeof trueUp === 'string' ? { ...line, amount: line.amount.minus(rate(trueUp)) } : line;
}
