import { Injectable } from '@nestjs/common';
import { invalidOperation, validationError } from '../../domain/errors.js';
import type { Caller, Ctx } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { JobsIdle } from '../jobs/jobs-idle.js';
import { WallClock } from './clock.js';
import { TimeTriggers } from './time-triggers.js';

const MAX_STEPS = 100_000;
/** The step of a request that has begun to move a clock. */
const GOAL = 'goal';

export interface ClockAdvanced {
  readonly now: Date;
  /** How many instants on the way had something to do. */
  readonly steps: number;
  /** False when work that the way has caused was still going on when the wait for it ended. */
  readonly settled: boolean;
}

/** The movable clock of a test environment. */
@Injectable()
export class EnvironmentClock {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly wallClock: WallClock,
    private readonly triggers: TimeTriggers,
    private readonly idle: JobsIdle,
  ) {}

  /** Gives the environment a clock of its own, starting at real time. */
  async create(ctx: Ctx): Promise<void> {
    await ctx.em.query(
      `INSERT INTO environment_clocks (environment_id, tenant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [ctx.scope.environmentId, ctx.scope.tenantId],
    );
  }

  /**
   * Moves the clock forward to that instant. Everything that time triggers on the way happens in order, each at its
   * own instant, and the work it causes (jobs, calls to providers) is waited for.
   */
  async advance(caller: Caller, asked: Date): Promise<ClockAdvanced> {
    const to = await this.uow.run(caller, (ctx) => this.goal(ctx, asked));
    // What time triggers is nobody's request: it must not take the steps of this one for its own.
    const { scope, actor, requestId } = caller;
    let steps = 0;
    for (; steps < MAX_STEPS; steps++) {
      const due = await this.uow.run(caller, (ctx) => this.triggers.nextDueAt(ctx));
      if (due === null || due > to) break;
      await this.uow.run(caller, (ctx) => this.set(ctx, due));
      for (const trigger of this.triggers.all()) await trigger.run({ scope, actor, requestId });
    }
    const now = await this.uow.run(caller, (ctx) => this.set(ctx, to));
    return { now, steps, settled: await this.idle.wait(caller) };
  }

  /** Where the clock is to go: where an earlier try of this request has set out for, however far it has come. */
  private async goal(ctx: Ctx, asked: Date): Promise<Date> {
    const earlier = ctx.progress?.noted(GOAL);
    if (earlier !== undefined) return new Date(earlier);
    if (asked <= ctx.now)
      throw validationError(`the clock only moves forward: it is ${ctx.now.toISOString()} already`);
    await ctx.progress?.note(ctx, { [GOAL]: asked.toISOString() });
    return asked;
  }

  private async set(ctx: Ctx, instant: Date): Promise<Date> {
    const [rows] = await ctx.em.query<[{ offset_ms: string }[], number]>(
      `UPDATE environment_clocks SET offset_ms = greatest(offset_ms, $2)
        WHERE environment_id = $1 RETURNING offset_ms`,
      [ctx.scope.environmentId, instant.getTime() - this.wallClock.now().getTime()],
    );
    const row = rows[0];
    if (row === undefined)
      throw invalidOperation('the clock of this environment cannot be moved', 'clock_not_movable');
    return new Date(this.wallClock.now().getTime() + Number(row.offset_ms));
  }
}
