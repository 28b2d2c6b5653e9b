import { Injectable } from '@nestjs/common';
import { REFUNDED_STATUSES } from '../../domain/invoicing/invoice-states.js';
import { allocateMoney, formatMoney, money } from '../../domain/money.js';
import type { Ctx } from '../../platform/context.js';
import { sqlWords } from '../../platform/database/sql-words.js';
import {
  CustomerInvoiceSummaryResponse,
  CustomerMultiCurrencyInvoiceSummaryResponse,
} from '../invoices/invoice-life.responses.js';

interface Row {
  readonly currency: string;
  readonly revenue: string;
  readonly remaining: string;
  readonly unpaid: boolean;
  readonly overdue: boolean;
  readonly usage: string;
  readonly fixed: string;
}

@Injectable()
export class InvoiceSummaryQueries {
  async ofCustomer(ctx: Ctx, customerId: string): Promise<CustomerMultiCurrencyInvoiceSummaryResponse> {
    const rows = await ctx.em.query<Row[]>(
      `SELECT i.currency,
              i.total - i.adjustment_amount - least(i.refunded_amount, i.total - i.adjustment_amount) AS revenue,
              i.amount_remaining AS remaining,
              u.unpaid, u.unpaid AND i.due_date < $2 AS overdue,
              coalesce(l.usage, 0) AS usage, coalesce(l.fixed, 0) AS fixed
         FROM invoices i
         CROSS JOIN LATERAL (
           SELECT i.amount_remaining > 0 AND i.payment_status NOT IN (${sqlWords(REFUNDED_STATUSES)}) AS unpaid) u
         LEFT JOIN LATERAL (
           SELECT sum(n.net) FILTER (WHERE n.price_type = 'USAGE') AS usage,
                  sum(n.net) FILTER (WHERE n.price_type IS DISTINCT FROM 'USAGE') AS fixed
             FROM (SELECT price_type,
                          amount - line_item_discount - invoice_level_discount - prepaid_credits_applied AS net
                     FROM invoice_line_items WHERE invoice_id = i.id) n) l ON u.unpaid
        WHERE i.customer_id = $1 AND i.invoice_status = 'FINALIZED' AND i.status = 'published'
        ORDER BY i.currency`,
      [customerId, ctx.now],
    );
    const byCurrency = new Map<string, Row[]>();
    for (const row of rows) byCurrency.set(row.currency, [...(byCurrency.get(row.currency) ?? []), row]);
    const summaries = [...byCurrency].map(([currency, list]) => summaryOf(customerId, currency, list));
    const [most] = [...summaries].sort((a, b) => b.total_invoice_count - a.total_invoice_count);
    return { customer_id: customerId, default_currency: most?.currency ?? null, summaries };
  }
}

function summaryOf(
  customerId: string,
  currency: string,
  rows: readonly Row[],
): CustomerInvoiceSummaryResponse {
  const unpaid = rows.filter((row) => row.unpaid);
  const overdue = unpaid.filter((row) => row.overdue);
  const sum = (amounts: readonly bigint[]): string =>
    formatMoney(
      money(
        amounts.reduce((a, b) => a + b, 0n),
        currency,
      ),
    );
  // What is owed is split in the proportion of the lines: taxes and part payments belong to both.
  const split = unpaid.map((row) =>
    allocateMoney(money(BigInt(row.remaining), currency), [positive(row.fixed), positive(row.usage)]),
  );
  return {
    customer_id: customerId,
    currency,
    total_invoice_count: rows.length,
    total_revenue_amount: sum(rows.map((row) => BigInt(row.revenue))),
    unpaid_invoice_count: unpaid.length,
    total_unpaid_amount: sum(unpaid.map((row) => BigInt(row.remaining))),
    overdue_invoice_count: overdue.length,
    total_overdue_amount: sum(overdue.map((row) => BigInt(row.remaining))),
    unpaid_usage_charges: sum(split.map(([, usage]) => usage?.amount ?? 0n)),
    unpaid_fixed_charges: sum(split.map(([fixed]) => fixed?.amount ?? 0n)),
  };
}

const positive = (minor: string): bigint => (minor.startsWith('-') ? 0n : BigInt(minor));
