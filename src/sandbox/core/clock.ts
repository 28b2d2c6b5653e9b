interface Task {
  readonly at: number;
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
  #offset: number;
  #pinned: number | undefined;
  #tasks: Task[] = [];
  #alarm: NodeJS.Timeout | undefined;
  #standing: { at: number; readonly timer: NodeJS.Timeout } | undefined;

  constructor(
    private readonly onFailure: (what: string, error: unknown) => void,
    offset = 0,
  ) {
    this.#offset = offset;
  }

  /** By how much it is ahead of real time. */
  get offset(): number {
    return this.#offset;
  }

  now(): number {
    return this.#pinned ?? this.#standing?.at ?? Date.now() + this.#offset;
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  /** Returns a function that takes the task off again. */
  schedule(at: number, owner: string, what: string, run: () => void): () => void {
    const task: Task = { at, owner, what, run };
    this.#tasks.splice(this.#placeOf(at), 0, task);
    if (this.#tasks[0] === task) this.#setAlarm();
    return () => {
      const index = this.#tasks.indexOf(task);
      if (index !== -1) this.#tasks.splice(index, 1);
    };
  }

  cancelAll(): void {
    this.#tasks = [];
  }

  pending(): { at: number; owner: string; what: string }[] {
    return this.#tasks.map(({ at, owner, what }) => ({ at, owner, what }));
  }

  /** When the next task is due. */
  get nextAt(): number | undefined {
    return this.#tasks[0]?.at;
  }

  /** Runs what the passing of real time has made due. */
  catchUp(): void {
    if (this.#pinned === undefined) this.#runUntil(this.now());
  }

  /** Returns the number of tasks that ran. */
  advanceTo(instant: number): number {
    if (this.#pinned !== undefined) throw new RangeError('The clock is being moved already');
    if (!Number.isFinite(instant) || instant < this.now()) {
      throw new RangeError(`Sandbox time is ${new Date(this.now()).toISOString()} and only moves forward`);
    }
    const ran = this.#runUntil(instant);
    this.#offset = instant - Date.now();
    if (this.#standing !== undefined) this.#standing.at = instant;
    this.#setAlarm();
    return ran;
  }

  /** Time stands still for so long, or until {@link runOn}; it can be moved meanwhile. */
  stand(ms: number): void {
    const at = this.now();
    clearTimeout(this.#standing?.timer);
    this.#standing = { at, timer: setTimeout(() => this.runOn(), ms).unref() };
    this.#setAlarm();
  }

  /** From where it stands. */
  runOn(): void {
    if (this.#standing === undefined) return;
    clearTimeout(this.#standing.timer);
    this.#offset = this.#standing.at - Date.now();
    this.#standing = undefined;
    this.#setAlarm();
  }

  stop(): void {
    clearTimeout(this.#alarm);
    clearTimeout(this.#standing?.timer);
    this.#tasks = [];
  }

  /** Behind all that are due no later: tasks of one instant run in the order in which they were scheduled. */
  #placeOf(at: number): number {
    let [low, high] = [0, this.#tasks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#tasks[middle]?.at ?? Infinity) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
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
    if (next === undefined || this.#standing !== undefined) return;
    const wait = Math.min(Math.max(next.at - Date.now() - this.#offset, 0), LONGEST_TIMEOUT);
    this.#alarm = setTimeout(() => {
      this.catchUp();
      this.#setAlarm();
    }, wait);
    this.#alarm.unref();
  }
}
