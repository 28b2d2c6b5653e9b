import type { SandboxClocks } from '../core/clocks.js';
import type { Courier } from '../core/courier.js';
import type { Account, Accounts } from './account.js';
import { text, type JsonObject } from '../core/json.js';
import { badRequest, WhopError } from './errors.js';
import type { WhopSettings } from './settings.js';
import type { WireCheck } from './wire-check.js';

export interface World {
  readonly settings: WhopSettings;
  readonly clocks: SandboxClocks;
  readonly courier: Courier;
  readonly wireCheck: WireCheck;
  readonly accounts: Accounts;
  readonly pagesUrl: () => string;
}

export interface Ctx {
  readonly world: World;
  readonly account: Account;
  /** Whether shapes are those of the newest date that is played, or of the older one: as the caller pins, or a webhook. */
  readonly newest: boolean;
}

export function nowIso(ctx: Ctx): string {
  return new Date(ctx.account.clock.now()).toISOString();
}

/** The company that a list or a new object is of, as the date names it; the only one where the request names none. */
export function namedCompany(ctx: Ctx, params: JsonObject): string {
  const named = params.account_id ?? (ctx.newest ? undefined : params.company_id);
  const [only] = ctx.account.companies;
  if (named === undefined || named === null) {
    if (only !== undefined) return only;
    throw badRequest(`${ctx.newest ? 'account_id' : 'company_id'} is required`);
  }
  return requireCompany(ctx, text(named));
}

/** The company that a request names, if it is the caller's. */
export function requireCompany(ctx: Ctx, id: string): string {
  const verdict = ctx.world.accounts.company(ctx.account, id);
  if (verdict === 'foreign') throw new WhopError(403, 'forbidden', `You do not have access to ${id}`);
  if (verdict === 'unknown') throw new WhopError(404, 'not_found', `Company ${id} was not found`);
  return id;
}
