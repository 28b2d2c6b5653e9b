import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a key may do: roles and single permissions. Keys that are there keep what they could; a publishable one cannot do more. */
export class GrantsOfKeys1763700000065 implements MigrationInterface {
  name = 'GrantsOfKeys1763700000065';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.api_keys
        ADD COLUMN roles text[] NOT NULL DEFAULT '{}',
        ADD COLUMN permissions text[] NOT NULL DEFAULT '{}';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE billing.api_keys DROP COLUMN permissions, DROP COLUMN roles`);
  }
}
