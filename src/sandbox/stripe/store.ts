import type { StripeObject } from './objects.js';

interface Version {
  readonly at: number;
  readonly snapshot: StripeObject;
}

/** The objects of one kind in one account, in order of creation. */
export class Collection<T extends StripeObject> {
  #objects = new Map<string, T>();
  #versions = new Map<string, Version[]>();

  /** `searchable` collections remember enough of the past to answer a search from an index that lags behind. */
  constructor(private readonly options: { searchable?: boolean } = {}) {}

  insert(object: T, now: number): T {
    this.#objects.set(object.id, object);
    this.touch(object, now);
    return object;
  }

  get(id: string): T | undefined {
    return this.#objects.get(id);
  }

  clear(): void {
    this.#objects.clear();
    this.#versions.clear();
  }

  delete(id: string): void {
    this.#objects.delete(id);
    this.#versions.delete(id);
  }

  /** Oldest first. */
  values(): T[] {
    return [...this.#objects.values()];
  }

  newestFirst(): T[] {
    return this.values().reverse();
  }

  get size(): number {
    return this.#objects.size;
  }

  touch(object: T, now: number): void {
    if (this.options.searchable !== true) return;
    const versions = this.#versions.get(object.id) ?? [];
    versions.push({ at: now, snapshot: structuredClone(object) });
    if (versions.length > 12) versions.splice(1, 1);
    this.#versions.set(object.id, versions);
  }

  /** What an index that has seen everything up to `until` knows of an object. */
  indexed(id: string, until: number): StripeObject | undefined {
    const versions = this.#versions.get(id);
    if (versions === undefined) return undefined;
    const known = versions.filter(({ at }) => at <= until);
    const latest = known.at(-1);
    if (latest !== undefined && known.length > 1) versions.splice(0, known.length - 1);
    return latest?.snapshot;
  }
}
