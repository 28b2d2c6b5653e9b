import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What comes many times a second is stored by one call of a function: one trip to the database instead of one for each
 * statement and for the frame around them, and statements that are planned once a connection. The functions run as
 * flexprice_system, and nobody who acts for a tenant may call them.
 */
export class StoredInOneCall1763700000016 implements MigrationInterface {
  name = 'StoredInOneCall1763700000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      GRANT CREATE ON SCHEMA billing TO flexprice_system;

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
          END IF;

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

      -- Stores webhooks that are new, with the jobs that handle them, and answers their ids. No job: one that is skipped.
      CREATE FUNCTION billing.store_webhooks(
        tenants text[], environments text[], ids text[], connections text[], providers text[], provider_ids text[],
        types text[], events jsonb[], verified boolean[], reasons text[], jobs text[],
        job_kind text, announced timestamptz, received timestamptz
      ) RETURNS SETOF text
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        BEGIN
          RETURN QUERY
          WITH given AS MATERIALIZED (
            SELECT * FROM unnest(tenants, environments, ids, connections, providers, provider_ids, types, events, verified,
                                 reasons, jobs)
                       AS w(tenant, environment, id, connection, provider, provider_id, type, event, verified, reason, job)
          ), stored AS (
            -- In the order of keys, so that two writers never wait for each other.
            INSERT INTO webhook_events AS stored (id, tenant_id, environment_id, connection_id, provider, provider_event_id,
                                                  type, event, verified, state, reason, attempts, received_at, created_at,
                                                  updated_at)
            SELECT g.id, g.tenant, g.environment, g.connection, g.provider, g.provider_id, g.type, g.event, g.verified,
                   CASE WHEN g.job IS NULL THEN 'skipped' ELSE 'received' END, g.reason, 0, received, received, received
              FROM given g
             ORDER BY g.tenant, g.environment, g.connection, g.provider_id
            ON CONFLICT (tenant_id, environment_id, connection_id, provider_event_id) DO NOTHING
            RETURNING stored.id
          ), queued AS (
            INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, run_at, announced_at, retry_window_start,
                              created_at, updated_at)
            SELECT g.job, g.tenant, g.environment, job_kind, g.id, jsonb_build_object('webhookEventId', g.id), received,
                   announced, received, received, received
              FROM given g JOIN stored USING (id)
             WHERE g.job IS NOT NULL
          )
          SELECT s.id FROM stored s;
        END $$;

      REVOKE ALL ON FUNCTION billing.append_events, billing.store_webhooks FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION billing.append_events, billing.store_webhooks TO CURRENT_USER;
      ALTER FUNCTION billing.append_events OWNER TO flexprice_system;
      ALTER FUNCTION billing.store_webhooks OWNER TO flexprice_system;

      REVOKE CREATE ON SCHEMA billing FROM flexprice_system;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `DROP FUNCTION billing.append_events, billing.store_webhooks`);
  }
}
