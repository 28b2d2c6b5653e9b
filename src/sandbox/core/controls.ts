import { SandboxClocks, type ClockState } from './clocks.js';
import type { CourierRule } from './courier-rules.js';
import { Courier } from './courier.js';
import type { Delivery, DeliveryFilter, Settled } from './delivery.js';
import type { Desk } from './exchange.js';
import { type ArrangedFault, type FaultRule, Faults } from './faults.js';
import { IdempotencyKeys } from './idempotency.js';
import { RateLimiter, type RateLimits } from './rate-limits.js';
import { type RequestFilter, RequestLog, type RequestRecord } from './request-log.js';
import type { SchemaViolation } from './schemas.js';

export interface ControlOptions {
  readonly webhookRetryDelaysMs: readonly number[];
  readonly webhookTimeoutMs: number;
  readonly webhooksAtOnce: number;
  /** What {@link Controls.setRateLimits} takes for `realistic`. */
  readonly realisticRateLimits: RateLimits;
  readonly onFailure: (what: string, error: unknown) => void;
  /** Where the clocks begin. */
  readonly startsAt?: Date | undefined;
}

export interface Advance {
  readonly to?: Date | string;
  readonly bySeconds?: number;
  /** Left out: the common time and that of every account. */
  readonly account?: string | undefined;
}

/** How an account stands whose clock follows another's. */
export interface Followed {
  readonly now: string;
  /** When it will next do something by itself. */
  readonly nextAt: string | null;
  /** Webhooks that have been delivered since it was asked the last time. */
  readonly delivered: number;
  /** Webhooks that are under way, or wait for a retry or a delay. */
  readonly undelivered: number;
}

export interface AccountSummary {
  readonly id: string;
  readonly keys: readonly string[];
  readonly livemode: boolean;
  readonly objects: Readonly<Record<string, number>>;
}

/**
 * What a test can do to a played provider, beside calling its API. `account` is an account id or a key that opens
 * it, everywhere.
 */
export abstract class Controls {
  protected readonly clocks: SandboxClocks;
  protected readonly courier: Courier;
  protected readonly desk: Desk;
  readonly #realistic: RateLimits;
  /** By account: what {@link follow} has counted the last time. */
  readonly #deliveredBefore = new Map<string, number>();

  constructor(options: ControlOptions) {
    this.clocks = new SandboxClocks(options.onFailure, options.startsAt);
    this.courier = new Courier({
      retryDelaysMs: options.webhookRetryDelaysMs,
      timeoutMs: options.webhookTimeoutMs,
      atOnce: options.webhooksAtOnce,
    });
    this.desk = {
      clocks: this.clocks,
      log: new RequestLog(),
      faults: new Faults(),
      limiter: new RateLimiter(),
      keys: new IdempotencyKeys(this.clocks),
    };
    this.#realistic = options.realisticRateLimits;
  }

  // Requests

