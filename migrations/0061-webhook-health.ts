import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a provider says of its deliveries to us, and what was done about it. Null: it was not asked, or does not tell. */
export class WebhookHealth1763700000061 implements MigrationInterface {
  name = 'WebhookHealth1763700000061';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `ALTER TABLE billing.connections ADD COLUMN webhook_health jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `ALTER TABLE billing.connections DROP COLUMN webhook_health`);
  }
}
