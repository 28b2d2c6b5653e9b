import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCHEMA } from './data-source.js';
import { checkRequirements } from './requirements.js';
import { prepareRoles } from './roles.js';

/** What our migrations need before the first of them, where a host runs them among its own. */
export class PrepareBilling1763600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await checkRequirements(runner);
    await runner.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
    await prepareRoles(runner);
  }

  /** Schema and roles may be somebody else's too. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
