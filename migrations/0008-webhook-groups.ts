import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Webhooks of several environments are stored by one commit. */
export class WebhookGroups1763700000008 implements MigrationInterface {
  name = 'WebhookGroups1763700000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `SELECT billing.open_to_system('webhook_events', 'SELECT, INSERT')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      DROP POLICY system_access ON billing.webhook_events;
      REVOKE SELECT, INSERT ON billing.webhook_events FROM flexprice_system;
    `);
  }
}
