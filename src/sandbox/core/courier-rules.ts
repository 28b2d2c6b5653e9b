/** A misfortune for coming webhooks. */
export interface CourierRule {
  /** `drop`: never sent, and the provider counts it as undelivered. */
  readonly action: 'drop' | 'duplicate' | 'delay';
  /** Event type, exact or with a `*` at the end. Left out: every type. */
  readonly type?: string | undefined;
  /** Account id. Left out: every account. */
  readonly account?: string | undefined;
  /** How many events it strikes; null: until the rules are cleared. Default 1. */
  readonly times?: number | null | undefined;
  /** Of a delay, in real milliseconds. */
  readonly ms?: number | undefined;
  /** Of a duplicate: how often the event is sent in all. Default 2. */
  readonly copies?: number | undefined;
}

export interface Handling {
  readonly drop: boolean;
  readonly copies: number;
  readonly delayMs: number;
}

export class CourierRules {
  #rules: { rule: CourierRule; remaining: number | null }[] = [];

  add(rule: CourierRule): void {
    this.#rules.push({ rule, remaining: rule.times === undefined ? 1 : rule.times });
  }

  list(): (CourierRule & { remaining: number | null })[] {
    return this.#rules.map(({ rule, remaining }) => ({ ...rule, remaining }));
  }

  clear(): void {
    this.#rules = [];
  }

  apply(parcel: { readonly type: string; readonly account: string }): Handling {
    let drop = false;
    let copies = 1;
    let delayMs = 0;
    for (const entry of this.#rules) {
      const { action, type, account } = entry.rule;
      if (entry.remaining === 0) continue;
      if (account !== undefined && account !== parcel.account) continue;
      if (type !== undefined && !matchesType(type, parcel.type)) continue;
      if (entry.remaining !== null) entry.remaining -= 1;
      if (action === 'drop') drop = true;
      else if (action === 'duplicate') copies = Math.max(copies, entry.rule.copies ?? 2);
      else delayMs += entry.rule.ms ?? 1000;
    }
    return { drop, copies: drop ? 1 : copies, delayMs };
  }
}

function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
