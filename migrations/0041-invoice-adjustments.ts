import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What lowers, or raises, what is owed of an invoice without being money: told by a provider, each under its id. */
export class InvoiceAdjustments1763700000041 implements MigrationInterface {
  name = 'InvoiceAdjustments1763700000041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.invoice_adjustments (
        id                    text PRIMARY KEY,
        tenant_id             text NOT NULL,
        environment_id        text NOT NULL,
        invoice_id            text NOT NULL,
        connection_id         text NOT NULL,
        provider              text NOT NULL,
        kind                  text NOT NULL,
        gateway_adjustment_id text NOT NULL,
        gateway_invoice_id    text NOT NULL,
        currency              text NOT NULL,
        amount                bigint NOT NULL,
        adjustment_status     text NOT NULL,
        given_back            jsonb NOT NULL DEFAULT '[]',
        -- As much of it as has really gone back.
        given_back_amount     bigint NOT NULL DEFAULT 0,
        reason                text,
        occurred_at           timestamptz,
        released_at           timestamptz,
        status                text NOT NULL DEFAULT 'published',
        created_at            timestamptz NOT NULL,
        updated_at            timestamptz NOT NULL,
        created_by            text NOT NULL,
        updated_by            text NOT NULL,
        CONSTRAINT invoice_adjustments_status CHECK (adjustment_status IN ('ACTIVE', 'RELEASED'))
      );
      -- One thing there is one row here, however often and in whatever order it is told.
      CREATE UNIQUE INDEX invoice_adjustments_gateway
        ON billing.invoice_adjustments (tenant_id, environment_id, connection_id, gateway_adjustment_id);
      CREATE INDEX invoice_adjustments_invoice
        ON billing.invoice_adjustments (tenant_id, environment_id, invoice_id);
      SELECT billing.secure_table('invoice_adjustments');

      -- An invoice that was edited at a provider may ask for more than ours: then it is negative.
      ALTER TABLE billing.invoices
        DROP CONSTRAINT invoices_given_back,
        ADD CONSTRAINT invoices_given_back CHECK (adjustment_amount <= total AND refunded_amount >= 0);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.invoices
        DROP CONSTRAINT invoices_given_back,
        ADD CONSTRAINT invoices_given_back
          CHECK (adjustment_amount >= 0 AND adjustment_amount <= total AND refunded_amount >= 0) NOT VALID;
      DROP TABLE billing.invoice_adjustments;
    `);
  }
}
