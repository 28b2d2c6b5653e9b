import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One job for all that is told of one remote object: a provider tells of one change by several webhooks, and reading the object
 * once answers those that were there before. One that comes while it is read makes the job due again.
 *
 * Jobs that wait for a webhook each are still there, and are still done. A webhook of an older process that waits for this to
 * end is refused once, because the function that it asks is another one: the process asks again, or its provider does.
 */
export class WebhooksBySubject1763700000033 implements MigrationInterface {
  name = 'WebhooksBySubject1763700000033';

  async up(runner: QueryRunner): Promise<void> {
    await storeWebhooks(
      runner,
      /* sql */ `
          INSERT INTO jobs AS job (id, tenant_id, environment_id, kind, key, payload, run_at, announced_at, retry_window_start,
                                   created_at, updated_at)
          SELECT DISTINCT ON (g.tenant, g.environment, g.connection, g.event ->> 'kind', g.event ->> 'remoteId')
                 g.job, g.tenant, g.environment, job_kind,
                 concat_ws(':', g.connection, g.event ->> 'kind', g.event ->> 'remoteId'),
                 jsonb_build_object('connectionId', g.connection, 'kind', g.event ->> 'kind', 'remoteId', g.event ->> 'remoteId'),
                 received, announced, received, received, received
            FROM given g JOIN stored USING (id)
           WHERE g.job IS NOT NULL
           -- In one order, so that two writers never wait for each other.
           ORDER BY g.tenant, g.environment, g.connection, g.event ->> 'kind', g.event ->> 'remoteId'
          ON CONFLICT (tenant_id, environment_id, kind, key) DO UPDATE SET
            state = CASE job.state WHEN 'running' THEN job.state ELSE 'queued' END,
            run_at = CASE job.state WHEN 'running'
                       THEN greatest(excluded.run_at, job.run_at + interval '1 millisecond') ELSE excluded.run_at END,
            attempts = CASE job.state WHEN 'running' THEN job.attempts ELSE 0 END,
            announced_at = excluded.announced_at, finished_at = NULL, last_error = NULL,
            retry_window_start = excluded.retry_window_start, updated_at = excluded.updated_at
          RETURNING job.id, job.state`,
      /* sql */ `SELECT q.id FROM queued q WHERE q.state = 'queued'`,
      'Stores webhooks of several requests, those that are new, and makes the jobs due that handle them: answers which.',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await storeWebhooks(
      runner,
      /* sql */ `
          INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, run_at, announced_at, retry_window_start,
                            created_at, updated_at)
          SELECT g.job, g.tenant, g.environment, job_kind, g.id, jsonb_build_object('webhookEventId', g.id), received,
                 announced, received, received, received
            FROM given g JOIN stored USING (id)
           WHERE g.job IS NOT NULL`,
      /* sql */ `SELECT s.id FROM stored s`,
      'Stores webhooks of several requests, those that are new, each with the job to handle it, and answers their ids.',
    );
  }
}

async function storeWebhooks(
  runner: QueryRunner,
  queue: string,
  answer: string,
  comment: string,
): Promise<void> {
  await runner.query(/* sql */ `
    GRANT CREATE ON SCHEMA billing TO flexprice_system;
    DROP FUNCTION billing.store_webhooks;

    -- ${comment}
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
                                                updated_at, remote_id)
          SELECT g.id, g.tenant, g.environment, g.connection, g.provider, g.provider_id, g.type, g.event, g.verified,
                 CASE WHEN g.job IS NULL THEN 'skipped' ELSE 'received' END, g.reason, 0, received, received, received,
                 g.event ->> 'remoteId'
            FROM given g
           ORDER BY g.connection, g.provider_id
          ON CONFLICT (connection_id, provider_event_id) DO NOTHING
          RETURNING stored.id
        ), queued AS (${queue}
        )
        ${answer};
      END $$;

    REVOKE ALL ON FUNCTION billing.store_webhooks FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION billing.store_webhooks TO CURRENT_USER;
    ALTER FUNCTION billing.store_webhooks OWNER TO flexprice_system;
    REVOKE CREATE ON SCHEMA billing FROM flexprice_system;
  `);
}
