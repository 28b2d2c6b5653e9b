import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever moves a test environment's clock holds it meanwhile: nobody else moves it, and the ticker leaves it alone. */
export class ClocksInMotion1763700000032 implements MigrationInterface {
  name = 'ClocksInMotion1763700000032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.environment_clocks ADD COLUMN held_until timestamptz;
      SELECT billing.open_to_system('environment_clocks', 'SELECT')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP POLICY system_access ON billing.environment_clocks;
      REVOKE SELECT ON billing.environment_clocks FROM flexprice_system;
      ALTER TABLE billing.environment_clocks DROP COLUMN held_until`);
  }
}
