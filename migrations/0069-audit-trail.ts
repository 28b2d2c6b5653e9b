import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Bookkeeping of rows: a change of these alone is no change of the entity. */
const BOOKKEEPING = ['version', 'revision', 'last_used_at', 'last_success_at', 'last_error_at', 'last_error'];

interface AuditedTable {
  readonly entity: string;
  /** Bookkeeping of this table alone. */
  readonly ignored?: readonly string[];
  /** Said to have changed, without the value: secrets, and data of persons that may have to be erased one day. */
  readonly hidden?: readonly string[];
}

/** The tables of the nouns of the API. What has a trail of its own is left out: events, jobs, sync attempts, webhooks, ledgers. */
const TABLES: Readonly<Record<string, AuditedTable>> = {
  tenants: { entity: 'tenant' },
  environments: { entity: 'environment' },
  api_keys: { entity: 'api_key', hidden: ['key_hash'] },
  connections: {
    entity: 'connection',
    hidden: ['credentials'],
    ignored: ['last_polled_at', 'webhook_health'],
  },
  webhook_endpoints: {
    entity: 'webhook_endpoint',
    hidden: ['secret'],
    ignored: ['consecutive_failures', 'failing_since', 'resting_until'],
  },
  invoice_settings: { entity: 'setting' },
  customers: {
    entity: 'customer',
    hidden: [
      'name',
      'email',
      'contact',
      'address_line1',
      'address_line2',
      'address_city',
      'address_state',
      'address_postal_code',
      'address_country',
      'metadata',
    ],
  },
  payment_methods: { entity: 'payment_method', hidden: ['last4', 'brand', 'metadata'] },
  groups: { entity: 'group' },
  meters: { entity: 'meter' },
  features: { entity: 'feature' },
  plans: { entity: 'plan' },
  prices: { entity: 'price' },
  entitlements: { entity: 'entitlement' },
  addons: { entity: 'addon' },
  coupons: { entity: 'coupon' },
  coupon_associations: { entity: 'coupon_association' },
  tax_rates: { entity: 'tax_rate' },
  tax_associations: { entity: 'tax_association' },
  credit_grants: { entity: 'credit_grant' },
  wallets: { entity: 'wallet', ignored: ['balance', 'credit_balance', 'balance_updated_at'] },
  subscriptions: { entity: 'subscription' },
  subscription_line_items: { entity: 'subscription_line_item' },
  subscription_pauses: { entity: 'subscription_pause' },
  subscription_schedules: { entity: 'subscription_schedule' },
  addon_associations: { entity: 'subscription_addon' },
  invoices: { entity: 'invoice' },
  payments: { entity: 'payment' },
  payment_refunds: { entity: 'refund' },
  payment_disputes: { entity: 'dispute' },
  credit_notes: { entity: 'credit_note' },
};

const list = (names: readonly string[]): string => names.join(',');

const TRIGGERS = Object.entries(TABLES)
  .map(
    ([table, { entity, ignored = [], hidden = [] }]) => `
      CREATE TRIGGER audit_trail AFTER INSERT OR UPDATE OR DELETE ON billing.${table} FOR EACH ROW
        EXECUTE FUNCTION billing.audit_row('${entity}', '${list([...BOOKKEEPING, ...ignored])}', '${list(hidden)}');`,
  )
  .join('');

/**
 * Every change of a noun, by triggers, so that no path through the code can forget one: who, when, what it was before and
 * after. Nobody can change or remove an entry. A worker chains the entries of an environment by hashes, in an order of its own:
 * numbers are drawn before their transactions end, and a lower one may be committed later.
 */
export class AuditTrail1763700000069 implements MigrationInterface {
  name = 'AuditTrail1763700000069';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.audit_entries
        ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY,
        ADD COLUMN before jsonb,
        ADD COLUMN after jsonb,
        ADD COLUMN position bigint,
        ADD COLUMN hash text;
      CREATE UNIQUE INDEX audit_entries_number ON billing.audit_entries (tenant_id, environment_id, number);
      CREATE INDEX audit_entries_unchained ON billing.audit_entries (tenant_id, environment_id, number) WHERE hash IS NULL;
      CREATE UNIQUE INDEX audit_entries_position ON billing.audit_entries (tenant_id, environment_id, position);

      REVOKE UPDATE, DELETE ON billing.audit_entries FROM flexprice_app;
      GRANT UPDATE (position, hash) ON billing.audit_entries TO flexprice_app;
      -- Where there is something to chain, and no more.
      SELECT billing.open_to_system('audit_entries', 'SELECT (tenant_id, environment_id, hash)');

      CREATE FUNCTION billing.audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND OLD.hash IS NULL AND to_jsonb(NEW) - ARRAY['position', 'hash'] = to_jsonb(OLD) - ARRAY['position', 'hash'] THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the audit trail is append-only';
      END $$;
      CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON billing.audit_entries FOR EACH ROW
        EXECUTE FUNCTION billing.audit_append_only();
      CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON billing.audit_entries
        EXECUTE FUNCTION billing.audit_append_only();

