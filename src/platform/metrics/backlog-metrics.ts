import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WallClock } from '../time/clock.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import { Metrics } from './metrics.js';

const JOBS = /* sql */ `
  SELECT kind, state, count(*)::int AS count FROM jobs WHERE state IN ('queued', 'running') GROUP BY 1, 2
   UNION ALL
  SELECT kind, state, count(*)::int FROM jobs WHERE state = 'parked' GROUP BY 1, 2`;
const OVERDUE = /* sql */ `
  SELECT extract(epoch FROM $1::timestamptz - min(run_at))::float8 AS count FROM jobs
   WHERE state IN ('queued', 'running') AND state = 'queued' AND run_at <= $1`;
const OUTBOX = /* sql */ `SELECT count(*)::int AS count FROM outbox_events WHERE relayed_at IS NULL`;

/** What waits in the database, of all tenants: the same from whichever process it is asked. */
@Injectable()
export class BacklogMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      { name: 'jobs', help: 'Jobs that are not done, by kind and state', labels: ['kind', 'state'] },
      async (jobs) => {
        const rows = await this.ask<{ kind: string; state: string }>(JOBS);
        jobs.reset();
        for (const { kind, state, count } of rows) jobs.set({ kind, state }, count ?? 0);
      },
    );
    this.metrics.gauge(
      { name: 'jobs_overdue_seconds', help: 'For how long the job has been due that waits longest' },
      async (overdue) => {
        overdue.set((await this.ask(OVERDUE, [this.clock.now()]))[0]?.count ?? 0);
      },
    );
    this.metrics.gauge(
      { name: 'outbox_unrelayed', help: 'Events that no subscriber has been told of yet' },
      async (events) => {
        events.set((await this.ask(OUTBOX))[0]?.count ?? 0);
      },
    );
  }

  private ask<Row extends object>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<(Row & { readonly count: number | null })[]> {
    return this.uow.runSystem((em) => em.query(sql, [...parameters]));
  }
}
