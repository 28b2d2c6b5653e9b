import type { Answer } from './answer.js';
import type { SandboxClocks } from './clocks.js';

/** Keys may be forgotten after this long. */
const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;

interface Kept {
  readonly fingerprint: string;
  readonly at: number;
  answer: Answer | undefined;
}

export type Slot =
  | { readonly kind: 'replay'; readonly answer: Answer }
  | { readonly kind: 'in_progress' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'fresh'; keep(answer: Answer): void; release(): void };

/** The first answer to each idempotency key, per account, for a day of sandbox time. */
export class IdempotencyKeys {
  #accounts = new Map<string, Map<string, Kept>>();

  constructor(private readonly clocks: SandboxClocks) {}

  /** `fingerprint` tells whether a repetition is the same request. */
  begin(account: string, key: string, fingerprint: string): Slot {
    const keys = this.#keysOf(account);
    const now = this.clocks.now(account);
    const known = keys.get(key);
    if (known !== undefined && !(known.answer !== undefined && now - known.at >= KEY_LIFETIME_MS)) {
      if (known.fingerprint !== fingerprint) return { kind: 'mismatch' };
      return known.answer === undefined ? { kind: 'in_progress' } : { kind: 'replay', answer: known.answer };
    }
    this.#forgetExpired(keys, now);
    const kept: Kept = { fingerprint, at: now, answer: undefined };
    keys.set(key, kept);
    return {
      kind: 'fresh',
      keep: (answer) => {
        kept.answer = answer;
      },
      release: () => {
        if (keys.get(key) === kept) keys.delete(key);
      },
    };
  }

  /** Forgets the keys of an account, or all of them. Those in progress stay. Returns how many went. */
  prune(account?: string): number {
    let pruned = 0;
    for (const [owner, keys] of this.#accounts) {
      if (account !== undefined && owner !== account) continue;
      for (const [key, kept] of keys) {
        if (kept.answer === undefined) continue;
        keys.delete(key);
        pruned += 1;
      }
    }
    return pruned;
  }

  /** The oldest first: answers are large, and nobody asks for those again. */
  #forgetExpired(keys: Map<string, Kept>, now: number): void {
    for (const [key, kept] of keys) {
      if (kept.answer === undefined || now - kept.at < KEY_LIFETIME_MS) return;
      keys.delete(key);
    }
  }

  #keysOf(account: string): Map<string, Kept> {
    let keys = this.#accounts.get(account);
    if (keys === undefined) {
      keys = new Map();
      this.#accounts.set(account, keys);
    }
    return keys;
  }
}
