import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { BillingError, fieldErrors, invalidOperation } from '../../domain/errors.js';
import type { Caller, Ctx } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { JobsIdle } from '../jobs/jobs-idle.js';
import { Patience } from '../jobs/patience.js';
import { WallClock } from '../time/clock.js';
import { ClockFollowers } from './clock-followers.js';
import { ClockWalk, type LeftBehind } from './clock-walk.js';
import { SHOWN_TIME } from '../time/shown-time.js';
import { TimeTriggers } from './time-triggers.js';

export const CLOCK_PATIENCE_MS = Symbol('ClockPatienceMs');

/** Somebody who moves a clock says so anew while they live; after that long without, it may be moved again. */
const HELD_MS = 30_000;
const HOLD_AGAIN_MS = 10_000;
const MOST_YEARS = 10;
/** So much of what was left behind is named. */
const MOST_NAMED = 20;
/** The steps of a request that has begun to move a clock: where to, and as whom it holds the clock. */
const GOAL = 'goal';
const HOLDER = 'holder';

export interface ClockAdvanced {
  readonly now: Date;
  /** How many instants on the way had something to do. */
  readonly steps: number;
  /** False when something that the way has caused was not waited for to its end. */
  readonly settled: boolean;
  /** What that is. */
  readonly left_behind: LeftBehind[];
}

/** The movable clock of a test environment. */
@Injectable()
export class EnvironmentClock {
  private readonly logger = new Logger(EnvironmentClock.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly wallClock: WallClock,
    private readonly triggers: TimeTriggers,
    private readonly followers: ClockFollowers,
    private readonly idle: JobsIdle,
    @Inject(CLOCK_PATIENCE_MS) private readonly patienceMs: number,
  ) {}

