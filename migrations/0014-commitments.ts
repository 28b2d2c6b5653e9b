import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What subscriptions, and lines of them, are committed to. */
export class Commitments1763700000014 implements MigrationInterface {
  name = 'Commitments1763700000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscriptions ADD COLUMN commitment jsonb;
      ALTER TABLE billing.subscription_line_items ADD COLUMN commitment jsonb;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscription_line_items DROP COLUMN commitment;
      ALTER TABLE billing.subscriptions DROP COLUMN commitment;
    `);
  }
}
