import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A pause may give back what was paid in advance for its time. What it has given back is charged for again when it is over,
 * by its share of the time that is left; so it is written down, line by line.
 */
export class PausesThatGiveBack1763700000060 implements MigrationInterface {
  name = 'PausesThatGiveBack1763700000060';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscription_pauses
        ADD COLUMN proration_behavior text NOT NULL DEFAULT 'none'
          CHECK (proration_behavior IN ('create_prorations', 'none')),
        ADD COLUMN given_back jsonb NOT NULL DEFAULT '[]';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE billing.subscription_pauses DROP COLUMN given_back, DROP COLUMN proration_behavior`,
    );
  }
}
