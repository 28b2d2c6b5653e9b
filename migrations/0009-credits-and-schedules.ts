import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One account of what has been given back of each line of an invoice, whatever gave it; changes of plan that lie ahead. */
export class CreditsAndSchedules1763700000009 implements MigrationInterface {
  name = 'CreditsAndSchedules1763700000009';

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

      CREATE TABLE billing.subscription_schedules (
        id               text PRIMARY KEY,
        tenant_id        text NOT NULL,
        environment_id   text NOT NULL,
        subscription_id  text NOT NULL,
        schedule_type    text NOT NULL CHECK (schedule_type = 'plan_change'),
        schedule_status  text NOT NULL CHECK (schedule_status IN ('pending', 'executed', 'cancelled', 'failed')),
        scheduled_at     timestamptz NOT NULL,
        configuration    jsonb NOT NULL,
        executed_at      timestamptz,
        cancelled_at     timestamptz,
        execution_result jsonb,
        error_message    text,
        metadata         jsonb NOT NULL DEFAULT '{}',
        status           text NOT NULL DEFAULT 'published',
        created_at       timestamptz NOT NULL,
        updated_at       timestamptz NOT NULL,
        created_by       text NOT NULL,
        updated_by       text NOT NULL
      );
      CREATE INDEX subscription_schedules_subscription
        ON billing.subscription_schedules (tenant_id, environment_id, subscription_id);
      -- A subscription goes one way at its end.
      CREATE UNIQUE INDEX subscription_schedules_pending
        ON billing.subscription_schedules (tenant_id, environment_id, subscription_id)
        WHERE schedule_status = 'pending';
      SELECT billing.secure_table('subscription_schedules');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `DROP TABLE billing.line_credits, billing.subscription_schedules`);
  }
}
