import { Injectable } from '@nestjs/common';
import { REFUNDED_STATUSES } from '../../domain/invoicing/invoice-states.js';
import { formatMoney, money, roundToMoney } from '../../domain/money.js';
import { PAYMENT_STAGES } from '../../domain/paying/payment-states.js';
import { rate, ZERO, type Rate } from '../../domain/rate.js';
import { ratePrice } from '../../domain/rating/rate-price.js';
import { monthlyValue } from '../../domain/subscribing/monthly-value.js';
import { keysWhere } from '../../domain/tables.js';
import type { Ctx } from '../../platform/context.js';
import { sqlWords } from '../../platform/database/sql-words.js';
import { pricingTermsOf, type Price } from '../../plans/plans.types.js';
import type {
  BillingDashboardResponse,
  PaymentRateResponse,
  RevenueResponse,
} from './billing-dashboard.responses.js';
import { successRate } from './success-rate.js';

/** Different prices and quantities that recurring revenue is added up of. */
const MOST_CHARGES = 10_000;
const DAY_MS = 86_400_000;
/** Of revenue, besides this one. */
const MONTHS = 12;

const COLLECTED = sqlWords(keysWhere(PAYMENT_STAGES, (stage) => stage === 'collected'));

interface Found {
  readonly revenue: readonly {
    month: string;
    currency: string;
    amount: string;
    to_date: string;
    count: number;
  }[];
  readonly invoices: readonly { state: string; currency: string; count: number; amount: string }[];
  readonly charges: readonly StoredCharge[];
  readonly subscriptions: readonly { currency: string; count: number }[];
  readonly payments: readonly { day: string; is_before: boolean; succeeded: number; failed: number }[];
}

interface StoredCharge {
  readonly currency: string;
  readonly unit: Price['billingPeriod'];
  readonly periods: number;
  readonly quantity: string;
  readonly count: number;
  readonly model: Price['billingModel'];
  readonly amount: string | null;
  readonly tier_mode: Price['tierMode'];
  readonly tiers: Price['tiers'];
  readonly transform: Price['transformQuantity'];
}

/** Money as text: JSON numbers lose digits. Months and days are ranges of an index: to find them row by row takes longer than to add up. */
const FIGURES = `SELECT
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT m.month, i.* FROM (
       SELECT to_char(start AT TIME ZONE 'UTC', 'YYYY-MM') AS month, start,
              lead(start, 1, 'infinity'::timestamptz) OVER (ORDER BY start) AS ends
         FROM (SELECT ($2::timestamptz AT TIME ZONE 'UTC' + n * interval '1 month') AT TIME ZONE 'UTC' AS start
                 FROM generate_series(0, ${MONTHS}) n) s) m
      CROSS JOIN LATERAL (
        SELECT currency, sum(subtotal - total_discount)::text AS amount,
               coalesce(sum(subtotal - total_discount) FILTER (
                 WHERE finalized_at < m.start + ($1::timestamptz - $3::timestamptz)), 0)::text AS to_date,
               count(*)::int AS count
          FROM invoices
         WHERE invoice_status = 'FINALIZED' AND invoice_type <> 'CREDIT' AND status = 'published'
           AND finalized_at >= m.start AND finalized_at < m.ends AND finalized_at <= $1
         GROUP BY 1) i
      ORDER BY 1, 2) r) AS revenue,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT CASE WHEN due_date < $1 THEN 'overdue' ELSE 'open' END AS state, currency, count(*)::int AS count,
            sum(amount_remaining)::text AS amount
       FROM invoices
      WHERE invoice_status = 'FINALIZED' AND amount_remaining > 0 AND status = 'published'
        AND payment_status NOT IN (${sqlWords(REFUNDED_STATUSES)})
      GROUP BY 1, 2
     UNION ALL
     SELECT 'paid', currency, count(*)::int, sum(total)::text FROM invoices
      WHERE paid_at >= $3 AND paid_at <= $1 AND invoice_status = 'FINALIZED' AND status = 'published'
      GROUP BY 2
     UNION ALL
     SELECT 'draft', currency, count(*)::int, sum(total)::text FROM invoices
      WHERE invoice_status = 'DRAFT' AND status = 'published'
      GROUP BY 2
      ORDER BY 1, 2) r) AS invoices,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT c.currency, c.unit, c.periods, c.quantity::text, c.count, p.billing_model AS model, p.amount::text,
            p.tier_mode, p.tiers, p.transform_quantity AS transform
       FROM (SELECT l.price_id, l.currency, l.billing_period AS unit, l.billing_period_count AS periods, l.quantity,
                    count(*)::int AS count
               FROM subscriptions s JOIN subscription_line_items l ON l.subscription_id = s.id
              WHERE $RUNNING AND l.status = 'published' AND l.price_type = 'FIXED'
                AND l.billing_period <> 'ONETIME' AND l.start_date <= $1 AND (l.end_date IS NULL OR l.end_date > $1)
              GROUP BY 1, 2, 3, 4, 5 LIMIT ${MOST_CHARGES + 1}) c
       JOIN prices p ON p.id = c.price_id) r) AS charges,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT s.currency, count(*)::int AS count FROM subscriptions s WHERE $RUNNING GROUP BY 1 ORDER BY 1) r)
    AS subscriptions,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT to_char(d.start AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, p.* FROM (
       SELECT (date_trunc('day', $5::timestamptz AT TIME ZONE 'UTC') + n * interval '1 day') AT TIME ZONE 'UTC' AS start
         FROM generate_series(0, $6::int) n) d
      CROSS JOIN LATERAL (
        SELECT created_at < $4 AS is_before,
               count(*) FILTER (WHERE payment_status IN (${COLLECTED}))::int AS succeeded,
               count(*) FILTER (WHERE payment_status = 'FAILED')::int AS failed
          FROM payments
         WHERE created_at >= d.start AND created_at < d.start + interval '1 day' AND created_at >= $5 AND created_at <= $1
           AND payment_method_type <> 'CREDITS' AND status = 'published'
         GROUP BY 1) p
      ORDER BY 1) r) AS payments`.replaceAll(
  '$RUNNING',
  `s.status = 'published' AND s.subscription_status = 'active' AND s.pause_status <> 'active'
                AND s.start_date <= $1 AND (s.end_date IS NULL OR s.end_date > $1)
                AND (s.trial_end IS NULL OR s.trial_end <= $1)`,
);

