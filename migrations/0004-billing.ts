import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Subscriptions, invoices, and the payment ledger. Amounts are whole minor units of the row's currency. */
export class Billing1763700000004 implements MigrationInterface {
  name = 'Billing1763700000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.subscriptions (
        id                   text PRIMARY KEY,
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        customer_id          text NOT NULL,
        plan_id              text NOT NULL,
        subscription_status  text NOT NULL,
        currency             text NOT NULL,
        billing_period       text NOT NULL,
        billing_period_count integer NOT NULL,
        billing_cycle        text NOT NULL,
        billing_anchor       timestamptz NOT NULL,
        timezone             text NOT NULL,
        start_date           timestamptz NOT NULL,
        end_date             timestamptz,
        current_period_start timestamptz NOT NULL,
        current_period_end   timestamptz NOT NULL,
        cancel_at            timestamptz,
        cancel_at_period_end boolean NOT NULL DEFAULT false,
        cancelled_at         timestamptz,
        collection_method    text NOT NULL,
        payment_behavior     text NOT NULL,
        payment_terms        text,
        proration_behavior   text NOT NULL,
        lookup_key           text,
        metadata             jsonb NOT NULL DEFAULT '{}',
        version              integer NOT NULL DEFAULT 1,
        status               text NOT NULL DEFAULT 'published',
        created_at           timestamptz NOT NULL,
        updated_at           timestamptz NOT NULL,
        created_by           text NOT NULL,
        updated_by           text NOT NULL,
        CONSTRAINT subscriptions_status CHECK (subscription_status IN
          ('active', 'paused', 'cancelled', 'incomplete', 'trialing', 'draft')),
        CONSTRAINT subscriptions_period CHECK (current_period_start < current_period_end)
      );
      CREATE INDEX subscriptions_customer ON billing.subscriptions (tenant_id, environment_id, customer_id);
      CREATE INDEX subscriptions_plan ON billing.subscriptions (tenant_id, environment_id, plan_id);
      CREATE INDEX subscriptions_due ON billing.subscriptions (tenant_id, environment_id, current_period_end)
        WHERE subscription_status = 'active';
      SELECT billing.secure_table('subscriptions');

      CREATE TABLE billing.subscription_line_items (
        id                   text PRIMARY KEY,
        tenant_id            text NOT NULL,
        environment_id       text NOT NULL,
        subscription_id      text NOT NULL,
        customer_id          text NOT NULL,
        entity_type          text NOT NULL,
        entity_id            text NOT NULL,
        plan_display_name    text,
        price_id             text NOT NULL,
        price_type           text NOT NULL,
        invoice_cadence      text NOT NULL,
        billing_period       text NOT NULL,
        billing_period_count integer NOT NULL,
        meter_id             text,
        meter_display_name   text,
        display_name         text NOT NULL,
        quantity             numeric NOT NULL,
        currency             text NOT NULL,
        start_date           timestamptz NOT NULL,
        end_date             timestamptz,
        metadata             jsonb NOT NULL DEFAULT '{}',
        status               text NOT NULL DEFAULT 'published',
        created_at           timestamptz NOT NULL,
        updated_at           timestamptz NOT NULL,
        created_by           text NOT NULL,
        updated_by           text NOT NULL
      );
      CREATE INDEX subscription_line_items_subscription
        ON billing.subscription_line_items (tenant_id, environment_id, subscription_id);
      SELECT billing.secure_table('subscription_line_items');

      CREATE TABLE billing.invoices (
        id                            text PRIMARY KEY,
        tenant_id                     text NOT NULL,
        environment_id                text NOT NULL,
        customer_id                   text NOT NULL,
        subscription_id               text,
        invoice_type                  text NOT NULL,
        invoice_status                text NOT NULL,
        payment_status                text NOT NULL,
        billing_reason                text NOT NULL,
        billing_period                text,
        billing_sequence              integer,
        collection_method             text NOT NULL,
        currency                      text NOT NULL,
        subtotal                      bigint NOT NULL,
        total_discount                bigint NOT NULL DEFAULT 0,
        total_prepaid_credits_applied bigint NOT NULL DEFAULT 0,
        total_tax                     bigint NOT NULL DEFAULT 0,
        total                         bigint NOT NULL,
        amount_paid                   bigint NOT NULL DEFAULT 0,
        amount_remaining              bigint NOT NULL,
        overpaid_amount               bigint NOT NULL DEFAULT 0,
        invoice_number                text,
        description                   text,
        payment_terms                 text,
        issue_date                    timestamptz,
        due_date                      timestamptz,
        period_start                  timestamptz,
        period_end                    timestamptz,
        last_computed_at              timestamptz,
        finalized_at                  timestamptz,
        paid_at                       timestamptz,
        voided_at                     timestamptz,
        invoice_pdf_url               text,
        payment_details               jsonb,
        idempotency_key               text,
        metadata                      jsonb NOT NULL DEFAULT '{}',
        version                       integer NOT NULL DEFAULT 1,
        status                        text NOT NULL DEFAULT 'published',
        created_at                    timestamptz NOT NULL,
        updated_at                    timestamptz NOT NULL,
        created_by                    text NOT NULL,
        updated_by                    text NOT NULL,
        CONSTRAINT invoices_status CHECK (invoice_status IN ('DRAFT', 'FINALIZED', 'VOIDED', 'SKIPPED')),
        CONSTRAINT invoices_total CHECK (total >= 0 AND amount_remaining >= 0),
        CONSTRAINT invoices_number CHECK (invoice_status <> 'FINALIZED' OR invoice_number IS NOT NULL)
      );
      -- One invoice for each period of a subscription and reason, however many workers bill it.
      CREATE UNIQUE INDEX invoices_period
        ON billing.invoices (tenant_id, environment_id, subscription_id, period_start, period_end, billing_reason)
        WHERE invoice_status <> 'VOIDED' AND subscription_id IS NOT NULL;
      CREATE UNIQUE INDEX invoices_number_unique ON billing.invoices (tenant_id, environment_id, invoice_number);
      CREATE UNIQUE INDEX invoices_idempotency_key ON billing.invoices (tenant_id, environment_id, idempotency_key);
      CREATE INDEX invoices_customer ON billing.invoices (tenant_id, environment_id, customer_id, created_at);
      CREATE INDEX invoices_created ON billing.invoices (tenant_id, environment_id, created_at);
      SELECT billing.secure_table('invoices');

      CREATE TABLE billing.invoice_line_items (
        id                        text PRIMARY KEY,
        tenant_id                 text NOT NULL,
        environment_id            text NOT NULL,
        invoice_id                text NOT NULL,
        position                  integer NOT NULL,
        customer_id               text NOT NULL,
        subscription_id           text,
        subscription_line_item_id text,
        entity_type               text,
        entity_id                 text,
        price_id                  text,
        price_type                text,
        meter_id                  text,
        display_name              text NOT NULL,
        plan_display_name         text,
        meter_display_name        text,
        quantity                  numeric NOT NULL,
        currency                  text NOT NULL,
        amount                    bigint NOT NULL,
        line_item_discount        bigint NOT NULL DEFAULT 0,
        invoice_level_discount    bigint NOT NULL DEFAULT 0,
        prepaid_credits_applied   bigint NOT NULL DEFAULT 0,
        period_start              timestamptz,
        period_end                timestamptz,
        metadata                  jsonb NOT NULL DEFAULT '{}',
        status                    text NOT NULL DEFAULT 'published',
        created_at                timestamptz NOT NULL,
        updated_at                timestamptz NOT NULL,
        created_by                text NOT NULL,
        updated_by                text NOT NULL
      );
      CREATE INDEX invoice_line_items_invoice ON billing.invoice_line_items (tenant_id, environment_id, invoice_id);
      SELECT billing.secure_table('invoice_line_items');

      -- The last number given out in a month. Taken in the transaction that finalizes, so that there is no gap.
      CREATE TABLE billing.invoice_number_sequences (
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        scope          text NOT NULL,
        last_number    integer NOT NULL,
        PRIMARY KEY (tenant_id, environment_id, scope)
      );
      SELECT billing.secure_table('invoice_number_sequences');

      CREATE TABLE billing.payments (
        id                         text PRIMARY KEY,
        tenant_id                  text NOT NULL,
        environment_id             text NOT NULL,
        destination_type           text NOT NULL,
        destination_id             text NOT NULL,
        customer_id                text NOT NULL,
        payment_method_type        text NOT NULL,
        payment_method_id          text,
        payment_gateway            text,
        connection_id              text,
        gateway_payment_id         text,
        gateway_tracking_id        text,
        gateway_metadata           jsonb NOT NULL DEFAULT '{}',
        amount                     bigint NOT NULL,
        currency                   text NOT NULL,
        payment_status             text NOT NULL,
        payment_url                text,
        save_card_and_make_default boolean NOT NULL DEFAULT false,
        method_details             jsonb,
        error_code                 text,
        error_message              text,
        idempotency_key            text,
        metadata                   jsonb NOT NULL DEFAULT '{}',
        succeeded_at               timestamptz,
        failed_at                  timestamptz,
        refunded_at                timestamptz,
        voided_at                  timestamptz,
        status                     text NOT NULL DEFAULT 'published',
        created_at                 timestamptz NOT NULL,
        updated_at                 timestamptz NOT NULL,
        created_by                 text NOT NULL,
        updated_by                 text NOT NULL,
        CONSTRAINT payments_amount CHECK (amount > 0)
      );
      -- A payment at a provider is one payment here, however often and in whatever order it is told of.
      CREATE UNIQUE INDEX payments_gateway_payment
        ON billing.payments (tenant_id, environment_id, connection_id, gateway_payment_id);
      CREATE UNIQUE INDEX payments_idempotency_key ON billing.payments (tenant_id, environment_id, idempotency_key);
      CREATE INDEX payments_destination ON billing.payments (tenant_id, environment_id, destination_id);
      CREATE INDEX payments_created ON billing.payments (tenant_id, environment_id, created_at);
      SELECT billing.secure_table('payments');

      CREATE TABLE billing.payment_attempts (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        payment_id     text NOT NULL,
        attempt_number integer NOT NULL,
        payment_status text NOT NULL,
        error_code     text,
        error_message  text,
        metadata       jsonb NOT NULL DEFAULT '{}',
        status         text NOT NULL DEFAULT 'published',
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL,
        created_by     text NOT NULL,
        updated_by     text NOT NULL
      );
      CREATE UNIQUE INDEX payment_attempts_number
        ON billing.payment_attempts (tenant_id, environment_id, payment_id, attempt_number);
      SELECT billing.secure_table('payment_attempts');

      -- What a succeeded payment settles. invoices.amount_paid is the sum of these, and nothing else.
      CREATE TABLE billing.payment_allocations (
        id             text PRIMARY KEY,
        tenant_id      text NOT NULL,
        environment_id text NOT NULL,
        payment_id     text NOT NULL,
        invoice_id     text NOT NULL,
        amount         bigint NOT NULL,
        created_at     timestamptz NOT NULL,
        updated_at     timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX payment_allocations_payment
        ON billing.payment_allocations (tenant_id, environment_id, payment_id, invoice_id);
      CREATE INDEX payment_allocations_invoice ON billing.payment_allocations (tenant_id, environment_id, invoice_id);
      SELECT billing.secure_table('payment_allocations');

      CREATE TABLE billing.payment_methods (
        id                 text PRIMARY KEY,
        tenant_id          text NOT NULL,
        environment_id     text NOT NULL,
        customer_id        text NOT NULL,
        connection_id      text NOT NULL,
        provider_method_id text NOT NULL,
        type               text NOT NULL,
        brand              text,
        last4              text,
        expiry_month       integer,
        expiry_year        integer,
        is_default         boolean NOT NULL DEFAULT false,
        status             text NOT NULL DEFAULT 'published',
        created_at         timestamptz NOT NULL,
        updated_at         timestamptz NOT NULL,
        created_by         text NOT NULL,
        updated_by         text NOT NULL
      );
      CREATE UNIQUE INDEX payment_methods_provider
        ON billing.payment_methods (tenant_id, environment_id, connection_id, provider_method_id);
      CREATE INDEX payment_methods_customer ON billing.payment_methods (tenant_id, environment_id, customer_id);
      SELECT billing.secure_table('payment_methods');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP TABLE billing.payment_methods, billing.payment_allocations, billing.payment_attempts, billing.payments,
                 billing.invoice_number_sequences, billing.invoice_line_items, billing.invoices,
                 billing.subscription_line_items, billing.subscriptions;
    `);
  }
}
