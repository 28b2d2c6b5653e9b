import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events in partitions by month, so that old ones can be dropped and an index stays small; an event's id is held
 * apart from them, because it counts once whatever the months of its copies.
 */
export class UsagePartitions1763700000006 implements MigrationInterface {
  name = 'UsagePartitions1763700000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.usage_events RENAME TO usage_events_before;
      ALTER TABLE billing.usage_events_before RENAME CONSTRAINT usage_events_pkey TO usage_events_before_pkey;
      ALTER INDEX billing.usage_events_series RENAME TO usage_events_before_series;
      ALTER INDEX billing.usage_events_time RENAME TO usage_events_before_time;
      ALTER TABLE billing.usage_events_before NO FORCE ROW LEVEL SECURITY;

      -- The first with an id wins: who inserts here may insert there.
      CREATE TABLE billing.usage_event_ids (
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        -- Made of environment and id: short, so that the index of a billion of them stays small.
        key            uuid NOT NULL,
        occurred_at    timestamptz NOT NULL,
        PRIMARY KEY (key)
      );
      CREATE FUNCTION billing.usage_event_key(environment_id text, id text) RETURNS uuid
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
          SELECT left(encode(sha256(convert_to(environment_id || chr(10) || id, 'UTF8')), 'hex'), 32)::uuid $$;
      SELECT billing.secure_table('usage_event_ids');
      SELECT billing.open_to_system('usage_event_ids', 'SELECT, INSERT');
      -- For retention, which runs as the owner.
      CREATE POLICY retention ON billing.usage_event_ids TO CURRENT_USER USING (true);

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
        PRIMARY KEY (environment_id, occurred_at, id)
      ) PARTITION BY RANGE (occurred_at);
      CREATE INDEX usage_events_series
        ON billing.usage_events (environment_id, external_customer_id, event_name, occurred_at);
      SELECT billing.secure_table('usage_events');
      SELECT billing.open_to_system('usage_events', 'SELECT, INSERT');

      -- For months that have no partition yet, or will never have one.
      CREATE TABLE billing.usage_events_other PARTITION OF billing.usage_events DEFAULT;

      -- A copy that came with another content and was not taken. One of each content.
      CREATE TABLE billing.usage_event_conflicts (
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        event_id             text NOT NULL,
        content_hash         text NOT NULL,
        event_name           text NOT NULL,
        external_customer_id text NOT NULL,
        source               text,
        occurred_at          timestamptz NOT NULL,
        is_timed             boolean NOT NULL,
        received_at          timestamptz NOT NULL,
        properties           jsonb NOT NULL,
        PRIMARY KEY (environment_id, event_id, content_hash)
      );
      CREATE INDEX usage_event_conflicts_received
        ON billing.usage_event_conflicts (tenant_id, environment_id, received_at);
      SELECT billing.secure_table('usage_event_conflicts');
      SELECT billing.open_to_system('usage_event_conflicts', 'SELECT, INSERT');

      -- Makes the partitions of the months from the one that holds "since" up to the one that holds "until", where
      -- they are missing, and answers how many. Events of such a month that lie in the default partition move.
      CREATE FUNCTION billing.ensure_usage_partitions(since timestamptz, until timestamptz) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        DECLARE
          month timestamp := date_trunc('month', since AT TIME ZONE 'UTC');
          name text;
          made integer := 0;
        BEGIN
          WHILE month <= until AT TIME ZONE 'UTC' LOOP
            name := 'usage_events_' || to_char(month, 'YYYY_MM');
            IF to_regclass('billing.' || name) IS NULL THEN
              LOCK TABLE billing.usage_events IN ACCESS EXCLUSIVE MODE;
              IF to_regclass('billing.' || name) IS NULL THEN
                EXECUTE format('CREATE TABLE billing.%I (LIKE billing.usage_events)', name);
                EXECUTE format(
                  'WITH moved AS (DELETE FROM billing.usage_events_other
                                   WHERE occurred_at >= %L AND occurred_at < %L RETURNING *)
                   INSERT INTO billing.%I SELECT * FROM moved',
                  month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', name);
                EXECUTE format(
                  'ALTER TABLE billing.usage_events ATTACH PARTITION billing.%I FOR VALUES FROM (%L) TO (%L)',
                  name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
                made := made + 1;
              END IF;
            END IF;
            month := month + interval '1 month';
          END LOOP;
          RETURN made;
        END $$;

      -- Drops the months that end before "before", with their ids, and answers how many. What lies in the default
      -- partition from before then goes as well.
      CREATE FUNCTION billing.drop_usage_partitions(before timestamptz) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        DECLARE
          cutoff timestamptz := date_trunc('month', before AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
          partition record;
          dropped integer := 0;
        BEGIN
          FOR partition IN
            SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'billing.usage_events'::regclass AND c.relname ~ '^usage_events_[0-9]{4}_[0-9]{2}$'
               AND to_timestamp(right(c.relname, 7) || ' +00', 'YYYY_MM TZH') < cutoff
          LOOP
            EXECUTE format('DROP TABLE billing.%I', partition.name);
            dropped := dropped + 1;
          END LOOP;
          DELETE FROM billing.usage_events_other WHERE occurred_at < cutoff;
          DELETE FROM billing.usage_event_ids WHERE occurred_at < cutoff;
          RETURN dropped;
        END $$;

      REVOKE ALL ON FUNCTION billing.ensure_usage_partitions(timestamptz, timestamptz),
                             billing.drop_usage_partitions(timestamptz) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION billing.ensure_usage_partitions(timestamptz, timestamptz),
                                billing.drop_usage_partitions(timestamptz) TO flexprice_system;

      SELECT billing.ensure_usage_partitions(now() - interval '12 months', now() + interval '13 months');

      -- Row-level security holds for the owner too; it is off for it while the rows move.
      ALTER TABLE billing.usage_events NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE billing.usage_event_ids NO FORCE ROW LEVEL SECURITY;
      INSERT INTO billing.usage_event_ids
        SELECT tenant_id, environment_id, billing.usage_event_key(environment_id, id), occurred_at
          FROM billing.usage_events_before;
      INSERT INTO billing.usage_events SELECT * FROM billing.usage_events_before;
      DROP TABLE billing.usage_events_before;
      ALTER TABLE billing.usage_events FORCE ROW LEVEL SECURITY;
      ALTER TABLE billing.usage_event_ids FORCE ROW LEVEL SECURITY;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.usage_events RENAME TO usage_events_before;
      ALTER TABLE billing.usage_events_before RENAME CONSTRAINT usage_events_pkey TO usage_events_before_pkey;
      ALTER INDEX billing.usage_events_series RENAME TO usage_events_before_series;
      ALTER TABLE billing.usage_events_before NO FORCE ROW LEVEL SECURITY;
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
      INSERT INTO billing.usage_events SELECT * FROM billing.usage_events_before;
      CREATE INDEX usage_events_series
        ON billing.usage_events (tenant_id, environment_id, external_customer_id, event_name, occurred_at);
      CREATE INDEX usage_events_time ON billing.usage_events (tenant_id, environment_id, occurred_at, id);
      SELECT billing.secure_table('usage_events');
      DROP TABLE billing.usage_events_before, billing.usage_event_ids, billing.usage_event_conflicts;
      DROP FUNCTION billing.ensure_usage_partitions(timestamptz, timestamptz), billing.drop_usage_partitions(timestamptz),
                    billing.usage_event_key(text, text);
    `);
  }
}
