import { setTimeout as delay } from 'node:timers/promises';
import { BillingError } from '../../domain/errors.js';
import type { Caller } from '../context.js';
import type { UnitOfWork } from '../database/unit-of-work.js';
import type { JobsIdle, UnfinishedJob } from '../jobs/jobs-idle.js';
import type { Patience } from '../jobs/patience.js';
import type { ClockFollower, Followed } from './clock-followers.js';
import type { TimeTriggers, TriggerDue } from './time-triggers.js';

const PAUSE_MS = 10;
/** The clock stops at whole seconds: providers tell time by them, and what lies between two is one stop, not a thousand. */
const STOP_MS = 1_000;

/** What a clock has gone past without waiting for its end. */
export interface LeftBehind {
  /** `sync.run`: a job; `provider.clock`: a provider whose clock was to follow. */
  readonly kind: string;
  /** What the job is about; the connection. */
  readonly key: string;
  readonly job_id: string | null;
  readonly attempts: number;
  readonly next_try_at: Date | null;
  readonly reason: string;
}

export interface WalkParts {
  readonly uow: UnitOfWork;
  readonly triggers: TimeTriggers;
  readonly idle: JobsIdle;
  readonly patience: Patience;
  readonly followers: readonly ClockFollower[];
  /** Moves the environment's clock to that instant, unless it is past it, and answers what it shows. */
  readonly set: (instant: Date) => Promise<Date>;
}

/**
 * One advance of a clock: from instant to instant, each of which comes only when everything is done that the one before has
 * caused, here and at those who follow.
 */
export class ClockWalk {
  /** How many instants had something to do. */
  steps = 0;
  private followers: readonly ClockFollower[];
  private readonly lost: LeftBehind[] = [];
  private unfinished: readonly UnfinishedJob[] = [];
  private undelivered = 0;
  /** What followers have told between the last two times that they were asked. */
  private delivered = 0;
  /** When a follower will next do something by itself. */
  private theirNext: Date | null = null;

  constructor(
    private readonly caller: Caller,
    private readonly parts: WalkParts,
  ) {
    this.followers = parts.followers;
  }

  async to(end: Date): Promise<void> {
    try {
      await this.through(end);
    } catch (error) {
      // They run on by themselves, later, should that not be possible now.
      await this.runOn().catch(() => undefined);
      throw error;
    }
    await this.runOn();
  }

  private async through(end: Date): Promise<void> {
    // What was under way before belongs to the time before.
    await this.settle();
    for (;;) {
      if (await this.runDue()) await this.settle();
      const { now, due } = await this.look();
      if (due.some(({ at }) => at <= now)) continue;
      const next = earliest([...due.map(({ at }) => at), this.theirNext]);
      if (next !== null && next <= end) {
        this.steps += 1;
        await this.goOn(new Date(Math.min(Math.ceil(next.getTime() / STOP_MS) * STOP_MS, end.getTime())));
      } else if (now < end) await this.goOn(end);
      else return;
    }
  }

  leftBehind(): LeftBehind[] {
    return [
      ...this.lost,
      ...(this.undelivered === 0
        ? []
        : this.followers.map((one) => lostOf(one, 'webhooks are not delivered'))),
      ...this.unfinished.map((job) => ({
        kind: job.kind,
        key: job.key,
        job_id: job.id,
        attempts: job.attempts,
        next_try_at: job.state === 'running' ? null : job.runAt,
        reason: job.lastError ?? 'it has been at work without an end',
      })),
    ];
  }

  /** To the next instant, with whoever follows; what they do by themselves until then comes first. */
  private async goOn(instant: Date): Promise<void> {
    const isTheirs = this.theirNext !== null && this.theirNext <= instant;
    await this.follow(await this.parts.set(instant));
    if (isTheirs || this.delivered > 0 || this.undelivered > 0) await this.settle();
  }

  /** Lets happen what is due at the present instant. False: nothing was. */
  private async runDue(): Promise<boolean> {
    const stall = this.parts.patience.begin();
    let before: number | undefined;
    for (let hasRun = false; ; hasRun = true) {
      const { now, due } = await this.look();
      const ready = due.filter(({ at }) => at <= now);
      const [first] = ready;
      if (first === undefined) return hasRun;
      const oldest = Math.min(...ready.map(({ at }) => at.getTime()));
      if (oldest !== before) stall.goesOn();
      // Another process may be at it, and nobody sees what it has done before it commits.
      else if (stall.leftMs() <= 0) throw stuck(first);
      else await delay(PAUSE_MS);
      before = oldest;
      for (const { trigger } of ready) await trigger.run(this.caller);
    }
  }

  /** Until nothing is left to do here or on the way here, or until patience ends. */
  private async settle(): Promise<void> {
    const { idle, patience } = this.parts;
    const stall = patience.begin();
    for (;;) {
      this.unfinished = await idle.wait(this.caller.scope, patience);
      if (this.followers.length === 0) return;
      const before = this.undelivered;
      await this.follow(await this.now());
      if (this.unfinished.length > 0) return;
      // What they have told may have been answered by calls, of which they tell again.
      if (this.delivered > 0 || this.undelivered < before) stall.goesOn();
      else if (this.undelivered === 0 || stall.leftMs() <= 0) return;
      else await delay(PAUSE_MS);
    }
  }

  private async runOn(): Promise<void> {
    await this.follow(await this.now(), 'run');
  }

  private async follow(now: Date, then: 'stand' | 'run' = 'stand'): Promise<void> {
    const followed = await Promise.all(this.followers.map((one) => this.followOne(one, now, then)));
    this.undelivered = followed.reduce((sum, { undelivered }) => sum + undelivered, 0);
    this.delivered = followed.reduce((sum, { delivered }) => sum + delivered, 0);
    this.theirNext = earliest(followed.map(({ nextAt }) => nextAt));
  }

  /** One that cannot be reached is not asked again: time goes on without it. */
  private async followOne(follower: ClockFollower, now: Date, then: 'stand' | 'run'): Promise<Followed> {
    try {
      return await follower.follow(now, then);
    } catch (error) {
      this.followers = this.followers.filter((one) => one !== follower);
      this.lost.push(lostOf(follower, error instanceof Error ? error.message : String(error)));
      return { nextAt: null, delivered: 0, undelivered: 0 };
    }
  }

  private look(): Promise<{ now: Date; due: readonly TriggerDue[] }> {
    const { uow, triggers } = this.parts;
    return uow.read(this.caller, async (ctx) => ({ now: ctx.now, due: await triggers.due(ctx) }));
  }

  private now(): Promise<Date> {
    return this.parts.uow.now(this.caller);
  }
}

const lostOf = ({ kind, key }: ClockFollower, reason: string): LeftBehind => ({
  kind,
  key,
  job_id: null,
  attempts: 0,
  next_try_at: null,
  reason,
});

function earliest(instants: readonly (Date | null)[]): Date | null {
  const all = instants.flatMap((instant) => (instant === null ? [] : [instant.getTime()]));
  return all.length === 0 ? null : new Date(Math.min(...all));
}

const stuck = ({ trigger, at }: TriggerDue): BillingError =>
  new BillingError(
    'service_unavailable',
    `${trigger.name} has been due since ${at.toISOString()} and does not get done: the clock stands there`,
    { code: 'clock_stands', details: { trigger: trigger.name, due_at: at.toISOString() } },
  );
