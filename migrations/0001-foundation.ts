import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Roles, row-level security, tenants, keys, and the queue tables that everything else is told through. */
export class Foundation1763700000001 implements MigrationInterface {
  name = 'Foundation1763700000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      -- Two roles without BYPASSRLS. Every transaction runs as one of them; the login role only owns the tables.
      -- Roles belong to the whole cluster, so they may be there already: from another database of it, or made
      -- by an administrator where the login role may not create any.
      DO $$
      BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'flexprice_app') THEN
          CREATE ROLE flexprice_app NOLOGIN NOBYPASSRLS;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'flexprice_system') THEN
          CREATE ROLE flexprice_system NOLOGIN NOBYPASSRLS;
        END IF;
        IF NOT pg_has_role(current_user, 'flexprice_app', 'MEMBER') THEN
          EXECUTE format('GRANT flexprice_app TO %I', current_user);
        END IF;
        IF NOT pg_has_role(current_user, 'flexprice_system', 'MEMBER') THEN
          EXECUTE format('GRANT flexprice_system TO %I', current_user);
        END IF;
      END $$;

      GRANT USAGE ON SCHEMA billing TO flexprice_app, flexprice_system;

      -- The scope that a transaction has named. NULL when it has named none: then no row matches.
      CREATE FUNCTION billing.current_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT current_setting('app.tenant_id', true) $$;
      CREATE FUNCTION billing.current_environment() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT current_setting('app.environment_id', true) $$;

      -- Every table of an environment's rows goes through here: isolation is on, also for the owner.
      CREATE FUNCTION billing.secure_table(name text) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        EXECUTE format('ALTER TABLE billing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE billing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
          'CREATE POLICY tenant_isolation ON billing.%I TO flexprice_app
             USING (tenant_id = (SELECT billing.current_tenant())
                    AND environment_id = (SELECT billing.current_environment()))
             WITH CHECK (tenant_id = (SELECT billing.current_tenant())
                    AND environment_id = (SELECT billing.current_environment()))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON billing.%I TO flexprice_app', name);
      END $$;

      -- For the few tables that work across tenants: the relay, the job runner, the key check.
      CREATE FUNCTION billing.open_to_system(name text, privileges text) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        EXECUTE format('CREATE POLICY system_access ON billing.%I TO flexprice_system
                          USING (true) WITH CHECK (true)', name);
        EXECUTE format('GRANT %s ON billing.%I TO flexprice_system', privileges, name);
      END $$;

      CREATE TABLE billing.tenants (
        id         text PRIMARY KEY,
        name       text NOT NULL,
        status     text NOT NULL DEFAULT 'published',
        metadata   jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      );
      ALTER TABLE billing.tenants ENABLE ROW LEVEL SECURITY;
      ALTER TABLE billing.tenants FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_isolation ON billing.tenants TO flexprice_app
        USING (id = (SELECT billing.current_tenant())) WITH CHECK (id = (SELECT billing.current_tenant()));
      GRANT SELECT, INSERT, UPDATE ON billing.tenants TO flexprice_app;
      SELECT billing.open_to_system('tenants', 'SELECT');

      CREATE TABLE billing.environments (
        id         text PRIMARY KEY,
        tenant_id  text NOT NULL,
        name       text NOT NULL,
        kind       text NOT NULL,
        status     text NOT NULL DEFAULT 'published',
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT environments_kind CHECK (kind IN ('test', 'live'))
      );
      CREATE INDEX environments_tenant ON billing.environments (tenant_id);
      ALTER TABLE billing.environments ENABLE ROW LEVEL SECURITY;
      ALTER TABLE billing.environments FORCE ROW LEVEL SECURITY;
      -- A key of one environment may see that its siblings exist, and nothing in them.
      CREATE POLICY tenant_isolation ON billing.environments TO flexprice_app
        USING (tenant_id = (SELECT billing.current_tenant())) WITH CHECK (tenant_id = (SELECT billing.current_tenant()));
      GRANT SELECT, INSERT, UPDATE ON billing.environments TO flexprice_app;
      SELECT billing.open_to_system('environments', 'SELECT');

      CREATE TABLE billing.environment_clocks (
        environment_id text PRIMARY KEY,
        tenant_id      text NOT NULL,
        offset_ms      bigint NOT NULL DEFAULT 0,
        CONSTRAINT environment_clocks_forward CHECK (offset_ms >= 0)
      );
      SELECT billing.secure_table('environment_clocks');

      CREATE TABLE billing.api_keys (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        name           text NOT NULL,
        key_hash       text NOT NULL,
        display_id     text NOT NULL,
        type           text NOT NULL DEFAULT 'private_key',
        expires_at     timestamptz,
        last_used_at   timestamptz,
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL
      );
      CREATE UNIQUE INDEX api_keys_hash ON billing.api_keys (key_hash);
      SELECT billing.secure_table('api_keys');
      SELECT billing.open_to_system('api_keys', 'SELECT, UPDATE (last_used_at)');

      CREATE TABLE billing.audit_entries (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        actor          text NOT NULL,
        request_id     text NOT NULL,
        action         text NOT NULL,
        entity_type    text NOT NULL,
        entity_id      text NOT NULL,
        details        jsonb NOT NULL DEFAULT '{}',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      CREATE INDEX audit_entries_entity ON billing.audit_entries (tenant_id, environment_id, entity_type, entity_id);
      SELECT billing.secure_table('audit_entries');

      CREATE TABLE billing.outbox_events (
        sequence       bigserial PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        type           text NOT NULL,
        entity_type    text NOT NULL,
        entity_id      text NOT NULL,
        payload        jsonb NOT NULL,
        occurred_at    timestamptz NOT NULL,
        relayed_at     timestamptz
      );
      CREATE INDEX outbox_events_unrelayed ON billing.outbox_events (sequence) WHERE relayed_at IS NULL;
      CREATE INDEX outbox_events_entity ON billing.outbox_events (tenant_id, environment_id, entity_type, entity_id);
      SELECT billing.secure_table('outbox_events');
      SELECT billing.open_to_system('outbox_events', 'SELECT, UPDATE');
      GRANT USAGE ON SEQUENCE billing.outbox_events_sequence_seq TO flexprice_app;

      CREATE TABLE billing.jobs (
        id                 text PRIMARY KEY,
        tenant_id          text NOT NULL,
        environment_id     text NOT NULL,
        kind               text NOT NULL,
        key                text NOT NULL,
        payload            jsonb NOT NULL,
        state              text NOT NULL DEFAULT 'queued',
        run_at             timestamptz NOT NULL,
        attempts           integer NOT NULL DEFAULT 0,
        retry_window_start timestamptz NOT NULL,
        lease_until        timestamptz,
        announced_at       timestamptz,
        last_error         text,
        finished_at        timestamptz,
        created_at         timestamptz NOT NULL,
        updated_at         timestamptz NOT NULL,
        CONSTRAINT jobs_state CHECK (state IN ('queued', 'running', 'done', 'parked'))
      );
      CREATE UNIQUE INDEX jobs_kind_key ON billing.jobs (tenant_id, environment_id, kind, key);
      CREATE INDEX jobs_due ON billing.jobs (run_at) WHERE state IN ('queued', 'running');
      SELECT billing.secure_table('jobs');
      SELECT billing.open_to_system('jobs', 'SELECT, INSERT, UPDATE, DELETE');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.jobs, billing.outbox_events, billing.audit_entries, billing.api_keys,
                 billing.environment_clocks, billing.environments, billing.tenants;
      DROP FUNCTION billing.open_to_system(text, text), billing.secure_table(text),
                    billing.current_environment(), billing.current_tenant();
    `);
  }
}
