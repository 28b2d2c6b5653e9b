import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import type { EventTypeOf } from '../../domain/events.js';
import { makePeriod, type Period } from '../../domain/period.js';
import {
  inTrial,
  nextAction,
  nextPeriod,
  periodsBehind,
  type DueAction,
} from '../../domain/subscribing/subscription-life.js';
import type { Ctx } from '../../platform/context.js';
import {
  begun,
  resumed,
  SubscriptionPausesService,
} from '../../subscriptions/subscription-pauses.service.js';
import {
  ended,
  SubscriptionsService,
  type SubscriptionChange,
} from '../../subscriptions/subscriptions.service.js';
import { chargedLife, scheduleOf, type Subscription } from '../../subscriptions/subscriptions.types.js';
import { InvoiceFinalization, mayWait } from '../../invoices/invoice-finalization.service.js';
import type { Invoice, InvoiceWithLines } from '../../invoices/invoices.types.js';
import { SubscriptionBillingService } from '../subscription-billing.service.js';
import { PauseProrations } from '../pause-prorations.service.js';
import { ProrationsService, type Proration } from '../prorations.service.js';
import { ScheduledEnds } from './scheduled-ends.service.js';
import type { BillingTask } from '../../rating/billing-task.types.js';
import type { AdvanceResult } from './advance-result.types.js';
import { SubscriptionGrants } from '../../subscriptions/subscription-grants.service.js';

/** Periods that a request bills before it changes something: seconds of work. */
const MOST_BEHIND = 100;

/** What one step makes of one subscription. */
interface Step {
  readonly before: Subscription;
  readonly action: DueAction;
  readonly task?: BillingTask;
  readonly change: SubscriptionChange;
  readonly event?: EventTypeOf<'subscription'>;
}

