import { ProviderError } from './provider-error.js';

/** What a provider allows one account, in requests a second. */
export interface CallLimits {
  readonly perAccount: number;
  /** To one endpoint: method and path template. */
  readonly perEndpoint: number;
}

/** Real time, as far as a gate needs it. */
export interface GateTime {
  /** Milliseconds, never going back. */
  now(): number;
  /** Answers how to call it off. */
  after(ms: number, run: () => void): () => void;
}

const REAL_TIME: GateTime = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** A worker that waits holds its place among the workers, so nobody waits for long: the job comes back instead. */
const LONGEST_WAIT_MS = 10_000;
const MOST_WAITING = 1_000;
const MOST_IDLE_BUCKETS = 200;
/** This share of what is allowed may go at once; the rest is spread over the second. */
const BURST_SHARE = 1 / 8;
const SLOWED_ONCE_MS = 1_000;
const SMALLEST_SHARE = 1 / 16;
const RECOVERY_MS = 60_000;

interface Waiter {
  readonly endpoint: string;
  readonly party: string;
  readonly deadline: number;
  readonly go: () => void;
  readonly refuse: (error: ProviderError) => void;
}

/**
 * Holds the calls to one account within its limits, whoever makes them. In any second no more go out than are allowed,
 * and they are spread over it: a provider counts when they arrive, and a burst arrives in another rhythm than it left.
 * A call to a busy endpoint does not hold up those to others, and a party with many calls not those of another.
 */
export class CallGate {
  private readonly account: Bucket;
  private readonly endpoints = new Map<string, Bucket>();
  private readonly lastTurn = new Map<string, number>();
  private waiting: Waiter[] = [];
  private turns = 0;
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly limits: CallLimits,
    private readonly time: GateTime = REAL_TIME,
  ) {
    this.account = new Bucket(limits.perAccount, time.now());
  }

  /** Resolves when the call may go out. Rejects with `rate_limited` when that would be too late. */
  enter(endpoint: string, party: string): Promise<void> {
    if (this.waiting.length >= MOST_WAITING) return Promise.reject(this.refusal(endpoint));
    return new Promise((go, refuse) => {
      this.waiting.push({ endpoint, party, deadline: this.time.now() + LONGEST_WAIT_MS, go, refuse });
      this.pump();
    });
  }

  /** The provider has refused a call as one too many: others use the account too, or count otherwise. */
  hold(what: 'account' | { readonly endpoint: string }, ms: number): void {
    const bucket = what === 'account' ? this.account : this.bucketOf(what.endpoint);
    bucket.hold(this.time.now(), ms);
    this.pump();
  }

  get isIdle(): boolean {
    return this.waiting.length === 0 && this.account.isFull(this.time.now());
  }

  private pump(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    const now = this.time.now();
    this.dropLate(now);
    while (this.account.msUntilFree(now) === 0) {
      const next = this.next(now);
      if (next === undefined) break;
      this.account.take();
      this.bucketOf(next.endpoint).take();
      this.turns += 1;
      this.lastTurn.set(next.party, this.turns);
      this.waiting = this.waiting.filter((one) => one !== next);
      next.go();
    }
    if (this.waiting.length === 0) {
      this.lastTurn.clear();
      return;
    }
    const endpoints = this.waiting.map(({ endpoint }) => this.bucketOf(endpoint).msUntilFree(now));
    const free = Math.max(this.account.msUntilFree(now), Math.min(...endpoints));
    const late = Math.min(...this.waiting.map(({ deadline }) => deadline)) - now;
    this.cancelTimer = this.time.after(Math.ceil(Math.max(1, Math.min(free, late))), () => {
      this.pump();
    });
  }

  /** Of the calls that may go now, the oldest of the party whose turn is longest ago. */
  private next(now: number): Waiter | undefined {
    let chosen: Waiter | undefined;
    const turnOf = ({ party }: Waiter): number => this.lastTurn.get(party) ?? 0;
    for (const waiter of this.waiting)
      if (chosen === undefined || turnOf(waiter) < turnOf(chosen))
        if (this.bucketOf(waiter.endpoint).msUntilFree(now) === 0) chosen = waiter;
    return chosen;
  }

  private dropLate(now: number): void {
    const late = this.waiting.filter(({ deadline }) => deadline <= now);
    if (late.length === 0) return;
    this.waiting = this.waiting.filter(({ deadline }) => deadline > now);
    for (const { endpoint, refuse } of late) refuse(this.refusal(endpoint));
  }

  private refusal(endpoint: string): ProviderError {
    const now = this.time.now();
    const free = Math.max(this.account.msUntilFree(now), this.bucketOf(endpoint).msUntilFree(now));
    return new ProviderError(
      'rate_limited',
      `the account allows ${this.limits.perAccount} requests a second, ${this.limits.perEndpoint} to ${endpoint}, ` +
        'and too many are waiting: nothing was sent',
      { code: 'waited_too_long', retryAfterMs: Math.max(1_000, Math.ceil(free)) },
    );
  }

  private bucketOf(endpoint: string): Bucket {
    const known = this.endpoints.get(endpoint);
    if (known !== undefined) return known;
    const now = this.time.now();
    if (this.endpoints.size >= MOST_IDLE_BUCKETS)
      for (const [name, bucket] of this.endpoints) if (bucket.isFull(now)) this.endpoints.delete(name);
    const bucket = new Bucket(this.limits.perEndpoint, now);
    this.endpoints.set(endpoint, bucket);
    return bucket;
  }
}

