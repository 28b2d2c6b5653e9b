import { randomInt } from 'node:crypto';
import { CourierRules, type CourierRule } from './courier-rules.js';
import type {
  Attempt,
  CourierOptions,
  Delivery,
  DeliveryFilter,
  DeliveryStatus,
  Parcel,
  Settled,
} from './delivery.js';
import { newId } from './ids.js';
import { Post } from './post.js';

interface Job {
  readonly id: string;
  readonly createdAt: string;
  readonly about: Omit<Parcel, 'body' | 'headers'>;
  /** Undefined once nothing more is going to be sent: there may be many, and bodies are large. */
  parcel: Parcel | undefined;
  readonly attempts: Attempt[];
  status: DeliveryStatus;
  timer: NodeJS.Timeout | undefined;
}

const MOST_KEPT = 20_000;
/** So long the first of those waits that are gathered. */
const GATHERED_MS = 250;

export interface HeardAttempt {
  readonly account: string;
  readonly endpointId: string;
  readonly at: string;
  readonly accepted: boolean;
  /** Of its delivery. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** What goes to one endpoint. */
interface Lane {
  readonly account: string;
  queue: Job[];
  sending: number;
}

/**
 * Delivers webhooks: in order and one at a time per endpoint, so that a test sees the same order each time, unless
 * it asks for disorder. Delays and retries run in real time.
 */
export class Courier {
  readonly rules = new CourierRules();
  #jobs: Job[] = [];
  #byEvent = new Map<string, Job[]>();
  #lanes = new Map<string, Lane>();
  #waiting = new Set<Job>();
  #paused = new Set<string>();
  #gathering = new Map<string, { readonly until: number; timer: NodeJS.Timeout | undefined }>();
  /** By account: how many have been delivered. */
  #delivered = new Map<string, number>();
  #waiters: { readonly account: string | undefined; readonly wake: () => void }[] = [];
  #stopped = false;
  readonly #post = new Post();
  /** Hears of each attempt. */
  onAttempt: (heard: HeardAttempt) => void = () => undefined;

  constructor(private readonly options: CourierOptions) {}

  send(parcel: Parcel): void {
    const { drop, copies, delayMs } = this.rules.apply(parcel);
    const { eventId, type, account, endpointId, url } = parcel;
    const about = { eventId, type, account, endpointId, url };
    for (let copy = 0; copy < copies; copy += 1) {
      const job: Job = {
        id: newId('dlv_', 12),
        createdAt: new Date().toISOString(),
        about,
        parcel: drop ? undefined : parcel,
        attempts: [],
        status: drop ? 'dropped' : 'queued',
        timer: undefined,
      };
      this.#jobs.push(job);
      this.#forgetOldest();
      this.#byEvent.set(parcel.eventId, [...(this.#byEvent.get(parcel.eventId) ?? []), job]);
      if (drop) continue;
      if (delayMs > 0) this.#wait(job, delayMs);
      else this.#enqueue(job);
    }
  }

  /** What has been told long ago is nobody's question any more; a year of a busy account would fill the memory. */
  #forgetOldest(): void {
    while (this.#jobs.length > MOST_KEPT) {
      const [oldest] = this.#jobs;
      if (oldest === undefined || oldest.parcel !== undefined) return;
      this.#jobs.shift();
      this.#byEvent.delete(oldest.about.eventId);
    }
  }

  deliveries(filter: DeliveryFilter = {}): Delivery[] {
    return this.#jobs
      .filter(
        (job) =>
          (filter.eventId === undefined || job.about.eventId === filter.eventId) &&
          (filter.type === undefined || job.about.type === filter.type) &&
          (filter.account === undefined || job.about.account === filter.account) &&
          (filter.status === undefined || job.status === filter.status),
      )
      .map(({ id, createdAt, about, status, attempts }) => ({
        id,
        ...about,
        createdAt,
        status,
        attempts: [...attempts],
      }));
  }

  /** Endpoints that should have received an event and have not. */
  undelivered(eventId: string): number {
    const endpoints = new Map<string, boolean>();
    for (const { about, status } of this.#byEvent.get(eventId) ?? []) {
      endpoints.set(about.endpointId, (endpoints.get(about.endpointId) ?? false) || status === 'delivered');
    }
    return [...endpoints.values()].filter((delivered) => !delivered).length;
  }

