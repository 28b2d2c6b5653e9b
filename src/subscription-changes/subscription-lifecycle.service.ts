import { Injectable } from '@nestjs/common';
import { invalidOperation, validationError } from '../domain/errors.js';
import { laterOf, makePeriod } from '../domain/period.js';
import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import { assertSubscriptionTransition } from '../domain/subscribing/subscription-states.js';
import type { Ctx } from '../platform/context.js';
import {
  SubscriptionCreationService,
  type SubscribeInput,
} from '../subscriptions/subscription-creation.service.js';
import {
  SubscriptionLinesService,
  type LineChange,
  type LineInput,
} from '../subscriptions/subscription-lines.service.js';
import {
  SubscriptionPausesService,
  type PauseInput,
  type Paused,
} from '../subscriptions/subscription-pauses.service.js';
import { SubscriptionSchedulesService } from '../subscriptions/subscription-schedules.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import type {
  Subscription,
  SubscriptionLineItem,
  SubscriptionPause,
} from '../subscriptions/subscriptions.types.js';
import { ImmediateBilling } from '../billing/immediate-billing.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import { paidUntil } from './paid-until.js';
import { ProrationsService, type Proration } from '../billing/prorations.service.js';
import { PauseProrations } from '../billing/pause-prorations.service.js';
import { SubscriptionAdvancer } from '../billing/runs/subscription-advancer.service.js';
import { SubscriptionGrants } from '../subscriptions/subscription-grants.service.js';

/** When and how a subscription is to end. */
export type Cancellation =
  | {
      readonly type: 'immediate';
      readonly finalInvoice: boolean;
      /** Whether unused advances are given back; the subscription's own behavior, when left out. */
      readonly prorationBehavior?: ProrationBehavior | undefined;
    }
  | { readonly type: 'end_of_period'; readonly prorationBehavior?: ProrationBehavior | undefined }
  | {
      readonly type: 'scheduled_date';
      readonly at: Date;
      readonly prorationBehavior?: ProrationBehavior | undefined;
    };

export interface Cancelled {
  readonly subscription: Subscription;
  readonly effective: Date;
  readonly invoice: Invoice | undefined;
  /** What was given back. */
  readonly prorations: readonly Proration[];
}

/**
 * What people do to subscriptions. Each change first walks the subscription to the present: periods that have ended are
 * billed as they were, and the change meets the current one.
 */
