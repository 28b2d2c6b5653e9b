import { Body, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { fieldErrors, invalidOperation } from '../../domain/errors.js';
import { rate } from '../../domain/rate.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import {
  CreateCreditGrantRequest,
  DeleteCreditGrantRequest,
  UpdateCreditGrantRequest,
} from './credit-grants.requests.js';
import { CreditGrantResponse, toCreditGrantResponse } from './credit-grants.responses.js';
import {
  CreditGrantsService,
  type GrantTarget,
  type NewCreditGrant,
} from '../../wallets/credit-grants.service.js';
import { GrantApplications } from '../../wallets/grant-applications.service.js';
import { subjectOf, SubscriptionGrants } from '../../subscriptions/subscription-grants.service.js';

/** A grant may be a subscription's, and is then given at once: that is why it stands here. */
@ApiController('creditgrants', 'Credit grants')
export class CreditGrantsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly grants: CreditGrantsService,
    private readonly applications: GrantApplications,
    private readonly giving: SubscriptionGrants,
    private readonly subscriptions: SubscriptionsService,
  ) {}

  /**
   * Creates a credit grant. A grant of a plan or addon applies to those who subscribe from now on; a grant of a
   * subscription is applied when it is due, at once if it is due now.
   */
  @Post()
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateCreditGrantRequest,
  ): Promise<CreditGrantResponse> {
    assertFits(body);
    return this.uow.run(caller, async (ctx) => {
      const subscription =
        body.subscription_id === undefined ? null : await this.subscriptionOf(ctx, body.subscription_id);
      const grant = await this.grants.create(ctx, newGrant(body, subscription));
      if (subscription !== null) {
        await this.applications.begin(ctx, grant, subjectOf(subscription));
        await this.giving.applyDue(ctx, [subscription.id]);
      }
      return toCreditGrantResponse(grant);
    });
  }

  /** One credit grant. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CreditGrantResponse> {
    return this.uow.read(caller, async (ctx) => toCreditGrantResponse(await this.grants.get(ctx, id)));
  }

  /** Changes the name and metadata. To change what it gives, delete the grant and create another one. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateCreditGrantRequest,
  ): Promise<CreditGrantResponse> {
    return this.uow.run(caller, async (ctx) =>
      toCreditGrantResponse(await this.grants.update(ctx, id, body)),
    );
  }

  /**
   * Deletes a credit grant. Nothing is given from it any more. Credits that were given stay; subscriptions keep the
   * copies that they have.
   */
  @Delete(':id')
  @HttpCode(200)
  async delete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: DeleteCreditGrantRequest,
  ): Promise<SuccessResponse> {
    await this.uow.run(caller, async (ctx) => {
      const grant = await this.grants.delete(ctx, id, body.effective_date);
      await this.applications.cancelAfterEnd(ctx, grant);
    });
    return { message: 'credit grant deleted successfully' };
  }

  private async subscriptionOf(ctx: Ctx, id: string): Promise<Subscription> {
    const subscription = await this.subscriptions.lock(ctx, id);
    if (subscription.subscriptionStatus === 'cancelled')
      throw invalidOperation('subscription is already cancelled', 'subscription_already_cancelled', { id });
    return subscription;
  }
}

/** What belongs to another kind of grant would be ignored: it is refused instead. */
function assertFits(body: CreateCreditGrantRequest): void {
  const errors: Record<string, string> = {};
  if (body.scope === 'ADDON' && body.plan_id !== undefined)
    errors.plan_id = 'plan_id goes with the scopes PLAN and SUBSCRIPTION';
  if (body.scope !== 'SUBSCRIPTION' && body.subscription_id !== undefined)
    errors.subscription_id = 'subscription_id goes with the scope SUBSCRIPTION';
  if (body.scope !== 'ADDON' && body.addon_id !== undefined)
    errors.addon_id = 'addon_id goes with the scope ADDON';
  if (body.cadence === 'ONETIME') {
    if (body.period !== undefined) errors.period = 'period goes with the cadence RECURRING';
    if (body.period_count !== undefined) errors.period_count = 'period_count goes with the cadence RECURRING';
  }
  if (body.expiration_type !== 'DURATION') {
    if (body.expiration_duration !== undefined)
      errors.expiration_duration = 'expiration_duration goes with the expiration_type DURATION';
    if (body.expiration_duration_unit !== undefined)
      errors.expiration_duration_unit = 'expiration_duration_unit goes with the expiration_type DURATION';
  }
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}

/** The request has seen to it that the id of its scope is there. */
function targetOf(body: CreateCreditGrantRequest, subscription: Subscription | null): GrantTarget {
  if (subscription !== null)
    return { scope: 'SUBSCRIPTION', subscriptionId: subscription.id, planId: subscription.planId };
  return body.scope === 'ADDON'
    ? { scope: 'ADDON', addonId: body.addon_id ?? '' }
    : { scope: 'PLAN', planId: body.plan_id ?? '' };
}

function newGrant(body: CreateCreditGrantRequest, subscription: Subscription | null): NewCreditGrant {
  if (subscription !== null && body.plan_id !== undefined && body.plan_id !== subscription.planId)
    throw fieldErrors({ plan_id: 'plan_id is not the plan of that subscription' });
  return {
    name: body.name,
    target: targetOf(body, subscription),
    credits: rate(body.credits),
    cadence: body.cadence,
    period: body.period,
    periodCount: body.period_count,
    expirationType: body.expiration_type,
    expirationDuration: body.expiration_duration,
    expirationDurationUnit: body.expiration_duration_unit,
    priority: body.priority,
    conversionRate: body.conversion_rate === undefined ? undefined : rate(body.conversion_rate),
    topUpConversionRate:
      body.topup_conversion_rate === undefined ? undefined : rate(body.topup_conversion_rate),
    // A subscription that runs gets it from now on, not for the periods that are over.
    startDate:
      body.start_date ??
      (subscription !== null && subscription.currentPeriodStart > subscription.startDate
        ? subscription.currentPeriodStart
        : undefined),
    endDate: body.end_date,
    metadata: body.metadata,
  };
}
