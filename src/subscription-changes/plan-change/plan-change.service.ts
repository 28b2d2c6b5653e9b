import { Injectable } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { sumMoney, type Money } from '../../domain/money.js';
import { makePeriod } from '../../domain/period.js';
import {
  planChangeType,
  type PlanChangeType,
  type RecurringFee,
} from '../../domain/subscribing/plan-change.js';
import type { ProrationBehavior } from '../../domain/subscribing/proration.js';
import { inTrial } from '../../domain/subscribing/subscription-life.js';
import type { Ctx } from '../../platform/context.js';
import { PlansService } from '../../plans/plans.service.js';
import { pricingTermsOf, type MeteredPrice, type Plan } from '../../plans/plans.types.js';
import { PricesService } from '../../plans/prices.service.js';
import type { AppliedCoupon } from '../../plans/coupons.types.js';
import { commitmentInput } from '../../subscriptions/commitments.types.js';
import {
  PAYMENT_BEHAVIORS,
  SubscriptionCreationService,
} from '../../subscriptions/subscription-creation.service.js';
import { SubscriptionSchedulesService } from '../../subscriptions/subscription-schedules.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';
import { ImmediateBilling } from '../../billing/immediate-billing.service.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import { assertAnother, assertChangeable, isPresent, type PlanChangeInput } from './plan-change-rules.js';
import type { GivenBack } from '../../billing/giving-back.service.js';
import { ProrationsService, type CarriedCredits, type Proration } from '../../billing/prorations.service.js';
import { PlanChangeTransfer } from './plan-change-transfer.service.js';
import { SubscriptionLifecycleService, type Cancelled } from '../subscription-lifecycle.service.js';
import { SubscriptionBillingService } from '../../billing/subscription-billing.service.js';
import { SubscriptionAdvancer } from '../../billing/runs/subscription-advancer.service.js';
import type { BillingTask } from '../../rating/billing-task.types.js';
import { SubscriptionGrants } from '../../subscriptions/subscription-grants.service.js';

export { inputOfWire, type PlanChangeInput } from './plan-change-rules.js';

export interface PlanChanged {
  readonly type: PlanChangeType;
  readonly from: Plan;
  readonly to: Plan;
  readonly behavior: ProrationBehavior;
  /** As it was, as it has ended, and what goes on instead. */
  readonly before: Subscription;
  readonly old: Subscription;
  readonly next: Subscription;
  /** What was used of the old plan. */
  readonly finalInvoice: Invoice | undefined;
  /** The new plan's first. */
  readonly invoice: Invoice | undefined;
  readonly credits: readonly Proration[];
  /** What the new plan charges at once, with discounts and taxes, before the credits. */
  readonly charged: Money;
  /** Of the credits, what the new plan does not take. */
  readonly given: GivenBack;
  /** Coupons of lines that the new plan has not. */
  readonly endedCoupons: readonly AppliedCoupon[];
}

/** A subscription that is there and has not begun, the lines of the one before, and which addon stands for which of it. */
interface Begun {
  readonly created: Subscription;
  readonly oldLines: readonly SubscriptionLineItem[];
  readonly moved: ReadonlyMap<string, string>;
}

/**
 * Another plan from now on: what was used of the old one is billed and it ends; a new subscription begins. With
 * proration, what was paid for the rest of the old period is taken off the new one's first invoice.
 */
@Injectable()
export class PlanChangeService {
  constructor(
    private readonly customers: CustomersService,
    private readonly plans: PlansService,
    private readonly prices: PricesService,
    private readonly subscriptions: SubscriptionsService,
    private readonly creation: SubscriptionCreationService,
    private readonly changes: SubscriptionLifecycleService,
    private readonly steps: SubscriptionAdvancer,
    private readonly billing: SubscriptionBillingService,
    private readonly now: ImmediateBilling,
    private readonly prorations: ProrationsService,
    private readonly carry: PlanChangeTransfer,
    private readonly schedules: SubscriptionSchedulesService,
    private readonly grants: SubscriptionGrants,
  ) {}

