import { Injectable } from '@nestjs/common';
import {
  formatInvoiceNumber,
  invoiceNumberScope,
  type DocumentPrefix,
} from '../domain/invoicing/invoice-number.js';
import type { Ctx } from '../platform/context.js';

@Injectable()
export class DocumentNumbersService {
  /**
   * The next number of the environment and month. Its row stays locked until the unit of work ends, so a number
   * that is rolled back is given out again: there is no gap.
   */
  async next(ctx: Ctx, prefix: DocumentPrefix): Promise<string> {
    const month = invoiceNumberScope(ctx.now);
    const [row] = await ctx.em.query<{ last_number: number }[]>(
      `INSERT INTO invoice_number_sequences (tenant_id, environment_id, scope, last_number) VALUES ($1, $2, $3, 1)
       ON CONFLICT (tenant_id, environment_id, scope)
       DO UPDATE SET last_number = invoice_number_sequences.last_number + 1
       RETURNING last_number`,
      [ctx.scope.tenantId, ctx.scope.environmentId, prefix === 'INV' ? month : `${prefix}-${month}`],
    );
    if (row === undefined) throw new Error('the number sequence answered nothing');
    return formatInvoiceNumber(ctx.now, row.last_number, 'UTC', prefix);
  }
}
