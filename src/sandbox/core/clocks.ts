import { SandboxClock } from './clock.js';

export interface ClockState {
  readonly now: string;
  /** What time will trigger, in order. */
  readonly pending: readonly { readonly at: string; readonly owner: string; readonly what: string }[];
}

/**
 * A clock for each account, so that whoever moves one leaves the others where they are. One that is new shows the common time,
 * which is real time until it is moved.
 */
export class SandboxClocks {
  readonly #common: SandboxClock;
  readonly #byOwner = new Map<string, SandboxClock>();

  /** @param startsAt where the common time begins; real time, when left out */
  constructor(
    private readonly onFailure: (what: string, error: unknown) => void,
    startsAt?: Date,
  ) {
    this.#common = new SandboxClock(onFailure, startsAt === undefined ? 0 : startsAt.getTime() - Date.now());
  }

  of(owner: string): SandboxClock {
    const known = this.#byOwner.get(owner);
    if (known !== undefined) return known;
    const clock = new SandboxClock(this.onFailure, this.#common.offset);
    this.#byOwner.set(owner, clock);
    return clock;
  }

  /** The common time, or that of an account. */
  now(owner?: string): number {
    return this.#one(owner).now();
  }

  /** Of one account, or of all together under the common time. */
  state(owner?: string): ClockState {
    this.catchUp();
    const clocks = owner === undefined ? [...this.#byOwner.values()] : [this.of(owner)];
    return {
      now: new Date(this.now(owner)).toISOString(),
      pending: clocks
        .flatMap((clock) => clock.pending())
        .sort((a, b) => a.at - b.at)
        .map(({ at, ...task }) => ({ at: new Date(at).toISOString(), ...task })),
    };
  }

  /** Runs what the passing of real time has made due. */
  catchUp(): void {
    for (const clock of this.#byOwner.values()) clock.catchUp();
  }

  /** The common time, and every account that is not that far yet. Returns the number of tasks that ran. */
  advanceTo(instant: number): number {
    this.#common.advanceTo(instant);
    let ran = 0;
    for (const clock of this.#byOwner.values()) if (clock.now() < instant) ran += clock.advanceTo(instant);
    return ran;
  }

  /** The common time and every account, each from where it is. */
  advanceBy(ms: number): number {
    this.#common.advanceTo(this.#common.now() + ms);
    let ran = 0;
    for (const clock of this.#byOwner.values()) ran += clock.advanceTo(clock.now() + ms);
    return ran;
  }

  cancelAll(owner?: string): void {
    for (const [name, clock] of this.#byOwner) if (owner === undefined || name === owner) clock.cancelAll();
  }

  stop(): void {
    for (const clock of this.#byOwner.values()) clock.stop();
  }

  #one(owner: string | undefined): SandboxClock {
    return owner === undefined ? this.#common : this.of(owner);
  }
}