  /** Gives the environment a clock of its own, starting at real time, or where it is said to. */
  async create(ctx: Ctx, begins: Date = ctx.now): Promise<void> {
    await ctx.em.query(
      `INSERT INTO environment_clocks (environment_id, tenant_id, offset_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [ctx.scope.environmentId, ctx.scope.tenantId, begins.getTime() - ctx.now.getTime()],
    );
  }

  /** What a clock shows that can be moved; null for an environment that runs on real time. */
  async movableNow(ctx: Ctx): Promise<Date | null> {
    const rows = await ctx.em.query<unknown[]>(`SELECT 1 FROM environment_clocks WHERE environment_id = $1`, [
      ctx.scope.environmentId,
    ]);
    return rows.length === 0 ? null : ctx.now;
  }

  /**
   * Moves the clock forward to `to`. Everything that time triggers on the way happens in order, and what an instant causes
   * (jobs, calls to providers, their webhooks back) is done before the next one comes. What does not come to an end is left
   * behind after a while, and named. `field` is what the caller has said it by.
   */
  async advance(caller: Caller, asked: Date, field: 'to' | 'by_seconds' = 'to'): Promise<ClockAdvanced> {
    const { to, holder } = await this.hold(caller, asked, field);
    // What time triggers is nobody's request: it must not take the steps of this one for its own.
    const { scope, actor, requestId } = caller;
    const nobody: Caller = { scope, actor, requestId };
    const heartbeat = setInterval(() => void this.holdOn(nobody, holder), HOLD_AGAIN_MS);
    const began = performance.now();
    try {
      const walk = new ClockWalk(nobody, {
        uow: this.uow,
        triggers: this.triggers,
        idle: this.idle,
        patience: new Patience(this.patienceMs),
        followers: await this.followers.of(nobody),
        set: (instant) => this.uow.run(nobody, (ctx) => this.set(ctx, holder, instant)),
      });
      await walk.to(to);
      const left = walk.leftBehind();
      this.logger.log({
        event: 'clock.advanced',
        environment_id: caller.scope.environmentId,
        to,
        steps: walk.steps,
        left_behind: left.length,
        duration_ms: Math.round(performance.now() - began),
      });
      return {
        now: await this.uow.now(nobody),
        steps: walk.steps,
        settled: left.length === 0,
        left_behind: left.slice(0, MOST_NAMED),
      };
    } finally {
      clearInterval(heartbeat);
      await this.letGo(nobody, holder);
    }
  }

  /**
   * Two who moved it at once would each have the other's instants in the middle of their own. Answers where the clock is to
   * go: where an earlier try of this request has set out for, however far that has come. What that one holds is ours with the
   * request; should it live after all, it moves nothing any more.
   */
  private hold(caller: Caller, asked: Date, field: string): Promise<{ to: Date; holder: string }> {
    return this.uow.run(caller, async (ctx) => {
      const earlier = ctx.progress?.noted(GOAL);
      const to = earlier === undefined ? asked : new Date(earlier);
      if (earlier === undefined) this.assertAhead(ctx, asked, field);
      const holder = randomUUID();
      const [held] = await ctx.em.query<[unknown[], number]>(
        `UPDATE environment_clocks SET held_by = $3, held_until = $4, stands_at = ${SHOWN_TIME}
          WHERE environment_id = $1 AND (held_until IS NULL OR held_until <= $2 OR held_by = $5) RETURNING 1`,
        [
          ctx.scope.environmentId,
          this.wallClock.now(),
          holder,
          this.inAWhile(),
          ctx.progress?.noted(HOLDER) ?? null,
        ],
      );
      if (held.length > 0) {
        await ctx.progress?.note(ctx, { [GOAL]: to.toISOString(), [HOLDER]: holder });
        return { to, holder };
      }
      if ((await this.movableNow(ctx)) === null)
        throw invalidOperation('the clock of this environment cannot be moved', 'clock_not_movable');
      throw movedByAnother();
    });
  }

  private async holdOn(caller: Caller, holder: string): Promise<void> {
    try {
      await this.uow.run(caller, (ctx) =>
        this.change(ctx, holder, `held_until = $4, stands_at = ${SHOWN_TIME}`, [this.inAWhile()]),
      );
    } catch (error) {
      this.logger.warn({ event: 'clock.not_held', error: String(error) });
    }
  }

  /** It runs on from where it stands. */
  private async letGo(caller: Caller, holder: string): Promise<void> {
    const change = `held_by = NULL, held_until = NULL, stands_at = NULL, offset_ms = ${aheadBy(SHOWN_TIME)}`;
    try {
      await this.uow.run(caller, (ctx) => this.change(ctx, holder, change, []));
    } catch (error) {
      // It is free again in half a minute.
      this.logger.warn({ event: 'clock.not_let_go', error: String(error) });
    }
  }

  private inAWhile(): Date {
    return new Date(this.wallClock.now().getTime() + HELD_MS);
  }

  private assertAhead({ now }: Ctx, to: Date, field: string): void {
    const refuse = (reason: string): Error => fieldErrors({ [field]: `${field} ${reason}` });
    if (to <= now) throw refuse(`must be later: it is ${now.toISOString()} already, and time only moves on`);
    const furthest = new Date(now);
    furthest.setUTCFullYear(now.getUTCFullYear() + MOST_YEARS);
    if (!(to <= furthest))
      throw refuse(`must be within ${MOST_YEARS} years of the environment's time: ${now.toISOString()}`);
  }

  /** Should whoever moves it die, it runs on from there. */
  private async set(ctx: Ctx, holder: string, instant: Date): Promise<Date> {
    const at = `greatest(${SHOWN_TIME}, $4::timestamptz)`;
    const change = `stands_at = ${at}, offset_ms = ${aheadBy(at)}`;
    const now = await this.change(ctx, holder, change, [instant]);
    if (now === undefined) throw movedByAnother();
    return now;
  }

  /** Answers where the clock stands after that; undefined when somebody else holds it. In real time `$2`. */
  private async change(
    ctx: Ctx,
    holder: string,
    change: string,
    values: readonly unknown[],
  ): Promise<Date | undefined> {
    const [[row]] = await ctx.em.query<[{ stands_at: Date }[], number]>(
      `UPDATE environment_clocks SET ${change} WHERE environment_id = $1 AND held_by = $3 RETURNING stands_at`,
      [ctx.scope.environmentId, this.wallClock.now(), holder, ...values],
    );
    return row?.stands_at;
  }
}

/** Of real time, in milliseconds. */
const aheadBy = (instant: string): string => `extract(epoch FROM ${instant} - $2::timestamptz) * 1000`;

const movedByAnother = (): BillingError =>
  new BillingError('version_conflict', 'somebody else is moving this clock just now', {
    code: 'clock_is_moved',
  });
