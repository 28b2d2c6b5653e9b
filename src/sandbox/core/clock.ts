interface Task {
  readonly at: number;
  readonly order: number;
  readonly owner: string;
  readonly what: string;
  readonly run: () => void;
}

/** setTimeout fires at once for anything longer than this. */
const LONGEST_TIMEOUT = 2_147_483_647;

/**
 * Sandbox time: real time plus an offset that only grows. What time triggers is scheduled here and runs in order,
 * each task at its own instant, whether real time or {@link advanceTo} made it due.
 */
export class SandboxClock {
  #offset = 0;
  #pinned: number | undefined;
  #order = 0;
  #tasks: Task[] = [];
  #alarm: NodeJS.Timeout | undefined;

  constructor(private readonly onFailure: (what: string, error: unknown) => void) {}

  now(): number {
    return this.#pinned ?? Date.now() + this.#offset;
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  /** Returns a function that takes the task off again. */
  schedule(at: number, owner: string, what: string, run: () => void): () => void {
    this.#order += 1;
    const task: Task = { at, order: this.#order, owner, what, run };
    const index = this.#tasks.findIndex((other) => other.at > at);
    this.#tasks.splice(index === -1 ? this.#tasks.length : index, 0, task);
    this.#setAlarm();
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== task);
    };
  }

  cancelAll(owner?: string): void {
    this.#tasks = owner === undefined ? [] : this.#tasks.filter((task) => task.owner !== owner);
  }

  pending(): { at: string; owner: string; what: string }[] {
    return this.#tasks.map(({ at, owner, what }) => ({ at: new Date(at).toISOString(), owner, what }));
  }

  /** Runs what the passing of real time has made due. */
  catchUp(): void {
    if (this.#pinned === undefined) this.#runUntil(Date.now() + this.#offset);
  }

  /** Returns the number of tasks that ran. */
  advanceTo(instant: number): number {
    if (this.#pinned !== undefined) throw new RangeError('The clock is being moved already');
    if (!Number.isFinite(instant) || instant < this.now()) {
      throw new RangeError(`Sandbox time is ${new Date(this.now()).toISOString()} and only moves forward`);
    }
    const ran = this.#runUntil(instant);
    this.#offset = instant - Date.now();
    this.#setAlarm();
    return ran;
  }

  stop(): void {
    clearTimeout(this.#alarm);
    this.#tasks = [];
  }

  #runUntil(instant: number): number {
    let ran = 0;
    let reached = 0;
    for (;;) {
      const next = this.#tasks[0];
      if (next === undefined || next.at > instant) break;
      this.#tasks.shift();
      reached = Math.max(reached, next.at);
      this.#pinned = reached;
      try {
        next.run();
      } catch (error) {
        this.onFailure(next.what, error);
      } finally {
        this.#pinned = undefined;
      }
      ran += 1;
    }
    return ran;
  }

  #setAlarm(): void {
    clearTimeout(this.#alarm);
    const next = this.#tasks[0];
    if (next === undefined) return;
    const wait = Math.min(Math.max(next.at - this.now(), 0), LONGEST_TIMEOUT);
    this.#alarm = setTimeout(() => {
      this.catchUp();
      this.#setAlarm();
    }, wait);
    this.#alarm.unref();
  }
}
