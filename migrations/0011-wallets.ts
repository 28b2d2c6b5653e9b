import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Wallets, their ledger, and the credits that plans and subscriptions grant. Credits are exact decimals, never minor units. */
export class Wallets1763700000011 implements MigrationInterface {
  name = 'Wallets1763700000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.wallets (
        id                    text PRIMARY KEY,
        tenant_id             text NOT NULL,
        environment_id        text NOT NULL,
        customer_id           text NOT NULL,
        currency              text NOT NULL,
        wallet_type           text NOT NULL,
        wallet_status         text NOT NULL,
        name                  text,
        description           text,
        conversion_rate       numeric NOT NULL,
        topup_conversion_rate numeric NOT NULL,
        credit_balance        numeric NOT NULL,
        balance_updated_at    timestamptz NOT NULL,
        allowed_price_types   text[] NOT NULL,
        auto_topup            jsonb,
        metadata              jsonb NOT NULL DEFAULT '{}',
        version               integer NOT NULL DEFAULT 1,
        status                text NOT NULL DEFAULT 'published',
        created_at            timestamptz NOT NULL,
        updated_at            timestamptz NOT NULL,
        created_by            text NOT NULL,
        updated_by            text NOT NULL,
        CONSTRAINT wallets_type CHECK (wallet_type IN ('PRE_PAID', 'POST_PAID')),
        CONSTRAINT wallets_status CHECK (wallet_status IN ('active', 'frozen', 'closed')),
        CONSTRAINT wallets_rates CHECK (conversion_rate > 0 AND topup_conversion_rate > 0),
        CONSTRAINT wallets_balance CHECK (credit_balance >= 0)
      );
      CREATE UNIQUE INDEX wallets_one_active
        ON billing.wallets (tenant_id, environment_id, customer_id, currency, wallet_type)
        WHERE wallet_status = 'active';
      CREATE INDEX wallets_customer ON billing.wallets (tenant_id, environment_id, customer_id);
      CREATE INDEX wallets_created ON billing.wallets (tenant_id, environment_id, created_at);
      SELECT billing.secure_table('wallets');

      CREATE TABLE billing.wallet_transactions (
        id                    text PRIMARY KEY,
        tenant_id             text NOT NULL,
        environment_id        text NOT NULL,
        wallet_id             text NOT NULL,
        customer_id           text NOT NULL,
        type                  text NOT NULL,
        transaction_status    text NOT NULL,
        transaction_reason    text NOT NULL,
        reference_type        text,
        reference_id          text,
        parent_transaction_id text,
        description           text,
        credit_amount         numeric NOT NULL,
        amount                numeric NOT NULL,
        currency              text NOT NULL,
        conversion_rate       numeric NOT NULL,
        topup_conversion_rate numeric NOT NULL,
        credit_balance_before numeric NOT NULL,
        credit_balance_after  numeric NOT NULL,
        credits_available     numeric NOT NULL,
        priority              integer,
        expiry_date           timestamptz,
        book_expiry_at        timestamptz,
        effective_from        timestamptz,
        idempotency_key       text,
        metadata              jsonb NOT NULL DEFAULT '{}',
        status                text NOT NULL DEFAULT 'published',
        created_at            timestamptz NOT NULL,
        updated_at            timestamptz NOT NULL,
        created_by            text NOT NULL,
        updated_by            text NOT NULL,
        CONSTRAINT wallet_transactions_type CHECK (type IN ('credit', 'debit')),
        CONSTRAINT wallet_transactions_status CHECK (transaction_status IN ('pending', 'completed', 'failed')),
        CONSTRAINT wallet_transactions_moves CHECK (credit_amount > 0),
        CONSTRAINT wallet_transactions_left CHECK (credits_available BETWEEN 0 AND credit_amount),
        CONSTRAINT wallet_transactions_open CHECK
          (credits_available = 0 OR (type = 'credit' AND transaction_status = 'completed')),
        CONSTRAINT wallet_transactions_sum CHECK
          (transaction_status <> 'completed' OR credit_balance_after =
            credit_balance_before + CASE type WHEN 'credit' THEN credit_amount ELSE -credit_amount END)
      );
      CREATE UNIQUE INDEX wallet_transactions_idempotency
        ON billing.wallet_transactions (tenant_id, environment_id, idempotency_key);
      CREATE INDEX wallet_transactions_wallet
        ON billing.wallet_transactions (tenant_id, environment_id, wallet_id, created_at);
      CREATE INDEX wallet_transactions_credits ON billing.wallet_transactions (tenant_id, environment_id, wallet_id)
        WHERE credits_available > 0;
      CREATE INDEX wallet_transactions_expiring
        ON billing.wallet_transactions (tenant_id, environment_id, book_expiry_at)
        WHERE credits_available > 0 AND book_expiry_at IS NOT NULL;
      CREATE INDEX wallet_transactions_reference
        ON billing.wallet_transactions (tenant_id, environment_id, reference_id);
      CREATE INDEX wallet_transactions_created ON billing.wallet_transactions (tenant_id, environment_id, created_at);
      SELECT billing.secure_table('wallet_transactions');

      -- A movement that has happened stays as it was written. What is left of a credit may only shrink, and
      -- when its expiry is looked at again may change; what is pending may become something else.
      CREATE FUNCTION billing.keep_wallet_transactions() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        moving text[] := ARRAY['credits_available', 'book_expiry_at'];
      BEGIN
        IF TG_OP = 'DELETE' THEN
          RAISE EXCEPTION 'wallet transactions are not deleted';
        END IF;
        IF OLD.transaction_status = 'pending' THEN
          RETURN NEW;
        END IF;
        IF to_jsonb(OLD) - moving IS DISTINCT FROM to_jsonb(NEW) - moving
           OR NEW.credits_available > OLD.credits_available THEN
          RAISE EXCEPTION 'wallet transaction % has happened: it does not change', OLD.id;
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON billing.wallet_transactions
        FOR EACH ROW EXECUTE FUNCTION billing.keep_wallet_transactions();

      -- Which credits each debit was made of.
      CREATE TABLE billing.wallet_credit_uses (
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        debit_id       text NOT NULL,
        credit_id      text NOT NULL,
        credits        numeric NOT NULL,
        PRIMARY KEY (debit_id, credit_id),
        CONSTRAINT wallet_credit_uses_credits CHECK (credits > 0)
      );
      CREATE INDEX wallet_credit_uses_credit ON billing.wallet_credit_uses (tenant_id, environment_id, credit_id);
      SELECT billing.secure_table('wallet_credit_uses');

      CREATE TABLE billing.credit_grants (
        id                       text PRIMARY KEY,
        tenant_id                text NOT NULL,
        environment_id           text NOT NULL,
        name                     text NOT NULL,
        scope                    text NOT NULL,
        plan_id                  text,
        subscription_id          text,
        source_grant_id          text,
        credits                  numeric NOT NULL,
        cadence                  text NOT NULL,
        period                   text,
        period_count             integer,
        expiration_type          text NOT NULL,
        expiration_duration      integer,
        expiration_duration_unit text,
        priority                 integer,
        conversion_rate          numeric,
        topup_conversion_rate    numeric,
        start_date               timestamptz,
        end_date                 timestamptz,
        metadata                 jsonb NOT NULL DEFAULT '{}',
        status                   text NOT NULL DEFAULT 'published',
        created_at               timestamptz NOT NULL,
        updated_at               timestamptz NOT NULL,
        created_by               text NOT NULL,
        updated_by               text NOT NULL,
        CONSTRAINT credit_grants_scope CHECK (
          (scope = 'PLAN' AND plan_id IS NOT NULL AND subscription_id IS NULL)
          OR (scope = 'SUBSCRIPTION' AND subscription_id IS NOT NULL)),
        CONSTRAINT credit_grants_credits CHECK (credits > 0),
        CONSTRAINT credit_grants_period CHECK ((cadence = 'RECURRING') = (period IS NOT NULL))
      );
      CREATE INDEX credit_grants_plan ON billing.credit_grants (tenant_id, environment_id, plan_id);
      CREATE UNIQUE INDEX credit_grants_copies
        ON billing.credit_grants (tenant_id, environment_id, subscription_id, source_grant_id)
        WHERE source_grant_id IS NOT NULL;
      CREATE INDEX credit_grants_subscription ON billing.credit_grants (tenant_id, environment_id, subscription_id);
      SELECT billing.secure_table('credit_grants');

      CREATE TABLE billing.credit_grant_applications (
        id                    text PRIMARY KEY,
        tenant_id             text NOT NULL,
        environment_id        text NOT NULL,
        credit_grant_id       text NOT NULL,
        subscription_id       text NOT NULL,
        period_start          timestamptz NOT NULL,
        due_at                timestamptz,
        period_end            timestamptz,
        expires_at            timestamptz,
        application_status    text NOT NULL,
        application_reason    text NOT NULL,
        credits               numeric NOT NULL,
        applied_at            timestamptz,
        subscription_status   text,
        wallet_transaction_id text,
        metadata              jsonb NOT NULL DEFAULT '{}',
        status                text NOT NULL DEFAULT 'published',
        created_at            timestamptz NOT NULL,
        updated_at            timestamptz NOT NULL,
        created_by            text NOT NULL,
        updated_by            text NOT NULL,
        CONSTRAINT credit_grant_applications_status CHECK
          (application_status IN ('pending', 'applied', 'skipped', 'cancelled', 'failed'))
      );
      CREATE UNIQUE INDEX credit_grant_applications_once
        ON billing.credit_grant_applications
          (tenant_id, environment_id, credit_grant_id, subscription_id, period_start);
      CREATE INDEX credit_grant_applications_due
        ON billing.credit_grant_applications (tenant_id, environment_id, due_at)
        WHERE application_status = 'pending';
      CREATE INDEX credit_grant_applications_subscription
        ON billing.credit_grant_applications (tenant_id, environment_id, subscription_id);
      SELECT billing.secure_table('credit_grant_applications');

      -- What a real-time balance asks for: what a customer still owes.
      CREATE INDEX invoices_unpaid ON billing.invoices (tenant_id, environment_id, customer_id)
        WHERE amount_remaining > 0;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP INDEX billing.invoices_unpaid;
      DROP TABLE billing.credit_grant_applications, billing.credit_grants, billing.wallet_credit_uses,
                 billing.wallet_transactions, billing.wallets;
      DROP FUNCTION billing.keep_wallet_transactions();
    `);
  }
}
