import { LRUCache } from 'lru-cache';

const MOST = 100_000;

/** Keys that were seen, as many as fit: the one that was asked for longest ago makes room. Losing one costs a look-up. */
export class BoundedSet {
  private readonly known = new LRUCache<string, true>({ max: MOST });

  has(key: string): boolean {
    return this.known.get(key) === true;
  }

  add(key: string): void {
    this.known.set(key, true);
  }
}
