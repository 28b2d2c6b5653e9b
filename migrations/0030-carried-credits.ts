import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was taken off another invoice, unused time or corrected usage, names that one: when it is void, it is given back anew.
 * Corrected usage is in the account of lines from here on; what was corrected before is brought into it.
 */
export class CarriedCredits1763700000030 implements MigrationInterface {
  name = 'CarriedCredits1763700000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.line_credits
        ADD COLUMN carried_by_invoice_id text,
        DROP CONSTRAINT line_credits_source_check,
        ADD CONSTRAINT line_credits_source_check CHECK (source IN ('CREDIT_NOTE', 'PRORATION', 'LATE_USAGE'));
      CREATE INDEX line_credits_carrier ON billing.line_credits (tenant_id, environment_id, carried_by_invoice_id)
       WHERE carried_by_invoice_id IS NOT NULL;
      INSERT INTO billing.line_credits (id, tenant_id, environment_id, invoice_id, invoice_line_item_id, source, source_id,
                                        carried_by_invoice_id, currency, amount, net_amount,
                                        created_at, updated_at, created_by, updated_by)
      SELECT 'credit_' || upper(substr(md5(r.id), 1, 26)), r.tenant_id, r.environment_id, restated.invoice_id, restated.id,
             'LATE_USAGE', carrier.id, r.invoice_id, r.currency, -carrier.amount, -carrier.amount,
             r.created_at, r.updated_at, r.created_by, r.updated_by
        FROM billing.usage_restatements r
        JOIN billing.invoice_line_items carrier ON carrier.id = r.invoice_line_item_id AND carrier.amount < 0
        JOIN billing.invoices i ON i.id = r.invoice_id AND i.invoice_status <> 'VOIDED'
        JOIN billing.invoice_line_items restated ON restated.id = r.restated_line_item_id;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DELETE FROM billing.line_credits WHERE source = 'LATE_USAGE';
      ALTER TABLE billing.line_credits
        DROP COLUMN carried_by_invoice_id,
        DROP CONSTRAINT line_credits_source_check,
        ADD CONSTRAINT line_credits_source_check CHECK (source IN ('CREDIT_NOTE', 'PRORATION'));
    `);
  }
}
