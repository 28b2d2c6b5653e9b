import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { InvoiceFinalization } from '../invoices/invoice-finalization.service.js';
import { OpenDraftsQueries } from '../invoices/open-drafts.queries.js';
import type { Invoice } from '../invoices/invoices.types.js';
import { RecalculationService } from './recalculation/recalculation.service.js';
import { SubscriptionBillingService } from './subscription-billing.service.js';
import type { BillingTask } from '../rating/billing-task.types.js';

/** Bills what somebody does to a subscription in the moment in which it is done. */
@Injectable()
export class ImmediateBilling {
  constructor(
    private readonly billing: SubscriptionBillingService,
    private readonly finalization: InvoiceFinalization,
    private readonly rebilling: RecalculationService,
    private readonly openDrafts: OpenDraftsQueries,
  ) {}

  /** Billed and finalized; undefined when there is nothing to charge for. */
  async bill(ctx: Ctx, task: BillingTask): Promise<Invoice | undefined> {
    const drafted = (await this.billing.bill(ctx, [task])).get(task);
    if (drafted === undefined || drafted.invoice.invoiceStatus === 'SKIPPED') return undefined;
    return (await this.finalization.finalize(ctx, [drafted.invoice.id]))[0];
  }

  /**
   * Ends the grace of a subscription's drafts. What is given back is reckoned on final figures: a draft that is
   * computed again after the change would charge less for what was given back already.
   */
  async closeDrafts(ctx: Ctx, subscriptionId: string): Promise<void> {
    const drafts = await this.openDrafts.ofSubscription(ctx, subscriptionId);
    for (const draft of drafts)
      if (draft.amountPaid === 0n && this.rebilling.canRebill(draft))
        await this.rebilling.redraft(ctx, draft.id);
    await this.finalization.finalize(
      ctx,
      drafts.map(({ id }) => id),
    );
  }
}
