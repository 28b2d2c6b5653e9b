import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import { planPause, statusAfterPause, type RequestedPause } from '../domain/subscribing/pauses.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, findRows, insertRow, updateRow } from '../platform/database/rows.js';
import { SubscriptionPauseEntity, type GivenBackByPause } from './subscription-pause.entity.js';
import { SubscriptionsService, type SubscriptionChange } from './subscriptions.service.js';
import {
  pausedTime,
  type PausedStretch,
  type Subscription,
  type SubscriptionPause,
} from './subscriptions.types.js';

export interface PauseInput extends RequestedPause {
  readonly reason?: string | undefined;
  /** `none`, when left out: what was paid in advance stays paid. */
  readonly prorationBehavior?: ProrationBehavior | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface Paused {
  readonly subscription: Subscription;
  readonly pause: SubscriptionPause;
}

const NO_PAUSE = { pauseStatus: 'none', activePauseId: null, pauseAt: null, resumeAt: null } as const;

/** Stretches of time in which a subscription is not charged for. */
@Injectable()
export class SubscriptionPausesService {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  /** The pause that would be made; nothing is stored. Refusals as those of `planPause`. */
  plan(ctx: Ctx, subscription: Subscription, input: PauseInput): SubscriptionPause {
    const { start, end } = planPause(subscription, input, ctx.now, subscription.timezone);
    return {
      ...auditColumnsForInsert(ctx, 'subscriptionPause'),
      subscriptionId: subscription.id,
      pauseStatus: start <= ctx.now ? 'active' : 'scheduled',
      pauseMode: input.mode,
      resumeMode: end === null ? null : 'auto',
      pauseStart: start,
      pauseEnd: end,
      resumedAt: null,
      originalPeriodStart: subscription.currentPeriodStart,
      originalPeriodEnd: subscription.currentPeriodEnd,
      prorationBehavior: input.prorationBehavior ?? 'none',
      givenBack: [],
      reason: input.reason ?? null,
      metadata: { ...input.metadata },
    };
  }

  /** Pauses a locked subscription that has nothing due, now or from a date on. */
  async pause(ctx: Ctx, before: Subscription, input: PauseInput): Promise<Paused> {
    const pause = await insertRow(ctx.em, SubscriptionPauseEntity, { ...this.plan(ctx, before, input) });
    const begun = pause.pauseStatus === 'active';
    const subscription = await this.subscriptions.save(
      ctx,
      before,
      {
        ...(begun ? pausing : {}),
        pauseStatus: pause.pauseStatus,
        activePauseId: pause.id,
        pauseAt: pause.pauseStart,
        resumeAt: pause.pauseEnd,
      },
      begun ? 'subscription.paused' : 'subscription.updated',
    );
    return { subscription, pause };
  }

  /** The pause that would end; nothing is stored. Refuses with `subscription_not_paused`. */
  async planResume(ctx: Ctx, subscription: Subscription): Promise<SubscriptionPause> {
    const pause =
      subscription.activePauseId === null
        ? null
        : await findRow(ctx.em, SubscriptionPauseEntity, { id: subscription.activePauseId });
    if (pause === null)
      throw invalidOperation(
        `subscription is not paused: it is ${subscription.subscriptionStatus}`,
        subscription.subscriptionStatus === 'cancelled'
          ? 'subscription_already_cancelled'
          : 'subscription_not_paused',
      );
    const lasted = pause.pauseStatus === 'active';
    return {
      ...pause,
      ...auditColumnsForUpdate(ctx),
      pauseStatus: lasted ? 'completed' : 'cancelled',
      resumeMode: 'immediate',
      resumedAt: lasted ? ctx.now : null,
    };
  }