@Injectable()
export class SubscriptionLifecycleService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly creation: SubscriptionCreationService,
    private readonly lines: SubscriptionLinesService,
    private readonly pauses: SubscriptionPausesService,
    private readonly steps: SubscriptionAdvancer,
    private readonly prorations: ProrationsService,
    private readonly pauseProrations: PauseProrations,
    private readonly now: ImmediateBilling,
    private readonly schedules: SubscriptionSchedulesService,
    private readonly grants: SubscriptionGrants,
  ) {}

  async create(
    ctx: Ctx,
    input: SubscribeInput,
  ): Promise<{ subscription: Subscription; invoice: Invoice | undefined }> {
    return this.begin(ctx, await this.creation.create(ctx, input));
  }

  async activate(
    ctx: Ctx,
    id: string,
    startDate: Date,
  ): Promise<{ subscription: Subscription; invoice: Invoice | undefined }> {
    const draft = await this.subscriptions.lock(ctx, id);
    const activated = await this.creation.activate(ctx, draft, startDate);
    await this.grants.moveStart(ctx, draft, activated);
    return this.begin(ctx, activated);
  }

  async cancel(ctx: Ctx, id: string, how: Cancellation): Promise<Cancelled> {
    const before = await this.current(ctx, id);
    if (how.type !== 'immediate') await this.schedules.assertNonePending(ctx, id);
    switch (how.type) {
      case 'end_of_period': {
        const effective = before.currentPeriodEnd;
        const subscription = await this.subscriptions.scheduleEnd(ctx, before, effective, {
          atPeriodEnd: true,
          prorationBehavior: how.prorationBehavior ?? before.prorationBehavior,
        });
        return { subscription, effective, invoice: undefined, prorations: [] };
      }
      case 'scheduled_date': {
        const subscription = await this.subscriptions.scheduleEnd(ctx, before, how.at, {
          atPeriodEnd: false,
          prorationBehavior: how.prorationBehavior ?? before.prorationBehavior,
        });
        return { subscription, effective: how.at, invoice: undefined, prorations: [] };
      }
      case 'immediate': {
        const pending = await this.schedules.pendingOf(ctx, id);
        if (pending !== null)
          await this.schedules.settle(ctx, pending.id, { scheduleStatus: 'cancelled', cancelledAt: ctx.now });
        const behavior = how.prorationBehavior ?? before.prorationBehavior;
        const ended = await this.end(ctx, before, { behavior, finalInvoice: how.finalInvoice });
        await this.prorations.record(ctx, before, ended.prorations);
        return ended;
      }
    }
  }

  /** Ends it now, used time billed when it is asked for. What is left of its advances is told, and not given back yet. */
  async end(
    ctx: Ctx,
    before: Subscription,
    how: {
      readonly behavior: ProrationBehavior;
      readonly finalInvoice: boolean;
      /** The subscription that takes its place, and what was found unused before that was made. */
      readonly successor?: { readonly id: string; readonly unused: readonly Proration[] };
    },
  ): Promise<Cancelled> {
    const { behavior, finalInvoice, successor } = how;
    const begun = before.activatedAt !== null && before.currentPeriodStart < ctx.now;
    const prorations = successor?.unused ?? (await this.prorations.unused(ctx, before, ctx.now, behavior));
    const subscription = await this.subscriptions.end(ctx, before, {
      endProrationBehavior: behavior,
      ...(successor === undefined ? {} : { continuedById: successor.id }),
    });
    await this.pauses.closeAt(ctx, [before.id], ctx.now);
    const closing = { start: before.currentPeriodStart, end: ctx.now };
    const invoice =
      finalInvoice && begun
        ? await this.now.bill(ctx, { subscription, moment: { type: 'cancel', closing }, reason: 'PRORATION' })
        : undefined;
    return { subscription, effective: ctx.now, invoice, prorations };
  }

  async withdrawCancellation(ctx: Ctx, id: string): Promise<Subscription> {
    const before = await this.current(ctx, id);
    await this.schedules.assertNonePending(ctx, id);
    return this.subscriptions.withdrawEnd(ctx, before);
  }

  /** Active again: after a pause, or although the first invoice is not paid. */
  async reactivate(ctx: Ctx, id: string): Promise<Subscription> {
    const before = await this.current(ctx, id);
    const { subscriptionStatus: from } = before;
    switch (from) {
      case 'active':
        return this.withdrawCancellation(ctx, id);
      case 'paused':
        return (await this.resume(ctx, id)).subscription;
      case 'incomplete':
        return this.complete(ctx, before);
      case 'draft':
        throw invalidOperation(
          'a draft is activated with its start_date',
          'invalid_subscription_transition',
          { from, to: 'active' },
        );
      case 'trialing':
        throw invalidOperation('a trial ends by itself', 'invalid_subscription_transition', {
          from,
          to: 'active',
        });
      case 'cancelled':
        assertSubscriptionTransition(from, 'active');
        return before;
    }
  }

  /** Its first invoice is paid: it is active, and what has come due meanwhile is billed by the next run. */
  async complete(ctx: Ctx, before: Subscription): Promise<Subscription> {
    assertSubscriptionTransition(before.subscriptionStatus, 'active');
    return this.subscriptions.save(ctx, before, { subscriptionStatus: 'active' }, 'subscription.activated');
  }

  async pause(ctx: Ctx, id: string, input: PauseInput): Promise<Paused> {
    const before = await this.current(ctx, id);
    const paused = await this.pauses.pause(ctx, before, input);
    if (paused.pause.pauseStatus === 'active') await this.pauseProrations.giveBack(ctx, before, paused.pause);
    return paused;
  }

  async planPause(ctx: Ctx, id: string, input: PauseInput): Promise<SubscriptionPause> {
    return this.pauses.plan(ctx, await this.subscriptions.get(ctx, id), input);
  }

  async planResume(ctx: Ctx, id: string): Promise<SubscriptionPause> {
    return this.pauses.planResume(ctx, await this.subscriptions.get(ctx, id));
  }

  /** Ends the pause; service periods that began during it are charged for from now on, by an invoice of their own. */
  async resume(ctx: Ctx, id: string, metadata?: Readonly<Record<string, string>>): Promise<Paused> {
    const before = await this.current(ctx, id);
    const paused = before.subscriptionStatus === 'paused';
    const result = await this.pauses.resume(ctx, before, metadata);
    if (paused) {
      // Asked for and over in one instant, it has put nothing off.
      const putsOff = result.pause.createdAt < ctx.now;
      const [task] = await this.steps.resumeTasks(ctx, [{ before, at: ctx.now, putsOff }]);
      if (task !== undefined) await this.now.bill(ctx, task);
    }
    return result;
  }

  /** Adds a line; what it charges in advance for the rest of the current period is billed at once. */
  async addLine(
    ctx: Ctx,
    id: string,
    input: (currency: string) => LineInput,
    behavior?: ProrationBehavior,
  ): Promise<SubscriptionLineItem> {
    const subscription = await this.current(ctx, id);
    const line = await this.lines.add(ctx, subscription, input(subscription.currency));
    const from = laterOf(line.startDate, subscription.currentPeriodStart);
    if (subscription.activatedAt === null || from >= subscription.currentPeriodEnd) return line;
    await this.now.bill(ctx, {
      subscription: { ...subscription, prorationBehavior: behavior ?? subscription.prorationBehavior },
      moment: { type: 'subscription_start', next: makePeriod(from, subscription.currentPeriodEnd) },
      reason: 'SUBSCRIPTION_UPDATE',
      lineIds: [line.id],
    });
    return line;
  }

  async changeLine(ctx: Ctx, lineId: string, change: LineChange): Promise<SubscriptionLineItem> {
    const subscription = await this.current(ctx, (await this.lines.get(ctx, lineId)).subscriptionId);
    const pauses = (await this.pauses.pausedTimes(ctx, [subscription.id])).get(subscription.id) ?? [];
    // Read again under the subscription's lock: two changes at once would both take the line's place.
    const line = await this.lines.get(ctx, lineId);
    const until = (at: Date): Date | null => paidUntil(subscription, line, at, pauses);
    const changed = await this.lines.replace(ctx, subscription, line, change, (_, at) => until(at));
    const behavior = change.prorationBehavior ?? subscription.prorationBehavior;
    const paid = changed.id === line.id ? null : until(changed.startDate);
    if (behavior === 'create_prorations' && paid !== null)
      await this.prorations.settleChange(ctx, subscription, line, changed, paid);
    return changed;
  }

  async removeLine(
    ctx: Ctx,
    lineId: string,
    input: {
      readonly effectiveFrom?: Date | undefined;
      readonly prorationBehavior?: ProrationBehavior | undefined;
    },
  ): Promise<SubscriptionLineItem> {
    const subscription = await this.current(ctx, (await this.lines.get(ctx, lineId)).subscriptionId);
    const line = await this.lines.get(ctx, lineId);
    const behavior = input.prorationBehavior ?? subscription.prorationBehavior;
    const removed = await this.lines.remove(ctx, subscription, line, input.effectiveFrom);
    const at = removed.endDate as Date;
    await this.prorations.record(
      ctx,
      subscription,
      await this.prorations.unused(ctx, subscription, at, behavior, line.id),
    );
    return removed;
  }

  /** The subscription, locked, with nothing due. */
  async current(ctx: Ctx, id: string): Promise<Subscription> {
    return this.steps.catchUp(ctx, await this.subscriptions.lock(ctx, id));
  }

  private async begin(
    ctx: Ctx,
    created: Subscription,
  ): Promise<{ subscription: Subscription; invoice: Invoice | undefined }> {
    if (created.subscriptionStatus === 'draft' || created.startDate > ctx.now)
      return { subscription: created, invoice: undefined };
    const [stepped] = await this.steps.advance(ctx, [created]);
    if (stepped === undefined) throw new Error(`subscription ${created.id} did not begin`);
    const { after: subscription, invoice } = stepped;
    if (subscription.subscriptionStatus === 'incomplete' && created.paymentBehavior === 'error_if_incomplete')
      throw invalidOperation(
        'the first invoice is owed: with payment_behavior error_if_incomplete nothing is made',
        'first_invoice_unpaid',
      );
    return { subscription, invoice: invoice?.invoiceStatus === 'SKIPPED' ? undefined : invoice };
  }
}

/** The cancellation that a body of the wire asks for. */
export function cancellationOf(body: {
  readonly cancellation_type: Cancellation['type'];
  readonly cancel_at?: Date | undefined;
  readonly cancel_immediately_inovice_policy?: string | undefined;
  readonly cancel_immediately_invoice_policy?: string | undefined;
  readonly proration_behavior?: ProrationBehavior | undefined;
}): Cancellation {
  const { proration_behavior: prorationBehavior } = body;
  if (body.cancellation_type === 'end_of_period') return { type: 'end_of_period', prorationBehavior };
  if (body.cancellation_type === 'scheduled_date') {
    if (body.cancel_at === undefined)
      throw validationError('cancel_at is required with scheduled_date', {
        fields: { cancel_at: 'cancel_at is required with scheduled_date' },
      });
    return { type: 'scheduled_date', at: body.cancel_at, prorationBehavior };
  }
  const policy = body.cancel_immediately_inovice_policy ?? body.cancel_immediately_invoice_policy ?? 'skip';
  return {
    type: 'immediate',
    finalInvoice: policy === 'generate_invoice',
    prorationBehavior,
  };
}
