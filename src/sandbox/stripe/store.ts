import type { StripeObject } from './objects.js';

interface Version {
  readonly at: number;
  readonly snapshot: StripeObject;
}

interface Key<T> {
  of(object: T): string | null | undefined;
}

/** The objects of one kind in one account, in order of creation. */
export class Collection<T extends StripeObject> {
  #objects = new Map<string, T>();
  #versions = new Map<string, Version[]>();

  readonly #indexes = new Map<string, Index<T>>();

  /**
   * `searchable` collections remember enough of the past to answer a search from an index that lags behind. By `keys` objects
   * are found without looking at all of them: whoever changes one says so by {@link touch}.
   */
  constructor(
    private readonly options: { searchable?: boolean; keys?: Readonly<Record<string, Key<T>['of']>> } = {},
  ) {
    for (const [name, of] of Object.entries(options.keys ?? {})) this.#indexes.set(name, new Index({ of }));
  }

  insert(object: T, now: number): T {
    this.#objects.set(object.id, object);
    this.touch(object, now);
    return object;
  }

  /** Those whose key of that name is this one, oldest first. */
  where(name: string, key: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`no key ${name}`);
    return index.find(key);
  }

  get(id: string): T | undefined {
    return this.#objects.get(id);
  }

  clear(): void {
    this.#objects.clear();
    this.#versions.clear();
    for (const index of this.#indexes.values()) index.clear();
  }

  delete(id: string): void {
    for (const index of this.#indexes.values()) index.remove(id);
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

  oldest(): T | undefined {
    return this.#objects.values().next().value;
  }

  get size(): number {
    return this.#objects.size;
  }

  touch(object: T, now: number): void {
    for (const index of this.#indexes.values()) index.put(object);
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

/** Objects by something that is in them. */
class Index<T extends StripeObject> {
  readonly #byKey = new Map<string, Map<string, T>>();
  readonly #keys = new Map<string, string>();

  constructor(private readonly key: Key<T>) {}

  find(key: string): T[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }

  put(object: T): void {
    const key = this.key.of(object);
    if (this.#keys.get(object.id) === key) return;
    this.remove(object.id);
    if (typeof key !== 'string') return;
    this.#keys.set(object.id, key);
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, new Map([[object.id, object]]));
    else known.set(object.id, object);
  }

  remove(id: string): void {
    const key = this.#keys.get(id);
    if (key === undefined) return;
    this.#keys.delete(id);
    const left = this.#byKey.get(key);
    left?.delete(id);
    if (left?.size === 0) this.#byKey.delete(key);
  }

  clear(): void {
    this.#byKey.clear();
    this.#keys.clear();
  }
}
