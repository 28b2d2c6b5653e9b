import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A clock that somebody moves stands at the instants of its way, while everything that is to happen then happens. Whoever has
 * lost it to another moves it no further.
 */
export class ClocksThatStand1763700000036 implements MigrationInterface {
  name = 'ClocksThatStand1763700000036';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.environment_clocks ADD COLUMN held_by text, ADD COLUMN stands_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.environment_clocks DROP COLUMN held_by, DROP COLUMN stands_at`);
  }
}
