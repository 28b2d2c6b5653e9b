import type { EntityManager } from 'typeorm';
import { queryPrepared } from './prepared.js';

/** Keeps out whoever else asks for that name, in any process, until the unit of work ends. Waits for its turn. Not in a reading. */
export async function lockName(em: EntityManager, name: string): Promise<void> {
  await queryPrepared(em, 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
}
