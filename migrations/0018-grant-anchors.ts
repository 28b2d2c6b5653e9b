import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A grant that goes on with another subscription keeps the days on which it is given. */
export class GrantAnchors1763700000018 implements MigrationInterface {
  name = 'GrantAnchors1763700000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `ALTER TABLE billing.credit_grants ADD COLUMN anchor timestamptz;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `ALTER TABLE billing.credit_grants DROP COLUMN anchor;`);
  }
}
