export interface RateLimits {
  /** Requests of one account in any second. */
  readonly perAccountPerSecond?: number | null | undefined;
  /** Requests of one account to one endpoint (method and path template) in any second. */
  readonly perEndpointPerSecond?: number | null | undefined;
}

export type LimitReason = 'global-rate' | 'endpoint-rate';

/** Sliding windows of one real second. Refused requests do not count. */
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
    const { perAccountPerSecond, perEndpointPerSecond } = this.#limits;
    if (typeof perAccountPerSecond !== 'number' && typeof perEndpointPerSecond !== 'number') return undefined;
    const byAccount = this.#window(account);
    const byEndpoint = this.#window(`${account} ${endpoint}`);
    if (typeof perAccountPerSecond === 'number' && byAccount.length >= perAccountPerSecond)
      return 'global-rate';
    if (typeof perEndpointPerSecond === 'number' && byEndpoint.length >= perEndpointPerSecond) {
      return 'endpoint-rate';
    }
    const now = performance.now();
    byAccount.push(now);
    byEndpoint.push(now);
    return undefined;
  }

  #window(name: string): number[] {
    const since = performance.now() - 1000;
    const window = (this.#windows.get(name) ?? []).filter((at) => at > since);
    this.#windows.set(name, window);
    return window;
  }
}