/** What time makes of subscriptions: begins, trial ends, pauses, period ends. The billing run walks by it. */
@Injectable()
export class SubscriptionAdvancer {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly pauses: SubscriptionPausesService,
    private readonly billing: SubscriptionBillingService,
    private readonly finalization: InvoiceFinalization,
    private readonly grants: SubscriptionGrants,
    private readonly scheduledEnds: ScheduledEnds,
    private readonly prorations: ProrationsService,
    private readonly pauseProrations: PauseProrations,
  ) {}

  /**
   * One step of each of those locked subscriptions, each of which has one due: billed, finalized and moved on. However
   * many they are, the statements are as many as for one; only those that another one follows are stepped one by one.
   */
  async advance(ctx: Ctx, due: readonly Subscription[]): Promise<AdvanceResult[]> {
    const schedules = await this.scheduledEnds.among(ctx, due);
    if (schedules.size === 0) return this.stepTogether(ctx, due);
    const alone = async (one: Subscription): Promise<AdvanceResult> =>
      (await this.stepTogether(ctx, [one]))[0] as AdvanceResult;
    const stepped = new Map(
      (
        await this.stepTogether(
          ctx,
          due.filter(({ id }) => !schedules.has(id)),
        )
      ).map((one) => [one.before.id, one]),
    );
    for (const before of due) {
      const schedule = schedules.get(before.id);
      if (schedule !== undefined)
        stepped.set(before.id, await this.scheduledEnds.end(ctx, before, schedule, alone));
    }
    return due.map(({ id }) => stepped.get(id) as AdvanceResult);
  }

  private async stepTogether(ctx: Ctx, due: readonly Subscription[]): Promise<AdvanceResult[]> {
    const steps = await this.withChargesAgain(
      ctx,
      due.map((before) => stepOf(before)),
    );
    // Before anything is billed: what is charged depends on what is paused.
    await this.pauses.markBegun(ctx, pausesOf(steps, 'pause'));
    await this.pauses.markEnded(ctx, pausesOf(steps, 'resume'));
    const unused = await this.unusedAtEnd(ctx, steps);
    const drafts = await this.billing.bill(
      ctx,
      steps.flatMap(({ task }) => task ?? []),
      (made) => this.finalization.seal(ctx, made),
    );
    const finalized = await this.finalize(ctx, drafts);
    const invoiceOf = ({ task }: Step): Invoice | undefined => {
      const drafted: InvoiceWithLines | undefined = task === undefined ? undefined : drafts.get(task);
      return drafted === undefined ? undefined : finalized.get(drafted.invoice.id);
    };
    const after = await this.subscriptions.saveAll(
      ctx,
      steps.map((step) => ({
        before: step.before,
        event: step.event,
        change: { ...step.change, ...unpaid(step, invoiceOf(step)) },
      })),
    );
    for (const [index, step] of steps.entries())
      if (step.event === 'subscription.cancelled' && step.before.activePauseId !== null)
        await this.pauses.closeAt(ctx, [step.before.id], after[index]?.endDate ?? step.action.at);
    for (const [step, prorations] of unused) await this.prorations.record(ctx, step.before, prorations);
    await this.grants.applyDue(
      ctx,
      due.map(({ id }) => id),
    );
    return steps.map((step, index) => ({
      before: step.before,
      action: step.action.type,
      after: after[index] as Subscription,
      invoice: invoiceOf(step),
    }));
  }

  /** What is left of advances of subscriptions that end as somebody has asked for. */
  private async unusedAtEnd(
    ctx: Ctx,
    steps: readonly Step[],
  ): Promise<ReadonlyMap<Step, readonly Proration[]>> {
    const unused = new Map<Step, readonly Proration[]>();
    for (const step of steps) {
      const { before, action, event } = step;
      if (event !== 'subscription.cancelled' || before.endProrationBehavior !== 'create_prorations') continue;
      unused.set(step, await this.prorations.unused(ctx, before, action.at, 'create_prorations'));
    }
    return unused;
  }

  /** Pauses that give back do so when they begin; when they are over, what is left of it is charged again. */
  private async withChargesAgain(ctx: Ctx, steps: readonly Step[]): Promise<Step[]> {
    const begun = steps.flatMap(({ before, action }) =>
      action.type === 'pause' && before.activePauseId !== null ? [{ before, id: before.activePauseId }] : [],
    );
    const pauses = await this.pauses.byIds(
      ctx,
      begun.map(({ id }) => id),
    );
    for (const pause of pauses)
      await this.pauseProrations.giveBack(
        ctx,
        (begun.find(({ id }) => id === pause.id) as (typeof begun)[number]).before,
        pause,
      );
    const resumes = steps.filter(({ action }) => action.type === 'resume');
    const tasks = await this.resumeTasks(
      ctx,
      resumes.map(({ before, action }) => ({ before, at: action.at })),
    );
    return steps.map((step) => {
      const task = tasks[resumes.indexOf(step)];
      return task === undefined ? step : { ...step, task };
    });
  }

  /** What is to be billed of subscriptions whose pauses end, in their order; undefined: nothing. */
  async resumeTasks(
    ctx: Ctx,
    resumes: readonly {
      readonly before: Subscription;
      readonly at: Date;
      /** False where no charge can have come due during the pause. */
      readonly putsOff?: boolean;
    }[],
  ): Promise<(BillingTask | undefined)[]> {
    const again = await this.pauseProrations.chargesAgain(
      ctx,
      resumes.flatMap(({ before, at }) =>
        before.activePauseId === null ? [] : [{ subscription: before, pauseId: before.activePauseId, at }],
      ),
    );
    return resumes.map(({ before, at, putsOff = true }) => {
      const charges = again.get(before.activePauseId ?? '') ?? [];
      const [first] = charges;
      const task = putsOff ? resumeTask(before, at) : undefined;
      if (first === undefined) return task;
      if (task !== undefined) return { ...task, charges };
      return {
        subscription: { ...before, ...resumed(before) },
        moment: { type: 'subscription_start', next: first.period as Period },
        reason: 'SUBSCRIPTION_UPDATE',
        lineIds: [],
        charges,
      };
    });
  }

  /** What could not be sealed: it waits for stragglers, or prepaid credit is spent on it first. */
  private async finalize(
    ctx: Ctx,
    drafts: ReadonlyMap<BillingTask, InvoiceWithLines>,
  ): Promise<ReadonlyMap<string, Invoice>> {
    const made = [...drafts.values()].map(({ invoice }) => invoice);
    const ids = (waiting: boolean): string[] =>
      made.flatMap(({ id, invoiceStatus, billingReason }) =>
        invoiceStatus === 'DRAFT' && mayWait(billingReason) === waiting ? [id] : [],
      );
    const cycles = await this.finalization.finalizeWhenDue(ctx, ids(true));
    const others = await this.finalization.finalize(ctx, ids(false));
    return new Map([...made, ...cycles, ...others].map((invoice) => [invoice.id, invoice]));
  }

  /**
   * Walks one locked subscription to the present, so that a change made now meets its current period. One that is many
   * periods behind is left to the billing run: walking it here would hold its lock, and the caller, for a minute.
   */
  async catchUp(ctx: Ctx, subscription: Subscription): Promise<Subscription> {
    const behind = periodsBehind(subscription, scheduleOf(subscription), ctx.now);
    if (behind > MOST_BEHIND)
      throw invalidOperation(
        `${behind} billing periods of the subscription are to be billed first, which a billing run does: try again when it has`,
        'billing_behind',
        { id: subscription.id, periods: behind, current_period_start: subscription.currentPeriodStart },
      );
    let current = subscription;
    for (;;) {
      const action = nextAction(current);
      if (action === null || action.at > ctx.now) return current;
      const [stepped] = await this.advance(ctx, [current]);
      current = (stepped as AdvanceResult).after;
    }
  }
}

