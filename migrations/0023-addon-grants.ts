import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Credit grants of addons: templates, and copies that subscriptions have as long as they have the addon. */
export class AddonGrants1763700000023 implements MigrationInterface {
  name = 'AddonGrants1763700000023';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.credit_grants
        ADD COLUMN addon_id             text,
        ADD COLUMN addon_association_id text,
        DROP CONSTRAINT credit_grants_scope,
        ADD CONSTRAINT credit_grants_scope CHECK (
          (scope = 'PLAN' AND plan_id IS NOT NULL AND subscription_id IS NULL AND addon_id IS NULL)
          OR (scope = 'ADDON' AND addon_id IS NOT NULL AND plan_id IS NULL AND subscription_id IS NULL)
          OR (scope = 'SUBSCRIPTION' AND subscription_id IS NOT NULL)),
        ADD CONSTRAINT credit_grants_addon_copy CHECK (
          (addon_association_id IS NOT NULL) = (scope = 'SUBSCRIPTION' AND addon_id IS NOT NULL));
      CREATE INDEX credit_grants_addon ON billing.credit_grants (tenant_id, environment_id, addon_id);

      -- A plan's grant is copied to a subscription once, an addon's as often as the subscription gets the addon.
      DROP INDEX billing.credit_grants_copies;
      CREATE UNIQUE INDEX credit_grants_copies
        ON billing.credit_grants (tenant_id, environment_id, subscription_id, source_grant_id)
        WHERE source_grant_id IS NOT NULL AND addon_association_id IS NULL;
      CREATE UNIQUE INDEX credit_grants_addon_copies
        ON billing.credit_grants (tenant_id, environment_id, addon_association_id, source_grant_id)
        WHERE addon_association_id IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      -- What subscriptions have got of addons is their own from here on; the addons give no more.
      ALTER TABLE billing.credit_grants NO FORCE ROW LEVEL SECURITY;
      UPDATE billing.credit_grants SET source_grant_id = NULL WHERE addon_association_id IS NOT NULL;
      DELETE FROM billing.credit_grants WHERE scope = 'ADDON';
      ALTER TABLE billing.credit_grants FORCE ROW LEVEL SECURITY;

      DROP INDEX billing.credit_grants_addon, billing.credit_grants_addon_copies, billing.credit_grants_copies;
      CREATE UNIQUE INDEX credit_grants_copies
        ON billing.credit_grants (tenant_id, environment_id, subscription_id, source_grant_id)
        WHERE source_grant_id IS NOT NULL;
      ALTER TABLE billing.credit_grants
        DROP CONSTRAINT credit_grants_addon_copy,
        DROP CONSTRAINT credit_grants_scope,
        ADD CONSTRAINT credit_grants_scope CHECK (
          (scope = 'PLAN' AND plan_id IS NOT NULL AND subscription_id IS NULL)
          OR (scope = 'SUBSCRIPTION' AND subscription_id IS NOT NULL)),
        DROP COLUMN addon_association_id, DROP COLUMN addon_id;
    `);
  }
}
