import type { SandboxClock } from '../core/clock.js';
import type { SandboxClocks } from '../core/clocks.js';
import { newId } from '../core/ids.js';
import type { Dispute, Invoice, Member, Message, Payment, Plan, Product, Webhook } from './objects.js';

/** What one API key (or several that belong together) can reach. */
export class Account {
  readonly id = newId('wacct_', 14);
  readonly keys = new Set<string>();
  readonly companies = new Set<string>();

  products = new Map<string, Product>();
  plans = new Map<string, Plan>();
  invoices = new Map<string, Invoice>();
  members = new Map<string, Member>();
  payments = new Map<string, Payment>();
  disputes = new Map<string, Dispute>();
  webhooks = new Map<string, Webhook>();
  messages = new Map<string, Message>();
  readonly clock: SandboxClock;

  constructor(clocks: SandboxClocks) {
    this.clock = clocks.of(this.id);
  }

  clear(): void {
    for (const collection of Object.values(this.collections())) collection.clear();
  }

  collections(): Readonly<Record<string, Map<string, unknown>>> {
    const { products, plans, invoices, members, payments, disputes, webhooks, messages } = this;
    return { products, plans, invoices, members, payments, disputes, webhooks, messages };
  }
}

export type KeyVerdict =
  { readonly kind: 'account'; readonly account: Account } | { readonly kind: 'malformed' | 'revoked' };

export type CompanyVerdict = 'own' | 'foreign' | 'unknown';

/**
 * Which key opens what. A key that was never seen opens an account of its own; the first company it speaks of is
 * its company, unless that is another's already.
 */
export class Accounts {
  readonly #byKey = new Map<string, Account>();
  readonly #byId = new Map<string, Account>();
  readonly #owners = new Map<string, Account>();
  readonly #revoked = new Set<string>();

  constructor(private readonly clocks: SandboxClocks) {}

  all(): Account[] {
    return [...this.#byId.values()];
  }

  open(key: string): KeyVerdict {
    if (!/^apik_[A-Za-z0-9_-]+$/.test(key)) return { kind: 'malformed' };
    if (this.#revoked.has(key)) return { kind: 'revoked' };
    const known = this.#byKey.get(key);
    if (known !== undefined) return { kind: 'account', account: known };
    const account = new Account(this.clocks);
    this.#byId.set(account.id, account);
    this.#link(key, account);
    return { kind: 'account', account };
  }

  find(name: string): Account | undefined {
    const known = this.#byId.get(name) ?? this.#byKey.get(name) ?? this.#owners.get(name);
    if (known !== undefined || this.#revoked.has(name)) return known;
    const opened = this.open(name);
    return opened.kind === 'account' ? opened.account : undefined;
  }

  company(account: Account, id: string): CompanyVerdict {
    const owner = this.#owners.get(id);
    if (owner !== undefined) return owner === account ? 'own' : 'foreign';
    if (account.companies.size > 0 || !/^biz_[A-Za-z0-9_-]+$/.test(id)) return 'unknown';
    this.assign(id, account);
    return 'own';
  }

  assign(company: string, account: Account): void {
    this.#owners.get(company)?.companies.delete(company);
    this.#owners.set(company, account);
    account.companies.add(company);
  }

  attach(key: string, account: Account): void {
    if (!key.startsWith('apik_')) throw new RangeError(`${key} is not an API key`);
    this.#byKey.get(key)?.keys.delete(key);
    this.#link(key, account);
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
