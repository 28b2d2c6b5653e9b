import { Injectable } from '@nestjs/common';
import { formatMoney, money } from '../../domain/money.js';
import { formatRate, rate } from '../../domain/rate.js';
import { BEGUN_STATUSES, SERVED_STATUSES } from '../../domain/subscribing/subscription-states.js';
import type { Ctx } from '../../platform/context.js';
import { sqlWords } from '../../platform/database/sql-words.js';
import type { CustomerDashboardResponse } from './customer-dashboard.responses.js';

const DAY_MS = 86_400_000;
/** Bills take from wallets once a month: two of them, whatever the day. */
const SPENDING_DAYS = 62;
const SHOWN = 10;

interface Found {
  readonly total: number;
  readonly active: number;
  readonly created: { readonly now: number; readonly before: number };
  readonly churned: {
    readonly now: number;
    readonly before: number;
    readonly items: readonly { customer_id: string; name: string; ended_at: string }[] | null;
  };
  readonly failed: {
    readonly count: number;
    readonly items:
      | readonly { customer_id: string; name: string; currency: string; count: number; amount: string }[]
      | null;
  };
  readonly low: {
    readonly count: number;
    readonly items:
      | readonly {
          wallet_id: string;
          customer_id: string;
          name: string;
          currency: string;
          balance: string;
          spent: string;
          threshold: string | null;
        }[]
      | null;
  };
}

const FIGURES = `WITH
  gone AS (
    SELECT s.customer_id, max(s.end_date) AS ended_at FROM subscriptions s
     WHERE s.status = 'published' AND s.subscription_status = 'cancelled' AND s.activated_at IS NOT NULL
       AND s.end_date >= $3 AND s.end_date <= $1
       AND NOT EXISTS (SELECT FROM subscriptions o
                        WHERE o.customer_id = s.customer_id AND o.status = 'published'
                          AND (o.subscription_status IN (${sqlWords(BEGUN_STATUSES)})
                               OR o.subscription_status = 'cancelled' AND o.end_date > $1))
     GROUP BY 1),
  failing AS (
    SELECT customer_id, currency, count(*)::int AS count, sum(amount_remaining) AS amount FROM invoices
     WHERE invoice_status = 'FINALIZED' AND amount_remaining > 0 AND payment_status = 'FAILED' AND status = 'published'
     GROUP BY 1, 2),
  spending AS (
    SELECT wallet_id, sum(credit_amount) / 2 AS spent FROM wallet_transactions
     WHERE type = 'debit' AND transaction_status = 'completed' AND created_at >= $4 AND created_at <= $1
     GROUP BY 1),
  low AS (
    SELECT w.id, w.customer_id, w.currency, w.credit_balance AS balance, coalesce(s.spent, 0) AS spent,
           CASE WHEN (w.auto_topup ->> 'enabled')::boolean THEN w.auto_topup ->> 'threshold' END AS threshold
      FROM wallets w LEFT JOIN spending s ON s.wallet_id = w.id
     WHERE w.wallet_status = 'active' AND w.wallet_type = 'PRE_PAID' AND w.status = 'published'
       AND (w.credit_balance < coalesce(s.spent, 0)
            OR (w.auto_topup ->> 'enabled')::boolean AND w.credit_balance <= (w.auto_topup ->> 'threshold')::numeric))
SELECT
  (SELECT count(*)::int FROM customers WHERE status = 'published') AS total,
  (SELECT count(DISTINCT customer_id)::int FROM subscriptions
    WHERE subscription_status IN (${sqlWords(SERVED_STATUSES)}) AND status = 'published' AND start_date <= $1) AS active,
  (SELECT jsonb_build_object('now', count(*) FILTER (WHERE created_at >= $2),
                             'before', count(*) FILTER (WHERE created_at < $2))
     FROM customers WHERE status = 'published' AND created_at >= $3 AND created_at <= $1) AS created,
  (SELECT jsonb_build_object('now', count(*) FILTER (WHERE ended_at >= $2),
                             'before', count(*) FILTER (WHERE ended_at < $2),
                             'items', (SELECT jsonb_agg(r) FROM (
                               SELECT g.customer_id, c.name, g.ended_at FROM gone g JOIN customers c ON c.id = g.customer_id
                                WHERE g.ended_at >= $2 ORDER BY g.ended_at DESC, g.customer_id LIMIT ${SHOWN}) r))
     FROM gone) AS churned,
  (SELECT jsonb_build_object('count', count(DISTINCT customer_id),
                             'items', (SELECT jsonb_agg(r) FROM (
                               SELECT f.customer_id, c.name, f.currency, f.count, f.amount::text
                                 FROM failing f JOIN customers c ON c.id = f.customer_id
                                ORDER BY f.count DESC, f.customer_id, f.currency LIMIT ${SHOWN}) r))
     FROM failing) AS failed,
  (SELECT jsonb_build_object('count', count(*),
                             'items', (SELECT jsonb_agg(r) FROM (
                               SELECT l.id AS wallet_id, l.customer_id, c.name, l.currency, l.balance::text, l.spent::text,
                                      l.threshold
                                 FROM low l JOIN customers c ON c.id = l.customer_id
                                ORDER BY l.balance / nullif(l.spent, 0) NULLS LAST, l.balance, l.id LIMIT ${SHOWN}) r))
     FROM low) AS low`;

/** How the customers of an environment are, as docs/reference/dashboards.md defines it. One statement. */
@Injectable()
export class CustomerDashboardQueries {
  async show(ctx: Ctx, days: number): Promise<CustomerDashboardResponse> {
    const { now } = ctx;
    const ago = (of: number): Date => new Date(now.getTime() - of * DAY_MS);
    const [{ total, active, created, churned, failed, low }] = await ctx.em.query<[Found]>(FIGURES, [
      now,
      ago(days),
      ago(2 * days),
      ago(SPENDING_DAYS),
    ]);
    const decimal = (text: string): string => formatRate(rate(text));
    return {
      as_of: now,
      total,
      active,
      new: { count: created.now, previous: created.before },
      churned: {
        count: churned.now,
        previous: churned.before,
        items: (churned.items ?? []).map((one) => ({ ...one, ended_at: new Date(one.ended_at) })),
      },
      failed_payments: {
        count: failed.count,
        items: (failed.items ?? []).map(({ count, amount, ...one }) => ({
          ...one,
          invoice_count: count,
          amount: formatMoney(money(BigInt(amount), one.currency)),
        })),
      },
      low_wallets: {
        count: low.count,
        items: (low.items ?? []).map(({ name, balance, spent, threshold, ...one }) => ({
          ...one,
          customer_name: name,
          credit_balance: decimal(balance),
          monthly_spending: decimal(spent),
          threshold: threshold === null ? null : decimal(threshold),
        })),
      },
    };
  }
}
