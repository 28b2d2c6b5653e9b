import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Subscriptions that a provider bills: which lines are its own, and what it and we had in common last. */
export class ImportedSubscriptions1763700000021 implements MigrationInterface {
  name = 'ImportedSubscriptions1763700000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscription_line_items
        ADD COLUMN billed_by        text,
        ADD COLUMN provider_item_id text;
      ALTER TABLE billing.entity_mappings
        ADD COLUMN agreement jsonb;

      -- Orders readings of remote objects: whoever began to read later has seen no less.
      CREATE SEQUENCE billing.remote_readings;
      GRANT USAGE ON SEQUENCE billing.remote_readings TO flexprice_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP SEQUENCE billing.remote_readings;
      ALTER TABLE billing.entity_mappings DROP COLUMN agreement;
      ALTER TABLE billing.subscription_line_items DROP COLUMN provider_item_id, DROP COLUMN billed_by;
    `);
  }
}