  /** What {@link execute}, or a schedule later, would do: it is done, looked at by `show`, and undone. */
  async preview<T>(
    ctx: Ctx,
    id: string,
    input: PlanChangeInput,
    show: (changed: PlanChanged) => Promise<T>,
  ): Promise<T> {
    await ctx.em.query('SAVEPOINT plan_change_preview');
    try {
      return await show(
        input.atPeriodEnd === true
          ? await this.atPeriodEnd(ctx, id, input)
          : await this.execute(ctx, id, input),
      );
    } finally {
      await ctx.em.query('ROLLBACK TO SAVEPOINT plan_change_preview');
    }
  }

  async execute(ctx: Ctx, id: string, input: PlanChangeInput): Promise<PlanChanged> {
    const before = await this.changes.current(ctx, id);
    await this.schedules.assertNonePending(ctx, id);
    assertChangeable(before);
    assertAnother(before, input);
    const behavior = input.prorationBehavior ?? before.prorationBehavior;
    const unused = await this.prorations.unused(ctx, before, ctx.now, behavior);
    const begun = await this.create(ctx, before, input, behavior);
    // After the other one is there: what is billed of this one depends on what goes on.
    const ended = await this.changes.end(ctx, before, {
      behavior,
      finalInvoice: !inTrial(before),
      successor: { id: begun.created.id, unused },
    });
    return this.goOn(ctx, before, ended, begun, input);
  }

  /** The period is walked to its end, for {@link preview}. */
  private async atPeriodEnd(ctx: Ctx, id: string, input: PlanChangeInput): Promise<PlanChanged> {
    const before = await this.changes.current(ctx, id);
    await this.schedules.assertNonePending(ctx, id);
    assertChangeable(before);
    assertAnother(before, input);
    const end = before.currentPeriodEnd;
    const then = { ...ctx, now: end };
    const ended = await this.steps.catchUp(
      then,
      await this.subscriptions.scheduleEnd(ctx, before, end, { atPeriodEnd: true }),
    );
    return this.afterEnd(then, ended, input, before.endDate);
  }

  /** A subscription has ended where it was to: another takes its place there. `endDate`: where that one is to end. */
  async afterEnd(
    ctx: Ctx,
    old: Subscription,
    input: PlanChangeInput,
    endDate: Date | null,
  ): Promise<PlanChanged> {
    const behavior = input.prorationBehavior ?? old.prorationBehavior;
    const prorations = await this.prorations.unused(ctx, old, ctx.now, behavior);
    const before = { ...old, endDate };
    const begun = await this.create(ctx, before, input, behavior);
    const subscription = await this.subscriptions.save(ctx, old, { continuedById: begun.created.id });
    return this.goOn(ctx, before, { subscription, invoice: undefined, prorations }, begun, input);
  }

  private async goOn(
    ctx: Ctx,
    before: Subscription,
    { subscription: old, invoice: finalInvoice, prorations: credits }: Omit<Cancelled, 'effective'>,
    { created, oldLines, moved }: Begun,
    input: PlanChangeInput,
  ): Promise<PlanChanged> {
    const from = await this.plans.getPlan(ctx, before.planId);
    const { plan: to } = await this.plans.get(ctx, input.planId);
    const behavior = input.prorationBehavior ?? before.prorationBehavior;
    const endedCoupons = await this.carry.rest(ctx, before, oldLines, created, moved);
    const begun = inTrial(created)
      ? {
          ...(await this.beginTrial(ctx, created)),
          charged: sumMoney([], before.currency),
          carried: undefined,
        }
      : await this.begin(ctx, created, credits);
    const given = await this.prorations.record(ctx, before, credits, begun.carried);
    const newLines = await this.subscriptions.linesOf(ctx, [created.id]);
    const type = planChangeType(await this.feesOf(ctx, oldLines), await this.feesOf(ctx, newLines));
    const { next, invoice, charged } = begun;
    return {
      ...{ type, from, to, behavior, before, old, next, finalInvoice, invoice },
      ...{ credits, charged, given, endedCoupons },
    };
  }