  /** Ends the pause of a locked subscription now, or takes back one that lies ahead. */
  async resume(ctx: Ctx, before: Subscription, metadata?: Readonly<Record<string, string>>): Promise<Paused> {
    const planned = await this.planResume(ctx, before);
    const pause = { ...planned, metadata: { ...planned.metadata, ...metadata } };
    await updateRow(ctx.em, SubscriptionPauseEntity, pause.id, pause);
    const lasted = pause.pauseStatus === 'completed';
    const subscription = await this.subscriptions.save(
      ctx,
      before,
      { ...NO_PAUSE, ...(lasted ? { subscriptionStatus: statusAfterPause(before) } : {}) },
      lasted ? 'subscription.resumed' : 'subscription.updated',
    );
    return { subscription, pause };
  }

  /** Writes down that those pauses have begun, each at its time. */
  async markBegun(ctx: Ctx, pauseIds: readonly string[]): Promise<void> {
    await this.mark(ctx, pauseIds, `pause_status = 'active'`);
  }

  /** Writes down that those pauses have ended, each at its time. */
  async markEnded(ctx: Ctx, pauseIds: readonly string[]): Promise<void> {
    await this.mark(ctx, pauseIds, `pause_status = 'completed', resumed_at = pause_end`);
  }

  /** Closes what is open of subscriptions that end at that instant. */
  async closeAt(ctx: Ctx, subscriptionIds: readonly string[], at: Date): Promise<void> {
    if (subscriptionIds.length === 0) return;
    await ctx.em.query(
      `UPDATE subscription_pauses
          SET resumed_at = CASE WHEN pause_status = 'active' THEN $2::timestamptz END,
              pause_status = CASE WHEN pause_status = 'active' THEN 'completed' ELSE 'cancelled' END,
              updated_at = $3, updated_by = $4
        WHERE subscription_id = ANY($1) AND pause_status IN ('scheduled', 'active')`,
      [subscriptionIds, at, ctx.now, ctx.actor],
    );
  }

  byIds(ctx: Ctx, ids: readonly string[]): Promise<SubscriptionPause[]> {
    return ids.length === 0
      ? Promise.resolve([])
      : findRows(ctx.em, SubscriptionPauseEntity, { id: [...ids] });
  }

  async noteGivenBack(ctx: Ctx, id: string, givenBack: readonly GivenBackByPause[]): Promise<void> {
    await updateRow(ctx.em, SubscriptionPauseEntity, id, {
      ...auditColumnsForUpdate(ctx),
      givenBack: [...givenBack],
    });
  }

  /** The pauses of those subscriptions, oldest first. */
  async of(ctx: Ctx, subscriptionIds: readonly string[]): Promise<SubscriptionPause[]> {
    if (subscriptionIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(SubscriptionPauseEntity, 'row')
      .where('row.subscriptionId = ANY(:ids)', { ids: subscriptionIds })
      .orderBy('row.pauseStart')
      .addOrderBy('row.id')
      .getMany();
  }

  /** The paused time of those subscriptions, by subscription. */
  async pausedTimes(
    ctx: Ctx,
    subscriptionIds: readonly string[],
  ): Promise<ReadonlyMap<string, PausedStretch[]>> {
    const times = new Map<string, PausedStretch[]>();
    for (const pause of await this.of(ctx, subscriptionIds)) {
      const time = pausedTime(pause);
      if (time !== undefined)
        times.set(pause.subscriptionId, [...(times.get(pause.subscriptionId) ?? []), time]);
    }
    return times;
  }

  private async mark(ctx: Ctx, pauseIds: readonly string[], change: string): Promise<void> {
    if (pauseIds.length === 0) return;
    await ctx.em.query(
      `UPDATE subscription_pauses SET ${change}, updated_at = $2, updated_by = $3 WHERE id = ANY($1)`,
      [pauseIds, ctx.now, ctx.actor],
    );
  }
}

const pausing: SubscriptionChange = { subscriptionStatus: 'paused' };

/** What the begin of its pause makes of a subscription. */
export const begun: SubscriptionChange = { subscriptionStatus: 'paused', pauseStatus: 'active' };

/** What the end of its pause makes of a subscription. */
export const resumed = (subscription: Subscription): SubscriptionChange => ({
  ...NO_PAUSE,
  subscriptionStatus: statusAfterPause(subscription),
});