/** Gates of all accounts that this process talks to. */
export class CallGates {
  private readonly gates = new Map<string, CallGate>();

  of(account: string, limits: CallLimits): CallGate {
    const key = `${account} ${limits.perAccount} ${limits.perEndpoint}`;
    const known = this.gates.get(key);
    if (known !== undefined) return known;
    if (this.gates.size >= MOST_IDLE_BUCKETS)
      for (const [name, gate] of this.gates) if (gate.isIdle) this.gates.delete(name);
    const gate = new CallGate(limits);
    this.gates.set(key, gate);
    return gate;
  }
}

/** Tokens: what may go at once and what comes back within a second are together what is allowed in one. */
class Bucket {
  private readonly size: number;
  private readonly perMs: number;
  private tokens: number;
  private heldUntil = 0;
  private slowedAt = -Infinity;
  /** Of the limit, after refusals. */
  private share = 1;

  constructor(
    limit: number,
    private at: number,
  ) {
    this.size = Math.max(1, Math.floor(limit * BURST_SHARE));
    this.perMs = Math.max(limit - this.size, limit / 2) / 1000;
    this.tokens = this.size;
  }

  msUntilFree(now: number): number {
    this.refill(now);
    const held = Math.max(0, this.heldUntil - now);
    return this.tokens >= 1 ? held : Math.max(held, (1 - this.tokens) / (this.perMs * this.share));
  }

  take(): void {
    this.tokens -= 1;
  }

  /**
   * Nothing goes until then, and what comes back in the meantime does not go all at once. Somebody else uses the
   * account too, another process of ours perhaps: from then on half as much goes, and by and by all of it again.
   */
  hold(now: number, ms: number): void {
    this.refill(now);
    this.heldUntil = Math.max(this.heldUntil, now + ms);
    // Refusals of calls that were on their way together are one.
    if (now >= this.slowedAt + SLOWED_ONCE_MS) {
      this.share = Math.max(this.share / 2, SMALLEST_SHARE);
      this.slowedAt = now;
    }
    this.at = Math.max(this.at, this.heldUntil);
    this.tokens = Math.min(this.tokens, 1);
  }

  isFull(now: number): boolean {
    this.refill(now);
    return this.tokens >= this.size && this.share === 1 && now >= this.heldUntil;
  }

  private refill(now: number): void {
    if (now <= this.at) return;
    const passed = now - this.at;
    const back = passed * this.perMs * this.share;
    this.share = Math.min(1, this.share + passed / RECOVERY_MS);
    this.tokens = Math.min(this.share < 1 ? 1 : this.size, this.tokens + back);
    this.at = now;
  }
}