  /** The subscription that takes the place of another, with its lines and addons; not begun. */
  private async create(
    ctx: Ctx,
    before: Subscription,
    input: PlanChangeInput,
    behavior: ProrationBehavior,
  ): Promise<Begun> {
    const lines = (await this.subscriptions.linesOf(ctx, [before.id])).filter((line) =>
      isPresent(line, ctx.now),
    );
    const trial =
      before.trialEnd !== null && inTrial(before) && before.trialEnd > ctx.now ? before.trialEnd : null;
    const [customer] = await this.customers.listByIds(ctx, [before.customerId]);
    if (customer === undefined) throw new Error(`subscription ${before.id} has no customer`);
    const carried = await this.carry.ownLines(ctx, lines);
    const created = await this.creation.create(ctx, {
      customer,
      planId: input.planId,
      currency: before.currency,
      billingPeriod: input.billingPeriod ?? before.billingPeriod,
      billingPeriodCount:
        input.billingPeriodCount ?? (input.billingPeriod === undefined ? before.billingPeriodCount : 1),
      billingCycle: input.billingCycle ?? before.billingCycle,
      startDate: ctx.now,
      endDate: before.endDate ?? undefined,
      ...(trial === null ? { trialPeriodDays: 0 } : { trialEnd: trial }),
      collectionMethod: before.collectionMethod,
      paymentBehavior: PAYMENT_BEHAVIORS.find((one) => one === before.paymentBehavior),
      paymentTerms: before.paymentTerms ?? undefined,
      prorationBehavior: behavior,
      lookupKey: before.lookupKey ?? undefined,
      timezone: before.timezone,
      metadata: { ...before.metadata, ...input.metadata },
      lines: () => carried,
      commitment: commitmentInput(before.commitment),
      lineCommitments: await this.carry.commitments(ctx, before, lines, input.planId),
      continues: before,
      // The old subscription's own are carried over.
      taxOverrides: [],
    });
    const moved = await this.carry.moveAddons(ctx, before, created);
    await this.carry.continueUsage(ctx, before, lines, created);
    return { created, oldLines: lines, moved };
  }

  private async begin(
    ctx: Ctx,
    created: Subscription,
    credits: readonly Proration[],
  ): Promise<Pick<PlanChanged, 'next' | 'invoice' | 'charged'> & { readonly carried: CarriedCredits }> {
    const task: BillingTask = {
      subscription: created,
      moment: {
        type: 'subscription_start',
        next: makePeriod(created.currentPeriodStart, created.currentPeriodEnd),
      },
      reason: 'SUBSCRIPTION_UPDATE',
    };
    const charged = await this.billing.total(ctx, task);
    const { lines: charges, nets } = await this.prorations.asLines(ctx, credits, charged);
    const next = await this.subscriptions.save(
      ctx,
      created,
      { activatedAt: created.startDate },
      'subscription.started',
    );
    const invoice = await this.now.bill(ctx, { ...task, subscription: next, charges });
    await this.grants.applyDue(ctx, [next.id]);
    return { next, invoice, charged, carried: { invoiceId: invoice?.id ?? null, nets } };
  }

  /** What is left of a trial is the new plan's. */
  private async beginTrial(ctx: Ctx, created: Subscription): Promise<Pick<PlanChanged, 'next' | 'invoice'>> {
    const [stepped] = await this.steps.advance(ctx, [created]);
    if (stepped === undefined) throw new Error(`subscription ${created.id} did not begin`);
    return { next: stepped.after, invoice: stepped.invoice };
  }

  private async feesOf(ctx: Ctx, lines: readonly SubscriptionLineItem[]): Promise<RecurringFee[]> {
    const fixed = lines.filter((line) => line.priceType === 'FIXED');
    const prices = await this.prices.byIds(
      ctx,
      fixed.map((line) => line.priceId),
    );
    return fixed.map((line) => ({
      interval: { unit: line.billingPeriod, count: line.billingPeriodCount },
      terms: pricingTermsOf((prices.get(line.priceId) as MeteredPrice).price),
      quantity: line.quantity,
    }));
  }
}
