import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Hours summed up once and read many times. An hour is read from its roll-up only while nothing has come since it was
 * made: storing an event marks its hour in the same transaction, so that no answer can miss it.
 */
export class UsageRollups1763700000007 implements MigrationInterface {
  name = 'UsageRollups1763700000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ String.raw`
      -- Every hour that has events of a name. Clean: its roll-ups hold all of them.
      CREATE TABLE billing.usage_hours (
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        event_name     text NOT NULL,
        hour           timestamptz NOT NULL,
        is_clean       boolean NOT NULL DEFAULT false,
        -- The roll-up under way. It is taken away when an event comes in between, and the roll-up is void.
        roll_id        text,
        changed_at     timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (environment_id, event_name, hour)
      );
      CREATE INDEX usage_hours_dirty ON billing.usage_hours (environment_id, event_name, hour) WHERE NOT is_clean;
      SELECT billing.secure_table('usage_hours');
      SELECT billing.open_to_system('usage_hours', 'SELECT, INSERT, UPDATE');
      CREATE POLICY retention ON billing.usage_hours TO CURRENT_USER USING (true);

      -- What is summed up: one aggregation of a property over the events that pass the filters.
      CREATE TABLE billing.usage_series (
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        id             text NOT NULL,
        event_name     text NOT NULL,
        type           text NOT NULL,
        field          text NOT NULL,
        filters        jsonb NOT NULL,
        PRIMARY KEY (environment_id, id)
      );
      SELECT billing.secure_table('usage_series');

      -- One customer's hour in one series; the customer '' is all of them together.
      CREATE TABLE billing.usage_rollups (
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        series_id            text NOT NULL,
        external_customer_id text NOT NULL,
        hour                 timestamptz NOT NULL,
        events               bigint NOT NULL,
        measured             bigint NOT NULL,
        total                numeric,
        moment               numeric,
        peak                 numeric,
        latest               jsonb,
        PRIMARY KEY (environment_id, series_id, external_customer_id, hour)
      );
      CREATE INDEX usage_rollups_hour ON billing.usage_rollups (environment_id, series_id, hour);
      SELECT billing.secure_table('usage_rollups');
      CREATE POLICY retention ON billing.usage_rollups TO CURRENT_USER USING (true);

      ALTER TABLE billing.usage_events NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE billing.usage_hours NO FORCE ROW LEVEL SECURITY;
      INSERT INTO billing.usage_hours (tenant_id, environment_id, event_name, hour)
        SELECT DISTINCT tenant_id, environment_id, event_name, date_trunc('hour', occurred_at, 'UTC')
          FROM billing.usage_events;
      ALTER TABLE billing.usage_events FORCE ROW LEVEL SECURITY;
      ALTER TABLE billing.usage_hours FORCE ROW LEVEL SECURITY;

      -- The decimal in a property; null where there is none. JSON numbers and plain decimal strings count, to 18 decimal
      -- places and below 10^20. These are the rules that the domain reads quantities with, down to what counts as
      -- white space; a test holds the two together.
      CREATE FUNCTION billing.decimal_of(given text) RETURNS numeric
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
          SELECT CASE WHEN length(t) <= 60 AND t ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'
                      THEN CASE WHEN abs(round(t::numeric, 18)) < 1e20 THEN round(t::numeric, 18) END END
            FROM btrim(given, E' \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006'
              || E'\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff') AS t $$;
      CREATE FUNCTION billing.quantity_of(property jsonb) RETURNS numeric
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
          SELECT CASE jsonb_typeof(property)
                   WHEN 'number' THEN CASE WHEN abs(round(property::numeric, 18)) < 1e20
                                           THEN round(property::numeric, 18) END
                   WHEN 'string' THEN billing.decimal_of(property #>> '{}') END $$;
      DROP FUNCTION billing.property_number(jsonb, text), billing.property_text(jsonb, text);

      -- Forgets the roll-ups of hours whose events are dropped.
      CREATE FUNCTION billing.drop_usage_rollups(before timestamptz) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
          DELETE FROM billing.usage_rollups
           WHERE hour < date_trunc('month', before AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
          DELETE FROM billing.usage_hours
           WHERE hour < date_trunc('month', before AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $$;
      REVOKE ALL ON FUNCTION billing.drop_usage_rollups(timestamptz) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION billing.drop_usage_rollups(timestamptz) TO flexprice_system;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ String.raw`
      DROP FUNCTION billing.drop_usage_rollups(timestamptz), billing.quantity_of(jsonb), billing.decimal_of(text);
      DROP TABLE billing.usage_rollups, billing.usage_series, billing.usage_hours;
      CREATE FUNCTION billing.property_text(properties jsonb, field text) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
          SELECT btrim(properties ->> field, E' \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006'
            || E'\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff') $$;
      CREATE FUNCTION billing.property_number(properties jsonb, field text) RETURNS numeric
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
          SELECT CASE
            WHEN jsonb_typeof(properties -> field) IN ('number', 'string')
             AND length(billing.property_text(properties, field)) <= 60
             AND billing.property_text(properties, field)
                 ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'
            THEN CASE WHEN abs(round(billing.property_text(properties, field)::numeric, 18)) < 1e20
                      THEN round(billing.property_text(properties, field)::numeric, 18) ELSE 0 END
            ELSE 0 END $$;
    `);
  }
}
