import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { fieldErrors, validationError } from '../domain/errors.js';
import { formatMoney, roundToMoney, sumMoney } from '../domain/money.js';
import { rate } from '../domain/rate.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { SuccessResponse } from '../platform/http/responses.js';
import { ApiController, CurrentCaller } from '../tenancy/api-controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import { CreateInvoiceRequest, type CreateInvoiceLineItemRequest } from './invoices.requests.js';
import { GetInvoiceQuery, SearchInvoicesRequest } from './invoices-search.requests.js';
import { InvoiceResponse, ListInvoicesResponse } from './invoices.responses.js';
import { InvoicesService } from './invoices.service.js';
import type { Invoice, RatedLine } from './invoices.types.js';

@ApiController('invoices', 'Invoices')
export class InvoicesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly invoices: InvoicesService,
    private readonly queries: InvoicesQueries,
    private readonly customers: CustomersService,
  ) {}

  /** A one-off invoice. It stays a draft until it is finalized, unless the body says FINALIZED. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateInvoiceRequest): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const earlier =
        body.idempotency_key === undefined
          ? null
          : await this.invoices.findByIdempotencyKey(ctx, body.idempotency_key);
      return this.queries.showOne(ctx, earlier ?? (await this.createNew(ctx, body)));
    });
  }

  @Post('search')
  @HttpCode(200)
  search(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchInvoicesRequest,
  ): Promise<ListInvoicesResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { rows, pagination } = await this.queries.search(ctx, body);
      const withLines = body.skip_line_items !== true;
      return { items: await this.queries.show(ctx, rows, { expand: body.expand, withLines }), pagination };
    });
  }

  @Get(':id')
  get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: GetInvoiceQuery,
  ): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) =>
      this.queries.showOne(ctx, await this.invoices.get(ctx, id), query.expand),
    );
  }

  /** Gives the draft its number. Connections with `invoice.outbound` push it to their provider by themselves. */
  @Post(':id/finalize')
  @HttpCode(200)
  async finalize(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.invoices.finalize(ctx, id));
    return { message: 'invoice finalized successfully' };
  }

  /** Nothing is owed for it any more; providers that have it are told. */
  @Post(':id/void')
  @HttpCode(200)
  async void(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.invoices.void(ctx, id));
    return { message: 'invoice voided successfully' };
  }

  private async createNew(ctx: Ctx, body: CreateInvoiceRequest): Promise<Invoice> {
    const customer = await this.customers.get(ctx, body.customer_id);
    const lines = body.line_items?.length
      ? body.line_items.map((line, index) => oneOffLine(line, index))
      : [{ ...EMPTY_LINE, displayName: body.description ?? 'Invoice', amount: rate(body.amount_due) }];
    assertTotals(body, lines);
    const period = periodOf(body.period_start, body.period_end, '');
    const { invoice } = await this.invoices.draft(ctx, {
      customerId: customer.id,
      subscriptionId: null,
      type: 'ONE_OFF',
      billingReason: 'MANUAL',
      billingPeriod: null,
      collectionMethod: body.collection_method ?? 'send_invoice',
      currency: body.currency,
      lines,
      period,
      description: body.description ?? null,
      dueDate: body.due_date ?? null,
      issueDate: body.issue_date ?? null,
      idempotencyKey: body.idempotency_key ?? null,
      metadata: body.metadata ?? {},
    });
    return body.invoice_status === 'FINALIZED' ? this.invoices.finalize(ctx, invoice.id) : invoice;
  }
}

const EMPTY_LINE = { quantity: rate(1), priceType: 'FIXED', period: null } as const;

const oneOffLine = (line: CreateInvoiceLineItemRequest, index: number): RatedLine => ({
  displayName: line.display_name ?? 'Item',
  amount: rate(line.amount),
  quantity: rate(line.quantity),
  priceType: line.price_type ?? 'FIXED',
  period: periodOf(line.period_start, line.period_end, `line_items[${index}].`),
  entityType: line.entity_type ?? null,
  entityId: line.entity_id ?? null,
  priceId: line.price_id ?? null,
  meterId: line.meter_id ?? null,
  planDisplayName: line.plan_display_name ?? null,
  meterDisplayName: line.meter_display_name ?? null,
  metadata: line.metadata ?? {},
});

function periodOf(start: Date | undefined, end: Date | undefined, path: string): RatedLine['period'] {
  if (start === undefined && end === undefined) return null;
  if (start === undefined || end === undefined || start >= end)
    throw validationError(`${path}period_start and ${path}period_end go together, the start before the end`);
  return { start, end };
}

/** What the caller believes the invoice to come to must be what it comes to. */
function assertTotals(body: CreateInvoiceRequest, lines: readonly RatedLine[]): void {
  const sum = sumMoney(
    lines.map((line) => roundToMoney(line.amount, body.currency)),
    body.currency,
  );
  const errors: Record<string, string> = {};
  for (const field of ['amount_due', 'subtotal', 'total'] as const) {
    const given = body[field];
    if (given !== undefined && roundToMoney(rate(given), body.currency).amount !== sum.amount)
      errors[field] = `${field} is ${given}, the lines add up to ${formatMoney(sum)}`;
  }
  if (sum.amount < 0n) errors.line_items = 'the lines must not add up to less than nothing';
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}
