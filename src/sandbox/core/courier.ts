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

interface Job {
  readonly id: string;
  readonly createdAt: string;
  readonly parcel: Parcel;
  readonly attempts: Attempt[];
  status: DeliveryStatus;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Delivers webhooks: in order and one at a time per endpoint, so that a test sees the same order each time, unless
 * it asks for disorder. Delays and retries run in real time.
 */
export class Courier {
  readonly rules = new CourierRules();
  #jobs: Job[] = [];
  #byEvent = new Map<string, Job[]>();
  #queue: Job[] = [];
  #busy = new Set<string>();
  #paused = new Set<string>();
  #waiters: (() => void)[] = [];
  #stopped = false;

  constructor(private readonly options: CourierOptions) {}

  send(parcel: Parcel): void {
    const { drop, copies, delayMs } = this.rules.apply(parcel);
    for (let copy = 0; copy < copies; copy += 1) {
      const job: Job = {
        id: newId('dlv_', 12),
        createdAt: new Date().toISOString(),
        parcel,
        attempts: [],
        status: drop ? 'dropped' : 'queued',
        timer: undefined,
      };
      this.#jobs.push(job);
      this.#byEvent.set(parcel.eventId, [...(this.#byEvent.get(parcel.eventId) ?? []), job]);
      if (drop) continue;
      if (delayMs > 0) this.#wait(job, delayMs);
      else this.#enqueue(job);
    }
  }

  deliveries(filter: DeliveryFilter = {}): Delivery[] {
    return this.#jobs
      .filter(
        (job) =>
          (filter.eventId === undefined || job.parcel.eventId === filter.eventId) &&
          (filter.type === undefined || job.parcel.type === filter.type) &&
          (filter.account === undefined || job.parcel.account === filter.account) &&
          (filter.status === undefined || job.status === filter.status),
      )
      .map(({ id, createdAt, parcel, status, attempts }) => ({
        id,
        eventId: parcel.eventId,
        type: parcel.type,
        account: parcel.account,
        endpointId: parcel.endpointId,
        url: parcel.url,
        createdAt,
        status,
        attempts: [...attempts],
      }));
  }

  /** Endpoints that should have received an event and have not. */
  undelivered(eventId: string): number {
    const endpoints = new Map<string, boolean>();
    for (const { parcel, status } of this.#byEvent.get(eventId) ?? []) {
      endpoints.set(parcel.endpointId, (endpoints.get(parcel.endpointId) ?? false) || status === 'delivered');
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

  get paused(): readonly string[] {
    return [...this.#paused];
  }

  /** Changes the order of what is queued; pause first, or there is little to reorder. */
  reorder(how: 'reverse' | 'shuffle', account?: string): number {
    const chosen = this.#queue.filter((job) => account === undefined || job.parcel.account === account);
    const shuffled = [...chosen].reverse();
    if (how === 'shuffle') {
      for (let i = shuffled.length - 1; i > 0; i -= 1) {
        const j = randomInt(i + 1);
        const [a, b] = [shuffled[i], shuffled[j]];
        if (a !== undefined && b !== undefined) [shuffled[i], shuffled[j]] = [b, a];
      }
    }
    const places = new Set(chosen);
    this.#queue = this.#queue.map((job) => (places.has(job) ? (shuffled.shift() ?? job) : job));
    return chosen.length;
  }

  /** Ends the waiting for retries and delays: everything that waits is attempted now. */
  async deliverNow(account?: string): Promise<Settled> {
    for (const job of this.#jobs) {
      if (job.status !== 'waiting' || (account !== undefined && job.parcel.account !== account)) continue;
      clearTimeout(job.timer);
      this.#enqueue(job);
    }
    return this.settle();
  }

  /** Resolves when everything that is due has been attempted. What waits for a retry is not due. */
  async settle(timeoutMs = 30_000): Promise<Settled> {
    if (!this.#idle()) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('Webhooks did not settle in time')), timeoutMs);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    const count = (status: DeliveryStatus): number =>
      this.#jobs.filter((job) => job.status === status).length;
    return {
      delivered: count('delivered'),
      failed: count('failed'),
      waiting: count('waiting'),
      queued: count('queued'),
    };
  }

  forget(account?: string): void {
    const gone = (job: Job): boolean => account === undefined || job.parcel.account === account;
    for (const job of this.#jobs.filter(gone)) {
      clearTimeout(job.timer);
      this.#byEvent.delete(job.parcel.eventId);
    }
    this.#jobs = this.#jobs.filter((job) => !gone(job));
    this.#queue = this.#queue.filter((job) => !gone(job));
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
    this.forget();
  }

  #enqueue(job: Job): void {
    job.status = 'queued';
    this.#queue.push(job);
    this.#pumpSoon();
  }

  #wait(job: Job, ms: number): void {
    job.status = 'waiting';
    job.timer = setTimeout(() => this.#enqueue(job), ms);
    job.timer.unref();
  }

  /** Not at once: the API answer that caused an event should have a chance to be first. */
  #pumpSoon(): void {
    setImmediate(() => this.#pump());
  }

  #pump(): void {
    if (this.#stopped) return;
    for (const job of [...this.#queue]) {
      const lane = `${job.parcel.endpointId} ${job.parcel.url}`;
      if (this.#busy.has(lane) || this.#held(job)) continue;
      this.#queue.splice(this.#queue.indexOf(job), 1);
      this.#busy.add(lane);
      void this.#attempt(job).finally(() => {
        this.#busy.delete(lane);
        this.#pump();
        this.#wakeWaiters();
      });
    }
    this.#wakeWaiters();
  }

  async #attempt(job: Job): Promise<void> {
    job.status = 'sending';
    const started = performance.now();
    const at = new Date();
    let status: number | null = null;
    let error: string | null = null;
    try {
      const response = await fetch(job.parcel.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          ...job.parcel.headers(Math.floor(at.getTime() / 1000)),
        },
        body: job.parcel.body,
        redirect: 'manual',
        signal: AbortSignal.timeout(this.options.timeoutMs),
      });
      status = response.status;
      await response.arrayBuffer();
    } catch (reason) {
      error = describe(reason);
    }
    job.attempts.push({
      at: at.toISOString(),
      status,
      error,
      durationMs: Math.round(performance.now() - started),
    });
    if (error === null && status !== null && status >= 200 && status < 300) {
      job.status = 'delivered';
      return;
    }
    const delay = this.options.retryDelaysMs[job.attempts.length - 1];
    if (delay === undefined || this.#stopped) job.status = 'failed';
    else this.#wait(job, delay);
  }

  #held(job: Job): boolean {
    return this.#paused.has('*') || this.#paused.has(job.parcel.account);
  }

  #idle(): boolean {
    return this.#busy.size === 0 && this.#queue.every((job) => this.#held(job));
  }

  #wakeWaiters(): void {
    if (!this.#idle()) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

function describe(reason: unknown): string {
  if (!(reason instanceof Error)) return 'unknown error';
  const cause = reason.cause;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return reason.name === 'TimeoutError' ? 'timeout' : reason.message;
}
