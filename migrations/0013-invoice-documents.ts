import type { MigrationInterface, QueryRunner } from 'typeorm';

const STAMPS = `
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL`;

/** What was applied to an invoice, credit notes, refunds, restated usage, and the settings of an invoice's life. */
export class InvoiceDocuments1763700000013 implements MigrationInterface {
  name = 'InvoiceDocuments1763700000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      ALTER TABLE billing.invoices
        ADD COLUMN adjustment_amount       bigint NOT NULL DEFAULT 0,
        ADD COLUMN refunded_amount         bigint NOT NULL DEFAULT 0,
        ADD COLUMN is_manually_edited      boolean NOT NULL DEFAULT false,
        ADD COLUMN recalculated_invoice_id text,
        ADD COLUMN finalize_at             timestamptz,
        ADD CONSTRAINT invoices_given_back
          CHECK (adjustment_amount >= 0 AND adjustment_amount <= total AND refunded_amount >= 0);
      -- Drafts that wait for the end of their grace.
      CREATE INDEX invoices_finalize_at ON billing.invoices (tenant_id, environment_id, finalize_at)
        WHERE invoice_status = 'DRAFT';
      CREATE INDEX invoices_subscription ON billing.invoices (tenant_id, environment_id, subscription_id, period_end);

      ALTER TABLE billing.invoice_line_items
        ADD COLUMN adjusted_entitlement_quantity numeric,
        ADD COLUMN commitment_info               jsonb;

      CREATE TABLE billing.invoice_coupon_applications (
        id                    text PRIMARY KEY,
        tenant_id             text NOT NULL,
        environment_id        text NOT NULL,
        invoice_id            text NOT NULL,
        invoice_line_item_id  text,
        subscription_id       text,
        coupon_id             text NOT NULL,
        coupon_association_id text,
        position              integer NOT NULL,
        discount_type         text NOT NULL,
        discount_percentage   numeric,
        currency              text NOT NULL,
        original_price        bigint NOT NULL,
        discounted_amount     bigint NOT NULL,
        final_price           bigint NOT NULL,
        coupon_snapshot       jsonb NOT NULL DEFAULT '{}',
        metadata              jsonb NOT NULL DEFAULT '{}',
        ${STAMPS}
      );
      CREATE INDEX invoice_coupon_applications_invoice
        ON billing.invoice_coupon_applications (tenant_id, environment_id, invoice_id);
      CREATE INDEX invoice_coupon_applications_coupon
        ON billing.invoice_coupon_applications (tenant_id, environment_id, coupon_id);
      SELECT billing.secure_table('invoice_coupon_applications');

      CREATE TABLE billing.invoice_tax_applications (
        id                 text PRIMARY KEY,
        tenant_id          text NOT NULL,
        environment_id     text NOT NULL,
        invoice_id         text NOT NULL,
        tax_rate_id        text NOT NULL,
        tax_association_id text,
        entity_type        text NOT NULL,
        entity_id          text NOT NULL,
        position           integer NOT NULL,
        currency           text NOT NULL,
        taxable_amount     bigint NOT NULL,
        tax_amount         bigint NOT NULL,
        tax_rate           jsonb,
        metadata           jsonb NOT NULL DEFAULT '{}',
        ${STAMPS}
      );
      CREATE INDEX invoice_tax_applications_invoice
        ON billing.invoice_tax_applications (tenant_id, environment_id, invoice_id);
      SELECT billing.secure_table('invoice_tax_applications');

      CREATE TABLE billing.invoice_credit_applications (
        id                   text PRIMARY KEY,
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        invoice_id           text NOT NULL,
        invoice_line_item_id text NOT NULL,
        wallet_id            text NOT NULL,
        position             integer NOT NULL,
        currency             text NOT NULL,
        amount               bigint NOT NULL,
        ${STAMPS},
        CONSTRAINT invoice_credit_applications_amount CHECK (amount > 0)
      );
      CREATE INDEX invoice_credit_applications_invoice
        ON billing.invoice_credit_applications (tenant_id, environment_id, invoice_id);
      SELECT billing.secure_table('invoice_credit_applications');

      -- Usage that came late: to what an earlier line was brought, and by which line of a later invoice.
      CREATE TABLE billing.usage_restatements (
        id                        text PRIMARY KEY,
        tenant_id                 text NOT NULL,
        environment_id            text NOT NULL,
        subscription_id           text NOT NULL,
        subscription_line_item_id text NOT NULL,
        price_id                  text NOT NULL,
        period_start              timestamptz NOT NULL,
        period_end                timestamptz NOT NULL,
        restated_line_item_id     text NOT NULL,
        invoice_id                text NOT NULL,
        invoice_line_item_id      text NOT NULL,
        currency                  text NOT NULL,
        quantity_before           numeric NOT NULL,
        quantity                  numeric NOT NULL,
        amount_before             bigint NOT NULL,
        amount                    bigint NOT NULL,
        carried_amount            bigint NOT NULL,
        ${STAMPS}
      );
      CREATE INDEX usage_restatements_subscription
        ON billing.usage_restatements (tenant_id, environment_id, subscription_id);
      CREATE INDEX usage_restatements_invoice ON billing.usage_restatements (tenant_id, environment_id, invoice_id);
      SELECT billing.secure_table('usage_restatements');