function stepOf(before: Subscription): Step {
  const action = nextAction(before);
  if (action === null) throw new Error(`subscription ${before.id} has nothing due`);
  switch (action.type) {
    case 'lapse':
      return { before, action, change: ended(action.at), event: 'subscription.cancelled' };
    case 'start':
      return startStep(before, action);
    case 'pause':
      return { before, action, change: begun, event: 'subscription.paused' };
    case 'resume':
      return resumeStep(before, action);
    case 'period_end':
      return inTrial(before) ? trialEndStep(before, action) : periodEndStep(before, action);
  }
}

function startStep(before: Subscription, action: DueAction): Step {
  const current = makePeriod(before.currentPeriodStart, before.currentPeriodEnd);
  return {
    before,
    action,
    task: inTrial(before)
      ? {
          subscription: before,
          moment: { type: 'trial_start', trial: current },
          reason: 'SUBSCRIPTION_TRIAL_START',
        }
      : {
          subscription: before,
          moment: { type: 'subscription_start', next: current },
          reason: 'SUBSCRIPTION_CREATE',
        },
    change: { activatedAt: before.startDate },
    event: 'subscription.started',
  };
}

/** What it charges is looked up for all of them together: see {@link SubscriptionAdvancer.resumeTasks}. */
function resumeStep(before: Subscription, action: DueAction): Step {
  return {
    before,
    action,
    change: resumed(before),
    event: 'subscription.resumed',
  };
}

/**
 * What is to be billed of a paused subscription when its pause ends; nothing in the very instant in which its period ends.
 * When the pause has begun within the current period, that is paid already, but for lines that were added since.
 */
function resumeTask(paused: Subscription, at: Date): BillingTask | undefined {
  const { end } = chargedLife(paused);
  if (at >= paused.currentPeriodEnd || inTrial(paused) || (end !== null && at >= end)) return undefined;
  const { pauseAt } = paused;
  return {
    subscription: { ...paused, ...resumed(paused) },
    moment: { type: 'subscription_start', next: makePeriod(at, paused.currentPeriodEnd) },
    reason: 'SUBSCRIPTION_UPDATE',
    ...(pauseAt !== null && pauseAt > paused.currentPeriodStart ? { linesSince: pauseAt } : {}),
  };
}

function trialEndStep(before: Subscription, action: DueAction): Step {
  const next = nextPeriod(before, scheduleOf(before));
  if (next === undefined)
    return { before, action, change: ended(action.at), event: 'subscription.cancelled' };
  return {
    before,
    action,
    task: {
      subscription: before,
      moment: { type: 'subscription_start', next },
      reason: 'SUBSCRIPTION_TRIAL_END',
    },
    change: {
      currentPeriodStart: next.start,
      currentPeriodEnd: next.end,
      ...(before.subscriptionStatus === 'trialing' ? { subscriptionStatus: 'active' } : {}),
    },
    event: 'subscription.trial_ended',
  };
}

function periodEndStep(before: Subscription, action: DueAction): Step {
  const next = nextPeriod(before, scheduleOf(before));
  const closing = makePeriod(before.currentPeriodStart, before.currentPeriodEnd);
  const task: BillingTask = {
    subscription: before,
    moment: { type: 'period_end', closing, next },
    reason: 'SUBSCRIPTION_CYCLE',
  };
  return next === undefined
    ? { before, action, task, change: ended(closing.end), event: 'subscription.cancelled' }
    : { before, action, task, change: { currentPeriodStart: next.start, currentPeriodEnd: next.end } };
}

/** Under the strict behaviours a subscription whose first invoice is owed is incomplete. */
function unpaid({ before, task }: Step, invoice: Invoice | undefined): SubscriptionChange {
  const first = task?.reason === 'SUBSCRIPTION_CREATE';
  if (!first || before.paymentBehavior === 'default_active' || invoice === undefined) return {};
  const owed = invoice.invoiceStatus === 'FINALIZED' && invoice.paymentStatus !== 'SUCCEEDED';
  return owed ? { subscriptionStatus: 'incomplete' } : {};
}

const pausesOf = (steps: readonly Step[], type: DueAction['type']): string[] =>
  steps.flatMap(({ before, action }) => (action.type === type ? (before.activePauseId ?? []) : []));
