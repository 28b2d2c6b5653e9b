import { Injectable } from '@nestjs/common';
import type { Period } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { queryPrepared } from '../platform/database/prepared.js';
import { InvoiceEntity } from './invoice.entity.js';
import type { Invoice } from './invoices.types.js';

/** Drafts of subscriptions that wait out their grace period. */
@Injectable()
export class OpenDraftsQueries {
  /** When the next draft is to be finalized; null when none waits. */
  async nextDueAt(ctx: Ctx): Promise<Date | null> {
    const [row] = await queryPrepared<{ due: Date | null }>(
      ctx.em,
      `SELECT min(finalize_at) AS due FROM invoices WHERE invoice_status = 'DRAFT'`,
      [],
    );
    return row?.due ?? null;
  }

  /** Drafts whose grace is over, locked; those that somebody else has locked are left out. */
  lockDue(ctx: Ctx, limit: number): Promise<Invoice[]> {
    return ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .where(`row.invoiceStatus = 'DRAFT' AND row.finalizeAt <= :now`, { now: ctx.now })
      .orderBy('row.finalizeAt')
      .addOrderBy('row.id')
      .limit(limit)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getMany();
  }

  /** All drafts of a subscription that wait. */
  ofSubscription(ctx: Ctx, subscriptionId: string): Promise<Invoice[]> {
    return ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .where(`row.subscriptionId = :subscriptionId AND row.invoiceStatus = 'DRAFT'`, { subscriptionId })
      .andWhere('row.finalizeAt IS NOT NULL')
      .orderBy('row.id')
      .getMany();
  }

  /** Per customer, the earliest end of a period whose draft is not final. */
  async earliestPeriodEnds(ctx: Ctx, customerIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const rows = await ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .select('row.customerId', 'customer')
      .addSelect('min(row.periodEnd)', 'since')
      .where('row.customerId = ANY(:ids)', { ids: customerIds })
      .andWhere(
        `row.invoiceStatus = 'DRAFT' AND row.invoiceType = 'SUBSCRIPTION' AND row.periodEnd <= :now`,
        { now: ctx.now },
      )
      .groupBy('row.customerId')
      .getRawMany<{ customer: string; since: Date }>();
    return new Map(rows.map(({ customer, since }) => [customer, since]));
  }

  /** Takes an invoice of that period and reason out of the way of its own preview, which is rolled back afterwards. */
  async setAside(ctx: Ctx, subscriptionId: string, period: Period, reason: string): Promise<void> {
    await ctx.em.query(
      `UPDATE invoices SET invoice_status = 'VOIDED'
        WHERE subscription_id = $1 AND period_start = $2 AND period_end = $3 AND billing_reason = $4`,
      [subscriptionId, period.start, period.end, reason],
    );
  }
}
