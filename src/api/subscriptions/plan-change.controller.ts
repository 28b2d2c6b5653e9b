import { Body, HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import { SubscriptionChangeRequest } from './plan-change.requests.js';
import {
  SubscriptionChangeExecuteResponse,
  SubscriptionChangePreviewResponse,
  toBillingCycleInfo,
  toInvoicePreview,
  toPlanSummary,
  toProrationDetails,
  toScheduledChange,
  toSubscriptionSummary,
  warningsOf,
} from './plan-change.responses.js';
import { inputOfWire } from '../../subscription-changes/plan-change/plan-change.service.js';
import { PlanChangeScheduling } from '../../subscription-changes/plan-change/plan-change-scheduling.service.js';
import { PlanChangeService } from '../../subscription-changes/plan-change/plan-change.service.js';

@ApiController('subscriptions', 'Subscriptions')
export class PlanChangeController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly changes: PlanChangeService,
    private readonly scheduling: PlanChangeScheduling,
    private readonly invoices: InvoicesQueries,
  ) {}

  /** What a change of plan would do and bill. Nothing is stored. */
  @Post(':id/change/preview')
  @HttpCode(200)
  preview(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: SubscriptionChangeRequest,
  ): Promise<SubscriptionChangePreviewResponse> {
    return this.uow.run(caller, (ctx) =>
      this.changes.preview(ctx, id, inputOfWire(body), async (changed) => {
        const invoice =
          changed.invoice === undefined ? null : await this.invoices.showOne(ctx, changed.invoice);
        return {
          subscription_id: id,
          change_type: changed.type,
          current_plan: toPlanSummary(changed.from),
          target_plan: toPlanSummary(changed.to),
          effective_date: changed.next.startDate,
          new_billing_cycle: toBillingCycleInfo(changed.next),
          next_invoice_preview: invoice === null ? null : toInvoicePreview(invoice),
          proration_details: toProrationDetails(changed),
          warnings: warningsOf(changed),
          metadata: changed.next.metadata,
        };
      }),
    );
  }

  /**
   * Changes the plan, now or at the end of the period: what was used of the old plan is billed, the subscription
   * ends, and a new one begins.
   */
  @Post(':id/change/execute')
  @HttpCode(200)
  execute(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: SubscriptionChangeRequest,
  ): Promise<SubscriptionChangeExecuteResponse> {
    return this.uow.run(caller, async (ctx) => {
      if (body.change_at === 'end_of_period')
        return toScheduledChange(await this.scheduling.schedule(ctx, id, inputOfWire(body)));
      const changed = await this.changes.execute(ctx, id, inputOfWire(body));
      const invoice = changed.invoice ?? changed.finalInvoice;
      return {
        change_type: changed.type,
        effective_date: changed.next.startDate,
        old_subscription: toSubscriptionSummary(changed.old),
        new_subscription: toSubscriptionSummary(changed.next),
        invoice: invoice === undefined ? null : await this.invoices.showOne(ctx, invoice),
        proration_applied: toProrationDetails(changed),
        credit_grants: [],
        is_scheduled: false,
        schedule_id: null,
        scheduled_at: null,
        metadata: changed.next.metadata,
      };
    });
  }
}
