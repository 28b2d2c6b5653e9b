import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Usage events as they were sent: the one source of queries, analytics and bills. */
export class Usage1763700000003 implements MigrationInterface {
  name = 'Usage1763700000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ String.raw`
      CREATE TABLE billing.usage_events (
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        id                   text NOT NULL,
        event_name           text NOT NULL,
        external_customer_id text NOT NULL,
        source               text,
        occurred_at          timestamptz NOT NULL,
        received_at          timestamptz NOT NULL,
        properties           jsonb NOT NULL,
        PRIMARY KEY (tenant_id, environment_id, id)
      );
      CREATE INDEX usage_events_series
        ON billing.usage_events (tenant_id, environment_id, external_customer_id, event_name, occurred_at);
      CREATE INDEX usage_events_time ON billing.usage_events (tenant_id, environment_id, occurred_at, id);
      SELECT billing.secure_table('usage_events');

      -- The number in a property, or 0: what SUM adds up. JSON numbers and plain decimal strings count, to 18
      -- decimal places and below 10^20; anything else, and a missing property, is nothing. These are the rules that
      -- the domain reads quantities with, down to what counts as white space; a test holds the two together.
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

      -- Value IN values for each key, AND across the keys. Values are compared as text: 5 is "5".
      CREATE FUNCTION billing.matches_filters(properties jsonb, filters jsonb) RETURNS boolean
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
          SELECT NOT EXISTS (
            SELECT FROM jsonb_array_elements(filters) AS f
             WHERE NOT coalesce((f -> 'values') ? (properties ->> (f ->> 'key')), false)) $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.usage_events;
      DROP FUNCTION billing.matches_filters(jsonb, jsonb), billing.property_number(jsonb, text),
                    billing.property_text(jsonb, text);
    `);
  }
}
