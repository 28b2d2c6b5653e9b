import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Refunds that a provider has to carry out, and payments that a customer's bank takes back. */
export class RefundsAndDisputes1763700000020 implements MigrationInterface {
  name = 'RefundsAndDisputes1763700000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.payment_refunds
        ADD COLUMN refund_status     text NOT NULL DEFAULT 'SUCCEEDED',
        ADD COLUMN connection_id     text,
        ADD COLUMN gateway_refund_id text,
        ADD COLUMN ordinal           integer,
        ADD COLUMN reason            text,
        ADD COLUMN error_message     text,
        ADD COLUMN idempotency_key   text,
        ADD CONSTRAINT payment_refunds_status CHECK (
          refund_status IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'CANCELED'));
      -- A refund there is one row here, however often it is told.
      CREATE UNIQUE INDEX payment_refunds_gateway_refund
        ON billing.payment_refunds (tenant_id, environment_id, connection_id, gateway_refund_id);
      CREATE UNIQUE INDEX payment_refunds_idempotency_key
        ON billing.payment_refunds (tenant_id, environment_id, idempotency_key);

      CREATE TABLE billing.payment_disputes (
        id                 text PRIMARY KEY,
        tenant_id          text NOT NULL,
        environment_id     text NOT NULL,
        invoice_id         text NOT NULL,
        payment_id         text NOT NULL,
        connection_id      text NOT NULL,
        gateway_dispute_id text NOT NULL,
        dispute_status     text NOT NULL,
        reason             text,
        currency           text NOT NULL,
        amount             bigint NOT NULL,
        answer_by          timestamptz,
        opened_at          timestamptz NOT NULL,
        closed_at          timestamptz,
        status             text NOT NULL DEFAULT 'published',
        created_at         timestamptz NOT NULL,
        updated_at         timestamptz NOT NULL,
        created_by         text NOT NULL,
        updated_by         text NOT NULL,
        CONSTRAINT payment_disputes_status CHECK (
          dispute_status IN ('INQUIRY', 'INQUIRY_CLOSED', 'OPEN', 'LOST', 'WON'))
      );
      CREATE UNIQUE INDEX payment_disputes_gateway_dispute
        ON billing.payment_disputes (tenant_id, environment_id, connection_id, gateway_dispute_id);
      CREATE INDEX payment_disputes_payment ON billing.payment_disputes (tenant_id, environment_id, payment_id);
      SELECT billing.secure_table('payment_disputes');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.payment_disputes;
      DROP INDEX billing.payment_refunds_gateway_refund, billing.payment_refunds_idempotency_key;
      ALTER TABLE billing.payment_refunds
        DROP COLUMN refund_status, DROP COLUMN connection_id, DROP COLUMN gateway_refund_id, DROP COLUMN ordinal,
        DROP COLUMN reason, DROP COLUMN error_message, DROP COLUMN idempotency_key;
    `);
  }
}
