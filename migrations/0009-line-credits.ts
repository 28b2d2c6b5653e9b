import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One account of what has been given back of each line of an invoice, whatever gave it. */
export class LineCredits1763700000009 implements MigrationInterface {
  name = 'LineCredits1763700000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.line_credits (
        id                   text PRIMARY KEY,
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        invoice_id           text NOT NULL,
        invoice_line_item_id text NOT NULL,
        source               text NOT NULL CHECK (source IN ('CREDIT_NOTE', 'PRORATION')),
        source_id            text NOT NULL,
        period_start         timestamptz,
        period_end           timestamptz,
        currency             text NOT NULL,
        amount               bigint NOT NULL CHECK (amount > 0),
        net_amount           bigint NOT NULL CHECK (net_amount BETWEEN 0 AND amount),
        status               text NOT NULL DEFAULT 'published',
        created_at           timestamptz NOT NULL,
        updated_at           timestamptz NOT NULL,
        created_by           text NOT NULL,
        updated_by           text NOT NULL
      );
      CREATE INDEX line_credits_invoice ON billing.line_credits (tenant_id, environment_id, invoice_id);
      CREATE INDEX line_credits_source ON billing.line_credits (tenant_id, environment_id, source_id);
      SELECT billing.secure_table('line_credits');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `DROP TABLE billing.line_credits`);
  }
}
