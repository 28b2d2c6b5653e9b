import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a provider has told of one object is found by the object's id there. */
export class EventsOfAnEntity1763700000022 implements MigrationInterface {
  name = 'EventsOfAnEntity1763700000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE INDEX webhook_events_remote
        ON billing.webhook_events (tenant_id, environment_id, connection_id, (event ->> 'remoteId'))
        WHERE event ->> 'remoteId' IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `DROP INDEX billing.webhook_events_remote`);
  }
}
