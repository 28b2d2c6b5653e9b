import { LRUCache } from 'lru-cache';
import type { WallClock } from './time/clock.js';

export interface LookupLimits {
  /** How long what was looked up is believed. */
  readonly believedMs: number;
  /** How many keys are kept. With more, the one that was asked for longest ago is dropped. */
  readonly most: number;
}

export interface Found<T> {
  readonly value: T;
  /** In milliseconds; not believed longer, where that comes first. */
  readonly until?: number;
}

type Look<T> = () => Promise<Found<T> | undefined>;

interface Known<T> {
  readonly value: T;
  readonly renewAt: number;
  readonly until: number;
}

/**
 * What requests ask for many times a second and what changes rarely. It is looked up once for all who need it at that
 * moment, and again before it is too old to be believed, while they go on with what is known: otherwise all requests of a
 * busy moment would wait, and each would look.
 */
export class RefreshAheadCache<T> {
  private readonly remembered: LRUCache<string, Known<T>>;
  private readonly looking = new Map<string, Promise<T | undefined>>();

  constructor(
    private readonly clock: WallClock,
    private readonly limits: LookupLimits,
  ) {
    this.remembered = new LRUCache({ max: limits.most });
  }

  /** What is believed, at once. Half its time over, `look` renews it for those who come later. */
  known(key: string, look: Look<T>): T | undefined {
    const known = this.remembered.get(key);
    if (known === undefined) return undefined;
    const now = this.clock.now().getTime();
    if (now >= known.until) return undefined;
    // Where that fails, whoever comes when it is too old looks for himself, and is told.
    if (now >= known.renewAt && !this.looking.has(key)) this.look(key, look).catch(() => undefined);
    return known.value;
  }

  /** What somebody else is looking up. It may have been read just before a change that whoever asks knows of. */
  underWay(key: string): Promise<T | undefined> | undefined {
    return this.looking.get(key);
  }

  /** Looks it up anew. What is not there is not remembered. */
  look(key: string, look: Look<T>): Promise<T | undefined> {
    const asked = this.clock.now().getTime();
    const looking: Promise<T | undefined> = look()
      .then((found) => {
        if (this.looking.get(key) === looking) this.remember(key, found, asked);
        return found?.value;
      })
      .finally(() => {
        if (this.looking.get(key) === looking) this.looking.delete(key);
      });
    this.looking.set(key, looking);
    return looking;
  }

  /** At once, also what is being looked up: that may have been read before what makes it wrong. */
  forget(isWrong: (value: T) => boolean): void {
    for (const [key, { value }] of this.remembered) if (isWrong(value)) this.remembered.delete(key);
    this.looking.clear();
  }

  private remember(key: string, found: Found<T> | undefined, asked: number): void {
    if (found === undefined) {
      this.remembered.delete(key);
      return;
    }
    const until = Math.min(asked + this.limits.believedMs, found.until ?? Number.POSITIVE_INFINITY);
    this.remembered.set(key, { value: found.value, renewAt: (asked + until) / 2, until });
  }
}
