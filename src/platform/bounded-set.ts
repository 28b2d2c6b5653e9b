const MOST = 100_000;

/** What has been seen to be so and stays so. Forgotten when there is too much of it: then it is looked up again. */
export class BoundedSet {
  private readonly known = new Set<string>();

  has(key: string): boolean {
    return this.known.has(key);
  }

  add(key: string): void {
    if (this.known.size >= MOST) this.known.clear();
    this.known.add(key);
  }
}
