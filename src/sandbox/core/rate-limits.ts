export interface RateLimits {
  /** Requests of one account in any second. */
  readonly perAccountPerSecond?: number | null | undefined;
  /** Requests of one account to one endpoint (method and path template) in any second. */
  readonly perEndpointPerSecond?: number | null | undefined;
  /** The same, in any minute. */
  readonly perEndpointPerMinute?: number | null | undefined;
}

export type LimitReason = 'global-rate' | 'endpoint-rate';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Sliding windows of a real second or minute. Refused requests do not count. */
export class RateLimiter {
  #limits: RateLimits = {};
  #windows = new Map<string, number[]>();

  get limits(): RateLimits {
    return this.#limits;
  }

  set limits(limits: RateLimits) {
    this.#limits = limits;
    this.#windows.clear();
  }

  /** The limit that this request exceeds, if any. */
  take(account: string, endpoint: string): LimitReason | undefined {
    const { perAccountPerSecond, perEndpointPerSecond, perEndpointPerMinute } = this.#limits;
    if (
      [perAccountPerSecond, perEndpointPerSecond, perEndpointPerMinute].every(
        (limit) => typeof limit !== 'number',
      )
    )
      return undefined;
    const byAccount = this.#window(account, SECOND_MS);
    const byEndpoint = this.#window(`${account} ${endpoint}`, SECOND_MS);
    const inMinute = this.#window(`${account} ${endpoint} minute`, MINUTE_MS);
    if (typeof perEndpointPerMinute === 'number' && inMinute.length >= perEndpointPerMinute)
      return 'endpoint-rate';
    if (typeof perAccountPerSecond === 'number' && byAccount.length >= perAccountPerSecond)
      return 'global-rate';
    if (typeof perEndpointPerSecond === 'number' && byEndpoint.length >= perEndpointPerSecond) {
      return 'endpoint-rate';
    }
    const now = performance.now();
    byAccount.push(now);
    byEndpoint.push(now);
    inMinute.push(now);
    return undefined;
  }

  /** Until the minute has room for another request. */
  secondsUntilFree(account: string, endpoint: string): number {
    const [oldest] = this.#window(`${account} ${endpoint} minute`, MINUTE_MS);
    if (typeof this.#limits.perEndpointPerMinute !== 'number' || oldest === undefined) return 1;
    return Math.max(1, Math.ceil((oldest + MINUTE_MS - performance.now()) / 1000));
  }

  #window(name: string, ms: number): number[] {
    const since = performance.now() - ms;
    const window = (this.#windows.get(name) ?? []).filter((at) => at > since);
    this.#windows.set(name, window);
    return window;
  }
}
