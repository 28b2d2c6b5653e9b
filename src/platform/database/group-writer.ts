export interface GroupLimits {
  /**
   * How many entries have to wait for a first, second, third commit at once. A second one prepares while the first waits
   * for the disk; but many small commits cost more than one that takes all of them.
   */
  readonly entriesForAnotherWriter: readonly number[];
  readonly mostEntriesACommit: number;
  readonly mostEntriesWaiting: number;
  readonly mostBytesWaiting: number;
}

interface Waiting<T> {
  readonly item: T;
  readonly entries: number;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Many small requests, one commit: whoever comes while a commit is under way goes with the next one. Nobody waits for
 * company, so a single item on an idle server is stored at once. What waits is bounded; beyond that an item is refused
 * before anything of it was taken.
 */
export class GroupWriter<T> {
  private readonly waiting: Waiting<T>[] = [];
  private entries = 0;
  private bytes = 0;
  private writing = 0;
  /** Entries of the commits under way. */
  private underWay = 0;
  private isScheduled = false;

  /**
   * `write` stores all of the items or none. When it fails it is asked again with each alone: one that knows what it has stored already may also have stored some.
   */
  constructor(
    private readonly limits: GroupLimits,
    private readonly write: (items: readonly T[]) => Promise<void>,
    private readonly refusal: () => Error,
  ) {}

  /** Settles when the item is durable. `entries` is what it weighs in a commit, `bytes` about what it holds in memory. */
  add(item: T, { entries, bytes }: { readonly entries: number; readonly bytes: number }): Promise<void> {
    const { mostEntriesWaiting, mostBytesWaiting } = this.limits;
    const isAlone = this.entries === 0;
    if (!isAlone && (this.entries + entries > mostEntriesWaiting || this.bytes + bytes > mostBytesWaiting))
      throw this.refusal();
    this.entries += entries;
    this.bytes += bytes;
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, entries, bytes, resolve, reject });
      this.schedule();
    });
  }

  /** After the requests of this turn of the event loop, so that they go together. */
  private schedule(): void {
    if (this.isScheduled || !this.mayWrite()) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      while (this.mayWrite()) void this.commit(this.take());
    });
  }

  private mayWrite(): boolean {
    const enough = this.limits.entriesForAnotherWriter[this.writing];
    return enough !== undefined && this.waiting.length > 0 && this.entries - this.underWay >= enough;
  }

  private take(): Waiting<T>[] {
    let entries = 0;
    let count = 0;
    for (const one of this.waiting) {
      if (count > 0 && entries + one.entries > this.limits.mostEntriesACommit) break;
      entries += one.entries;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async commit(group: readonly Waiting<T>[]): Promise<void> {
    const entries = group.reduce((sum, one) => sum + one.entries, 0);
    this.writing += 1;
    this.underWay += entries;
    try {
      await this.write(group.map(({ item }) => item));
      for (const one of group) one.resolve();
    } catch (error) {
      await this.commitEach(group, error);
    } finally {
      this.writing -= 1;
      this.underWay -= entries;
      this.entries -= entries;
      this.bytes -= group.reduce((sum, { bytes }) => sum + bytes, 0);
      this.schedule();
    }
  }

  /** One item that cannot be stored must not take the others with it. */
  private async commitEach(group: readonly Waiting<T>[], error: unknown): Promise<void> {
    if (group.length === 1) {
      group[0]?.reject(error);
      return;
    }
    for (const one of group)
      await this.write([one.item]).then(
        () => {
          one.resolve();
        },
        (reason: unknown) => {
          one.reject(reason);
        },
      );
  }
}
