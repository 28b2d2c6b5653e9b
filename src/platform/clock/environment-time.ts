import { Injectable } from '@nestjs/common';
import type { Caller } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { WallClock } from './clock.js';

const MOST_REMEMBERED = 100_000;

/** An environment's time for callers that open no unit of work: the hot paths. */
@Injectable()
export class EnvironmentTime {
  /** Environments whose clock cannot be moved. That is decided when one is made, so it may be remembered. */
  private readonly real = new Set<string>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly wallClock: WallClock,
  ) {}

  async now(caller: Caller): Promise<Date> {
    const { environmentId } = caller.scope;
    if (this.real.has(environmentId)) return this.wallClock.now();
    return this.uow.run(caller, async (ctx) => {
      const [row] = await ctx.em.query<unknown[]>(
        'SELECT FROM environment_clocks WHERE environment_id = $1',
        [environmentId],
      );
      if (row === undefined) {
        if (this.real.size >= MOST_REMEMBERED) this.real.clear();
        this.real.add(environmentId);
      }
      return ctx.now;
    });
  }
}
