import { Injectable } from '@nestjs/common';
import type { Customer } from '../customers/customers.types.js';
import type { BillingCycle, BillingInterval } from '../domain/billing-period.js';
import { invalidOperation, validationError } from '../domain/errors.js';
import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import { nextAction } from '../domain/subscribing/subscription-life.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { insertRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { PlansService } from '../plans/plans.service.js';
import type { Plan } from '../plans/plans.types.js';
import type { TaxOverride } from '../plans/taxes.types.js';
import { storedCommitment } from './commitments.js';
import type { CommitmentInput, LineCommitmentInput } from './commitments.types.js';
import { carriedQuotaCalendar } from './quota-calendar.types.js';
import { choosePrices } from './plan-choice.js';
import type { PriceOverride } from './price-override.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { assertNotTooFarBack, assertTrial, calendarOf } from './subscription-calendar.js';
import { SubscriptionAddonsService } from './subscription-addons.service.js';
import { SubscriptionLinesService, type LineInput } from './subscription-lines.service.js';
import { SubscriptionTermsService, type CouponChoice } from './subscription-terms.service.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { scheduleOf, type Subscription } from './subscriptions.types.js';

const DAY_MS = 86_400_000;

export const PAYMENT_BEHAVIORS = [
  'default_active',
  'allow_incomplete',
  'default_incomplete',
  'error_if_incomplete',
] as const;
export type PaymentBehavior = (typeof PAYMENT_BEHAVIORS)[number];

export interface SubscribeInput {
  readonly customer: Customer;
  readonly planId: string;
  /** Nothing is billed, and no time passes for it, before it is activated. */
  readonly draft?: boolean | undefined;
  readonly currency?: string | undefined;
  readonly billingPeriod?: BillingInterval['unit'] | undefined;
  readonly billingPeriodCount?: number | undefined;
  readonly billingCycle?: BillingCycle | undefined;
  readonly billingAnchor?: Date | undefined;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
  /** The longest trial of its prices, when left out. */
  readonly trialPeriodDays?: number | undefined;
  readonly trialEnd?: Date | undefined;
  readonly collectionMethod?: Subscription['collectionMethod'] | undefined;
  readonly paymentBehavior?: PaymentBehavior | undefined;
  readonly paymentTerms?: string | undefined;
  readonly prorationBehavior?: ProrationBehavior | undefined;
  readonly lookupKey?: string | undefined;
  readonly timezone?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly overrides?: readonly (PriceOverride & { readonly priceId: string })[] | undefined;
  /** Lines besides those of the plan; the price of one that is made for it is in the subscription's currency. */
  readonly lines?: ((currency: string) => readonly LineInput[]) | undefined;
  readonly commitment?: CommitmentInput | undefined;
  /** By the prices of the lines. */
  readonly lineCommitments?: Readonly<Record<string, LineCommitmentInput>> | undefined;
  readonly coupons?: readonly CouponChoice[] | undefined;
  /** The subscription whose plan is changed: this one goes on with what was begun there. */
  readonly continues?: Subscription | undefined;
  /** In place of its customer's taxes; an empty list: none. */
  readonly taxOverrides?: readonly TaxOverride[] | undefined;
}

@Injectable()
export class SubscriptionCreationService {
  constructor(
    private readonly plans: PlansService,
    private readonly subscriptions: SubscriptionsService,
    private readonly lines: SubscriptionLinesService,
    private readonly terms: SubscriptionTermsService,
    private readonly addons: SubscriptionAddonsService,
    private readonly outbox: Outbox,
  ) {}

  /** The subscription, not begun: whoever calls bills its start in the same unit of work, if that has come. */
  async create(ctx: Ctx, input: SubscribeInput): Promise<Subscription> {
    const { plan, prices } = await this.plans.get(ctx, input.planId);
    if (plan.status === 'archived')
      throw invalidOperation(`plan ${plan.name} is archived: nobody subscribes to it anew`, 'plan_archived', {
        plan_id: plan.id,
      });
    const start = input.startDate ?? ctx.now;
    assertTrial(input, start);
    const chosen = choosePrices(
      plan,
      prices,
      { currency: input.currency, unit: input.billingPeriod, count: input.billingPeriodCount },
      start,
    );
    const trialDays =
      input.trialPeriodDays ?? Math.max(0, ...chosen.prices.map(({ price }) => price.trialPeriodDays ?? 0));
    const subscription = await this.insert(
      ctx,
      input,
      plan,
      chosen.currency,
      chosen.interval,
      start,
      trialDays,
    );
    assertNotTooFarBack(subscription, scheduleOf(subscription), ctx.now);
    const lines = await this.lines.insertOfPlan(
      ctx,
      subscription,
      plan,
      chosen.prices,
      input.overrides ?? [],
      input.lineCommitments ?? {},
    );
    for (const [index, line] of (input.lines?.(chosen.currency) ?? []).entries())
      lines.push(await this.lines.add(ctx, subscription, line, `line_items[${index}]`));
    await this.terms.begin(
      ctx,
      subscription,
      { customer: input.customer, coupons: input.coupons ?? [], taxOverrides: input.taxOverrides },
      // A line that has terms of its own still stands in the place of the plan's price.
      (priceId) =>
        lines[chosen.prices.findIndex(({ price }) => price.id === priceId)] ??
        lines.find((line) => line.priceId === priceId),
    );
    await this.outbox.append(ctx, {
      type: 'subscription.created',
      entityType: 'subscription',
      entityId: subscription.id,
    });
    return subscription;
  }

