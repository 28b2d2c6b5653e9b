import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Taking a job and settling it, each one statement of the database instead of four: begin, who asks, the update, commit. Every
 * job has both. They run as flexprice_system, and nobody who acts for a tenant may call them. Their commits do not wait for
 * the disk: decision 4 says why they need not.
 */
export class JobsInOneCall1763700000034 implements MigrationInterface {
  name = 'JobsInOneCall1763700000034';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      GRANT CREATE ON SCHEMA billing TO flexprice_system;

      -- The job, if it waits and is due, or if its worker has gone; then it is the caller's until the lease ends.
      CREATE FUNCTION billing.claim_job(job_id text, lease timestamptz, present timestamptz) RETURNS SETOF billing.jobs
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
        BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          RETURN QUERY
          UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = lease, updated_at = present
           WHERE id = job_id AND run_at <= present AND (state = 'queued' OR (state = 'running' AND lease_until < present))
          RETURNING jobs.*;
        END $$;

      -- Unless another worker has taken the job over since that attempt. A job that was asked for meanwhile, which its other
      -- time to run at tells, is due again whatever has come of it.
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

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `DROP FUNCTION billing.claim_job, billing.settle_job`);
  }
}
