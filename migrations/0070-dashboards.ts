import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes for the dashboards: what was finalized or paid in a month, and operations by time. No row changes. */
export class Dashboards1763700000070 implements MigrationInterface {
  name = 'Dashboards1763700000070';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE INDEX invoices_finalized ON billing.invoices (tenant_id, environment_id, finalized_at)
        WHERE invoice_status = 'FINALIZED';
      CREATE INDEX invoices_paid ON billing.invoices (tenant_id, environment_id, paid_at)
        WHERE paid_at IS NOT NULL;
      CREATE INDEX subscriptions_ended ON billing.subscriptions (tenant_id, environment_id, end_date)
        WHERE subscription_status = 'cancelled';
      CREATE INDEX sync_operations_created ON billing.sync_operations (environment_id, created_at);
      CREATE INDEX webhook_events_parked ON billing.webhook_events (environment_id, created_at)
        WHERE state = 'parked'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP INDEX billing.webhook_events_parked;
      DROP INDEX billing.sync_operations_created;
      DROP INDEX billing.subscriptions_ended;
      DROP INDEX billing.invoices_paid;
      DROP INDEX billing.invoices_finalized`);
  }
}
