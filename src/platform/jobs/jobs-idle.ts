import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { WallClock } from '../clock/clock.js';
import type { Caller } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';

const PATIENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 100;

/** Waits until an environment has no event to relay and no job to run. */
@Injectable()
export class JobsIdle {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
  ) {}

  /** False when there was still work after a minute. Jobs that wait for a later time do not count as work. */
  async wait(caller: Caller): Promise<boolean> {
    const deadline = this.clock.now().getTime() + PATIENCE_MS;
    for (let pause = 5; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      if (!(await this.busy(caller))) return true;
      if (this.clock.now().getTime() >= deadline) return false;
      await delay(pause);
    }
  }

  private busy(caller: Caller): Promise<boolean> {
    return this.uow.run(caller, async (ctx) => {
      const [row] = await ctx.em.query<{ busy: boolean }[]>(
        `SELECT EXISTS (SELECT 1 FROM outbox_events WHERE relayed_at IS NULL)
             OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' OR (state = 'queued' AND run_at <= $1)) AS busy`,
        [this.clock.now()],
      );
      return row?.busy ?? false;
    });
  }
}
