import { Inject, Injectable, Logger } from '@nestjs/common';
import { WallClock } from '../time/clock.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { JOB_TRANSPORT, type JobTransport } from './job.js';

/** An announcement that has not led to a claim for this long is taken as lost. */
const ANNOUNCEMENT_PATIENCE_MS = 15_000;
const BATCH = 500;
const KEEP_DONE_MS = 7 * 24 * 60 * 60 * 1000;

/** Finds rows that nobody is coming for (lost announcements, dead workers) and announces them again. */
@Injectable()
export class Sweeper {
  private readonly logger = new Logger(Sweeper.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    @Inject(JOB_TRANSPORT) private readonly transport: JobTransport,
  ) {}

  /** Returns how many rows it has announced. */
  async sweep(): Promise<number> {
    const now = this.clock.now();
    return this.uow.runSystem(async (em, afterCommit) => {
      const [rows] = await em.query<[{ id: string; kind: string; run_at: Date }[], number]>(
        `UPDATE jobs SET announced_at = $1
          WHERE id IN (
            SELECT id FROM jobs
             WHERE (state = 'queued' AND run_at <= $1
                    AND (announced_at IS NULL OR greatest(announced_at, run_at) < $2))
                OR (state = 'running' AND lease_until < $1)
             ORDER BY run_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
          RETURNING id, kind, CASE state WHEN 'running' THEN $1::timestamptz ELSE run_at END AS run_at`,
        [now, new Date(now.getTime() - ANNOUNCEMENT_PATIENCE_MS)],
      );
      afterCommit(() => {
        this.transport.announce(rows.map(({ id, kind, run_at: runAt }) => ({ id, kind, runAt })));
      });
      return rows.length;
    });
  }

  /** Removes finished rows that nobody will ask about any more. Parked ones stay. */
  async purge(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - KEEP_DONE_MS);
    const [, count] = await this.uow.runSystem(
      async (em) =>
        await em.query<[unknown[], number]>(
          `DELETE FROM jobs WHERE id IN (
             SELECT id FROM jobs WHERE state = 'done' AND finished_at < $1 LIMIT 5000)`,
          [before],
        ),
    );
    if (count > 0) this.logger.log({ event: 'jobs.purged', count });
  }
}
