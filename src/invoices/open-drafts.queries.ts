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

  /**
   * What drafts of a customer's subscriptions ask for usage of periods that began before `at`, in minor units after discounts;
   * since when it was used, and the last of their periods' ends.
   */
  async usageBefore(
    ctx: Ctx,
    customerId: string,
    currency: string,
    at: Date,
  ): Promise<{ readonly usage: bigint; readonly since: Date | null; readonly until: Date | null }> {
    const [row] = await ctx.em.query<{ usage: string; since: Date | null; until: Date | null }[]>(
      `SELECT min(i.period_start) AS since, max(i.period_end) AS until,
              coalesce(sum(greatest(lines.net, 0)), 0)::bigint AS usage
         FROM invoices i
        CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount - l.line_item_discount - l.invoice_level_discount
                                                - l.prepaid_credits_applied), 0) AS net
                              FROM invoice_line_items l
                             WHERE l.tenant_id = i.tenant_id AND l.environment_id = i.environment_id
                               AND l.invoice_id = i.id AND l.price_type = 'USAGE') lines
        WHERE i.customer_id = $1 AND i.currency = $2 AND i.invoice_status = 'DRAFT'
          AND i.invoice_type = 'SUBSCRIPTION' AND i.period_start < $3`,
      [customerId, currency, at],
    );
    return { usage: BigInt(row?.usage ?? 0), since: row?.since ?? null, until: row?.until ?? null };
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