/** What an environment earns, as docs/reference/dashboards.md defines it. One statement. */
@Injectable()
export class BillingDashboardQueries {
  async show(ctx: Ctx, days: number): Promise<BillingDashboardResponse> {
    const { now } = ctx;
    const month = (offset: number): Date =>
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
    const ago = (of: number): Date => new Date(now.getTime() - of * DAY_MS);
    const [found] = await ctx.em.query<[Found]>(FIGURES, [
      now,
      month(-MONTHS),
      month(0),
      ago(days),
      ago(2 * days),
      2 * days,
    ]);
    const nameOf = (date: Date): string => date.toISOString().slice(0, 7);
    return {
      as_of: now,
      revenue: revenueOf(found, nameOf(month(0)), nameOf(month(-1))),
      revenue_by_month: found.revenue.map(({ month: name, currency, amount, count }) => ({
        month: name,
        currency,
        amount: formatted(amount, currency),
        invoice_count: count,
      })),
      mrr: found.subscriptions.map(({ currency, count }) => ({
        currency,
        amount: formatMoney(roundToMoney(recurring(found.charges, currency), currency)),
        subscription_count: count,
      })),
      mrr_is_complete: found.charges.length <= MOST_CHARGES,
      invoices: found.invoices.map(({ state, currency, count, amount }) => ({
        state,
        currency,
        invoice_count: count,
        amount: formatted(amount, currency),
      })),
      payments: {
        ...rateOf(found.payments.filter(({ is_before }) => !is_before)),
        previous: rateOf(found.payments.filter(({ is_before }) => is_before)),
        trend: found.payments
          .filter(({ is_before }) => !is_before)
          .map((one) => ({ day: one.day, ...rateOf([one]) })),
      },
    };
  }
}

const formatted = (minor: string, currency: string): string => formatMoney(money(BigInt(minor), currency));

function revenueOf({ revenue }: Found, current: string, previous: string): RevenueResponse[] {
  const of = (currency: string, month: string): Found['revenue'][number] | undefined =>
    revenue.find((one) => one.currency === currency && one.month === month);
  const currencies = revenue.filter(({ month }) => month === current || month === previous);
  return [...new Set(currencies.map(({ currency }) => currency))].sort().map((currency) => ({
    currency,
    this_month: formatted(of(currency, current)?.amount ?? '0', currency),
    previous_month: formatted(of(currency, previous)?.amount ?? '0', currency),
    previous_month_to_date: formatted(of(currency, previous)?.to_date ?? '0', currency),
  }));
}

/** By the price's own model: tiers and packages too. */
const recurring = (charges: readonly StoredCharge[], currency: string): Rate =>
  charges
    .slice(0, MOST_CHARGES)
    .filter((charge) => charge.currency === currency)
    .reduce<Rate>((sum, charge) => {
      const terms = pricingTermsOf({
        billingModel: charge.model,
        amount: charge.amount === null ? null : rate(charge.amount),
        tierMode: charge.tier_mode,
        tiers: charge.tiers,
        transformQuantity: charge.transform,
      });
      const price = ratePrice(terms, rate(charge.quantity)).times(charge.count);
      return sum.plus(monthlyValue(price, { unit: charge.unit, count: charge.periods }));
    }, ZERO);

function rateOf(
  days: readonly { readonly succeeded: number; readonly failed: number }[],
): PaymentRateResponse {
  const succeeded = days.reduce((sum, one) => sum + one.succeeded, 0);
  const failed = days.reduce((sum, one) => sum + one.failed, 0);
  return {
    succeeded,
    failed,
    success_rate: successRate(succeeded, failed),
  };
}
