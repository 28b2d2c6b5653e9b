import { Injectable } from '@nestjs/common';
import { fieldErrors } from '../domain/errors.js';
import { formatRate, Rate, ZERO } from '../domain/rate.js';
import { SUBSCRIPTION_SERVICE } from '../domain/subscribing/subscription-states.js';
import { grantsAfter, nextGrantDate, type GrantDate } from '../domain/wallets/grant-schedule.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { insertRow, insertUnlessThere, updateRow } from '../platform/database/rows.js';
import { CreditGrantApplicationEntity } from './credit-grant-application.entity.js';
import { CreditGrantsService } from './credit-grants.service.js';
import {
  termsOf,
  type ApplicationReason,
  type CreditGrant,
  type CreditGrantApplication,
  type GrantSubject,
} from './credit-grants.types.js';
import { NOTHING_GIVEN, PlanGrants, type GivenBefore } from './plan-grants.service.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { WalletsService } from './wallets.service.js';
import { systemKey } from './wallets.types.js';

/** Each is some milliseconds of the transaction that lets a subscription begin. */
const MOST_GRANTS_AT_ONCE = 1_200;

/**
 * Gives grants when they are due. The next application of every running grant is a pending row; giving it, in one transaction,
 * books the credits and writes the row after it. The rows are unique per grant, subscription and date.
 */
@Injectable()
export class GrantApplications {
  constructor(
    private readonly grants: CreditGrantsService,
    private readonly plans: PlanGrants,
    private readonly wallets: WalletsService,
    private readonly ledger: WalletLedger,
  ) {}

  /**
   * Gives the subscriptions everything that is due by `until`. To be called when a subscription starts, when its period
   * rolls, and when it becomes active again; calling it once more than needed does no harm.
   */
  async applyDueGrants(ctx: Ctx, subjects: readonly GrantSubject[], until: Date): Promise<void> {
    if (subjects.length === 0) return;
    for (const { copy, subject, given } of await this.plans.copy(ctx, subjects))
      await this.begin(ctx, copy, subject, given);
    const grants = await this.grants.ofSubscriptions(
      ctx,
      subjects.map((subject) => subject.id),
    );
    if (grants.length === 0) return;
    const pending = await this.lockPending(ctx, grants, until);
    for (const grant of grants) {
      const subject = subjects.find(({ id }) => id === grant.subscriptionId);
      if (subject === undefined) continue;
      const mine = pending.get(grant.id);
      if (mine !== undefined) await this.applyAll(ctx, grant, subject, mine, until);
    }
  }

  /** Writes down the first application of a grant that a subscription has got; `applyDueGrants` gives it when it is due. */
  async begin(
    ctx: Ctx,
    grant: CreditGrant,
    subject: GrantSubject,
    given: GivenBefore = NOTHING_GIVEN,
  ): Promise<void> {
    const first = nextGrantDate(termsOf(grant), subject, null);
    if (first === undefined) return;
    const row = pendingRow(
      ctx,
      grant,
      subject,
      given.periodEnd === null
        ? first
        : { ...first, end: given.periodEnd, expiresAt: expiryOf(grant, first, given) },
      grant.cadence === 'ONETIME' ? 'onetime_credit_grant' : 'first_time_recurring_credit_grant',
    );
    await insertUnlessThere(ctx.em, CreditGrantApplicationEntity, {
      ...row,
      credits: Rate.max(row.credits.minus(given.credits), ZERO),
      ...(given.credits.isZero() ? {} : { metadata: { credits_given_before: formatRate(given.credits) } }),
    });
  }

  /** What is still to come of a grant that ends, or of one that is gone, will not be given. */
  async cancelAfterEnd(ctx: Ctx, grant: CreditGrant): Promise<void> {
    const until = grant.status === 'deleted' ? new Date(0) : (grant.endDate ?? ctx.now);
    // Who gives one at this moment writes the row after it: wait for that, or the statement below would not see it.
    await this.lockPending(ctx, [grant], ctx.now);
    await ctx.em
      .createQueryBuilder()
      .update(CreditGrantApplicationEntity)
      .set({ ...auditColumnsForUpdate(ctx), applicationStatus: 'cancelled' })
      .where(`creditGrantId = :id AND applicationStatus = 'pending' AND periodStart >= :until`, {
        id: grant.id,
        until,
      })
      .execute();
  }

