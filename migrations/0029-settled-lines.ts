import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lines that give back or pay out what was billed before bring their own tax: the invoice's rates are not levied on them.
 * Earlier lines were taxed with their invoices, which null says.
 */
export class SettledLines1763700000029 implements MigrationInterface {
  name = 'SettledLines1763700000029';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `ALTER TABLE billing.invoice_line_items ADD COLUMN own_tax bigint`);
    await runner.query(/* sql */ `
      ALTER TABLE billing.invoice_tax_applications ADD COLUMN invoice_line_item_id text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      /* sql */ `ALTER TABLE billing.invoice_tax_applications DROP COLUMN invoice_line_item_id`,
    );
    await runner.query(/* sql */ `ALTER TABLE billing.invoice_line_items DROP COLUMN own_tax`);
  }
}
