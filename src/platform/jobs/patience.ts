/** Of the patience, what counts: everything that is well takes less time than this share of it to go on. */
const COUNTED_FROM = 1 / 12;
const LEAST_MS = 250;

/**
 * How long somebody waits in all for work that does not go on, however often they wait. Work that goes on is waited for
 * without limit; once the patience is used up, what does not is given a quarter of a second each time.
 */
export class Patience {
  private left: number;

  constructor(
    private readonly ms: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.left = ms;
  }

  /** Begins to wait. */
  begin(): Stall {
    let since = this.now();
    const goesOn = (): void => {
      this.spend(this.now() - since);
      since = this.now();
    };
    return {
      goesOn,
      leftMs: () => {
        const waited = this.now() - since;
        const left = Math.max(LEAST_MS, this.left) - waited;
        if (left <= 0) this.spend(waited);
        return left;
      },
      giveUp: goesOn,
    };
  }

  private spend(waited: number): void {
    if (waited > this.ms * COUNTED_FROM) this.left -= waited;
  }
}

/** One wait, from where something has gone on last. */
export interface Stall {
  goesOn(): void;
  /** Nothing is left: whoever waits gives up. */
  leftMs(): number;
  /** Whoever waits gives up while something is left: what was waited for in vain counts all the same. */
  giveUp(): void;
}
