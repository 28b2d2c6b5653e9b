import { newId } from './ids.js';
import { matchesPath } from './paths.js';

export type FaultMode = 'error' | 'error_after' | 'drop_before' | 'drop_after' | 'delay';

/** A misfortune that is arranged for coming requests. */
export interface FaultRule {
  readonly method?: string | undefined;
  /** A path, a template (`/v1/invoices/{id}/pay`), or either with a `*` at the end. Left out: every path. */
  readonly path?: string | undefined;
  /** Account id, or a key that opens it. */
  readonly account?: string | undefined;
  /**
   * `error`: answered with `status` and `body`, nothing done. `error_after`: done, but answered so.
   * `drop_before`: connection cut, nothing done. `drop_after`: done, connection cut. `delay`: done after `ms`.
   */
  readonly mode: FaultMode;
  readonly status?: number | undefined;
  readonly body?: unknown;
  /** Instead of `body`: what is answered to the letter, JSON or not. */
  readonly text?: string | undefined;
  /** With `error_after`, instead of an error: the answer of the endpoint with these fields in place of its own. */
  readonly alter?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether an error is remembered under the idempotency key. A real 500 comes out of the endpoint and is, a 502,
   * 503 or 504 comes from a gateway in front of it and is not; so the default is `status === 500`.
   */
  readonly saved?: boolean | undefined;
  readonly ms?: number | undefined;
  /** How often it strikes; null: until it is removed. Default 1. */
  readonly times?: number | null | undefined;
  /** Matching requests to let through first. */
  readonly skip?: number | undefined;
}

export interface ArrangedFault extends FaultRule {
  readonly id: string;
  readonly remaining: number | null;
  readonly struck: number;
}

interface Entry {
  readonly id: string;
  readonly rule: FaultRule;
  skip: number;
  remaining: number | null;
  struck: number;
}

export interface Misfortune {
  readonly name: string | undefined;
  readonly delayMs: number;
  readonly rule: FaultRule | undefined;
}

const NONE: Misfortune = { name: undefined, delayMs: 0, rule: undefined };

export class Faults {
  #entries: Entry[] = [];

  arrange(rule: FaultRule): ArrangedFault {
    const entry: Entry = {
      id: newId('fault_', 8),
      rule,
      skip: rule.skip ?? 0,
      remaining: rule.times === undefined ? 1 : rule.times,
      struck: 0,
    };
    this.#entries.push(entry);
    return describe(entry);
  }

  list(): ArrangedFault[] {
    return this.#entries.map(describe);
  }

  remove(id?: string): void {
    this.#entries = id === undefined ? [] : this.#entries.filter((entry) => entry.id !== id);
  }

  /** What happens to this request. Delays add up; of the others the first rule that matches strikes. */
  strike(
    method: string,
    path: string,
    template: string | undefined,
    accounts: readonly string[],
  ): Misfortune {
    if (this.#entries.length === 0) return NONE;
    let delayMs = 0;
    let rule: FaultRule | undefined;
    for (const entry of this.#entries) {
      const candidate = entry.rule;
      if (candidate.method !== undefined && candidate.method.toUpperCase() !== method) continue;
      if (candidate.path !== undefined && !matchesPath(candidate.path, path, template)) continue;
      if (candidate.account !== undefined && !accounts.includes(candidate.account)) continue;
      if (candidate.mode !== 'delay' && rule !== undefined) continue;
      if (entry.remaining === 0) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      if (entry.remaining !== null) entry.remaining -= 1;
      entry.struck += 1;
      if (candidate.mode === 'delay') delayMs += candidate.ms ?? 0;
      else rule = candidate;
    }
    const name = rule?.mode ?? (delayMs > 0 ? 'delay' : undefined);
    return name === undefined ? NONE : { name, delayMs, rule };
  }
}

function describe(entry: Entry): ArrangedFault {
  return { ...entry.rule, id: entry.id, remaining: entry.remaining, struck: entry.struck };
}
