/** How many keys are remembered; the one that was idle longest is forgotten first. */
const MAX_KEYS = 10_000;

/** A fixed window per key, in the memory of this process: a brake against floods, not an exact quota. */
export class RateLimiter {
  private readonly windows = new Map<string, { startedAt: number; count: number }>();

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  /** 0 when it may go on; else the milliseconds until it may. */
  take(key: string, now: Date): number {
    const at = now.getTime();
    const known = this.windows.get(key);
    const window =
      known !== undefined && at - known.startedAt < this.windowMs ? known : { startedAt: at, count: 0 };
    this.windows.delete(key);
    this.windows.set(key, window);
    if (this.windows.size > MAX_KEYS) {
      const [oldest] = this.windows.keys();
      if (oldest !== undefined) this.windows.delete(oldest);
    }
    if (window.count >= this.limit) return window.startedAt + this.windowMs - at;
    window.count += 1;
    return 0;
  }
}
