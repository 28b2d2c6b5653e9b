import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Connections to providers, what is mapped to what, what is to be told to them, and what they have told us. */
export class Integrations1763700000005 implements MigrationInterface {
  name = 'Integrations1763700000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.connections (
        id               text PRIMARY KEY,
        tenant_id        text NOT NULL,
        environment_id   text NOT NULL,
        name             text NOT NULL,
        provider         text NOT NULL,
        is_default       boolean NOT NULL,
        connection_state text NOT NULL DEFAULT 'active',
        credentials      jsonb NOT NULL,
        settings         jsonb NOT NULL DEFAULT '{}',
        sync_config      jsonb NOT NULL DEFAULT '{}',
        account_id       text,
        livemode         boolean,
        paused_reason    text,
        last_success_at  timestamptz,
        last_error_at    timestamptz,
        last_error       text,
        last_polled_at   timestamptz,
        metadata         jsonb NOT NULL DEFAULT '{}',
        status           text NOT NULL DEFAULT 'published',
        created_at       timestamptz NOT NULL,
        updated_at       timestamptz NOT NULL,
        created_by       text NOT NULL,
        updated_by       text NOT NULL,
        CONSTRAINT connections_state CHECK (connection_state IN ('active', 'paused'))
      );
      CREATE UNIQUE INDEX connections_default ON billing.connections (tenant_id, environment_id, provider)
        WHERE is_default AND status = 'published';
      CREATE INDEX connections_provider ON billing.connections (provider) WHERE status = 'published';
      SELECT billing.secure_table('connections');
      -- A webhook names a provider or a connection before anybody knows whose it is.
      SELECT billing.open_to_system('connections', 'SELECT');

      CREATE TABLE billing.entity_mappings (
        id                 text PRIMARY KEY,
        tenant_id          text NOT NULL,
        environment_id     text NOT NULL,
        connection_id      text NOT NULL,
        provider           text NOT NULL,
        entity_type        text NOT NULL,
        entity_id          text NOT NULL,
        provider_entity_id text,
        state              text NOT NULL,
        metadata           jsonb NOT NULL DEFAULT '{}',
        status             text NOT NULL DEFAULT 'published',
        created_at         timestamptz NOT NULL,
        updated_at         timestamptz NOT NULL,
        created_by         text NOT NULL,
        updated_by         text NOT NULL,
        CONSTRAINT entity_mappings_state CHECK (
          (state = 'reserved' AND provider_entity_id IS NULL) OR (state = 'linked' AND provider_entity_id IS NOT NULL))
      );
      CREATE UNIQUE INDEX entity_mappings_entity
        ON billing.entity_mappings (tenant_id, environment_id, connection_id, entity_type, entity_id);
      CREATE UNIQUE INDEX entity_mappings_provider_entity
        ON billing.entity_mappings (tenant_id, environment_id, connection_id, entity_type, provider_entity_id);
      SELECT billing.secure_table('entity_mappings');

      CREATE TABLE billing.sync_operations (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        connection_id  text NOT NULL,
        provider       text NOT NULL,
        entity_type    text NOT NULL,
        entity_id      text NOT NULL,
        action         text NOT NULL,
        revision       integer NOT NULL,
        state          text NOT NULL,
        attempts       integer NOT NULL DEFAULT 0,
        generation     integer NOT NULL DEFAULT 0,
        first_tried_at timestamptz,
        last_tried_at  timestamptz,
        next_try_at    timestamptz,
        finished_at    timestamptz,
        reason         text,
        error          jsonb,
        snapshot       jsonb,
        provider_entity_id text,
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        CONSTRAINT sync_operations_state CHECK (
          state IN ('pending', 'running', 'retrying', 'succeeded', 'failed', 'skipped'))
      );
      -- One intent is one operation, however often its event is relayed.
      CREATE UNIQUE INDEX sync_operations_intent ON billing.sync_operations
        (tenant_id, environment_id, connection_id, entity_type, entity_id, action, revision);
      CREATE INDEX sync_operations_entity
        ON billing.sync_operations (tenant_id, environment_id, entity_type, entity_id, created_at);
      CREATE INDEX sync_operations_state_created
        ON billing.sync_operations (tenant_id, environment_id, state, created_at);
      SELECT billing.secure_table('sync_operations');

      CREATE TABLE billing.sync_attempts (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        operation_id   text NOT NULL,
        number         integer NOT NULL,
        started_at     timestamptz NOT NULL,
        finished_at    timestamptz,
        outcome        text,
        error          jsonb,
        calls          jsonb NOT NULL DEFAULT '[]',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX sync_attempts_number
        ON billing.sync_attempts (tenant_id, environment_id, operation_id, number);
      SELECT billing.secure_table('sync_attempts');

      CREATE TABLE billing.webhook_events (
        id                text PRIMARY KEY,
        tenant_id         text NOT NULL,
        environment_id    text NOT NULL,
        connection_id     text NOT NULL,
        provider          text NOT NULL,
        provider_event_id text NOT NULL,
        type              text NOT NULL,
        event             jsonb NOT NULL,
        verified          boolean NOT NULL,
        state             text NOT NULL,
        reason            text,
        attempts          integer NOT NULL DEFAULT 0,
        received_at       timestamptz NOT NULL,
        handled_at        timestamptz,
        created_at        timestamptz NOT NULL,
        updated_at        timestamptz NOT NULL,
        CONSTRAINT webhook_events_state CHECK (state IN ('received', 'handled', 'skipped', 'retrying', 'parked'))
      );
      CREATE UNIQUE INDEX webhook_events_provider_event
        ON billing.webhook_events (tenant_id, environment_id, connection_id, provider_event_id);
      CREATE INDEX webhook_events_received ON billing.webhook_events (tenant_id, environment_id, received_at);
      SELECT billing.secure_table('webhook_events');

      CREATE TABLE billing.checkout_sessions (
        id                  text PRIMARY KEY,
        tenant_id           text NOT NULL,
        environment_id      text NOT NULL,
        connection_id       text NOT NULL,
        mode                text NOT NULL,
        customer_id         text NOT NULL,
        invoice_id          text,
        payment_id          text,
        provider_session_id text,
        url                 text,
        state               text NOT NULL,
        set_default         boolean NOT NULL DEFAULT false,
        expires_at          timestamptz,
        created_at          timestamptz NOT NULL,
        updated_at          timestamptz NOT NULL,
        CONSTRAINT checkout_sessions_state CHECK (state IN ('reserved', 'open', 'complete', 'expired'))
      );
      CREATE UNIQUE INDEX checkout_sessions_provider_session
        ON billing.checkout_sessions (tenant_id, environment_id, connection_id, provider_session_id);
      CREATE INDEX checkout_sessions_invoice
        ON billing.checkout_sessions (tenant_id, environment_id, invoice_id) WHERE state = 'open';
      SELECT billing.secure_table('checkout_sessions');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.checkout_sessions, billing.webhook_events, billing.sync_attempts, billing.sync_operations,
                 billing.entity_mappings, billing.connections;
    `);
  }
}