  /** The next application of every running grant of those subscriptions, earliest first. */
  async upcoming(ctx: Ctx, subscriptionIds: readonly string[]): Promise<CreditGrantApplication[]> {
    if (subscriptionIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(CreditGrantApplicationEntity, 'row')
      .where(`row.subscriptionId = ANY(:ids) AND row.applicationStatus = 'pending'`, { ids: subscriptionIds })
      .orderBy('row.periodStart')
      .addOrderBy('row.id')
      .getMany();
  }

  /** When the next application is due; null when none is. */
  async nextDueAt(ctx: Ctx): Promise<Date | null> {
    const [row] = await queryPrepared<{ due: Date | null }>(
      ctx.em,
      `SELECT min(due_at) AS due FROM credit_grant_applications WHERE application_status = 'pending'`,
      [],
    );
    return row?.due ?? null;
  }

  /** Subscriptions with an application that is due, those that wait longest first. */
  async dueSubscriptions(ctx: Ctx, limit: number): Promise<string[]> {
    const rows = await ctx.em
      .createQueryBuilder(CreditGrantApplicationEntity, 'row')
      .select('row.subscriptionId', 'id')
      .where(`row.applicationStatus = 'pending' AND row.dueAt <= :now`, { now: ctx.now })
      .groupBy('row.subscriptionId')
      .orderBy('min(row.dueAt)')
      .limit(limit)
      .getRawMany<{ id: string }>();
    return rows.map((row) => row.id);
  }

  private async lockPending(
    ctx: Ctx,
    grants: readonly CreditGrant[],
    until: Date,
  ): Promise<ReadonlyMap<string, CreditGrantApplication>> {
    const rows = await ctx.em
      .createQueryBuilder(CreditGrantApplicationEntity, 'row')
      .where(`row.creditGrantId = ANY(:ids) AND row.applicationStatus = 'pending'`, {
        ids: grants.map(({ id }) => id),
      })
      .andWhere('row.periodStart <= :until', { until })
      .orderBy('row.id')
      .setLock('pessimistic_write')
      .getMany();
    return new Map(rows.map((row) => [row.creditGrantId, row]));
  }

  private async applyAll(
    ctx: Ctx,
    grant: CreditGrant,
    subject: GrantSubject,
    first: CreditGrantApplication,
    until: Date,
  ): Promise<void> {
    const due = grantsAfter(termsOf(grant), subject, first.periodStart, until);
    if (due > MOST_GRANTS_AT_ONCE)
      throw fieldErrors({
        start_date: `start_date lies ${due} times of the grant "${grant.name}" back, of at most ${MOST_GRANTS_AT_ONCE}`,
      });
    let application: CreditGrantApplication = first;
    for (;;) {
      const over = subject.endDate !== null && subject.endDate <= application.periodStart;
      const service = SUBSCRIPTION_SERVICE[subject.status];
      if (over || service === 'over') {
        await this.close(ctx, application, subject, { applicationStatus: 'cancelled' });
        return;
      }
      const served = service === 'served';
      // Of a change of plan: all of it was given before.
      const isGiven = served && !application.credits.greaterThan(0);
      if (served && !isGiven) await this.give(ctx, grant, subject, application);
      else if (isGiven || service === 'suspended')
        await this.close(ctx, application, subject, { applicationStatus: 'skipped' });
      else {
        // It has not begun: whoever lets it begin calls again. Until then no clock waits for it.
        await updateRow(ctx.em, CreditGrantApplicationEntity, application.id, { dueAt: null });
        return;
      }
      const next = nextGrantDate(termsOf(grant), subject, application.periodStart);
      if (next === undefined) return;
      application = await insertRow(
        ctx.em,
        CreditGrantApplicationEntity,
        pendingRow(ctx, grant, subject, next, 'recurring_credit_grant'),
      );
      if (application.periodStart > until) return;
    }
  }

  private async give(
    ctx: Ctx,
    grant: CreditGrant,
    subject: GrantSubject,
    application: CreditGrantApplication,
  ): Promise<void> {
    const wallet = await this.wallets.lockOrCreate(ctx, {
      customerId: subject.customerId,
      currency: subject.currency,
      walletType: 'PRE_PAID',
      conversionRate: grant.conversionRate,
      topUpConversionRate: grant.topUpConversionRate,
    });
    const { transaction } = await this.ledger.credit(ctx, wallet, {
      reason: 'SUBSCRIPTION_CREDIT_GRANT',
      credits: application.credits,
      expiresAt: application.expiresAt,
      // What is given for a period does not pay for the one before, even where that is billed later.
      effectiveFrom: application.periodStart,
      priority: grant.priority,
      referenceType: 'EXTERNAL',
      referenceId: application.id,
      description: grant.name,
      idempotencyKey: systemKey('grant', application.id),
      metadata: { credit_grant_id: grant.id, subscription_id: subject.id },
    });
    await this.close(ctx, application, subject, {
      applicationStatus: 'applied',
      appliedAt: ctx.now,
      walletTransactionId: transaction.id,
    });
  }

  private async close(
    ctx: Ctx,
    application: CreditGrantApplication,
    subject: GrantSubject,
    change: Partial<CreditGrantApplicationEntity>,
  ): Promise<void> {
    await updateRow(ctx.em, CreditGrantApplicationEntity, application.id, {
      ...auditColumnsForUpdate(ctx),
      subscriptionStatus: subject.status,
      ...change,
    });
  }
}

/** Credits that last as long as the period in which they were given first go on until then. */
const expiryOf = (
  { expirationType }: CreditGrant,
  first: GrantDate,
  { periodEnd }: GivenBefore,
): Date | null => (expirationType === 'BILLING_CYCLE' ? periodEnd : first.expiresAt);

const pendingRow = (
  ctx: Ctx,
  grant: CreditGrant,
  subject: GrantSubject,
  date: { readonly start: Date; readonly end: Date | null; readonly expiresAt: Date | null },
  reason: ApplicationReason,
): CreditGrantApplicationEntity => ({
  ...auditColumnsForInsert(ctx, 'creditGrantApplication'),
  creditGrantId: grant.id,
  subscriptionId: subject.id,
  periodStart: date.start,
  dueAt: date.start,
  periodEnd: date.end,
  expiresAt: date.expiresAt,
  applicationStatus: 'pending',
  applicationReason: reason,
  credits: grant.credits,
  appliedAt: null,
  subscriptionStatus: null,
  walletTransactionId: null,
  metadata: {},
});