      CREATE FUNCTION billing.audit_hash(before_it text, entry billing.audit_entries) RETURNS text LANGUAGE sql AS $$
        SELECT encode(sha256(convert_to(jsonb_build_array(
          before_it, entry.position, entry.id, entry.tenant_id, entry.environment_id, entry.number, entry.actor,
          entry.request_id, entry.action, entry.entity_type, entry.entity_id, entry.details, entry.before, entry.after,
          extract(epoch FROM entry.created_at))::text, 'UTF8')), 'hex')
      $$;

      -- Chains what is not chained yet in the environment of the transaction, one process at a time. Answers how many entries.
      CREATE FUNCTION billing.chain_audit_entries(most integer) RETURNS integer LANGUAGE plpgsql AS $$
      DECLARE
        entry billing.audit_entries;
        head record;
        done integer := 0;
      BEGIN
        IF NOT pg_try_advisory_xact_lock(hashtextextended('audit ' || billing.current_environment(), 0)) THEN RETURN 0; END IF;
        FOR entry IN
          SELECT * FROM billing.audit_entries
           WHERE tenant_id = billing.current_tenant() AND environment_id = billing.current_environment() AND hash IS NULL
           ORDER BY number LIMIT most
        LOOP
          SELECT position, hash INTO head FROM billing.audit_entries
           WHERE tenant_id = entry.tenant_id AND environment_id = entry.environment_id AND position IS NOT NULL
           ORDER BY position DESC LIMIT 1;
          entry.position := coalesce(head.position, 0) + 1;
          UPDATE billing.audit_entries SET position = entry.position, hash = billing.audit_hash(coalesce(head.hash, ''), entry)
           WHERE id = entry.id;
          done := done + 1;
        END LOOP;
        RETURN done;
      END $$;

      -- Arguments: the entity's type, columns that do not count, columns whose values are not written.
      CREATE FUNCTION billing.audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        ignored text[] := string_to_array(TG_ARGV[1], ',')
          || ARRAY['id', 'tenant_id', 'environment_id', 'created_at', 'updated_at', 'created_by', 'updated_by'];
        hidden text[] := string_to_array(TG_ARGV[2], ',');
        old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
        new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
        whole jsonb := coalesce(new_row, old_row);
        was jsonb := old_row - ignored;
        is_now jsonb := new_row - ignored;
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF was = is_now THEN RETURN NULL; END IF;
          SELECT jsonb_object_agg(key, was -> key), jsonb_object_agg(key, value)
            INTO was, is_now
            FROM jsonb_each(is_now) WHERE value IS DISTINCT FROM was -> key;
        END IF;
        IF hidden <> '{}' THEN
          SELECT jsonb_object_agg(key, CASE WHEN key = ANY (hidden) AND value NOT IN ('null', '{}') THEN '"[hidden]"' ELSE value END)
            INTO was FROM jsonb_each(was);
          SELECT jsonb_object_agg(key, CASE WHEN key = ANY (hidden) AND value NOT IN ('null', '{}') THEN '"[hidden]"' ELSE value END)
            INTO is_now FROM jsonb_each(is_now);
        END IF;
        INSERT INTO billing.audit_entries
               (id, tenant_id, environment_id, actor, request_id, action, entity_type, entity_id, before, after, created_at, updated_at)
        VALUES ('audit_' || replace(gen_random_uuid()::text, '-', ''),
                coalesce(whole ->> 'tenant_id', nullif(billing.current_tenant(), ''), whole ->> 'id'),
                -- A change by SQL of what belongs to no environment.
                coalesce(whole ->> 'environment_id', nullif(billing.current_environment(), ''), 'none'),
                coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
                coalesce(current_setting('app.request_id', true), ''),
                TG_ARGV[0] || CASE TG_OP WHEN 'INSERT' THEN '.created' WHEN 'UPDATE' THEN '.updated' ELSE '.deleted' END,
                TG_ARGV[0],
                -- Settings have no id: there is one row of them in an environment.
                coalesce(whole ->> 'id', whole ->> 'environment_id'),
                was, CASE TG_OP WHEN 'INSERT' THEN jsonb_strip_nulls(is_now) ELSE is_now END,
                now(), now());
        RETURN NULL;
      END $$;
      ${TRIGGERS}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ${Object.keys(TABLES)
        .map((table) => `DROP TRIGGER audit_trail ON billing.${table};`)
        .join('\n')}
      DROP FUNCTION billing.audit_row();
      DROP TRIGGER audit_append_only ON billing.audit_entries;
      DROP TRIGGER audit_no_truncate ON billing.audit_entries;
      DROP FUNCTION billing.audit_append_only();
      DROP FUNCTION billing.chain_audit_entries(integer);
      DROP FUNCTION billing.audit_hash(text, billing.audit_entries);
      DROP POLICY system_access ON billing.audit_entries;
      REVOKE ALL ON billing.audit_entries FROM flexprice_system;
      GRANT UPDATE, DELETE ON billing.audit_entries TO flexprice_app;
      ALTER TABLE billing.audit_entries DROP COLUMN number, DROP COLUMN before, DROP COLUMN after,
        DROP COLUMN position, DROP COLUMN hash;
    `);
  }
}
