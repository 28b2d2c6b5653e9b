import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound, validationError } from '../domain/errors.js';
import type { EventTypeOf } from '../domain/events.js';
import { earlierOf } from '../domain/period.js';
import { currentPeriodEndOf, nextAction } from '../domain/subscribing/subscription-life.js';
import { assertSubscriptionTransition } from '../domain/subscribing/subscription-states.js';
import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import type { Ctx } from '../platform/context.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import { scheduleOf, type Subscription, type SubscriptionLineItem } from './subscriptions.types.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { findRow, readMany } from '../platform/database/rows.js';

const SEARCH_FIELDS = {
  id: 'id',
  customer_id: 'customerId',
  plan_id: 'planId',
  subscription_status: 'subscriptionStatus',
  currency: 'currency',
  start_date: 'startDate',
  current_period_start: 'currentPeriodStart',
  current_period_end: 'currentPeriodEnd',
  trial_end: 'trialEnd',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface SubscriptionSearch extends SearchRequest {
  readonly subscription_ids?: string[];
  readonly customer_ids?: string[];
  readonly plan_id?: string;
  readonly subscription_status?: string[];
  readonly billing_period?: string[];
  readonly active_at?: Date;
  readonly trial_end_due_lte?: Date;
}

/** The columns that life changes; all others are set when the subscription is made. */
const LIVING = [
  ['subscription_status', 'text', 'subscriptionStatus'],
  ['billing_anchor', 'timestamptz', 'billingAnchor'],
  ['start_date', 'timestamptz', 'startDate'],
  ['end_date', 'timestamptz', 'endDate'],
  ['trial_start', 'timestamptz', 'trialStart'],
  ['trial_end', 'timestamptz', 'trialEnd'],
  ['activated_at', 'timestamptz', 'activatedAt'],
  ['current_period_start', 'timestamptz', 'currentPeriodStart'],
  ['current_period_end', 'timestamptz', 'currentPeriodEnd'],
  ['cancel_at', 'timestamptz', 'cancelAt'],
  ['cancel_at_period_end', 'boolean', 'cancelAtPeriodEnd'],
  ['cancelled_at', 'timestamptz', 'cancelledAt'],
  ['continued_by_id', 'text', 'continuedById'],
  ['end_proration_behavior', 'text', 'endProrationBehavior'],
  ['pause_status', 'text', 'pauseStatus'],
  ['active_pause_id', 'text', 'activePauseId'],
  ['pause_at', 'timestamptz', 'pauseAt'],
  ['resume_at', 'timestamptz', 'resumeAt'],
  ['next_action_at', 'timestamptz', 'nextActionAt'],
  ['billing_failures', 'integer', 'billingFailures'],
] as const;

const SAVE = `UPDATE subscriptions AS s
   SET ${LIVING.map(([column]) => `${column} = r.${column}`).join(', ')},
       version = s.version + 1, updated_at = $2, updated_by = $3
  FROM jsonb_to_recordset($1::jsonb) AS r(id text, ${LIVING.map(([column, type]) => `${column} ${type}`).join(', ')})
 WHERE s.id = r.id`;

export type SubscriptionChange = Partial<Pick<Subscription, (typeof LIVING)[number][2]>>;

@Injectable()
export class SubscriptionsService {
  constructor(private readonly outbox: Outbox) {}

  async get(ctx: Ctx, id: string): Promise<Subscription> {
    const row = await findRow(ctx.em, SubscriptionEntity, { id });
    if (row === null) throw notFound('subscription', id);
    return row;
  }

  async lock(ctx: Ctx, id: string): Promise<Subscription> {
    const row = await findRow(ctx.em, SubscriptionEntity, { id }, { lock: true });
    if (row === null) throw notFound('subscription', id);
    return row;
  }

  /** The lines of those subscriptions, oldest first. */
  async linesOf(ctx: Ctx, subscriptionIds: readonly string[]): Promise<SubscriptionLineItem[]> {
    if (subscriptionIds.length === 0) return [];
    return readMany(
      ctx.em
        .createQueryBuilder(SubscriptionLineItemEntity, 'row')
        .where('row.subscriptionId = ANY(:ids)', { ids: subscriptionIds })
        .andWhere(`row.status = 'published'`)
        .orderBy('row.createdAt')
        .addOrderBy('row.id'),
    );
  }

  async search(
    ctx: Ctx,
    request: SubscriptionSearch,
  ): Promise<{ rows: Subscription[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.subscription_ids?.length)
      query.andWhere('row.id IN (:...ids)', { ids: request.subscription_ids });
    if (request.customer_ids !== undefined)
      query.andWhere('row.customerId = ANY(:customers)', { customers: request.customer_ids });
    if (request.plan_id) query.andWhere('row.planId = :plan', { plan: request.plan_id });
    if (request.subscription_status?.length)
      query.andWhere('row.subscriptionStatus IN (:...states)', { states: request.subscription_status });
    if (request.billing_period?.length)
      query.andWhere('row.billingPeriod IN (:...periods)', { periods: request.billing_period });
    if (request.active_at)
      query.andWhere(
        `row.startDate <= :activeAt AND (row.endDate IS NULL OR row.endDate > :activeAt) AND row.activatedAt IS NOT NULL`,
        { activeAt: request.active_at },
      );
    if (request.trial_end_due_lte)
      query.andWhere(`row.subscriptionStatus = 'trialing' AND row.trialEnd <= :trialEnd`, {
        trialEnd: request.trial_end_due_lte,
      });
    return findPage(query, request, SEARCH_FIELDS);
  }

  async hasOpenFor(ctx: Ctx, owner: { customerId: string } | { planId: string }): Promise<boolean> {
    const query = ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where(`row.subscriptionStatus <> 'cancelled'`);
    if ('customerId' in owner) query.andWhere('row.customerId = :customerId', owner);
    else query.andWhere('row.planId = :planId', owner);
    return (await query.getCount()) > 0;
  }

  /** When time makes something of a subscription of the environment next; null when it never will. */
  async nextDueAt(ctx: Ctx): Promise<Date | null> {
    const [row] = await queryPrepared<{ due: Date | null }>(
      ctx.em,
      `SELECT min(next_action_at) AS due FROM subscriptions WHERE next_action_at IS NOT NULL`,
      [],
    );
    return row?.due ?? null;
  }

  /**
   * Subscriptions that something is due for, longest ago first, locked; those that another worker has are left to it.
   * `retrying` also takes those that the billing run has put off after a failure; `only` and `except` name them.
   */
  async lockDue(
    ctx: Ctx,
    limit: number,
    choice: {
      readonly retrying?: boolean;
      readonly only?: readonly string[];
      readonly except?: readonly string[];
    } = {},
  ): Promise<Subscription[]> {
    const query = ctx.em
      .createQueryBuilder(SubscriptionEntity, 'row')
      .where(
        choice.retrying === true
          ? '(row.nextActionAt <= :now OR (row.billingFailures > 0 AND row.nextActionAt IS NOT NULL))'
          : 'row.nextActionAt <= :now',
        { now: ctx.now },
      );
    if (choice.only !== undefined) query.andWhere('row.id = ANY(:only)', { only: choice.only });
    if (choice.except?.length) query.andWhere('row.id <> ALL(:except)', { except: choice.except });
    const rows = await readMany(
      query
        .orderBy('row.nextActionAt')
        .addOrderBy('row.id')
        .limit(limit)
        .setLock('pessimistic_write')
        .setOnLocked('skip_locked'),
    );
    return rows.filter((row) => {
      const action = nextAction(row);
      return action !== null && action.at <= ctx.now;
    });
  }

  /** Stores what has become of locked subscriptions, by one statement however many they are, and tells of it. */
  async saveAll(
    ctx: Ctx,
    changes: readonly {
      before: Subscription;
      change: SubscriptionChange;
      event?: EventTypeOf<'subscription'> | undefined;
    }[],
  ): Promise<Subscription[]> {
    const after = changes.map(({ before, change }): Subscription => {
      const row = {
        ...before,
        // Whatever is stored was done; only the billing run says that something could not be.
        billingFailures: 0,
        ...change,
        version: before.version + 1,
        updatedAt: ctx.now,
        updatedBy: ctx.actor,
      };
      return { ...row, nextActionAt: change.nextActionAt ?? nextAction(row)?.at ?? null };
    });
    if (after.length === 0) return after;
    const rows = after.map((row) => ({
      id: row.id,
      ...Object.fromEntries(LIVING.map(([column, , property]) => [column, row[property]])),
    }));
    await ctx.em.query(SAVE, [JSON.stringify(rows), ctx.now, ctx.actor]);
    await this.outbox.append(
      ctx,
      ...changes.flatMap(({ before, event }) =>
        event === undefined
          ? []
          : [{ type: event, entityType: 'subscription' as const, entityId: before.id }],
      ),
    );
    return after;
  }

  /** {@link saveAll} of one. */
  async save(
    ctx: Ctx,
    before: Subscription,
    change: SubscriptionChange,
    event?: EventTypeOf<'subscription'>,
  ): Promise<Subscription> {
    return (await this.saveAll(ctx, [{ before, change, event }]))[0] as Subscription;
  }

  /** Ends it now: nothing is charged for after this instant. */
  async end(ctx: Ctx, before: Subscription, more: SubscriptionChange = {}): Promise<Subscription> {
    assertSubscriptionTransition(before.subscriptionStatus, 'cancelled');
    return this.save(ctx, before, { ...ended(ctx.now), ...more }, 'subscription.cancelled');
  }

  /**
   * Lets it end later: at the end of its period, or on a date, whichever of its periods that falls into. `prorationBehavior`: what
   * then becomes of what is paid in advance; left to whoever lets something else follow, when left out.
   */
  async scheduleEnd(
    ctx: Ctx,
    before: Subscription,
    at: Date,
    how: { readonly atPeriodEnd: boolean; readonly prorationBehavior?: ProrationBehavior | undefined },
  ): Promise<Subscription> {
    assertSubscriptionTransition(before.subscriptionStatus, 'cancelled');
    if (before.subscriptionStatus === 'draft')
      throw invalidOperation(
        'subscription is not active: a draft is cancelled at once or not at all',
        'subscription_not_active',
      );
    if (at <= ctx.now)
      throw invalidOperation('cancel_at must be in the future', 'cancel_at_in_the_past', {
        cancel_at: at.toISOString(),
      });
    if (before.endDate !== null && at > before.endDate)
      throw validationError(`the subscription ends at ${before.endDate.toISOString()} already`, {
        fields: { cancel_at: 'cancel_at lies after end_date' },
      });
    const withdrawn = { ...before, cancelAt: null };
    const full = currentPeriodEndOf(withdrawn, scheduleOf(before));
    return this.save(
      ctx,
      before,
      {
        cancelAt: at,
        cancelAtPeriodEnd: how.atPeriodEnd,
        endProrationBehavior: how.prorationBehavior ?? null,
        // A period that lies wholly after the end is never reached, and stays as it is.
        currentPeriodEnd: at <= before.currentPeriodStart ? before.currentPeriodEnd : earlierOf(at, full),
      },
      'subscription.updated',
    );
  }

  /** Takes back a cancellation that lies ahead; nothing happens where there is none. */
  async withdrawEnd(ctx: Ctx, before: Subscription): Promise<Subscription> {
    if (before.subscriptionStatus === 'cancelled')
      throw invalidOperation(
        'subscription is already cancelled, which is final',
        'subscription_already_cancelled',
        { cancelled_at: before.cancelledAt?.toISOString() ?? null },
      );
    if (before.cancelAt === null) return before;
    const life = { ...before, cancelAt: null };
    return this.save(
      ctx,
      before,
      {
        cancelAt: null,
        cancelAtPeriodEnd: false,
        endProrationBehavior: null,
        currentPeriodEnd: currentPeriodEndOf(life, scheduleOf(before)),
      },
      'subscription.updated',
    );
  }
}

/** What an end at that instant makes of a subscription. */
export const ended = (at: Date): SubscriptionChange => ({
  subscriptionStatus: 'cancelled',
  cancelledAt: at,
  endDate: at,
  pauseStatus: 'none',
  activePauseId: null,
  pauseAt: null,
  resumeAt: null,
});
