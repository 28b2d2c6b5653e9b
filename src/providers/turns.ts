/** How many connections are remembered; the one that was idle longest is forgotten first. */
const MAX_KEYS = 10_000;
/** What waits for its turn holds a worker: whoever is told to stay away for longer comes back by its own retry. */
const LONGEST_HOLD_MS = 10_000;

/** Calls of one key go one after the other, so far apart that a second sees no more of them than it may. */
export class Turns {
  private readonly nextAt = new Map<string, number>();
  private readonly heldUntil = new Map<string, number>();

  constructor(private readonly now: () => Date) {}

  /** Nobody's turn comes before that. */
  hold(key: string, ms: number): void {
    const until = this.now().getTime() + Math.min(ms, LONGEST_HOLD_MS);
    this.heldUntil.set(key, until);
    this.nextAt.set(key, Math.max(until, this.nextAt.get(key) ?? 0));
  }

  async take(key: string, perSecond: number): Promise<void> {
    const now = this.now().getTime();
    const turn = Math.max(now, this.nextAt.get(key) ?? 0);
    this.nextAt.delete(key);
    this.nextAt.set(key, turn + 1000 / perSecond);
    if (this.nextAt.size > MAX_KEYS) {
      const [oldest] = this.nextAt.keys();
      if (oldest !== undefined) this.nextAt.delete(oldest);
    }
    if (turn > now) await new Promise((resolve) => setTimeout(resolve, turn - now));
    const held = this.heldUntil.get(key);
    if (held === undefined) return;
    if (held > this.now().getTime()) return this.take(key, perSecond); // told so while this one waited
    this.heldUntil.delete(key);
  }
}
