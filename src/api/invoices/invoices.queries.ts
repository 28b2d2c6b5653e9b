import { Injectable } from '@nestjs/common';
import { toCustomerResponse } from '../customers/customers.responses.js';
import { CustomersService } from '../../customers/customers.service.js';
import { CURRENCY_EXPONENTS } from '../../domain/currency.js';
import type { Ctx } from '../../platform/context.js';
import { parseExpand } from '../../platform/http/expand.js';
import { findPage, type PaginationResponse } from '../../platform/http/list-query.js';
import { SubscriptionsQueries } from '../subscriptions/subscriptions.queries.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { InvoiceAdjustments } from '../../invoices/invoice-adjustments.service.js';
import { InvoiceEntity } from '../../invoices/invoice.entity.js';
import type { SearchInvoicesRequest } from './invoices-search.requests.js';
import { toInvoiceResponse, type InvoiceResponse } from './invoices.responses.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Invoice } from '../../invoices/invoices.types.js';

const SEARCH_FIELDS = {
  id: 'id',
  customer_id: 'customerId',
  subscription_id: 'subscriptionId',
  invoice_number: 'invoiceNumber',
  invoice_status: 'invoiceStatus',
  payment_status: 'paymentStatus',
  invoice_type: 'invoiceType',
  currency: 'currency',
  due_date: 'dueDate',
  period_start: 'periodStart',
  period_end: 'periodEnd',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

const EXPANSIONS = ['customer', 'subscription', 'line_items'];

/** How many minor units a major one has: filters come in major units, rows are in minor ones. */
const MINOR_PER_MAJOR = `power(10::numeric, (:exponents::jsonb ->> row.currency)::int)`;

@Injectable()
export class InvoicesQueries {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly customers: CustomersService,
    private readonly subscriptions: SubscriptionsService,
    private readonly subscriptionsQueries: SubscriptionsQueries,
    private readonly adjustments: InvoiceAdjustments,
  ) {}

  async search(
    ctx: Ctx,
    request: SearchInvoicesRequest,
  ): Promise<{ rows: Invoice[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const equal: [keyof Invoice, unknown][] = [
      ['subscriptionId', request.subscription_id],
      ['invoiceType', request.invoice_type],
      ['billingReason', request.billing_reason],
      ['currency', request.currency],
      ['customerId', request.customer_id],
    ];
    for (const [property, value] of equal)
      if (value !== undefined) query.andWhere(`row.${property} = :${property}`, { [property]: value });
    if (request.external_customer_id !== undefined) {
      const customer = await this.customers.findByExternalId(ctx, request.external_customer_id);
      query.andWhere('row.customerId = :owner', { owner: customer?.id ?? '' });
    }
    if (request.invoice_ids?.length) query.andWhere('row.id = ANY(:ids)', { ids: request.invoice_ids });
    if (request.invoice_status?.length)
      query.andWhere('row.invoiceStatus = ANY(:states)', { states: request.invoice_status });
    if (request.payment_status?.length)
      query.andWhere('row.paymentStatus = ANY(:payments)', { payments: request.payment_status });
    if (request.amount_due_gt !== undefined)
      query.andWhere(`row.total - row.adjustmentAmount > :due::numeric * ${MINOR_PER_MAJOR}`, {
        due: request.amount_due_gt,
        exponents: JSON.stringify(CURRENCY_EXPONENTS),
      });
    if (request.amount_remaining_gt !== undefined)
      query.andWhere(`row.amountRemaining > :remaining::numeric * ${MINOR_PER_MAJOR}`, {
        remaining: request.amount_remaining_gt,
        exponents: JSON.stringify(CURRENCY_EXPONENTS),
      });
    const bounds: [string, Date | undefined][] = [
      ['row.periodStart >= :startFrom', request.period_start_gte],
      ['row.periodStart <= :startUntil', request.period_start_lte],
      ['row.periodEnd >= :endFrom', request.period_end_gte],
      ['row.periodEnd <= :endUntil', request.period_end_lte],
    ];
    for (const [condition, value] of bounds)
      if (value !== undefined) query.andWhere(condition, { [condition.split(':')[1] as string]: value });
    return findPage(query, request, SEARCH_FIELDS);
  }

  /** Invoices as they are shown, by a number of queries that does not grow with them. */
  async show(
    ctx: Ctx,
    rows: readonly Invoice[],
    options: { expand?: string | undefined; withLines: boolean },
  ): Promise<InvoiceResponse[]> {
    const expand = parseExpand(options.expand, EXPANSIONS);
    const ids = rows.map((row) => row.id);
    const lines = options.withLines ? await this.invoices.linesOf(ctx, ids) : null;
    const applied = await this.invoices.applicationsOf(ctx, ids);
    const adjustments = await this.adjustments.of(ctx, ids);
    const customers = new Map(
      expand.has('customer')
        ? (await this.customers.listByIds(ctx, [...new Set(rows.map((row) => row.customerId))])).map(
            (row) => [row.id, toCustomerResponse(row)],
          )
        : [],
    );
    const subscriptionIds = [...new Set(rows.flatMap((row) => row.subscriptionId ?? []))];
    const subscriptions = new Map(
      expand.has('subscription') && subscriptionIds.length > 0
        ? (
            await this.subscriptionsQueries.show(
              ctx,
              (await this.subscriptions.search(ctx, { subscription_ids: subscriptionIds, limit: 1000 })).rows,
            )
          ).map((shown) => [shown.id, shown])
        : [],
    );
    return rows.map((row) =>
      toInvoiceResponse(row, {
        lines: lines?.filter((line) => line.invoiceId === row.id) ?? null,
        customer: customers.get(row.customerId) ?? null,
        subscription: row.subscriptionId === null ? null : (subscriptions.get(row.subscriptionId) ?? null),
        applications: {
          coupons: applied.coupons.filter((one) => one.invoiceId === row.id),
          taxes: applied.taxes.filter((one) => one.invoiceId === row.id),
        },
        adjustments: adjustments.filter((one) => one.invoiceId === row.id),
      }),
    );
  }

  async showOne(ctx: Ctx, row: Invoice, expand?: string): Promise<InvoiceResponse> {
    const [shown] = await this.show(ctx, [row], { expand, withLines: true });
    return shown as InvoiceResponse;
  }
}
