import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is told to a tenant's own endpoints: where to, what, and how each try went. */
export class OutboundWebhooks1763700000026 implements MigrationInterface {
  name = 'OutboundWebhooks1763700000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.webhook_endpoints (
        id                   text PRIMARY KEY,
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        url                  text NOT NULL,
        description          text,
        -- Null: all of them, those of later versions too.
        event_types          text[],
        secret               jsonb NOT NULL,
        endpoint_state       text NOT NULL DEFAULT 'enabled',
        disabled_reason      text,
        consecutive_failures integer NOT NULL DEFAULT 0,
        failing_since        timestamptz,
        resting_until        timestamptz,
        last_success_at      timestamptz,
        metadata             jsonb NOT NULL DEFAULT '{}',
        status               text NOT NULL DEFAULT 'published',
        created_at           timestamptz NOT NULL,
        updated_at           timestamptz NOT NULL,
        created_by           text NOT NULL,
        updated_by           text NOT NULL
      );
      CREATE INDEX webhook_endpoints_environment ON billing.webhook_endpoints (environment_id)
        WHERE status = 'published';
      SELECT billing.secure_table('webhook_endpoints');
      -- The relay asks where anybody listens.
      SELECT billing.open_to_system('webhook_endpoints', 'SELECT');

      CREATE TABLE billing.webhook_messages (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        -- Of the event that it tells; null for one that was asked for by hand.
        sequence       bigint,
        type           text NOT NULL,
        entity_type    text NOT NULL,
        entity_id      text NOT NULL,
        -- The bytes that are sent: each try signs the same.
        body           text NOT NULL,
        occurred_at    timestamptz NOT NULL,
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX webhook_messages_sequence ON billing.webhook_messages (environment_id, sequence);
      CREATE INDEX webhook_messages_environment_created ON billing.webhook_messages (environment_id, created_at);
      CREATE INDEX webhook_messages_entity ON billing.webhook_messages (environment_id, entity_id);
      CREATE INDEX webhook_messages_created ON billing.webhook_messages (created_at);
      SELECT billing.secure_table('webhook_messages');
      SELECT billing.open_to_system('webhook_messages', 'SELECT, DELETE');

      CREATE TABLE billing.webhook_deliveries (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        message_id     text NOT NULL,
        endpoint_id    text NOT NULL,
        delivery_state text NOT NULL,
        attempts       integer NOT NULL DEFAULT 0,
        -- Since it was sent first, or asked for again: which wait comes next.
        round_attempts integer NOT NULL DEFAULT 0,
        next_try_at    timestamptz,
        settled_at     timestamptz,
        last_error     text,
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX webhook_deliveries_message ON billing.webhook_deliveries (message_id, endpoint_id);
      CREATE INDEX webhook_deliveries_endpoint ON billing.webhook_deliveries (endpoint_id, created_at);
      CREATE INDEX webhook_deliveries_environment ON billing.webhook_deliveries (environment_id, created_at);
      SELECT billing.secure_table('webhook_deliveries');
      SELECT billing.open_to_system('webhook_deliveries', 'SELECT, DELETE');

      CREATE TABLE billing.webhook_attempts (
        id               text PRIMARY KEY,
        tenant_id        text NOT NULL,
        environment_id   text NOT NULL,
        delivery_id      text NOT NULL,
        number           integer NOT NULL,
        started_at       timestamptz NOT NULL,
        finished_at      timestamptz,
        http_status      integer,
        error            text,
        response_excerpt text,
        created_at       timestamptz NOT NULL,
        updated_at       timestamptz NOT NULL
      );
      CREATE INDEX webhook_attempts_delivery ON billing.webhook_attempts (delivery_id, number);
      SELECT billing.secure_table('webhook_attempts');
      SELECT billing.open_to_system('webhook_attempts', 'SELECT, DELETE');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.webhook_endpoints, billing.webhook_messages, billing.webhook_deliveries,
                 billing.webhook_attempts`);
  }
}
