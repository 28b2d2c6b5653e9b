import { Body, Delete, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { fieldErrors, validationError } from '../../domain/errors.js';
import { formatMoney } from '../../domain/money.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import {
  CreateSubscriptionLineItemRequest,
  DeleteSubscriptionLineItemRequest,
  UpdateSubscriptionLineItemRequest,
} from './subscription-lines.requests.js';
import { SubscriptionPauseResponse, toPauseResponse } from './subscription-pauses.responses.js';
import { SubscriptionsQueries } from './subscriptions.queries.js';
import {
  ActivateSubscriptionRequest,
  CancelSubscriptionRequest,
  PauseSubscriptionRequest,
  ResumeSubscriptionRequest,
  UpdateSubscriptionRequest,
} from './subscription-life.requests.js';
import { CreateSubscriptionRequest } from './subscriptions.requests.js';
import { SubscriptionLineItemResponse, SubscriptionResponse } from './subscriptions.responses.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { priceInput } from '../prices/price-dialect.js';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import {
  cancellationOf,
  SubscriptionLifecycleService,
} from '../../subscription-changes/subscription-lifecycle.service.js';
import { lineInput, priceTerms, subscribeInput } from './subscription-input.js';
import { creditOf } from '../../billing/prorations.service.js';
import { CancelSubscriptionResponse, toProrationDetail } from './subscription-lifecycle.responses.js';

