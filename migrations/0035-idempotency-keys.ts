import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The keys of requests that may be sent again, each with what its request was answered. */
export class IdempotencyKeys1763700000035 implements MigrationInterface {
  name = 'IdempotencyKeys1763700000035';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.idempotency_keys (
        -- Made of the environment, the route and the key.
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        route          text NOT NULL,
        key            text NOT NULL,
        fingerprint    text NOT NULL,
        holder         text,
        lease_until    timestamptz,
        steps          jsonb NOT NULL DEFAULT '{}',
        http_status    integer,
        answer         text,
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      -- What is sealed does not get shorter.
      ALTER TABLE billing.idempotency_keys ALTER COLUMN answer SET STORAGE EXTERNAL;
      CREATE INDEX idempotency_keys_updated ON billing.idempotency_keys (updated_at);
      SELECT billing.secure_table('idempotency_keys');
      -- Old ones are forgotten for all tenants at once, and those of requests with events are stored by one commit.
      SELECT billing.open_to_system('idempotency_keys', 'SELECT, INSERT, DELETE');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE billing.idempotency_keys');
  }
}
