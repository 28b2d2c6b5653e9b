import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What changes in the middle of a paid period have given back. */
export class Prorations1763700000015 implements MigrationInterface {
  name = 'Prorations1763700000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE TABLE billing.proration_credits (
        id                        text PRIMARY KEY,
        tenant_id                 text NOT NULL,
        environment_id            text NOT NULL,
        subscription_id           text NOT NULL,
        subscription_line_item_id text NOT NULL,
        period_start              timestamptz NOT NULL,
        period_end                timestamptz NOT NULL,
        currency                  text NOT NULL,
        amount                    bigint NOT NULL CHECK (amount > 0),
        status                    text NOT NULL DEFAULT 'published',
        created_at                timestamptz NOT NULL,
        updated_at                timestamptz NOT NULL,
        created_by                text NOT NULL,
        updated_by                text NOT NULL
      );
      CREATE INDEX proration_credits_subscription
        ON billing.proration_credits (tenant_id, environment_id, subscription_id);
      SELECT billing.secure_table('proration_credits');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE billing.proration_credits');
  }
}