  arrange(rule: CourierRule): void {
    this.rules.add(rule);
  }

  /** Holds back what is not sent yet, of one account or of all. */
  pause(account = '*'): void {
    this.#paused.add(account);
  }

  resume(account?: string): void {
    if (account === undefined) this.#paused.clear();
    else this.#paused.delete(account);
    this.#pumpSoon();
  }

  /**
   * For so long the account's webhooks wait for each other: until {@link sendGathered}, or a quarter of a second. What a burst
   * of calls causes then comes as a burst.
   */
  gather(account: string, ms: number): void {
    if (!this.#stopped) this.#gathering.set(account, { until: Date.now() + ms, timer: undefined });
  }

  sendGathered(account: string): void {
    clearTimeout(this.#gathering.get(account)?.timer);
    this.#gathering.delete(account);
    this.#pump();
  }

  /** How many webhooks of the account have been delivered so far. */
  deliveredTo(account: string): number {
    return this.#delivered.get(account) ?? 0;
  }

  get paused(): readonly string[] {
    return [...this.#paused];
  }

  /** Changes the order of what is queued; pause first, or there is little to reorder. */
  reorder(how: 'reverse' | 'shuffle', account?: string): number {
    let reordered = 0;
    for (const lane of this.#lanesOf(account)) {
      reordered += lane.queue.length;
      lane.queue.reverse();
      if (how === 'reverse') continue;
      for (let i = lane.queue.length - 1; i > 0; i -= 1) {
        const j = randomInt(i + 1);
        const [a, b] = [lane.queue[i], lane.queue[j]];
        if (a !== undefined && b !== undefined) [lane.queue[i], lane.queue[j]] = [b, a];
      }
    }
    return reordered;
  }

  /** Ends the waiting for retries and delays: everything that waits is attempted now. */
  async deliverNow(account?: string): Promise<Settled> {
    for (const job of this.#waitingOf(account)) {
      clearTimeout(job.timer);
      this.#enqueue(job);
    }
    return this.settle();
  }

  /** Resolves when everything that is due has been attempted. What waits for a retry is not due. */
  async settle(timeoutMs = 30_000): Promise<Settled> {
    if (!(await this.#settled(undefined, timeoutMs))) throw new Error('Webhooks did not settle in time');
    const count = (status: DeliveryStatus): number =>
      this.#jobs.filter((job) => job.status === status).length;
    return {
      delivered: count('delivered'),
      failed: count('failed'),
      waiting: count('waiting'),
      queued: count('queued'),
    };
  }

  /**
   * When what is due of one account has been attempted, or when that takes too long. Answers how many of its webhooks are not
   * delivered yet, those left out that somebody holds back.
   */
  async quiet(account: string, patienceMs = 1_000): Promise<number> {
    await this.#settled(account, patienceMs);
    const underWay = this.#lanesOf(account).map(
      (lane) => lane.sending + (this.#held(lane) ? 0 : lane.queue.length),
    );
    return underWay.reduce((sum, count) => sum + count, this.#waitingOf(account).length);
  }

  /** False when it took longer. */
  async #settled(account: string | undefined, patienceMs: number): Promise<boolean> {
    if (this.#idle(account)) return true;
    return new Promise<boolean>((resolve) => {
      const waiter = {
        account,
        wake: (): void => {
          clearTimeout(timer);
          resolve(true);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        resolve(false);
      }, patienceMs);
      this.#waiters.push(waiter);
    });
  }

  #waitingOf(account: string | undefined): Job[] {
    return [...this.#waiting].filter((job) => account === undefined || job.about.account === account);
  }

  forget(account?: string): void {
    const gone = (job: Job): boolean => account === undefined || job.about.account === account;
    for (const job of this.#jobs.filter(gone)) {
      clearTimeout(job.timer);
      this.#waiting.delete(job);
      this.#byEvent.delete(job.about.eventId);
    }
    this.#jobs = this.#jobs.filter((job) => !gone(job));
    for (const lane of this.#lanesOf(account)) lane.queue = [];
    if (account === undefined) {
      this.#paused.clear();
      this.rules.clear();
    } else {
      this.#paused.delete(account);
    }
    this.#wakeWaiters();
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#gathering.values()) clearTimeout(timer);
    this.#post.close();
    this.forget();
  }

  #enqueue(job: Job): void {
    this.#waiting.delete(job);
    job.status = 'queued';
    this.#laneOf(job).queue.push(job);
    this.#pumpSoon();
    this.#timeGathering(job.about.account);
  }

  #timeGathering(account: string): void {
    const gathering = this.#gathering.get(account);
    if (gathering === undefined || gathering.timer !== undefined) return;
    const enough = (): void => {
      this.sendGathered(account);
      const left = gathering.until - Date.now();
      if (left > 0) this.gather(account, left);
    };
    gathering.timer = setTimeout(enough, GATHERED_MS).unref();
  }

  #wait(job: Job, ms: number): void {
    job.status = 'waiting';
    this.#waiting.add(job);
    job.timer = setTimeout(() => this.#enqueue(job), ms);
    job.timer.unref();
  }

  /** Not at once: the API answer that caused an event should have a chance to be first. */
  #pumpSoon(): void {
    setImmediate(() => this.#pump());
  }

  #pump(): void {
    if (this.#stopped) return;
    for (const lane of this.#lanes.values()) {
      while (lane.sending < this.options.atOnce && !this.#held(lane)) {
        const job = lane.queue.shift();
        if (job === undefined) break;
        lane.sending += 1;
        void this.#attempt(job).finally(() => {
          lane.sending -= 1;
          this.#pump();
        });
      }
    }
    this.#wakeWaiters();
  }

  async #attempt(job: Job): Promise<void> {
    const { parcel } = job;
    if (parcel === undefined) return;
    job.status = 'sending';
    const started = performance.now();
    const at = new Date();
    let status: number | null = null;
    let error: string | null = null;
    try {
      status = await this.#post.send(
        parcel.url,
        parcel.headers(Math.floor(at.getTime() / 1000)),
        parcel.body,
        this.options.timeoutMs,
      );
    } catch (reason) {
      error = describe(reason);
    }
    job.attempts.push({
      at: at.toISOString(),
      status,
      error,
      durationMs: Math.round(performance.now() - started),
    });
    const accepted = error === null && status !== null && status >= 200 && status < 300;
    const delay = this.options.retryDelaysMs[job.attempts.length - 1];
    const { account, endpointId } = job.about;
    const isFirst = job.attempts.length === 1;
    this.onAttempt({
      account,
      endpointId,
      at: at.toISOString(),
      accepted,
      isFirst,
      isLast: delay === undefined,
    });
    if (accepted) {
      job.status = 'delivered';
      job.parcel = undefined;
      this.#delivered.set(job.about.account, this.deliveredTo(job.about.account) + 1);
      return;
    }
    if (delay !== undefined && !this.#stopped) {
      this.#wait(job, delay);
      return;
    }
    job.status = 'failed';
    job.parcel = undefined;
  }

  #laneOf({ about: { account, endpointId, url } }: Job): Lane {
    const name = `${endpointId} ${url}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { account, queue: [], sending: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }

  #lanesOf(account: string | undefined): Lane[] {
    return [...this.#lanes.values()].filter((lane) => account === undefined || lane.account === account);
  }

  #held({ account }: Lane): boolean {
    return this.#paused.has('*') || this.#paused.has(account) || this.#gathering.has(account);
  }

  #idle(account: string | undefined): boolean {
    return this.#lanesOf(account).every(
      (lane) => lane.sending === 0 && (lane.queue.length === 0 || this.#held(lane)),
    );
  }

  #wakeWaiters(): void {
    const idle = this.#waiters.filter(({ account }) => this.#idle(account));
    if (idle.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !idle.includes(waiter));
    for (const { wake } of idle) wake();
  }
}

function describe(reason: unknown): string {
  if (!(reason instanceof Error)) return 'unknown error';
  return 'code' in reason ? String(reason.code) : reason.message;
}
