import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes of webhooks that are used. Under row-level security Postgres looks into an index only by operators that cannot leak,
 * and `->>` is none: what an entity has heard was found by reading every webhook of the environment. Nothing asks for
 * `received_at`; lists are in the order of `created_at`. Ids are unique by themselves, and need no tenant before them.
 *
 * A webhook of an older process that waits for this to end is refused once, because the function it is in names the key that
 * was: the process asks again, or its provider does.
 */
export class WebhookIndexes1763700000025 implements MigrationInterface {
  name = 'WebhookIndexes1763700000025';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.webhook_events ADD COLUMN remote_id text;
      DROP INDEX billing.webhook_events_provider_event, billing.webhook_events_received, billing.webhook_events_remote;
      ALTER TABLE billing.webhook_events NO FORCE ROW LEVEL SECURITY;
      UPDATE billing.webhook_events SET remote_id = event ->> 'remoteId' WHERE event ->> 'remoteId' IS NOT NULL;
      ALTER TABLE billing.webhook_events FORCE ROW LEVEL SECURITY;
      CREATE UNIQUE INDEX webhook_events_provider_event ON billing.webhook_events (connection_id, provider_event_id);
      CREATE INDEX webhook_events_created ON billing.webhook_events (environment_id, created_at);
      CREATE INDEX webhook_events_remote ON billing.webhook_events (connection_id, remote_id) WHERE remote_id IS NOT NULL;
    `);
    await storeWebhooks(runner, {
      columns: ', remote_id',
      values: `, g.event ->> 'remoteId'`,
      key: 'connection_id, provider_event_id',
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await storeWebhooks(runner, {
      columns: '',
      values: '',
      key: 'tenant_id, environment_id, connection_id, provider_event_id',
    });
    await runner.query(/* sql */ `
      DROP INDEX billing.webhook_events_provider_event, billing.webhook_events_created, billing.webhook_events_remote;
      ALTER TABLE billing.webhook_events DROP COLUMN remote_id;
      CREATE UNIQUE INDEX webhook_events_provider_event
        ON billing.webhook_events (tenant_id, environment_id, connection_id, provider_event_id);
      CREATE INDEX webhook_events_received ON billing.webhook_events (tenant_id, environment_id, received_at);
      CREATE INDEX webhook_events_remote
        ON billing.webhook_events (tenant_id, environment_id, connection_id, (event ->> 'remoteId'))
        WHERE event ->> 'remoteId' IS NOT NULL;
    `);
  }
}

async function storeWebhooks(
  runner: QueryRunner,
  { columns, values, key }: { readonly columns: string; readonly values: string; readonly key: string },
): Promise<void> {
  await runner.query(/* sql */ `
    GRANT CREATE ON SCHEMA billing TO flexprice_system;
    DROP FUNCTION billing.store_webhooks;

    -- Stores webhooks of several requests, those that are new, each with the job to handle it, and answers their ids.
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
                                                updated_at${columns})
          SELECT g.id, g.tenant, g.environment, g.connection, g.provider, g.provider_id, g.type, g.event, g.verified,
                 CASE WHEN g.job IS NULL THEN 'skipped' ELSE 'received' END, g.reason, 0, received, received, received${values}
            FROM given g
           ORDER BY g.connection, g.provider_id
          ON CONFLICT (${key}) DO NOTHING
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

    REVOKE ALL ON FUNCTION billing.store_webhooks FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION billing.store_webhooks TO CURRENT_USER;
    ALTER FUNCTION billing.store_webhooks OWNER TO flexprice_system;
    REVOKE CREATE ON SCHEMA billing FROM flexprice_system;
  `);
}
