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
  /** Of a request with a key that is one transaction: whatever unit of work is asked for is part of it. */
  readonly whole?: WholeRequest;
  /** Of a request with a key that is several transactions: what an earlier try has done. */
  readonly progress?: Progress;
}

/** The transaction that a whole request is. */
export interface WholeRequest {
  /** What is asked for after that is a transaction of its own. */
  readonly isOver: boolean;
  part<T>(work: (ctx: Ctx) => Promise<T>): Promise<T>;
}

/**
 * How far a request has come that is several transactions. Each that must not be repeated notes what it has done, in
 * itself; a later try of the same request finds that and goes on from there.
 */
export interface Progress {
  /** Whether anything is noted. */
  readonly hasBegun: boolean;
  noted(step: string): string | undefined;
  /** Fails when a later try has taken the request over. */
  note(ctx: Ctx, steps: Readonly<Record<string, string>>): Promise<void>;
}

/**
 * One unit of work: one transaction (where it only reads, one a trip), one instant, one scope. Service methods take it
 * first and never open another. Nothing of it outlives the unit of work.
 */
export interface Ctx extends Caller {
  readonly em: EntityManager;
  /** The environment's time, fixed when the unit of work opened. */
  readonly now: Date;
  /** Runs after the commit, never after a rollback. For callbacks only: what must happen goes through the outbox. */
  afterCommit(callback: () => void): void;
}

export const SYSTEM_ACTOR = 'system';
