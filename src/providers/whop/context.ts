import type { Attempt } from '../provider-objects.js';
import { NEWEST_API_DATE, type WhopApiDate } from './api-dates.js';
import type { WhopClient } from './client.js';

/** What the operations of one session share. */
export interface WhopContext {
  readonly whop: WhopClient;
  readonly connectionId: string;
  readonly companyId: string;
  readonly apiDate: WhopApiDate;
  /** The product that invoices hang on, and what is known of it (products.ts): `prepare` finds out, for this session too. */
  productId: string | undefined;
  productCheck: string | undefined;
  readonly now: () => Date;
}

export const isNewest = ({ apiDate }: WhopContext): boolean => apiDate === NEWEST_API_DATE;

/** Names the company: the older date calls it so for invoices, payments and webhooks. */
export const ofCompany = (ctx: WhopContext): Readonly<Record<string, string>> =>
  isNewest(ctx) ? { account_id: ctx.companyId } : { company_id: ctx.companyId };

/** Clocks differ, and `firstTriedAt` is ours while `created_at` is Whop's. */
const MARGIN_MS = 5 * 60 * 1000;

export const withMargin = (since: Date): string => new Date(since.getTime() - MARGIN_MS).toISOString();

export const madeSince = (attempt: Attempt): string => withMargin(attempt.firstTriedAt);

export const mayHaveRun = (attempt: Attempt): boolean => attempt.number > 1;
