import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The clock of a test environment may begin in the past: months are then simulated up to today. No row changes. */
export class ClocksThatBeginEarlier1763700000071 implements MigrationInterface {
  name = 'ClocksThatBeginEarlier1763700000071';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.environment_clocks DROP CONSTRAINT environment_clocks_forward`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      UPDATE billing.environment_clocks SET offset_ms = 0 WHERE offset_ms < 0;
      ALTER TABLE billing.environment_clocks ADD CONSTRAINT environment_clocks_forward CHECK (offset_ms >= 0)`);
  }
}