  requests(filter: RequestFilter = {}): RequestRecord[] {
    return this.desk.log.find(this.#byAccount(filter));
  }

  /** `{'POST /v1/invoices': 2}` */
  requestCounts(filter: RequestFilter = {}): Record<string, number> {
    return this.desk.log.counts(this.#byAccount(filter));
  }

  clearRequests(): void {
    this.desk.log.clear();
  }

  // Faults

  fault(rule: FaultRule): ArrangedFault {
    return this.desk.faults.arrange(rule);
  }

  faults(): ArrangedFault[] {
    return this.desk.faults.list();
  }

  clearFaults(id?: string): void {
    this.desk.faults.remove(id);
  }

  // Webhooks

  deliveries(filter: DeliveryFilter = {}): Delivery[] {
    return this.courier.deliveries(this.#byAccount(filter));
  }

  pauseWebhooks(account?: string): void {
    this.courier.pause(this.#idOf(account));
  }

  resumeWebhooks(account?: string): void {
    this.courier.resume(this.#idOf(account));
  }

  /** Loses, doubles or delays coming webhooks. */
  arrangeWebhooks(rule: CourierRule): void {
    this.courier.arrange(this.#byAccount(rule));
  }

  webhookRules(): CourierRule[] {
    return this.courier.rules.list();
  }

  clearWebhookRules(): void {
    this.courier.rules.clear();
  }

  /** Changes the order of what is queued, of one account or of all. Pause first. */
  reorderWebhooks(how: 'reverse' | 'shuffle', account?: string): number {
    return this.courier.reorder(how, this.#idOf(account));
  }

  /** Attempts at once what waits for a retry or a delay, then settles. */
  async deliverWebhooksNow(account?: string): Promise<Settled> {
    return this.courier.deliverNow(this.#idOf(account));
  }

  /** Resolves when everything that is due has been attempted. */
  async settle(timeoutMs?: number): Promise<Settled> {
    this.clocks.catchUp();
    return this.courier.settle(timeoutMs);
  }

  /** Sends an event again to every endpoint that listens to it; returns to how many. */
  abstract resend(eventId: string): number;

  // Limits

  rateLimits(): RateLimits {
    return this.desk.limiter.limits;
  }

  setRateLimits(limits: RateLimits | 'realistic' | 'off'): RateLimits {
    const chosen = limits === 'realistic' ? this.#realistic : limits;
    this.desk.limiter.limits = chosen === 'off' ? {} : chosen;
    return this.desk.limiter.limits;
  }

  // Clock

  /** The common time, or that of an account. */
  time(account?: string): ClockState {
    return this.clocks.state(this.#idOf(account));
  }

  /** Everything that time triggers happens, in order, before it returns. Returns how much happened. */
  advance({ to, bySeconds = 0, account }: Advance): number {
    const id = this.#idOf(account);
    const clock = id === undefined ? undefined : this.clocks.of(id);
    if (to !== undefined) return (clock ?? this.clocks).advanceTo(new Date(to).getTime());
    return clock === undefined
      ? this.clocks.advanceBy(bySeconds * 1000)
      : clock.advanceTo(clock.now() + bySeconds * 1000);
  }

  /**
   * For whoever has a clock of their own that this account's is to follow: moves it to that instant, unless it is there
   * already, and resolves when the webhooks that are due have been attempted. There it stands for `standsMs`, or until it is
   * moved on; webhooks of what is asked of it meanwhile come together.
   */
  async follow(account: string, to: Date, standsMs = 0): Promise<Followed> {
    const id = this.resolveAccount(account);
    const clock = this.clocks.of(id);
    if (clock.now() < to.getTime()) clock.advanceTo(to.getTime());
    else clock.catchUp();
    if (standsMs > 0) clock.stand(standsMs);
    else clock.runOn();
    this.courier.sendGathered(id);
    const undelivered = await this.courier.quiet(id);
    if (standsMs > 0) this.courier.gather(id, standsMs);
    const delivered = this.courier.deliveredTo(id);
    const before = this.#deliveredBefore.get(id) ?? 0;
    this.#deliveredBefore.set(id, delivered);
    const { nextAt } = clock;
    return {
      now: new Date(clock.now()).toISOString(),
      nextAt: nextAt === undefined ? null : new Date(nextAt).toISOString(),
      delivered: delivered - before,
      undelivered,
    };
  }

  // Keys and accounts

  abstract accounts(): AccountSummary[];
  /** The key stops working, as if it had been rolled. */
  abstract revokeKey(key: string): void;
  /** The key opens an account that exists already. */
  abstract attachKey(key: string, account: string): void;
  /** Every object of one kind, as the API shows it. */
  abstract objects(kind: string, account?: string): unknown[];
  protected abstract resolveAccount(name: string): string;
  protected abstract resetAccounts(account: string | undefined): void;

  /** Forgets idempotency keys, as the provider may after a day. Returns how many. */
  pruneIdempotencyKeys(account?: string): number {
    return this.desk.keys.prune(this.#idOf(account));
  }

  /** Empties an account, or the whole sandbox with its log, faults, rules and limits. Keys and time stay. */
  reset(account?: string): void {
    const id = this.#idOf(account);
    this.clocks.cancelAll(id);
    this.courier.forget(id);
    this.desk.keys.prune(id);
    this.resetAccounts(id);
    if (id !== undefined) return;
    this.desk.log.clear();
    this.desk.faults.remove();
    this.desk.limiter.limits = {};
    this.clearSchemaViolations();
  }

  // Schemas

  /** Requests, responses and webhooks that were not what the provider's types say. */
  abstract schemaViolations(): SchemaViolation[];
  abstract clearSchemaViolations(): void;

  // Settings

  abstract settings(): Readonly<Record<string, unknown>>;
  abstract configure(settings: Readonly<Record<string, unknown>>): void;

  #idOf(account: string | undefined): string | undefined {
    return account === undefined ? undefined : this.resolveAccount(account);
  }

  #byAccount<T extends { readonly account?: string | undefined }>(filter: T): T {
    return filter.account === undefined
      ? filter
      : { ...filter, account: this.resolveAccount(filter.account) };
  }
}
