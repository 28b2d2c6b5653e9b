import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Connections that were made before a new one announced itself have no job that polls their provider: without it, what lost
 * webhooks would have told is never found.
 */
export class PollsOfConnections1763700000068 implements MigrationInterface {
  name = 'PollsOfConnections1763700000068';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      INSERT INTO billing.jobs (id, tenant_id, environment_id, kind, key, payload, run_at, retry_window_start, created_at, updated_at)
      SELECT 'job_' || c.id, c.tenant_id, c.environment_id, 'reconcile.poll', c.id,
             jsonb_build_object('connectionId', c.id), now(), now(), now(), now()
        FROM billing.connections c
       WHERE c.status = 'published'
      ON CONFLICT (tenant_id, environment_id, kind, key) DO NOTHING;
    `);
  }

  async down(): Promise<void> {
    // The jobs do no harm: a poll of a deleted connection ends by itself.
  }
}
