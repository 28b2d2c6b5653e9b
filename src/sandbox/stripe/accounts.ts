import type { SandboxClocks } from '../core/clocks.js';
import { Account } from './account.js';

const SECRET_KEY = /^(sk|rk)_(test|live)_[A-Za-z0-9_]{3,}$/;

export type KeyVerdict =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'malformed' | 'publishable' | 'revoked' };

/** Which key opens which account. A key that was never seen opens an account of its own. */
export class Accounts {
  readonly #byId = new Map<string, Account>();
  readonly #byKey = new Map<string, Account>();
  readonly #revoked = new Set<string>();
  readonly #lacking = new Map<string, ReadonlySet<string>>();

  constructor(private readonly clocks: SandboxClocks) {}

  all(): Account[] {
    return [...this.#byId.values()];
  }

  open(key: string): KeyVerdict {
    if (/^pk_(test|live)_/.test(key)) return { kind: 'publishable' };
    if (!SECRET_KEY.test(key) || key.length < 12) return { kind: 'malformed' };
    if (this.#revoked.has(key)) return { kind: 'revoked' };
    const known = this.#byKey.get(key);
    if (known !== undefined) return { kind: 'account', account: known };
    const account = new Account(isLive(key), this.clocks);
    this.#byId.set(account.id, account);
    this.#link(key, account);
    return { kind: 'account', account };
  }

  /** By id or by key; a key that opens nothing yet opens its account now. */
  find(name: string): Account | undefined {
    const known = this.#byId.get(name) ?? this.#byKey.get(name);
    if (known !== undefined || this.#revoked.has(name)) return known;
    const opened = this.open(name);
    return opened.kind === 'account' ? opened.account : undefined;
  }

  attach(key: string, account: Account): void {
    if (!SECRET_KEY.test(key)) throw new RangeError(`${key} is not a secret key`);
    if (isLive(key) !== account.livemode)
      throw new RangeError('A live key and a test account do not go together');
    const former = this.#byKey.get(key);
    if (former !== undefined && former !== account) {
      former.keys.delete(key);
      if (former.keys.size === 0) this.#byId.delete(former.id);
    }
    this.#link(key, account);
  }

  /** What a restricted key may not do: `rak_invoice_write`, … None: it may do everything again. */
  restrict(key: string, permissions: readonly string[]): void {
    this.#lacking.set(key, new Set(permissions));
  }

  lacks(key: string, permission: string): boolean {
    return this.#lacking.get(key)?.has(permission) === true;
  }

  revoke(key: string): void {
    this.#revoked.add(key);
  }

  #link(key: string, account: Account): void {
    this.#revoked.delete(key);
    account.keys.add(key);
    this.#byKey.set(key, account);
  }
}

function isLive(key: string): boolean {
  return key.includes('_live_');
}
