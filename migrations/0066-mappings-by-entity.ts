import type { MigrationInterface, QueryRunner } from 'typeorm';

const UNIQUE = (columns: string): string => /* sql */ `
  DROP INDEX billing.entity_mappings_entity;
  CREATE UNIQUE INDEX entity_mappings_entity ON billing.entity_mappings (${columns});
`;

/** The mappings of an entity on all connections: by the entity first, or each look reads all mappings of the environment. */
export class MappingsByEntity1763700000066 implements MigrationInterface {
  name = 'MappingsByEntity1763700000066';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UNIQUE('tenant_id, environment_id, entity_type, entity_id, connection_id'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(UNIQUE('tenant_id, environment_id, connection_id, entity_type, entity_id'));
  }
}
