import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A change of plan goes on with what was begun: its usage, its commitments, and the days on which quotas begin anew. */
export class PlanChangeChains1763700000028 implements MigrationInterface {
  name = 'PlanChangeChains1763700000028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscriptions
        ADD COLUMN continues_id text,
        ADD COLUMN continued_by_id text,
        ADD COLUMN quota_calendar jsonb,
        ADD COLUMN end_proration_behavior text`);
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscription_line_items ADD COLUMN continues_id text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `ALTER TABLE billing.subscription_line_items DROP COLUMN continues_id`);
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscriptions
        DROP COLUMN continues_id, DROP COLUMN continued_by_id,
        DROP COLUMN quota_calendar, DROP COLUMN end_proration_behavior`);
  }
}
