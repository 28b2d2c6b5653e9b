import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was given back pays for anything; what was bought or granted for what its wallet is set to; what is held after its
 * time for the bills of what was used before. Which of them paid for what stands with each application.
 */
export class WhatCreditsPayFor1763700000031 implements MigrationInterface {
  name = 'WhatCreditsPayFor1763700000031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.wallet_transactions
        ADD COLUMN given_back boolean NOT NULL DEFAULT false,
        ADD COLUMN held boolean NOT NULL DEFAULT false;
      ALTER TABLE billing.wallet_transactions DISABLE TRIGGER keep;
      UPDATE billing.wallet_transactions SET given_back = true
       WHERE type = 'credit' AND transaction_reason IN ('CREDIT_ADJUSTMENT', 'INVOICE_VOID_REFUND', 'CREDIT_NOTE');
      ALTER TABLE billing.wallet_transactions ENABLE TRIGGER keep;
      CREATE OR REPLACE FUNCTION billing.keep_wallet_transactions() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        moving text[] := ARRAY['credits_available', 'book_expiry_at', 'held'];
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
      ALTER TABLE billing.invoice_credit_applications
        ALTER COLUMN invoice_line_item_id DROP NOT NULL,
        ADD COLUMN purse text NOT NULL DEFAULT 'allowed' CHECK (purse IN ('held', 'allowed', 'given_back'));
      ALTER TABLE billing.invoice_credit_applications ALTER COLUMN purse DROP DEFAULT;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DELETE FROM billing.invoice_credit_applications WHERE invoice_line_item_id IS NULL;
      ALTER TABLE billing.invoice_credit_applications
        DROP COLUMN purse,
        ALTER COLUMN invoice_line_item_id SET NOT NULL;
      CREATE OR REPLACE FUNCTION billing.keep_wallet_transactions() RETURNS trigger LANGUAGE plpgsql AS $$
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
      ALTER TABLE billing.wallet_transactions DROP COLUMN held, DROP COLUMN given_back;
    `);
  }
}
