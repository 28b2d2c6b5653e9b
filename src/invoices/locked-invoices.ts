import type { Ctx } from '../platform/context.js';
import { InvoiceEntity } from './invoice.entity.js';
import type { Invoice } from './invoices.types.js';
import { readMany } from '../platform/database/rows.js';

/** Those invoices, locked. In one order, so that two who lock several do not wait for each other. */
export async function lockInvoices(
  ctx: Ctx,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, Invoice>> {
  const ids = [...new Set(invoiceIds)];
  if (ids.length === 0) return new Map();
  const rows = await readMany(
    ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .where('row.id = ANY(:ids)', { ids })
      .orderBy('row.id')
      .setLock('pessimistic_write'),
  );
  return new Map(rows.map((row) => [row.id, row]));
}