  /** Lets a locked draft begin at that instant, which may lie in the past or ahead; not billed yet. */
  async activate(ctx: Ctx, draft: Subscription, startDate: Date): Promise<Subscription> {
    if (draft.subscriptionStatus !== 'draft')
      throw invalidOperation(
        draft.subscriptionStatus === 'cancelled'
          ? 'subscription is already cancelled'
          : `only a draft is activated: the subscription is already ${draft.subscriptionStatus}`,
        draft.subscriptionStatus === 'cancelled'
          ? 'subscription_already_cancelled'
          : 'subscription_not_draft',
        { subscription_status: draft.subscriptionStatus },
      );
    const trialDays =
      draft.trialEnd === null
        ? 0
        : Math.round((draft.trialEnd.getTime() - draft.startDate.getTime()) / DAY_MS);
    const chargedFrom = draft.trialEnd ?? draft.startDate;
    const ownAnchor =
      draft.billingAnchor.getTime() === chargedFrom.getTime() ? undefined : draft.billingAnchor;
    const calendar = calendarOf({
      interval: scheduleOf(draft).interval,
      cycle: draft.billingCycle,
      anchor: draft.billingCycle === 'calendar' ? undefined : ownAnchor,
      timeZone: draft.timezone,
      start: startDate,
      end: draft.endDate,
      trialDays,
    });
    await this.lines.moveStart(ctx, draft.id, draft.startDate, startDate);
    await this.addons.moveStart(ctx, draft.id, draft.startDate, startDate);
    await this.terms.moveStart(ctx, draft.id, draft.startDate, startDate);
    const activated = await this.subscriptions.save(
      ctx,
      draft,
      {
        subscriptionStatus: calendar.trialEnd === null ? 'active' : 'trialing',
        startDate,
        trialStart: calendar.trialEnd === null ? null : startDate,
        trialEnd: calendar.trialEnd,
        billingAnchor: calendar.anchor,
        currentPeriodStart: calendar.current.start,
        currentPeriodEnd: calendar.current.end,
      },
      'subscription.activated',
    );
    assertNotTooFarBack(activated, scheduleOf(activated), ctx.now);
    return activated;
  }

  private insert(
    ctx: Ctx,
    input: SubscribeInput,
    of: Plan,
    currency: string,
    interval: BillingInterval,
    start: Date,
    trialDays: number,
  ): Promise<Subscription> {
    const timeZone = input.timezone ?? input.customer.timezone;
    const cycle = input.billingCycle ?? 'anniversary';
    if (cycle === 'calendar' && input.billingAnchor)
      throw validationError('billing_anchor goes with billing_cycle anniversary: the calendar has its own');
    const calendar = calendarOf({
      interval,
      cycle,
      anchor: input.billingAnchor,
      timeZone,
      start,
      end: input.endDate ?? null,
      trialDays,
      trialEnd: input.trialEnd,
    });
    const status =
      input.draft === true
        ? 'draft'
        : calendar.trialEnd === null
          ? ('active' as const)
          : ('trialing' as const);
    const row: SubscriptionEntity = {
      ...auditColumnsForInsert(ctx, 'subscription'),
      customerId: input.customer.id,
      planId: of.id,
      subscriptionStatus: status,
      currency,
      billingPeriod: interval.unit,
      billingPeriodCount: interval.count,
      billingCycle: cycle,
      billingAnchor: calendar.anchor,
      timezone: timeZone,
      startDate: start,
      endDate: input.endDate ?? null,
      trialStart: calendar.trialEnd === null ? null : start,
      trialEnd: calendar.trialEnd,
      activatedAt: null,
      currentPeriodStart: calendar.current.start,
      currentPeriodEnd: calendar.current.end,
      cancelAt: null,
      cancelAtPeriodEnd: false,
      cancelledAt: null,
      pauseStatus: 'none',
      activePauseId: null,
      pauseAt: null,
      resumeAt: null,
      nextActionAt: null,
      billingFailures: 0,
      collectionMethod: input.collectionMethod ?? 'charge_automatically',
      paymentBehavior: input.paymentBehavior ?? 'default_active',
      paymentTerms: input.paymentTerms ?? null,
      prorationBehavior: input.prorationBehavior ?? 'none',
      commitment: storedCommitment(input.commitment, {
        currency,
        billingPeriod: interval.unit,
        billingPeriodCount: interval.count,
      }),
      continuesId: input.continues?.id ?? null,
      continuedById: null,
      quotaCalendar: input.continues === undefined ? null : carriedQuotaCalendar(input.continues),
      endProrationBehavior: null,
      lookupKey: input.lookupKey ?? null,
      metadata: { ...input.metadata },
      version: 1,
    };
    return insertRow(ctx.em, SubscriptionEntity, { ...row, nextActionAt: nextAction(row)?.at ?? null });
  }
}
