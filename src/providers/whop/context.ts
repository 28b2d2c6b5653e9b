import type { Attempt } from '../provider-objects.js';
import type { WhopClient } from './client.js';

/** What the operations of one session share. */
export interface WhopContext {
  readonly whop: WhopClient;
  readonly connectionId: string;
  readonly companyId: string;
  /** The product that invoices hang on, and what is known of it (products.ts): `prepare` finds out, for this session too. */
  productId: string | undefined;
  productCheck: string | undefined;
  readonly now: () => Date;
}

/** Clocks differ, and `firstTriedAt` is ours while `created_at` is Whop's. */
const MARGIN_MS = 5 * 60 * 1000;

export const withMargin = (since: Date): string => new Date(since.getTime() - MARGIN_MS).toISOString();

export const madeSince = (attempt: Attempt): string => withMargin(attempt.firstTriedAt);

export const mayHaveRun = (attempt: Attempt): boolean => attempt.number > 1;

const TRIES_PER_KEY = 3;

/**
 * Goes into an Idempotency-Key. Should Whop repeat a failure under it for a day, the key must change at some time, and
 * it does with every third try, by when the one before has long ended.
 */
export const roundOf = (attempt: Attempt): number => Math.floor((attempt.number - 1) / TRIES_PER_KEY);
