import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { keyReused } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CreditNotesQueries } from './credit-notes.queries.js';
import { CreateCreditNoteRequest, ListCreditNotesQuery } from './credit-notes.requests.js';
import {
  CreditNoteMovedResponse,
  CreditNoteResponse,
  ListCreditNotesResponse,
} from './credit-notes.responses.js';
import { CreditNotesService } from '../../payments/credit-notes.service.js';

@ApiController('creditnotes', 'Credit notes')
export class CreditNotesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly notes: CreditNotesService,
    private readonly queries: CreditNotesQueries,
  ) {}

  /**
   * Credits an invoice: an adjustment while something is owed on it, a refund to the wallet of the customer when it
   * is paid.
   */
  @Post()
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateCreditNoteRequest,
  ): Promise<CreditNoteResponse> {
    return this.uow.run(caller, async (ctx) => {
      const earlier =
        body.idempotency_key === undefined
          ? null
          : await this.notes.findByIdempotencyKey(ctx, body.idempotency_key);
      if (earlier !== null && earlier.invoiceId !== body.invoice_id)
        throw keyReused({ credit_note_id: earlier.id });
      if (earlier !== null) return this.queries.showOne(ctx, earlier);
      const note = await this.notes.create(ctx, {
        invoiceId: body.invoice_id,
        reason: body.reason,
        lines: body.line_items?.map((line) => ({
          invoiceLineItemId: line.invoice_line_item_id,
          amount: line.amount,
          displayName: line.display_name,
          metadata: line.metadata,
        })),
        number: body.credit_note_number,
        memo: body.memo,
        idempotencyKey: body.idempotency_key,
        metadata: body.metadata,
      });
      const processed = body.process_credit_note === false ? note : await this.notes.finalize(ctx, note.id);
      return this.queries.showOne(ctx, processed);
    });
  }

  /** Credit notes by filters, with their lines. */
  @Get()
  list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListCreditNotesQuery,
  ): Promise<ListCreditNotesResponse> {
    return this.uow.read(caller, (ctx) => this.queries.list(ctx, query));
  }

  /** One credit note with its lines, invoice and customer. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CreditNoteResponse> {
    return this.uow.read(caller, async (ctx) => this.queries.showOne(ctx, await this.notes.get(ctx, id)));
  }

  /** Finalizes a draft: the credit note takes effect. */
  @Post(':id/finalize')
  @HttpCode(200)
  finalize(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CreditNoteMovedResponse> {
    return this.uow.run(caller, async (ctx) => ({
      ...(await this.queries.showOne(ctx, await this.notes.finalize(ctx, id))),
      message: 'credit note finalized successfully',
    }));
  }

  /** Voids a draft or an adjustment. The amount of an adjustment is owed again. */
  @Post(':id/void')
  @HttpCode(200)
  void(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CreditNoteMovedResponse> {
    return this.uow.run(caller, async (ctx) => ({
      ...(await this.queries.showOne(ctx, await this.notes.void(ctx, id))),
      message: 'credit note voided successfully',
    }));
  }
}
