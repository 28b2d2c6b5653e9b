import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who holds a job and how often it has failed are two numbers. `claims` only grows: what a worker says under a claim that is
 * not the last one is not heard. `attempts` counts the tries that failed one after the other and the one under way: coming back
 * because it was somebody else's turn is none of them, and begins the retry window anew. The same for what providers are told.
 */
export class TurnsAndFailures1763700000051 implements MigrationInterface {
  name = 'TurnsAndFailures1763700000051';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.jobs ADD COLUMN claims integer NOT NULL DEFAULT 0;
      -- A worker of the version before names its claim by the attempts.
      UPDATE billing.jobs SET claims = attempts WHERE state <> 'done';

      ALTER TABLE billing.sync_operations
        ADD COLUMN failures integer NOT NULL DEFAULT 0,
        ADD COLUMN retry_window_start timestamptz;
      UPDATE billing.sync_operations SET failures = attempts, retry_window_start = first_tried_at
       WHERE state IN ('running', 'retrying');

      GRANT CREATE ON SCHEMA billing TO flexprice_system;
      DROP FUNCTION billing.claim_job, billing.settle_job;

      -- The job, if it waits and is due, or if its worker has gone; then it is the caller's until the lease ends.
      CREATE FUNCTION billing.claim_job(job_id text, lease timestamptz, present timestamptz) RETURNS SETOF billing.jobs
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          RETURN QUERY
          UPDATE jobs SET state = 'running', claims = claims + 1, attempts = attempts + 1, lease_until = lease,
                 updated_at = present
           WHERE id = job_id AND run_at <= present AND (state = 'queued' OR (state = 'running' AND lease_until < present))
          RETURNING jobs.*;
        END $$;

      -- Unless another worker has taken the job over since that claim. A job that was asked for meanwhile, which its other
      -- time to run at tells, is due again whatever has come of it.
      CREATE FUNCTION billing.settle_job(job_id text, claim integer, claimed timestamptz, outcome text, failed boolean,
                                         again timestamptz, error text, announced timestamptz, finished timestamptz,
                                         present timestamptz)
        RETURNS SETOF billing.jobs
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          RETURN QUERY
          UPDATE jobs SET
                 state = CASE WHEN run_at = claimed THEN outcome ELSE 'queued' END,
                 run_at = CASE WHEN run_at = claimed THEN coalesce(again, run_at) ELSE run_at END,
                 attempts = CASE WHEN run_at = claimed AND (failed OR outcome <> 'queued') THEN attempts ELSE 0 END,
                 retry_window_start = CASE WHEN run_at = claimed AND NOT failed AND outcome = 'queued' THEN present
                                           ELSE retry_window_start END,
                 finished_at = CASE WHEN run_at = claimed THEN finished END,
                 lease_until = NULL, last_error = error, announced_at = announced, updated_at = present
           WHERE id = job_id AND state = 'running' AND claims = claim
          RETURNING jobs.*;
        END $$;

      REVOKE ALL ON FUNCTION billing.claim_job, billing.settle_job FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION billing.claim_job, billing.settle_job TO CURRENT_USER;
      ALTER FUNCTION billing.claim_job OWNER TO flexprice_system;
      ALTER FUNCTION billing.settle_job OWNER TO flexprice_system;
      REVOKE CREATE ON SCHEMA billing FROM flexprice_system;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      GRANT CREATE ON SCHEMA billing TO flexprice_system;
      DROP FUNCTION billing.claim_job, billing.settle_job;
      ALTER TABLE billing.jobs DROP COLUMN claims;
      ALTER TABLE billing.sync_operations DROP COLUMN failures, DROP COLUMN retry_window_start;
      CREATE FUNCTION billing.claim_job(job_id text, lease timestamptz, present timestamptz) RETURNS SETOF billing.jobs
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          RETURN QUERY
          UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = lease, updated_at = present
           WHERE id = job_id AND run_at <= present AND (state = 'queued' OR (state = 'running' AND lease_until < present))
          RETURNING jobs.*;
        END $$;
      CREATE FUNCTION billing.settle_job(job_id text, attempt integer, claimed timestamptz, outcome text, again timestamptz,
                                         error text, announced timestamptz, finished timestamptz, present timestamptz)
        RETURNS SETOF billing.jobs
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          RETURN QUERY
          UPDATE jobs SET
                 state = CASE WHEN run_at = claimed THEN outcome ELSE 'queued' END,
                 run_at = CASE WHEN run_at = claimed THEN coalesce(again, run_at) ELSE run_at END,
                 attempts = CASE WHEN run_at = claimed THEN attempts ELSE 0 END,
                 finished_at = CASE WHEN run_at = claimed THEN finished END,
                 lease_until = NULL, last_error = error, announced_at = announced, updated_at = present
           WHERE id = job_id AND state = 'running' AND attempts = attempt
          RETURNING jobs.*;
        END $$;
      REVOKE ALL ON FUNCTION billing.claim_job, billing.settle_job FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION billing.claim_job, billing.settle_job TO CURRENT_USER;
      ALTER FUNCTION billing.claim_job OWNER TO flexprice_system;
      ALTER FUNCTION billing.settle_job OWNER TO flexprice_system;
      REVOKE CREATE ON SCHEMA billing FROM flexprice_system;
    `);
  }
}
