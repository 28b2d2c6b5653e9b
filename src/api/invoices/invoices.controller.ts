import { Body, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { fieldErrors, keyReused, validationError } from '../../domain/errors.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import type { Subscription } from '../../subscriptions/subscriptions.types.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { OneOffDiscountsAndTaxes } from '../../invoices/one-off-discounts-and-taxes.service.js';
import { InvoicesQueries } from './invoices.queries.js';
import { UpdateInvoiceRequest } from './invoice-life.requests.js';
import { CreateInvoiceRequest } from './invoices.requests.js';
import { GetInvoiceQuery, SearchInvoicesRequest } from './invoices-search.requests.js';
import { InvoiceResponse, ListInvoicesResponse } from './invoices.responses.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Invoice } from '../../invoices/invoices.types.js';
import { assertDates, assertLines, assertTotal, oneOffLines, periodOf, termsOf } from './one-off-input.js';

@ApiController('invoices', 'Invoices')
export class InvoicesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly invoices: InvoicesService,
    private readonly queries: InvoicesQueries,
    private readonly customers: CustomersService,
    private readonly subscriptions: SubscriptionsService,
    private readonly terms: OneOffDiscountsAndTaxes,
  ) {}

  /** Creates a one-off invoice. It is a draft until it is finalized, unless the body says FINALIZED. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateInvoiceRequest): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const earlier =
        body.idempotency_key === undefined
          ? null
          : await this.invoices.findByIdempotencyKey(ctx, body.idempotency_key);
      if (earlier !== null && (earlier.customerId !== body.customer_id || earlier.currency !== body.currency))
        throw keyReused({ invoice_id: earlier.id });
      return this.queries.showOne(ctx, earlier ?? (await this.createNew(ctx, body)));
    });
  }

  /** Invoices by filters. Line items are included with `expand=line_items`. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchInvoicesRequest,
  ): Promise<ListInvoicesResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.queries.search(ctx, body);
      const withLines = body.skip_line_items !== true;
      return { items: await this.queries.show(ctx, rows, { expand: body.expand, withLines }), pagination };
    });
  }

  /** One invoice with its line items. */
  @Get(':id')
  get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: GetInvoiceQuery,
  ): Promise<InvoiceResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.queries.showOne(ctx, await this.invoices.get(ctx, id), query.expand),
    );
  }

  /** Finalizes a draft and gives it its number. Connections with `invoice.outbound` push it to their provider. */
  @Post(':id/finalize')
  @HttpCode(200)
  async finalize(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.invoices.finalize(ctx, id));
    return { message: 'invoice finalized successfully' };
  }

  /** Changes the due date, PDF address and metadata. Amounts only change by recalculation. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateInvoiceRequest,
  ): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const invoice = await this.invoices.edit(ctx, id, {
        dueDate: body.due_date,
        invoicePdfUrl: body.invoice_pdf_url,
        metadata: body.metadata,
      });
      return this.queries.showOne(ctx, invoice);
    });
  }

  /**
   * Sends the webhook `invoice.communication.triggered`, so that your own systems send the invoice to the customer.
   */
  @Post(':id/comms/trigger')
  @HttpCode(200)
  async triggerCommunication(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.invoices.requestCommunication(ctx, id));
    return { message: 'invoice communication triggered successfully' };
  }

  private async createNew(ctx: Ctx, body: CreateInvoiceRequest): Promise<Invoice> {
    const customer = await this.customers.get(ctx, body.customer_id);
    const lines = oneOffLines(body);
    assertLines(body, lines);
    assertDates(body);
    const period = periodOf(body.period_start, body.period_end, '');
    const subscription = await this.subscriptionOf(ctx, body, customer.id);
    const { record, ...terms } = await this.terms.of(ctx, termsOf(body, lines));
    const { invoice } = await this.invoices.draft(ctx, {
      ...terms,
      customerId: customer.id,
      subscriptionId: subscription?.id ?? null,
      type: body.invoice_type ?? 'ONE_OFF',
      billingReason: body.billing_reason ?? 'MANUAL',
      billingPeriod: body.billing_period ?? null,
      collectionMethod: body.collection_method ?? 'send_invoice',
      currency: body.currency,
      lines,
      period,
      description: body.description ?? null,
      dueDate: body.due_date ?? null,
      issueDate: body.issue_date ?? null,
      idempotencyKey: body.idempotency_key ?? null,
      invoicePdfUrl: body.invoice_pdf_url ?? null,
      metadata: body.metadata ?? {},
    });
    assertTotal(body, invoice);
    await record(invoice);
    if (body.invoice_status === 'FINALIZED')
      return this.invoices.finalize(ctx, invoice.id, body.invoice_number);
    if (body.invoice_number !== undefined)
      throw validationError('invoice_number goes with invoice_status FINALIZED: a draft has no number yet', {
        fields: { invoice_number: 'goes with invoice_status FINALIZED' },
      });
    return invoice;
  }

  private async subscriptionOf(
    ctx: Ctx,
    body: CreateInvoiceRequest,
    customerId: string,
  ): Promise<Subscription | undefined> {
    if (body.subscription_id === undefined) {
      if (body.invoice_type === 'SUBSCRIPTION')
        throw fieldErrors({
          subscription_id: 'subscription_id is required for an invoice of type SUBSCRIPTION',
        });
      return undefined;
    }
    const subscription = await this.subscriptions.get(ctx, body.subscription_id);
    const errors: Record<string, string> = {};
    if (subscription.customerId !== customerId)
      errors.subscription_id = 'subscription_id is a subscription of another customer';
    if (subscription.currency !== body.currency)
      errors.currency = `currency is ${body.currency}, the subscription is in ${subscription.currency}`;
    if (Object.keys(errors).length > 0) throw fieldErrors(errors);
    return subscription;
  }
}
