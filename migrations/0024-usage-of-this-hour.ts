import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The hour that is under way is summed up in part: its roll-ups hold all events before an instant in it. An event before that
 * instant makes them void, as one of a clean hour does; one after it does not.
 */
export class UsageOfThisHour1763700000024 implements MigrationInterface {
  name = 'UsageOfThisHour1763700000024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.usage_hours
        -- The roll-ups hold all events of the hour before this. NULL: they are void.
        ADD COLUMN summed_until timestamptz,
        -- How far the roll-up under way gets.
        ADD COLUMN roll_until   timestamptz,
        -- The longest that an event was on its way which came to an hour that was new, or made its roll-ups void.
        ADD COLUMN late_by      interval;
      ALTER TABLE billing.usage_hours NO FORCE ROW LEVEL SECURITY;
      UPDATE billing.usage_hours SET summed_until = hour + interval '1 hour' WHERE is_clean;
      -- A roll-up that an older worker has begun does not say how far it gets.
      UPDATE billing.usage_hours SET roll_id = NULL WHERE NOT is_clean;
      ALTER TABLE billing.usage_hours FORCE ROW LEVEL SECURITY;
    `);
    await appendEvents(
      runner,
      /* sql */ `
          -- After the events are stored, because a roll-up waits for the transactions that were under way when it began, and
          -- those are told by what they have written. In the order of keys, so that two writers never wait for each other.
          IF taken > 0 THEN
            -- An older process does not say when the earliest event of the hour was: then it may be any.
            INSERT INTO usage_hours AS h (tenant_id, environment_id, event_name, hour, late_by)
            SELECT k.tenant, k.environment, k.name, k.hour, now() - coalesce(k.earliest, k.hour)
              FROM json_to_recordset(hours) AS k(tenant text, environment text, name text, hour timestamptz,
                                                 earliest timestamptz)
             WHERE NOT EXISTS (SELECT FROM usage_hours d
                                WHERE d.environment_id = k.environment AND d.event_name = k.name AND d.hour = k.hour
                                  AND NOT d.is_clean
                                  AND (d.summed_until IS NULL OR d.summed_until <= coalesce(k.earliest, k.hour))
                                  AND (d.roll_id IS NULL OR d.roll_until <= coalesce(k.earliest, k.hour)))
             ORDER BY k.environment, k.name, k.hour
            ON CONFLICT (environment_id, event_name, hour)
            DO UPDATE SET is_clean = false, summed_until = NULL, roll_id = NULL, changed_at = now(),
                          late_by = greatest(h.late_by, excluded.late_by);
          END IF;`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await appendEvents(
      runner,
      /* sql */ `
          -- After the events are stored, because a roll-up waits for the transactions that were under way when it began, and
          -- those are told by what they have written. In the order of keys, so that two writers never wait for each other.
          IF taken > 0 THEN
            INSERT INTO usage_hours AS h (tenant_id, environment_id, event_name, hour)
            SELECT k.tenant, k.environment, k.name, k.hour
              FROM json_to_recordset(hours) AS k(tenant text, environment text, name text, hour timestamptz)
             WHERE NOT EXISTS (SELECT FROM usage_hours d
                                WHERE d.environment_id = k.environment AND d.event_name = k.name AND d.hour = k.hour
                                  AND NOT d.is_clean AND d.roll_id IS NULL)
             ORDER BY k.environment, k.name, k.hour
            ON CONFLICT (environment_id, event_name, hour)
            DO UPDATE SET is_clean = false, roll_id = NULL, changed_at = now();
          END IF;`,
    );
    await runner.query(/* sql */ `
      ALTER TABLE billing.usage_hours DROP COLUMN summed_until, DROP COLUMN roll_until, DROP COLUMN late_by`);
  }
}

/** The function of 0016, with what it says of the hours in its place. */
const appendEvents = (runner: QueryRunner, marking: string): Promise<unknown> =>
  runner.query(/* sql */ `
      GRANT CREATE ON SCHEMA billing TO flexprice_system;
      DROP FUNCTION billing.append_events;

