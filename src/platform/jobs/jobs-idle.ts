import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { WallClock } from '../time/clock.js';
import type { Scope } from '../context.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import type { JobState } from './job.entity.js';
import { JobHandlers } from './job-handlers.js';
import { JobRunner } from './job-runner.js';
import type { Patience } from './patience.js';

const SHORTEST_PAUSE_MS = 1;
/** Other processes say nothing of what they have done. */
const LONGEST_PAUSE_MS = 50;
/** Where many are left, it is not over soon. */
const PAUSE_A_JOB_MS = 2;
/** Of so many unfinished jobs, the oldest, each look wants to know how they are: enough to see whether any goes on. */
const MOST_LOOKED_AT = 200;

/** A job that is not done. */
export interface UnfinishedJob {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly state: Extract<JobState, 'queued' | 'running'>;
  readonly attempts: number;
  readonly runAt: Date;
  /** Of the last try. */
  readonly lastError: string | null;
}

interface Seen {
  /** Events that are not jobs yet. */
  readonly relaying: boolean;
  readonly jobs: readonly UnfinishedJob[];
}

/** Waits until an environment has no event to relay and no job left that its clock waits for. */
@Injectable()
export class JobsIdle {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly handlers: JobHandlers,
    private readonly runner: JobRunner,
  ) {}

  /**
   * Answers what was left when patience ended: nothing, when everything is done. What waits for another try is waited for as
   * long as that comes within the patience.
   */
  async wait(scope: Scope, patience: Patience): Promise<readonly UnfinishedJob[]> {
    const stall = patience.begin();
    let before: Seen | undefined;
    for (let pause = SHORTEST_PAUSE_MS; ; pause *= 2) {
      const idle = this.runner.whenIdle();
      const seen = await this.look(scope);
      if (isQuiet(seen)) return [];
      if (before === undefined || hasGoneOn(before, seen)) stall.goesOn();
      before = seen;
      const left = stall.leftMs();
      const next = this.msUntilDue(seen);
      if (left <= 0) return seen.jobs;
      if (next > left) {
        stall.giveUp();
        return seen.jobs;
      }
      // Told when the jobs of this process have ended; whether that was all, only the next look tells.
      pause = Math.min(Math.max(pause, next), LONGEST_PAUSE_MS + seen.jobs.length * PAUSE_A_JOB_MS);
      if (this.runner.active === 0) await delay(pause);
      else await Promise.race([idle, delay(Math.max(pause, LONGEST_PAUSE_MS))]);
    }
  }

  private msUntilDue({ relaying, jobs }: Seen): number {
    if (relaying || jobs.some(({ state }) => state === 'running')) return 0;
    return Math.min(...jobs.map(({ runAt }) => runAt.getTime())) - this.clock.now().getTime();
  }

  /** One trip to the database. */
  private async look({ tenantId, environmentId }: Scope): Promise<Seen> {
    const [row] = await this.uow.executeSystem<{ relaying: boolean; jobs: JobRow[] | null }>(
      `SELECT EXISTS (SELECT 1 FROM outbox_events
                       WHERE relayed_at IS NULL AND tenant_id = $1 AND environment_id = $2) AS relaying,
              (SELECT jsonb_agg(job) FROM (
                SELECT id, kind, key, state, attempts, run_at, last_error FROM jobs
                 WHERE tenant_id = $1 AND environment_id = $2 AND state IN ('queued', 'running') AND kind <> ALL ($4)
                   AND (state = 'running' OR run_at <= $3 OR kind <> ALL ($5))
                 ORDER BY run_at, id LIMIT ${MOST_LOOKED_AT}) job) AS jobs`,
      [
        tenantId,
        environmentId,
        this.clock.now(),
        this.handlers.holdingClock('never'),
        this.handlers.holdingClock('while_due'),
      ],
    );
    return { relaying: row?.relaying ?? false, jobs: (row?.jobs ?? []).map(jobOf) };
  }
}

interface JobRow {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly state: UnfinishedJob['state'];
  readonly attempts: number;
  readonly run_at: string;
  readonly last_error: string | null;
}

const jobOf = ({ run_at: runAt, last_error: lastError, ...row }: JobRow): UnfinishedJob => ({
  ...row,
  runAt: new Date(runAt),
  lastError,
});

const isQuiet = ({ relaying, jobs }: Seen): boolean => !relaying && jobs.length === 0;

/** Something that was there is done. What was tried in vain is no progress. */
function hasGoneOn(before: Seen, now: Seen): boolean {
  if (before.relaying && !now.relaying) return true;
  const left = new Set(now.jobs.map(({ id }) => id));
  return before.jobs.some(({ id }) => !left.has(id));
}
