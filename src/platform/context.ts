import type { EntityManager } from 'typeorm';

/** The tenant and environment that a piece of work belongs to. Row-level security confines it to them. */
export interface Scope {
  readonly tenantId: string;
  readonly environmentId: string;
}

/** Who asks: resolved once at the edge (API key, job row, webhook route) before any transaction is open. */
export interface Caller {
  readonly scope: Scope;
  /** Written to `created_by` and `updated_by`: an API key's id, or `system`. */
  readonly actor: string;
  readonly requestId: string;
}

/**
 * One unit of work: one transaction (where it only reads, one a trip), one instant, one scope. Service methods take it
 * first and never open another. Nothing of it outlives the unit of work.
 */
export interface Ctx extends Caller {
  readonly em: EntityManager;
  /** The environment's time, fixed when the unit of work opened. */
  readonly now: Date;
  /** Runs after the commit, never after a rollback. For nudges only: what must happen goes through the outbox. */
  afterCommit(nudge: () => void): void;
}

export const SYSTEM_ACTOR = 'system';
