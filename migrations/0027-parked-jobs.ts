import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is given up for now is found without reading what is done: few rows, asked for by operators and by metrics. */
export class ParkedJobs1763700000027 implements MigrationInterface {
  name = 'ParkedJobs1763700000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `
      CREATE INDEX jobs_parked ON billing.jobs (environment_id, created_at) WHERE state = 'parked'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(/* sql */ `DROP INDEX billing.jobs_parked`);
  }
}
