import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Customers, features with their meters, plans and prices. */
export class Catalogue1763700000002 implements MigrationInterface {
  name = 'Catalogue1763700000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.customers (
        id                  text PRIMARY KEY,
        tenant_id           text NOT NULL,
        environment_id      text NOT NULL,
        external_id         text NOT NULL,
        name                text NOT NULL,
        email               text,
        contact             text,
        address_line1       text,
        address_line2       text,
        address_city        text,
        address_state       text,
        address_postal_code text,
        address_country     text,
        timezone            text NOT NULL DEFAULT 'UTC',
        metadata            jsonb NOT NULL DEFAULT '{}',
        revision            integer NOT NULL DEFAULT 1,
        status              text NOT NULL DEFAULT 'published',
        created_at          timestamptz NOT NULL,
        updated_at          timestamptz NOT NULL,
        created_by          text NOT NULL,
        updated_by          text NOT NULL
      );
      CREATE UNIQUE INDEX customers_external_id
        ON billing.customers (tenant_id, environment_id, external_id) WHERE status <> 'deleted';
      CREATE INDEX customers_created ON billing.customers (tenant_id, environment_id, created_at);
      SELECT billing.secure_table('customers');

      CREATE TABLE billing.meters (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        name           text NOT NULL,
        event_name     text NOT NULL,
        aggregation    jsonb NOT NULL,
        filters        jsonb NOT NULL DEFAULT '[]',
        reset_usage    text NOT NULL,
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL
      );
      SELECT billing.secure_table('meters');

      CREATE TABLE billing.features (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        name           text NOT NULL,
        lookup_key     text,
        type           text NOT NULL,
        meter_id       text,
        description    text,
        unit_singular  text,
        unit_plural    text,
        reporting_unit jsonb,
        metadata       jsonb NOT NULL DEFAULT '{}',
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL
      );
      CREATE UNIQUE INDEX features_lookup_key
        ON billing.features (tenant_id, environment_id, lookup_key) WHERE status <> 'deleted';
      SELECT billing.secure_table('features');

      CREATE TABLE billing.plans (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        name           text NOT NULL,
        lookup_key     text,
        description    text,
        display_order  integer,
        metadata       jsonb NOT NULL DEFAULT '{}',
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL
      );
      CREATE UNIQUE INDEX plans_lookup_key
        ON billing.plans (tenant_id, environment_id, lookup_key) WHERE status <> 'deleted';
      SELECT billing.secure_table('plans');

      CREATE TABLE billing.prices (
        id                   text PRIMARY KEY,
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        entity_type          text NOT NULL,
        entity_id            text NOT NULL,
        type                 text NOT NULL,
        billing_model        text NOT NULL,
        billing_period       text NOT NULL,
        billing_period_count integer NOT NULL,
        invoice_cadence      text NOT NULL,
        currency             text NOT NULL,
        amount               numeric,
        tier_mode            text,
        tiers                jsonb,
        transform_quantity   jsonb,
        meter_id             text,
        filter_values        jsonb NOT NULL DEFAULT '{}',
        min_quantity         numeric,
        lookup_key           text,
        display_name         text,
        description          text,
        start_date           timestamptz NOT NULL,
        end_date             timestamptz,
        metadata             jsonb NOT NULL DEFAULT '{}',
        status               text NOT NULL DEFAULT 'published',
        created_at           timestamptz NOT NULL,
        updated_at           timestamptz NOT NULL,
        created_by           text NOT NULL,
        updated_by           text NOT NULL
      );
      CREATE UNIQUE INDEX prices_lookup_key
        ON billing.prices (tenant_id, environment_id, lookup_key) WHERE status <> 'deleted' AND end_date IS NULL;
      CREATE INDEX prices_entity ON billing.prices (tenant_id, environment_id, entity_type, entity_id);
      CREATE INDEX prices_meter ON billing.prices (tenant_id, environment_id, meter_id);
      SELECT billing.secure_table('prices');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE billing.prices, billing.plans, billing.features, billing.meters, billing.customers',
    );
  }
}
