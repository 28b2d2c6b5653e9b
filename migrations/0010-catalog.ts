import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Coupons, taxes, entitlements, groups and addons; price versions. */
export class Catalog1763700000010 implements MigrationInterface {
  name = 'Catalog1763700000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.prices
        ADD COLUMN trial_period_days integer,
        ADD COLUMN parent_price_id   text,
        ADD COLUMN replaces_price_id text;

      CREATE TABLE billing.groups (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        name           text NOT NULL,
        lookup_key     text NOT NULL,
        entity_type    text NOT NULL,
        metadata       jsonb NOT NULL DEFAULT '{}',
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL,
        CONSTRAINT groups_entity_type CHECK (entity_type IN ('price', 'feature'))
      );
      CREATE UNIQUE INDEX groups_lookup_key
        ON billing.groups (tenant_id, environment_id, lookup_key) WHERE status <> 'deleted';
      SELECT billing.secure_table('groups');

      -- The member's own id is the key: nothing is in two groups at once, whoever puts it there at the same time.
      CREATE TABLE billing.group_members (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        group_id       text NOT NULL,
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      CREATE INDEX group_members_group ON billing.group_members (tenant_id, environment_id, group_id);
      SELECT billing.secure_table('group_members');

      CREATE TABLE billing.addons (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        name           text NOT NULL,
        lookup_key     text NOT NULL,
        type           text NOT NULL,
        description    text,
        metadata       jsonb NOT NULL DEFAULT '{}',
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL
      );
      CREATE UNIQUE INDEX addons_lookup_key
        ON billing.addons (tenant_id, environment_id, lookup_key) WHERE status <> 'deleted';
      SELECT billing.secure_table('addons');

      CREATE TABLE billing.entitlements (
        id                    text PRIMARY KEY,
        tenant_id             text NOT NULL,
        environment_id        text NOT NULL,
        entity_type           text NOT NULL,
        entity_id             text NOT NULL,
        feature_id            text NOT NULL,
        feature_type          text NOT NULL,
        is_enabled            boolean NOT NULL,
        usage_limit           bigint,
        usage_reset_period    text,
        is_soft_limit         boolean NOT NULL,
        static_value          text,
        config_value          jsonb,
        parent_entitlement_id text,
        start_date            timestamptz,
        end_date              timestamptz,
        status                text NOT NULL DEFAULT 'published',
        created_at            timestamptz NOT NULL,
        updated_at            timestamptz NOT NULL,
        created_by            text NOT NULL,
        updated_by            text NOT NULL,
        CONSTRAINT entitlements_limit CHECK (usage_limit >= 0)
      );
      CREATE UNIQUE INDEX entitlements_once
        ON billing.entitlements (tenant_id, environment_id, entity_type, entity_id, feature_id)
        WHERE status = 'published';
      CREATE INDEX entitlements_feature ON billing.entitlements (tenant_id, environment_id, feature_id);
      SELECT billing.secure_table('entitlements');

      CREATE TABLE billing.coupons (
        id                  text PRIMARY KEY,
        tenant_id           text NOT NULL,
        environment_id      text NOT NULL,
        name                text NOT NULL,
        coupon_code         text,
        type                text NOT NULL,
        percentage_off      numeric,
        amount_off          bigint,
        currency            text,
        cadence             text NOT NULL,
        duration_in_periods integer,
        max_redemptions     integer,
        total_redemptions   integer NOT NULL DEFAULT 0,
        redeem_after        timestamptz,
        redeem_before       timestamptz,
        metadata            jsonb NOT NULL DEFAULT '{}',
        status              text NOT NULL DEFAULT 'published',
        created_at          timestamptz NOT NULL,
        updated_at          timestamptz NOT NULL,
        created_by          text NOT NULL,
        updated_by          text NOT NULL,
        CONSTRAINT coupons_value CHECK (
          (type = 'percentage' AND percentage_off > 0 AND percentage_off <= 100 AND amount_off IS NULL) OR
          (type = 'fixed' AND amount_off > 0 AND currency IS NOT NULL AND percentage_off IS NULL)),
        CONSTRAINT coupons_duration CHECK ((cadence = 'repeated') = (duration_in_periods IS NOT NULL)),
        CONSTRAINT coupons_redemptions CHECK (total_redemptions <= max_redemptions)
      );
      CREATE UNIQUE INDEX coupons_code
        ON billing.coupons (tenant_id, environment_id, coupon_code) WHERE status <> 'deleted';
      SELECT billing.secure_table('coupons');

      CREATE TABLE billing.coupon_associations (
        id                        text PRIMARY KEY,
        tenant_id                 text NOT NULL,
        environment_id            text NOT NULL,
        coupon_id                 text NOT NULL,
        customer_id               text NOT NULL,
        subscription_id           text,
        subscription_line_item_id text,
        subscription_phase_id     text,
        start_date                timestamptz NOT NULL,
        end_date                  timestamptz,
        metadata                  jsonb NOT NULL DEFAULT '{}',
        status                    text NOT NULL DEFAULT 'published',
        created_at                timestamptz NOT NULL,
        updated_at                timestamptz NOT NULL,
        created_by                text NOT NULL,
        updated_by                text NOT NULL,
        CONSTRAINT coupon_associations_level
          CHECK (subscription_line_item_id IS NULL OR subscription_id IS NOT NULL)
      );
      CREATE INDEX coupon_associations_coupon ON billing.coupon_associations (tenant_id, environment_id, coupon_id);
      CREATE INDEX coupon_associations_customer
        ON billing.coupon_associations (tenant_id, environment_id, customer_id);
      CREATE INDEX coupon_associations_subscription
        ON billing.coupon_associations (tenant_id, environment_id, subscription_id);
      SELECT billing.secure_table('coupon_associations');

      -- One row for each bill that a coupon has lowered: what "once" and "repeated" count.
      CREATE TABLE billing.coupon_uses (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        association_id text NOT NULL,
        billing_key    text NOT NULL,
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX coupon_uses_once
        ON billing.coupon_uses (tenant_id, environment_id, association_id, billing_key);
      SELECT billing.secure_table('coupon_uses');

      CREATE TABLE billing.tax_rates (
        id               text PRIMARY KEY,
        tenant_id        text NOT NULL,
        environment_id   text NOT NULL,
        name             text NOT NULL,
        code             text NOT NULL,
        description      text,
        tax_rate_status  text NOT NULL,
        tax_rate_type    text NOT NULL,
        scope            text NOT NULL,
        percentage_value numeric,
        fixed_value      numeric,
        metadata         jsonb NOT NULL DEFAULT '{}',
        status           text NOT NULL DEFAULT 'published',
        created_at       timestamptz NOT NULL,
        updated_at       timestamptz NOT NULL,
        created_by       text NOT NULL,
        updated_by       text NOT NULL,
        CONSTRAINT tax_rates_value CHECK (
          (tax_rate_type = 'percentage' AND percentage_value BETWEEN 0 AND 100 AND fixed_value IS NULL) OR
          (tax_rate_type = 'fixed' AND fixed_value >= 0 AND percentage_value IS NULL))
      );
      CREATE UNIQUE INDEX tax_rates_code
        ON billing.tax_rates (tenant_id, environment_id, code) WHERE status <> 'deleted';
      SELECT billing.secure_table('tax_rates');

      CREATE TABLE billing.tax_associations (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        tax_rate_id    text NOT NULL,
        entity_type    text NOT NULL,
        entity_id      text NOT NULL,
        priority       integer NOT NULL,
        auto_apply     boolean NOT NULL,
        currency       text,
        start_date     timestamptz NOT NULL,
        end_date       timestamptz,
        inherited_from text,
        metadata       jsonb NOT NULL DEFAULT '{}',
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL
      );
      CREATE UNIQUE INDEX tax_associations_once
        ON billing.tax_associations (tenant_id, environment_id, entity_type, entity_id, tax_rate_id)
        WHERE status = 'published';
      -- Also over deleted rows: a copy that was taken away is not made again.
      CREATE UNIQUE INDEX tax_associations_inherited_once
        ON billing.tax_associations (tenant_id, environment_id, entity_type, entity_id, inherited_from);
      CREATE INDEX tax_associations_rate ON billing.tax_associations (tenant_id, environment_id, tax_rate_id);
      SELECT billing.secure_table('tax_associations');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.tax_associations, billing.tax_rates, billing.coupon_uses, billing.coupon_associations,
        billing.coupons, billing.entitlements, billing.addons, billing.group_members, billing.groups;
      ALTER TABLE billing.prices
        DROP COLUMN trial_period_days, DROP COLUMN parent_price_id, DROP COLUMN replaces_price_id;
    `);
  }
}
