import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Addons of subscriptions. */
export class Prorations1763700000015 implements MigrationInterface {
  name = 'Prorations1763700000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.addon_associations (
        id                  text PRIMARY KEY,
        tenant_id           text NOT NULL,
        environment_id      text NOT NULL,
        subscription_id     text NOT NULL,
        addon_id            text NOT NULL,
        addon_status        text NOT NULL,
        start_date          timestamptz NOT NULL,
        end_date            timestamptz,
        cancelled_at        timestamptz,
        cancellation_reason text,
        metadata            jsonb NOT NULL DEFAULT '{}',
        status              text NOT NULL DEFAULT 'published',
        created_at          timestamptz NOT NULL,
        updated_at          timestamptz NOT NULL,
        created_by          text NOT NULL,
        updated_by          text NOT NULL
      );
      CREATE INDEX addon_associations_subscription
        ON billing.addon_associations (tenant_id, environment_id, subscription_id);
      CREATE INDEX addon_associations_addon ON billing.addon_associations (tenant_id, environment_id, addon_id);
      SELECT billing.secure_table('addon_associations');
      ALTER TABLE billing.subscription_line_items ADD COLUMN addon_association_id text;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.subscription_line_items DROP COLUMN addon_association_id;
      DROP TABLE billing.addon_associations;
    `);
  }
}
