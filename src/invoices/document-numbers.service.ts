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
   * The next numbers of the environment and month. Their row stays locked until the unit of work ends, so a number
   * that is rolled back is given out again: there is no gap.
   */
  async take(ctx: Ctx, prefix: DocumentPrefix, count: number): Promise<string[]> {
    if (count === 0) return [];
    const month = invoiceNumberScope(ctx.now);
    const [row] = await ctx.em.query<{ last_number: number }[]>(
      `INSERT INTO invoice_number_sequences (tenant_id, environment_id, scope, last_number) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant_id, environment_id, scope)
       DO UPDATE SET last_number = invoice_number_sequences.last_number + $4
       RETURNING last_number`,
      [ctx.scope.tenantId, ctx.scope.environmentId, prefix === 'INV' ? month : `${prefix}-${month}`, count],
    );
    if (row === undefined) throw new Error('the number sequence answered nothing');
    const first = row.last_number - count + 1;
    return Array.from({ length: count }, (_, index) =>
      formatInvoiceNumber(ctx.now, first + index, 'UTC', prefix),
    );
  }

  async next(ctx: Ctx, prefix: DocumentPrefix): Promise<string> {
    return (await this.take(ctx, prefix, 1))[0] as string;
  }
}
