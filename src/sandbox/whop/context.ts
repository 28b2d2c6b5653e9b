import type { SandboxClocks } from '../core/clocks.js';
import type { Courier } from '../core/courier.js';
import type { Account, Accounts } from './account.js';
import { WhopError } from './errors.js';
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
}

export function nowIso(ctx: Ctx): string {
  return new Date(ctx.account.clock.now()).toISOString();
}

/** The company that a request names, if it is the caller's. */
export function requireCompany(ctx: Ctx, id: string): string {
  const verdict = ctx.world.accounts.company(ctx.account, id);
  if (verdict === 'foreign') throw new WhopError(403, 'forbidden', `You do not have access to ${id}`);
  if (verdict === 'unknown') throw new WhopError(404, 'not_found', `Company ${id} was not found`);
  return id;
}