/** What happens to a subscription and may make an invoice at once. */
@ApiController('subscriptions', 'Subscriptions')
export class SubscriptionLifecycleController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly queries: SubscriptionsQueries,
    private readonly customers: CustomersService,
    private readonly changes: SubscriptionLifecycleService,
    private readonly invoicesQueries: InvoicesQueries,
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
      const { subscription, invoice } = await this.changes.create(
        ctx,
        subscribeInput(body, customer, priceInput),
      );
      return this.show(ctx, subscription, invoice);
    });
  }

  /** Adds a line item. What it charges in advance for the rest of the current period is invoiced at once. */
  @Post(':id/lineitems')
  addLine(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: CreateSubscriptionLineItemRequest,
  ): Promise<SubscriptionLineItemResponse> {
    return this.uow.run(caller, async (ctx) =>
      this.queries.showLine(
        ctx,
        await this.changes.addLine(
          ctx,
          id,
          (currency) => lineInput(body, currency, priceInput),
          body.proration_behavior,
        ),
      ),
    );
  }

  /** Changes the price or quantity from `effective_from` on. The answer is the line item that replaces this one. */
  @Put('lineitems/:id')
  changeLine(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateSubscriptionLineItemRequest,
  ): Promise<SubscriptionLineItemResponse> {
    return this.uow.run(caller, async (ctx) =>
      this.queries.showLine(
        ctx,
        await this.changes.changeLine(ctx, id, {
          ...priceTerms(body),
          displayName: body.display_name,
          metadata: body.metadata,
          effectiveFrom: body.effective_from,
          prorationBehavior: body.proration_behavior,
        }),
      ),
    );
  }

  /** Ends a line item. Unused time that was paid for is credited as `proration_behavior` says. */
  @Delete('lineitems/:id')
  @HttpCode(200)
  removeLine(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: DeleteSubscriptionLineItemRequest,
  ): Promise<SubscriptionLineItemResponse> {
    return this.uow.run(caller, async (ctx) =>
      this.queries.showLine(
        ctx,
        await this.changes.removeLine(ctx, id, {
          effectiveFrom: body.effective_from,
          prorationBehavior: body.proration_behavior,
        }),
      ),
    );
  }

  /** Changes a subscription: schedules or takes back a cancellation, pauses, resumes. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateSubscriptionRequest,
  ): Promise<SubscriptionResponse> {
    assertOneChange(body);
    return this.uow.run(caller, async (ctx) => {
      await this.apply(ctx, id, body);
      return this.show(ctx, await this.subscriptions.get(ctx, id));
    });
  }

  /** Starts a draft subscription. */
  @Post(':id/activate')
  @HttpCode(200)
  activate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: ActivateSubscriptionRequest,
  ): Promise<SubscriptionResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { subscription, invoice } = await this.changes.activate(ctx, id, body.start_date);
      return this.show(ctx, subscription, invoice);
    });
  }

  /** Cancels a subscription now, at the end of the period, or on a date. */
  @Post(':id/cancel')
  @HttpCode(200)
  cancel(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: CancelSubscriptionRequest,
  ): Promise<CancelSubscriptionResponse> {
    return this.uow.run(caller, async (ctx) => {
      const cancelled = await this.changes.cancel(ctx, id, cancellationOf(body));
      const { subscription, effective, invoice, prorations } = cancelled;
      return {
        subscription_id: id,
        status: subscription.subscriptionStatus,
        cancellation_type: body.cancellation_type,
        effective_date: effective,
        proration_invoice: invoice === undefined ? null : await this.invoicesQueries.showOne(ctx, invoice),
        proration_details: prorations.map(toProrationDetail),
        total_credit_amount: formatMoney(creditOf(prorations, subscription.currency)),
        reason: body.reason ?? null,
        message:
          body.cancellation_type === 'immediate'
            ? 'subscription cancelled successfully'
            : `subscription will be cancelled at ${effective.toISOString()}`,
        processed_at: ctx.now,
      };
    });
  }

  /**
   * Pauses a subscription. Nothing is charged while it is paused. What was paid in advance stays paid unless
   * prorations are requested.
   */
  @Post(':id/pause')
  @HttpCode(200)
  pause(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: PauseSubscriptionRequest,
  ): Promise<SubscriptionPauseResponse> {
    const input = {
      mode: body.pause_mode ?? 'immediate',
      prorationBehavior: body.proration_behavior,
      start: body.pause_start,
      end: body.pause_end,
      days: body.pause_days,
      reason: body.reason,
      metadata: body.metadata,
    };
    return this.uow.run(caller, async (ctx) =>
      body.dry_run === true
        ? { ...toPauseResponse(await this.changes.planPause(ctx, id, input)), id: null }
        : toPauseResponse((await this.changes.pause(ctx, id, input)).pause),
    );
  }

  /** Ends a pause now, or takes back a pause that has not begun. */
  @Post(':id/resume')
  @HttpCode(200)
  resume(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: ResumeSubscriptionRequest,
  ): Promise<SubscriptionPauseResponse> {
    return this.uow.run(caller, async (ctx) =>
      toPauseResponse(
        body.dry_run === true
          ? await this.changes.planResume(ctx, id)
          : (await this.changes.resume(ctx, id, body.metadata)).pause,
      ),
    );
  }

  private async apply(ctx: Ctx, id: string, body: UpdateSubscriptionRequest): Promise<unknown> {
    if (body.cancel_at instanceof Date)
      return this.changes.cancel(ctx, id, { type: 'scheduled_date', at: body.cancel_at });
    if (body.cancel_at_period_end === true) return this.changes.cancel(ctx, id, { type: 'end_of_period' });
    if (body.cancel_at === null || body.cancel_at_period_end === false)
      return this.changes.withdrawCancellation(ctx, id);
    switch (body.status) {
      case 'cancelled':
        return this.changes.cancel(ctx, id, { type: 'immediate', finalInvoice: false });
      case 'paused':
        return this.changes.pause(ctx, id, { mode: 'immediate' });
      case 'active':
        return this.changes.reactivate(ctx, id);
      case undefined:
        return undefined;
      case 'draft':
      case 'incomplete':
      case 'trialing':
        throw fieldErrors({ status: `status cannot be set to ${body.status}: it follows from what happens` });
    }
  }

  private async show(ctx: Ctx, subscription: Subscription, invoice?: Invoice): Promise<SubscriptionResponse> {
    const latestInvoice = invoice === undefined ? null : await this.invoicesQueries.showOne(ctx, invoice);
    const [shown] = await this.queries.show(ctx, [subscription], { latestInvoice });
    return shown as SubscriptionResponse;
  }
}

/** One change a call: of two that contradict each other, neither may win by the order in which they are looked at. */
function assertOneChange(body: UpdateSubscriptionRequest): void {
  const given = (['cancel_at', 'cancel_at_period_end', 'status'] as const).filter(
    (field) => body[field] !== undefined,
  );
  if (given.length > 1)
    throw fieldErrors(
      Object.fromEntries(given.map((field) => [field, `${given.join(' and ')} cannot be used together`])),
    );
}
