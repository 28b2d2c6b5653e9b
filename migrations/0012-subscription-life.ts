import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Trials, pauses, starts that lie ahead, lines that replace each other, and the record of billing runs. */
export class SubscriptionLife1763700000012 implements MigrationInterface {
  name = 'SubscriptionLife1763700000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `

      ALTER TABLE billing.subscriptions
        ADD COLUMN trial_start      timestamptz,
        ADD COLUMN trial_end        timestamptz,
        ADD COLUMN activated_at     timestamptz,
        ADD COLUMN pause_status     text NOT NULL DEFAULT 'none',
        ADD COLUMN active_pause_id  text,
        ADD COLUMN pause_at         timestamptz,
        ADD COLUMN resume_at        timestamptz,
        ADD COLUMN next_action_at   timestamptz,
        ADD COLUMN billing_failures integer NOT NULL DEFAULT 0;
      -- The owner is confined by row-level security too, and would see no row to change.
      ALTER TABLE billing.subscriptions NO FORCE ROW LEVEL SECURITY;
      UPDATE billing.subscriptions
         SET activated_at = start_date,
             next_action_at = CASE WHEN subscription_status = 'active' THEN current_period_end END;
      ALTER TABLE billing.subscriptions FORCE ROW LEVEL SECURITY;
      DROP INDEX billing.subscriptions_due;
      -- What the billing run looks for: everything that time makes of a subscription, whatever it is.
      CREATE INDEX subscriptions_due ON billing.subscriptions (tenant_id, environment_id, next_action_at)
        WHERE next_action_at IS NOT NULL;

      ALTER TABLE billing.subscription_line_items
        ADD COLUMN paid_until          timestamptz,
        ADD COLUMN replaces_id         text,
        ADD COLUMN trial_period_days   integer;

      CREATE TABLE billing.subscription_pauses (
        id                    text PRIMARY KEY,
        tenant_id             text NOT NULL,
        environment_id        text NOT NULL,
        subscription_id       text NOT NULL,
        pause_status          text NOT NULL,
        pause_mode            text NOT NULL,
        resume_mode           text,
        pause_start           timestamptz NOT NULL,
        pause_end             timestamptz,
        resumed_at            timestamptz,
        original_period_start timestamptz NOT NULL,
        original_period_end   timestamptz NOT NULL,
        reason                text,
        metadata              jsonb NOT NULL DEFAULT '{}',
        status                text NOT NULL DEFAULT 'published',
        created_at            timestamptz NOT NULL,
        updated_at            timestamptz NOT NULL,
        created_by            text NOT NULL,
        updated_by            text NOT NULL,
        CONSTRAINT subscription_pauses_status CHECK (pause_status IN ('scheduled', 'active', 'completed', 'cancelled')),
        CONSTRAINT subscription_pauses_span CHECK (pause_end IS NULL OR pause_start < pause_end)
      );
      -- One pause at a time: while it is scheduled or lasts, there is no second one.
      CREATE UNIQUE INDEX subscription_pauses_open
        ON billing.subscription_pauses (tenant_id, environment_id, subscription_id)
        WHERE pause_status IN ('scheduled', 'active');
      CREATE INDEX subscription_pauses_subscription
        ON billing.subscription_pauses (tenant_id, environment_id, subscription_id);
      SELECT billing.secure_table('subscription_pauses');

      -- Changes that a person makes may fall on one period; only what time bills is unique in it.
      DROP INDEX billing.invoices_period;
      CREATE UNIQUE INDEX invoices_period
        ON billing.invoices (tenant_id, environment_id, subscription_id, period_start, period_end, billing_reason)
        WHERE invoice_status <> 'VOIDED' AND subscription_id IS NOT NULL AND billing_reason <> 'SUBSCRIPTION_UPDATE';

      CREATE TABLE billing.billing_runs (
        id               text PRIMARY KEY,
        tenant_id        text NOT NULL,
        environment_id   text NOT NULL,
        trigger          text NOT NULL,
        run_status       text NOT NULL,
        started_at       timestamptz NOT NULL,
        finished_at      timestamptz,
        -- Real time: tells a run that goes on from one whose process has died.
        heartbeat_at     timestamptz NOT NULL,
        subscriptions    integer NOT NULL DEFAULT 0,
        periods          integer NOT NULL DEFAULT 0,
        invoices         integer NOT NULL DEFAULT 0,
        invoices_skipped integer NOT NULL DEFAULT 0,
        failed           integer NOT NULL DEFAULT 0,
        failures         jsonb NOT NULL DEFAULT '[]',
        status           text NOT NULL DEFAULT 'published',
        created_at       timestamptz NOT NULL,
        updated_at       timestamptz NOT NULL,
        created_by       text NOT NULL,
        updated_by       text NOT NULL,
        CONSTRAINT billing_runs_status CHECK (run_status IN ('queued', 'running', 'completed', 'interrupted'))
      );
      CREATE INDEX billing_runs_created ON billing.billing_runs (tenant_id, environment_id, created_at);
      SELECT billing.secure_table('billing_runs');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.billing_runs, billing.subscription_pauses;
      DROP INDEX billing.invoices_period;
      CREATE UNIQUE INDEX invoices_period
        ON billing.invoices (tenant_id, environment_id, subscription_id, period_start, period_end, billing_reason)
        WHERE invoice_status <> 'VOIDED' AND subscription_id IS NOT NULL;
      ALTER TABLE billing.subscription_line_items
        DROP COLUMN paid_until, DROP COLUMN replaces_id, DROP COLUMN trial_period_days;
      DROP INDEX billing.subscriptions_due;
      ALTER TABLE billing.subscriptions
        DROP COLUMN trial_start, DROP COLUMN trial_end, DROP COLUMN activated_at, DROP COLUMN pause_status,
        DROP COLUMN active_pause_id, DROP COLUMN pause_at, DROP COLUMN resume_at, DROP COLUMN next_action_at,
        DROP COLUMN billing_failures;
      CREATE INDEX subscriptions_due ON billing.subscriptions (tenant_id, environment_id, current_period_end)
        WHERE subscription_status = 'active';
    `);
  }
}