      -- Few events come an hour late: a small index finds those that came after their period was billed.
      CREATE INDEX usage_events_late ON billing.usage_events (environment_id, external_customer_id, received_at)
        WHERE received_at - occurred_at > interval '1 hour';

      CREATE TABLE billing.credit_notes (
        id                 text PRIMARY KEY,
        tenant_id          text NOT NULL,
        environment_id     text NOT NULL,
        invoice_id         text NOT NULL,
        customer_id        text NOT NULL,
        subscription_id    text,
        credit_note_number text NOT NULL,
        credit_note_status text NOT NULL,
        credit_note_type   text NOT NULL,
        refund_status      text,
        reason             text NOT NULL,
        memo               text,
        currency           text NOT NULL,
        total_amount       bigint NOT NULL,
        idempotency_key    text,
        metadata           jsonb NOT NULL DEFAULT '{}',
        finalized_at       timestamptz,
        voided_at          timestamptz,
        ${STAMPS},
        CONSTRAINT credit_notes_status CHECK (credit_note_status IN ('DRAFT', 'FINALIZED', 'VOIDED')),
        CONSTRAINT credit_notes_type CHECK (credit_note_type IN ('ADJUSTMENT', 'REFUND')),
        CONSTRAINT credit_notes_amount CHECK (total_amount > 0)
      );
      CREATE UNIQUE INDEX credit_notes_number ON billing.credit_notes (tenant_id, environment_id, credit_note_number);
      CREATE UNIQUE INDEX credit_notes_idempotency_key
        ON billing.credit_notes (tenant_id, environment_id, idempotency_key);
      CREATE INDEX credit_notes_invoice ON billing.credit_notes (tenant_id, environment_id, invoice_id);
      CREATE INDEX credit_notes_created ON billing.credit_notes (tenant_id, environment_id, created_at);
      SELECT billing.secure_table('credit_notes');

      CREATE TABLE billing.credit_note_line_items (
        id                   text PRIMARY KEY,
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        credit_note_id       text NOT NULL,
        invoice_line_item_id text NOT NULL,
        position             integer NOT NULL,
        display_name         text NOT NULL,
        currency             text NOT NULL,
        amount               bigint NOT NULL,
        metadata             jsonb NOT NULL DEFAULT '{}',
        ${STAMPS},
        CONSTRAINT credit_note_line_items_amount CHECK (amount > 0)
      );
      CREATE INDEX credit_note_line_items_note
        ON billing.credit_note_line_items (tenant_id, environment_id, credit_note_id);
      SELECT billing.secure_table('credit_note_line_items');

      -- Money of an invoice that has gone back. With the allocations it makes up invoices.amount_paid.
      CREATE TABLE billing.payment_refunds (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        invoice_id     text NOT NULL,
        payment_id     text NOT NULL,
        credit_note_id text,
        destination    text NOT NULL,
        reference      text,
        currency       text NOT NULL,
        amount         bigint NOT NULL,
        ${STAMPS},
        CONSTRAINT payment_refunds_amount CHECK (amount > 0)
      );
      CREATE INDEX payment_refunds_invoice ON billing.payment_refunds (tenant_id, environment_id, invoice_id);
      CREATE INDEX payment_refunds_payment ON billing.payment_refunds (tenant_id, environment_id, payment_id);
      SELECT billing.secure_table('payment_refunds');

      CREATE TABLE billing.invoice_settings (
        tenant_id                  text NOT NULL,
        environment_id             text NOT NULL,
        finalization_delay_seconds integer NOT NULL,
        due_date_days              integer NOT NULL,
        updated_at                 timestamptz NOT NULL,
        updated_by                 text NOT NULL,
        PRIMARY KEY (tenant_id, environment_id),
        CONSTRAINT invoice_settings_range CHECK (finalization_delay_seconds >= 0 AND due_date_days >= 0)
      );
      SELECT billing.secure_table('invoice_settings');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP INDEX billing.usage_events_late;
      DROP TABLE billing.invoice_settings, billing.payment_refunds, billing.credit_note_line_items, billing.credit_notes,
                 billing.usage_restatements, billing.invoice_credit_applications, billing.invoice_tax_applications,
                 billing.invoice_coupon_applications;
      ALTER TABLE billing.invoice_line_items
        DROP COLUMN adjusted_entitlement_quantity, DROP COLUMN commitment_info;
      DROP INDEX billing.invoices_subscription, billing.invoices_finalize_at;
      ALTER TABLE billing.invoices
        DROP CONSTRAINT invoices_given_back,
        DROP COLUMN adjustment_amount, DROP COLUMN refunded_amount, DROP COLUMN is_manually_edited,
        DROP COLUMN recalculated_invoice_id, DROP COLUMN finalize_at;
    `);
  }
}
