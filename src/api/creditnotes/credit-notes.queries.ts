import { Injectable } from '@nestjs/common';
import { toCustomerResponse } from '../customers/customers.responses.js';
import { CustomersService } from '../../customers/customers.service.js';
import { InvoicesQueries } from '../invoices/invoices.queries.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Ctx } from '../../platform/context.js';
import { findPage, type PaginationResponse } from '../../platform/http/list-query.js';
import { CreditNoteEntity } from '../../payments/credit-note.entity.js';
import type { ListCreditNotesQuery } from './credit-notes.requests.js';
import { toCreditNoteResponse, type CreditNoteResponse } from './credit-notes.responses.js';
import { CreditNotesService } from '../../payments/credit-notes.service.js';
import type { CreditNote } from '../../payments/payments.types.js';

@Injectable()
export class CreditNotesQueries {
  constructor(
    private readonly notes: CreditNotesService,
    private readonly invoices: InvoicesService,
    private readonly invoicesQueries: InvoicesQueries,
    private readonly customers: CustomersService,
  ) {}

  /** Notes with their lines; invoice and customer stand on a note that is shown alone. */
  async list(
    ctx: Ctx,
    request: ListCreditNotesQuery,
  ): Promise<{ items: CreditNoteResponse[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(CreditNoteEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    const equal: [keyof CreditNote, unknown][] = [
      ['invoiceId', request.invoice_id],
      ['customerId', request.customer_id],
      ['creditNoteStatus', request.credit_note_status],
      ['creditNoteType', request.credit_note_type],
    ];
    for (const [property, value] of equal)
      if (value !== undefined) query.andWhere(`row.${property} = :${property}`, { [property]: value });
    const { rows, pagination } = await findPage(query, request, {});
    const lines = await this.notes.linesOf(
      ctx,
      rows.map((row) => row.id),
    );
    const items = rows.map((row) => toCreditNoteResponse(row, { lines, invoice: null, customer: null }));
    return { items, pagination };
  }

  async showOne(ctx: Ctx, note: CreditNote): Promise<CreditNoteResponse> {
    const [customer] = await this.customers.listByIds(ctx, [note.customerId]);
    return toCreditNoteResponse(note, {
      lines: await this.notes.linesOf(ctx, [note.id]),
      invoice: await this.invoicesQueries.showOne(ctx, await this.invoices.get(ctx, note.invoiceId)),
      customer: customer === undefined ? null : toCustomerResponse(customer),
    });
  }
}
