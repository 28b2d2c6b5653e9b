import { Injectable } from '@nestjs/common';
import { nextGrantDate } from '../domain/wallets/grant-schedule.js';
import type { Ctx } from '../platform/context.js';
import { stampChange, stampNew } from '../platform/database/columns.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { insertRow, insertUnlessThere, updateRow } from '../platform/database/rows.js';
import { CreditGrantApplicationEntity } from './credit-grant-application.entity.js';
import { CreditGrantEntity } from './credit-grant.entity.js';
import { CreditGrantsService } from './credit-grants.service.js';
import {
  termsOf,
  type ApplicationReason,
  type CreditGrant,
  type CreditGrantApplication,
  type GrantSubject,
} from './credit-grants.types.js';
import { WalletLedger } from './wallet-ledger.service.js';
import { WalletsService } from './wallets.service.js';
import { systemKey } from './wallets.types.js';

/** Subscriptions in these states are served: their grants are given. */
const GIVEN_TO: readonly string[] = ['active', 'trialing'];
/** In these, what falls due is lost. In all others it waits, or will never come. */
const SKIPPED_FOR: readonly string[] = ['paused'];

/**
 * Gives grants when they are due. The next application of every running grant is a pending row; giving it, in one transaction,
 * books the credits and writes the row after it. The rows are unique per grant, subscription and date.
 */
@Injectable()
export class GrantApplications {
  constructor(
    private readonly grants: CreditGrantsService,
    private readonly wallets: WalletsService,
    private readonly ledger: WalletLedger,
  ) {}

  /**
   * Gives the subscriptions everything that is due by `until`. To be called when a subscription starts, when its period
   * rolls, and when it becomes active again; calling it once more than needed does no harm.
   */
  async applyDueGrants(ctx: Ctx, subjects: readonly GrantSubject[], until: Date): Promise<void> {
    if (subjects.length === 0) return;
    await this.copyPlanGrants(ctx, subjects);
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
  async begin(ctx: Ctx, grant: CreditGrant, subject: GrantSubject): Promise<void> {
    const first = nextGrantDate(termsOf(grant), subject, null);
    if (first !== undefined)
      await insertUnlessThere(
        ctx.em,
        CreditGrantApplicationEntity,
        pendingRow(
          ctx,
          grant,
          subject,
          first,
          grant.cadence === 'ONETIME' ? 'onetime_credit_grant' : 'first_time_recurring_credit_grant',
        ),
      );
  }

  /** What is still to come of a grant that ends, or of one that is gone, will not be given. */
  async cancelAfterEnd(ctx: Ctx, grant: CreditGrant): Promise<void> {
    const until = grant.status === 'deleted' ? new Date(0) : (grant.endDate ?? ctx.now);
    // Who gives one at this moment writes the row after it: wait for that, or the statement below would not see it.
    await this.lockPending(ctx, [grant], ctx.now);
    await ctx.em
      .createQueryBuilder()
      .update(CreditGrantApplicationEntity)
      .set({ ...stampChange(ctx), applicationStatus: 'cancelled' })
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

  /** A subscription that starts takes its plan's grants over, as they are at that moment. */
  private async copyPlanGrants(ctx: Ctx, subjects: readonly GrantSubject[]): Promise<void> {
    const templates = await ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .where(`row.scope = 'PLAN' AND row.status = 'published'`)
      .andWhere('row.planId = ANY(:plans)', { plans: [...new Set(subjects.map(({ planId }) => planId))] })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    if (templates.length === 0) return;
    const copied = await this.copiesOf(ctx, subjects);
    for (const subject of subjects)
      for (const template of templates) {
        if (template.planId !== subject.planId || template.createdAt > subject.createdAt) continue;
        if (copied.has(`${subject.id}/${template.id}`)) continue;
        const copy: CreditGrantEntity = {
          ...template,
          ...stampNew(ctx, 'creditGrant'),
          scope: 'SUBSCRIPTION',
          subscriptionId: subject.id,
          sourceGrantId: template.id,
        };
        if (await insertUnlessThere(ctx.em, CreditGrantEntity, copy)) await this.begin(ctx, copy, subject);
      }
  }

  /** Copies that were made before, deleted ones too: what was taken from a subscription does not come back. */
  private async copiesOf(ctx: Ctx, subjects: readonly GrantSubject[]): Promise<ReadonlySet<string>> {
    const rows = await ctx.em
      .createQueryBuilder(CreditGrantEntity, 'row')
      .select(['row.id', 'row.subscriptionId', 'row.sourceGrantId'])
      .where('row.subscriptionId = ANY(:ids) AND row.sourceGrantId IS NOT NULL', {
        ids: subjects.map(({ id }) => id),
      })
      .getMany();
    return new Set(rows.map((row) => `${row.subscriptionId ?? ''}/${row.sourceGrantId ?? ''}`));
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
    let application: CreditGrantApplication = first;
    for (;;) {
      const over = subject.endDate !== null && subject.endDate <= application.periodStart;
      if (over || subject.status === 'cancelled') {
        await this.close(ctx, application, subject, { applicationStatus: 'cancelled' });
        return;
      }
      if (GIVEN_TO.includes(subject.status)) await this.give(ctx, grant, subject, application);
      else if (SKIPPED_FOR.includes(subject.status))
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
      ...stampChange(ctx),
      subscriptionStatus: subject.status,
      ...change,
    });
  }
}

const pendingRow = (
  ctx: Ctx,
  grant: CreditGrant,
  subject: GrantSubject,
  date: { readonly start: Date; readonly end: Date | null; readonly expiresAt: Date | null },
  reason: ApplicationReason,
): CreditGrantApplicationEntity => ({
  ...stampNew(ctx, 'creditGrantApplication'),
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
