import { Body, Get, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import { notImplemented } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { InvoiceDocumentsService } from '../../invoices/invoice-documents.service.js';
import { InvoicePdfQuery, PreviewInvoiceRequest, RecalculateInvoiceQuery } from './invoice-life.requests.js';
import { InvoicePdfAddressResponse } from './invoice-life.responses.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoiceResponse } from './invoices.responses.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import { RecalculationService } from '../../billing/recalculation/recalculation.service.js';

/** Invoices before and after they are made: previews, drafts computed again, PDFs. */
@ApiController('invoices', 'Invoices')
export class InvoiceDocumentsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rebilling: RecalculationService,
    private readonly invoices: InvoicesService,
    private readonly queries: InvoicesQueries,
    private readonly documents: InvoiceDocumentsService,
  ) {}

  /** What the end of a billing period will bill, given the usage so far. Nothing is stored. */
  @Post('preview')
  @HttpCode(200)
  preview(@CurrentCaller() caller: Caller, @Body() body: PreviewInvoiceRequest): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const period = { subscriptionId: body.subscription_id, start: body.period_start, end: body.period_end };
      const shown = await this.rebilling.preview(ctx, period, (invoice) =>
        this.queries.showOne(ctx, invoice, 'customer'),
      );
      return asPreview(shown, body.hide_zero_charges_line_items === true);
    });
  }

  /** Recalculates a draft in place, with the usage and prices of now. */
  @Post(':id/recalculate-v2')
  @HttpCode(200)
  recalculate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: RecalculateInvoiceQuery,
  ): Promise<InvoiceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const draft = await this.rebilling.redraft(ctx, id);
      const invoice = query.finalize === 'true' ? await this.invoices.finalize(ctx, id) : draft;
      return this.queries.showOne(ctx, invoice);
    });
  }

  /** The invoice as a PDF. With `url=true`: the address of the PDF at the provider. */
  @Get(':id/pdf')
  @ApiProduces('application/pdf')
  @ApiResponse({
    status: 200,
    content: { 'application/pdf': { schema: { type: 'string', format: 'binary' } } },
  })
  async pdf(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: InvoicePdfQuery,
  ): Promise<StreamableFile | InvoicePdfAddressResponse> {
    if (query.url === 'true') return { presigned_url: await this.pdfAddress(caller, id) };
    const document = await this.uow.read(caller, (ctx) => this.documents.read(ctx, id));
    const file = await this.documents.render(document);
    return new StreamableFile(file, {
      type: 'application/pdf',
      disposition: `inline; filename="${document.number.replace(/[^\w.-]/g, '_')}.pdf"`,
      length: file.length,
    });
  }

  private async pdfAddress(caller: Caller, id: string): Promise<string> {
    const { invoicePdfUrl } = await this.uow.run(caller, (ctx) => this.invoices.get(ctx, id));
    if (invoicePdfUrl === null)
      throw notImplemented(
        'no provider has a PDF of this invoice, and addresses without a key are not made: leave url out',
      );
    return invoicePdfUrl;
  }
}

/** What exists only for as long as it is looked at has no ids and no number. */
function asPreview(shown: InvoiceResponse, hideZeroLines: boolean): InvoiceResponse {
  const lines = shown.line_items?.filter((line) => !hideZeroLines || line.amount !== '0') ?? null;
  return {
    ...shown,
    id: null,
    invoice_status: 'DRAFT',
    invoice_number: null,
    finalized_at: null,
    paid_at: null,
    payment_status: 'PENDING',
    line_items: lines?.map((line) => ({ ...line, id: null, invoice_id: null })) ?? null,
  };
}