      -- Stores the events of several requests, those whose id is new, and answers how many. Sorted by key by the caller,
      -- so that two writers never wait for each other.
      CREATE FUNCTION billing.append_events(
        -- The requests, and of each event the place of its request, from 1.
        tenants text[], environments text[], received timestamptz[], ns integer[],
        -- Times in milliseconds since 1970. Not "first" is a copy of another event of this call.
        keys uuid[], times float8[], ids text[], names text[], customers text[], sources text[], contents jsonb[],
        timed boolean[], firsts boolean[],
        hours json
      ) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        DECLARE
          taken integer;
        BEGIN
          -- Who takes the key may store the event.
          INSERT INTO usage_event_ids (tenant_id, environment_id, key, occurred_at)
          SELECT tenants[e.n], environments[e.n], e.key, to_timestamp(e.at / 1000)
            FROM unnest(ns, keys, times, firsts) AS e(n, key, at, first)
           WHERE e.first
          ON CONFLICT (key) DO NOTHING;
          GET DIAGNOSTICS taken = ROW_COUNT;

          IF taken = cardinality(ns) THEN
            INSERT INTO usage_events (tenant_id, environment_id, id, event_name, external_customer_id, source, occurred_at,
                                      received_at, properties)
            SELECT tenants[e.n], environments[e.n], e.id, e.name, e.customer, e.source, to_timestamp(e.at / 1000),
                   received[e.n], e.properties
              FROM unnest(ns, times, ids, names, customers, sources, contents)
                     AS e(n, at, id, name, customer, source, properties);
          ELSIF taken > 0 THEN
            -- Only those whose key this transaction has taken.
            INSERT INTO usage_events (tenant_id, environment_id, id, event_name, external_customer_id, source, occurred_at,
                                      received_at, properties)
            SELECT tenants[e.n], environments[e.n], e.id, e.name, e.customer, e.source, to_timestamp(e.at / 1000),
                   received[e.n], e.properties
              FROM unnest(ns, keys, times, ids, names, customers, sources, contents, firsts)
                     AS e(n, key, at, id, name, customer, source, properties, first)
             WHERE e.first
               AND EXISTS (SELECT FROM usage_event_ids k WHERE k.key = e.key AND k.xmin = pg_current_xact_id()::xid);
          END IF;

          -- The roll-ups of these hours are wrong from now on. After the events are stored, because a roll-up waits for
          -- the transactions that were under way when it began, and those are told by what they have written. In the
          -- order of keys, so that two writers never wait for each other.
${marking}

          -- What differs from the event that has its id. Times differ only where the sender has given one.
          IF taken < cardinality(ns) THEN
            INSERT INTO usage_event_conflicts (tenant_id, environment_id, event_id, content_hash, event_name,
                                               external_customer_id, source, occurred_at, is_timed, received_at, properties)
            SELECT i.tenant, i.environment, i.id,
                   md5(ROW(i.name, i.customer, i.source, CASE WHEN i.timed THEN i.at END, i.properties)::text),
                   i.name, i.customer, i.source, i.at, i.timed, i.received, i.properties
              FROM (SELECT tenants[e.n] AS tenant, environments[e.n] AS environment, received[e.n] AS received, e.id,
                           e.key, e.name, e.customer, e.source, e.properties, e.timed, to_timestamp(e.at / 1000) AS at
                      FROM unnest(ns, keys, times, ids, names, customers, sources, contents, timed)
                             AS e(n, key, at, id, name, customer, source, properties, timed)) i
              JOIN usage_event_ids k ON k.key = i.key
              JOIN usage_events e ON e.environment_id = i.environment AND e.occurred_at = k.occurred_at AND e.id = i.id
             WHERE (i.name, i.customer, i.source, i.properties)
                     IS DISTINCT FROM (e.event_name, e.external_customer_id, e.source, e.properties)
                OR (i.timed AND i.at <> e.occurred_at)
             ORDER BY i.environment, i.id
            ON CONFLICT DO NOTHING;
          END IF;
          RETURN taken;
        END $$;

      REVOKE ALL ON FUNCTION billing.append_events FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION billing.append_events TO CURRENT_USER;
      ALTER FUNCTION billing.append_events OWNER TO flexprice_system;
      REVOKE CREATE ON SCHEMA billing FROM flexprice_system;
    `);
