import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { validationError } from '../domain/errors.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { SubscriptionsQueries } from '../subscriptions/subscriptions.queries.js';
import {
  CancelSubscriptionRequest,
  CreateSubscriptionRequest,
} from '../subscriptions/subscriptions.requests.js';
import { SubscriptionResponse } from '../subscriptions/subscriptions.responses.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import type { Subscription } from '../subscriptions/subscriptions.types.js';
import { ApiController, CurrentCaller } from '../tenancy/api-controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import type { InvoiceResponse } from './invoices.responses.js';
import { InvoicesService } from './invoices.service.js';
import { CancelSubscriptionResponse } from './subscription-billing.responses.js';
import { SubscriptionBillingService, type BillingTask } from './subscription-billing.service.js';
import { WalletGrants } from './wallet-grants.service.js';

/** What happens to a subscription and makes an invoice at once. */
@ApiController('subscriptions', 'Subscriptions')
export class SubscriptionBillingController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly subscriptionsQueries: SubscriptionsQueries,
    private readonly customers: CustomersService,
    private readonly billing: SubscriptionBillingService,
    private readonly invoices: InvoicesService,
    private readonly invoicesQueries: InvoicesQueries,
    private readonly grants: WalletGrants,
  ) {}

  /** Subscribes a customer to a plan. What is charged in advance is on `latest_invoice`, finalized. */
  @Post()
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateSubscriptionRequest,
  ): Promise<SubscriptionResponse> {
    if (body.customer_id === undefined && body.external_customer_id === undefined)
      throw validationError('customer_id or external_customer_id is required', {
        fields: { customer_id: 'customer_id or external_customer_id is required' },
      });
    return this.uow.run(caller, async (ctx) => {
      const customer = await this.customers.resolve(ctx, {
        id: body.customer_id,
        externalId: body.external_customer_id,
      });
      const { subscription } = await this.subscriptions.create(ctx, {
        customer,
        planId: body.plan_id,
        currency: body.currency,
        billingPeriod: body.billing_period,
        billingPeriodCount: body.billing_period_count,
        billingCycle: body.billing_cycle,
        billingAnchor: body.billing_anchor,
        startDate: body.start_date,
        endDate: body.end_date,
        collectionMethod: body.collection_method,
        paymentTerms: body.payment_terms,
        lookupKey: body.lookup_key,
        timezone: body.timezone,
        metadata: body.metadata,
      });
      const latestInvoice = await this.billNow(ctx, {
        subscription,
        moment: {
          type: 'subscription_start',
          next: { start: subscription.currentPeriodStart, end: subscription.currentPeriodEnd },
        },
        reason: 'SUBSCRIPTION_CREATE',
      });
      await this.grants.applyDue(ctx, [subscription.id]);
      const [shown] = await this.subscriptionsQueries.show(ctx, [subscription], { latestInvoice });
      return shown as SubscriptionResponse;
    });
  }

  /** Cancels now, at the end of the period, or on a date. */
  @Post(':id/cancel')
  @HttpCode(200)
  cancel(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: CancelSubscriptionRequest,
  ): Promise<CancelSubscriptionResponse> {
    return this.uow.run(caller, async (ctx) => {
      const before = await this.subscriptions.lock(ctx, id);
      const effective = await this.cancelAt(ctx, before, body);
      const policy =
        body.cancel_immediately_inovice_policy ?? body.cancel_immediately_invoice_policy ?? 'skip';
      const final =
        body.cancellation_type === 'immediate' && policy === 'generate_invoice'
          ? await this.billNow(ctx, {
              subscription: { ...before, endDate: effective },
              moment: { type: 'cancel', closing: { start: before.currentPeriodStart, end: effective } },
              reason: 'PRORATION',
            })
          : null;
      const after = await this.subscriptions.get(ctx, id);
      return {
        subscription_id: id,
        status: after.subscriptionStatus,
        cancellation_type: body.cancellation_type,
        effective_date: effective,
        proration_invoice: final,
        proration_details: [],
        total_credit_amount: '0',
        reason: body.reason ?? null,
        message: 'subscription cancelled successfully',
        processed_at: ctx.now,
      };
    });
  }

  private async cancelAt(ctx: Ctx, before: Subscription, body: CancelSubscriptionRequest): Promise<Date> {
    switch (body.cancellation_type) {
      case 'immediate':
        await this.subscriptions.end(ctx, before, ctx.now);
        return ctx.now;
      case 'end_of_period':
        await this.subscriptions.scheduleEnd(ctx, before, before.currentPeriodEnd, true);
        return before.currentPeriodEnd;
      case 'scheduled_date':
        if (body.cancel_at === undefined) throw validationError('cancel_at is required with scheduled_date');
        await this.subscriptions.scheduleEnd(ctx, before, body.cancel_at, false);
        return body.cancel_at;
    }
  }

  private async billNow(ctx: Ctx, task: BillingTask): Promise<InvoiceResponse | null> {
    const drafted = (await this.billing.bill(ctx, [task])).get(task);
    if (drafted === undefined || drafted.invoice.invoiceStatus === 'SKIPPED') return null;
    return this.invoicesQueries.showOne(ctx, await this.invoices.finalize(ctx, drafted.invoice.id));
  }
}
