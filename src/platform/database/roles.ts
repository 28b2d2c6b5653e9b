import type { QueryRunner } from 'typeorm';

/**
 * Makes the two roles that transactions run as, where they are missing, and lets the login role act as them. Asked before
 * each migration: they belong to the whole cluster, and an administrator may have made them.
 *
 * From 16 on, whoever makes a role may hand it out, but not act as it before it is given to himself: on a managed Postgres,
 * whose login is no superuser, the membership alone says nothing.
 */
export async function prepareRoles(runner: QueryRunner): Promise<void> {
  await runner.query(/* sql */ `
    DO $$
    DECLARE
      acting text := CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END;
      name   text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['flexprice_app', 'flexprice_system'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
          BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', name);
          EXCEPTION WHEN duplicate_object OR unique_violation THEN
            -- Somebody has made it in the meantime, for another database.
          END;
        END IF;
        IF NOT pg_has_role(current_user, name, acting) THEN
          EXECUTE format('GRANT %I TO %I', name, current_user);
        END IF;
      END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'the login role % may not act as flexprice_app and flexprice_system, nor make that so: an administrator has to (docs/operations/database.md, "Roles"): %',
        current_user, SQLERRM USING ERRCODE = 'insufficient_privilege';
    END $$`);
}
