import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { AggregationType } from '../../domain/usage/aggregation.js';
import { FeaturesService } from '../../features/features.service.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller, Ctx, Scope } from '../../platform/context.js';
import { lockName } from '../../platform/database/named-lock.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PeriodicTasks } from '../../platform/jobs/periodic-tasks.js';
import { USAGE_OPTIONS, type UsageOptions } from '../usage.types.js';
import { canRollUp, seriesId } from './usage-plan.js';
import { ADDED_UP, measuresEvents, QUANTITY, summaryOfEvents } from './usage-summaries.js';

const EVERY_MS = 30_000;
const ALIGN_EVERY_MS = 10 * 60_000;
const HOUR_MS = 60 * 60 * 1000;
const HOURS_A_TURN = 24;
const POLL_MS = 20;
const LONGEST_WAIT_MS = 30_000;

export interface RollUpPace {
  /** An hour that has just got an event will get more. */
  readonly quietMs: number;
  /** The hour under way is summed up to so long ago: events of the last moments are still coming. */
  readonly lagMs: number;
  /** And to so many times as long ago as the latest of its late events was on its way. */
  readonly latenessFactor: number;
  /** It gets at least so much further each time. */
  readonly stepMs: number;
}

const PACE: RollUpPace = { quietMs: 60_000, lagMs: 30_000, latenessFactor: 2, stepMs: 60_000 };

interface ClaimedHour {
  readonly event_name: string;
  readonly hour: Date;
  /** What is summed up: from here */
  readonly starts: Date;
  /** to here. */
  readonly ends: Date;
}

/**
 * Sums up hours that nothing has come to for a while, and the hour under way up to a moment ago. From the events alone:
 * anew, or by adding those of a stretch that nothing has been summed up of; late, repeated and reordered events cannot make a
 * difference. In three steps, each of which may be the last:
 * (1) the stretches are claimed; (2) transactions that were under way then end; those that come later take the claim away
 * when they store something in them; (3) the stretches are summed up, and count if the claim still holds.
 */
@Injectable()
export class UsageRollups implements OnModuleInit {
  private readonly logger = new Logger(UsageRollups.name);

  constructor(
    @Inject(USAGE_OPTIONS) private readonly options: UsageOptions,
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly features: FeaturesService,
    private readonly periodic: PeriodicTasks,
  ) {}

  onModuleInit(): void {
    // Events that lie elsewhere are summed up elsewhere.
    if (this.options.storeUrl !== undefined) return;
    this.periodic.register({
      name: 'usage-rollups',
      everyMs: EVERY_MS,
      run: async () => {
        const hours = await this.rollUp();
        if (hours > 0) this.logger.log({ event: 'usage.rolled_up', hours });
      },
    });
    this.periodic.register({
      name: 'usage-series',
      everyMs: ALIGN_EVERY_MS,
      run: () => this.followMeters(),
    });
  }

  /** All hours that are due, in all environments, as of now. Answers how many stretches. */
  async rollUp(pace: Partial<RollUpPace> = {}, now = this.clock.now()): Promise<number> {
    const kept = { ...PACE, ...pace };
    // Postgres marks hours in microseconds: what it has marked in this very millisecond is not later.
    const at = { ...kept, now, quietSince: new Date(this.clock.now().getTime() + 1 - kept.quietMs) };
    let stretches = 0;
    const due = await this.uow.runSystem((em) =>
      em.query<Scope[]>(
        `SELECT DISTINCT tenant_id AS "tenantId", environment_id AS "environmentId" FROM usage_hours
          WHERE NOT is_clean`,
      ),
    );
    for (const scope of due) {
      const caller = callerOf(scope);
      await this.uow.run(caller, (ctx) => this.alignSeries(ctx));
      for (const claim of [claimOver, claimUnderWay])
        for (;;) {
          const rolled = await this.turn(caller, (ctx, rollId) => claim(ctx, rollId, at));
          stretches += rolled;
          if (rolled === 0) break;
        }
    }
    return stretches;
  }

  /** Begins the series of new meters also where no event comes any more. */
  async followMeters(): Promise<void> {
    for (const scope of await this.uow.scopes())
      await this.uow.run(callerOf(scope), (ctx) => this.alignSeries(ctx));
  }

  /** How many stretches count. */
  private async turn(
    caller: Caller,
    claim: (ctx: Ctx, rollId: string) => Promise<ClaimedHour[]>,
  ): Promise<number> {
    const rollId = randomUUID();
    const claimed = await this.uow.run(caller, (ctx) => claim(ctx, rollId));
    if (claimed.length === 0) return 0;
    if (!(await this.othersHaveEnded())) return 0;
    return this.uow.run(caller, async (ctx) => {
      await lockName(ctx.em, `usage-rollups ${caller.scope.environmentId}`);
      await sumUp(ctx, claimed);
      return settle(ctx, rollId, claimed);
    });
  }

  /** Waits until every transaction that writes and was under way has ended. False: one takes too long. */
  private async othersHaveEnded(): Promise<boolean> {
    const [{ next } = { next: '0' }] = await this.uow.runSystem((em) =>
      em.query<{ next: string }[]>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next'),
    );
    for (let waited = 0; waited < LONGEST_WAIT_MS; waited += POLL_MS) {
      const [{ ended } = { ended: false }] = await this.uow.runSystem((em) =>
        em.query<{ ended: boolean }[]>(
          'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 AS ended',
          [next],
        ),
      );
      if (ended) return true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.logger.warn({ event: 'usage.rollup_postponed', reason: 'a transaction has been open for long' });
    return false;
  }

  /**
   * A series for each meter. The hours of a name that gets a new one are read from the events until they are summed
   * up again; a roll-up of them under way does not know the new one, and is void.
   */
  private async alignSeries(ctx: Ctx): Promise<void> {
    const meters = (await this.features.listMeters(ctx)).filter(
      (meter) => canRollUp(meter.aggregation.type) && meter.aggregation.groupBy === null,
    );
    const wanted = meters.map(({ eventName, aggregation, filters }) => {
      const series = { eventName, type: aggregation.type, field: aggregation.field ?? '', filters };
      return { id: seriesId(series), ...series };
    });
    await ctx.em.query(
      `WITH added AS (
         INSERT INTO usage_series (tenant_id, environment_id, id, event_name, type, field, filters)
         SELECT DISTINCT ON (id) $2, $3, id, "eventName", type, field, filters
           FROM jsonb_to_recordset($1::jsonb) AS w(id text, "eventName" text, type text, field text, filters jsonb)
          ORDER BY id
         ON CONFLICT DO NOTHING RETURNING event_name)
       UPDATE usage_hours SET is_clean = false, summed_until = NULL, roll_id = NULL
        WHERE environment_id = $3 AND (is_clean OR summed_until IS NOT NULL OR roll_id IS NOT NULL)
          AND event_name IN (SELECT event_name FROM added)`,
      [JSON.stringify(wanted), ctx.scope.tenantId, ctx.scope.environmentId],
    );
  }
}

const callerOf = (scope: Scope): Caller => ({ scope, actor: 'usage-rollups', requestId: randomUUID() });

interface At extends RollUpPace {
  readonly now: Date;
  readonly quietSince: Date;
}

const DIRTY = 'environment_id = (SELECT billing.current_environment()) AND NOT is_clean';
const CLAIMED = 'event_name, hour, coalesce(summed_until, hour) AS starts, roll_until AS ends';

/** The oldest hours that are over and quiet, whatever became of an earlier claim, and those soon after. */
async function claimOver(ctx: Ctx, rollId: string, { now, quietSince }: At): Promise<ClaimedHour[]> {
  const due = `${DIRTY} AND changed_at <= $2 AND NOT (hour <= $3 AND hour > $4)`;
  const [claimed] = await ctx.em.query<[ClaimedHour[], number]>(
    `UPDATE usage_hours SET roll_id = $1, roll_until = hour + interval '1 hour'
      WHERE ${due} AND hour < (SELECT min(hour) FROM usage_hours WHERE ${due}) + interval '${HOURS_A_TURN} hours'
     RETURNING ${CLAIMED}`,
    [rollId, quietSince, now, new Date(now.getTime() - HOUR_MS)],
  );
  return claimed;
}

/** The hour under way, as far as no more events of it are to be expected. */
async function claimUnderWay(
  ctx: Ctx,
  rollId: string,
  { now, lagMs, latenessFactor, stepMs }: At,
): Promise<ClaimedHour[]> {
  // Cut as events are: what lies between two milliseconds would be summed up by one statement and left out by the other.
  const until = `date_trunc('milliseconds', $2::timestamptz - greatest($4 * interval '1 ms', late_by * $5::float8))`;
  const [claimed] = await ctx.em.query<[ClaimedHour[], number]>(
    `UPDATE usage_hours SET roll_id = $1, roll_until = ${until}
      WHERE ${DIRTY} AND hour <= $2 AND hour > $3
        AND ${until} > coalesce(summed_until, hour) + $6 * interval '1 ms'
     RETURNING ${CLAIMED}`,
    [rollId, now, new Date(now.getTime() - HOUR_MS), lagMs, latenessFactor, stepMs],
  );
  return claimed;
}

/** What is still claimed counts. Whatever else has been added to is void, and is summed up anew next time. */
async function settle(ctx: Ctx, rollId: string, claimed: readonly ClaimedHour[]): Promise<number> {
  const settled = await ctx.em.query<{ is_summed: boolean }[]>(
    `WITH mine AS MATERIALIZED (
       SELECT h.event_name, h.hour, w.starts = w.hour AS is_anew,
              h.roll_id IS NOT DISTINCT FROM $1 AND NOT h.is_clean AND coalesce(h.summed_until, h.hour) = w.starts AS is_summed
         FROM usage_hours h
         JOIN ${STRETCHES('$2')} ON w.event_name = h.event_name AND w.hour = h.hour
        WHERE h.environment_id = (SELECT billing.current_environment())
        ORDER BY h.event_name, h.hour FOR UPDATE OF h),
     told AS (
       UPDATE usage_hours h
          SET is_clean = m.is_summed AND h.roll_until = h.hour + interval '1 hour',
              summed_until = CASE WHEN m.is_summed THEN h.roll_until END,
              -- Somebody else's claim to begin anew is as good as before; one to add to what was there is not.
              roll_id = CASE WHEN NOT m.is_summed AND m.is_anew THEN h.roll_id END
         FROM mine m
        WHERE h.environment_id = (SELECT billing.current_environment())
          AND h.event_name = m.event_name AND h.hour = m.hour)
     SELECT is_summed FROM mine`,
    [rollId, JSON.stringify(claimed)],
  );
  return settled.filter((hour) => hour.is_summed).length;
}

const STRETCHES = (parameter: string): string =>
  `jsonb_to_recordset(${parameter}::jsonb) AS w(event_name text, hour timestamptz, starts timestamptz, ends timestamptz)`;

async function sumUp(ctx: Ctx, claimed: readonly ClaimedHour[]): Promise<void> {
  const parameter = JSON.stringify(claimed);
  const HOURS = STRETCHES('$1');
  await ctx.em.query(
    `DELETE FROM usage_rollups r USING ${HOURS}, usage_series s
      WHERE s.environment_id = (SELECT billing.current_environment()) AND s.event_name = w.event_name
        AND r.environment_id = s.environment_id AND r.series_id = s.id AND r.hour = w.hour AND w.starts = w.hour`,
    [parameter],
  );
  const types = await ctx.em.query<{ type: AggregationType }[]>(
    `SELECT DISTINCT s.type FROM usage_series s JOIN ${HOURS} ON s.event_name = w.event_name
      WHERE s.environment_id = (SELECT billing.current_environment())`,
    [parameter],
  );
  const bounds = [
    new Date(Math.min(...claimed.map(({ starts }) => starts.getTime()))),
    new Date(Math.max(...claimed.map(({ ends }) => ends.getTime()))),
  ];
  // By the time of the events first: the planner would rather look for the names, from customer to customer. Grouped before
  // it is joined with the hours: it knows how many events there are, and not how many hours. And in the order of the key,
  // so that the hours of a customer are written side by side.
  const hour = `date_trunc('hour', e.occurred_at, 'UTC')`;
  const isWhole = claimed.every(({ starts, ends }) => ends.getTime() - starts.getTime() === HOUR_MS);
  const within = isWhole
    ? ''
    : `JOIN ${HOURS} ON w.event_name = e.event_name AND w.hour = ${hour}
                    AND e.occurred_at >= w.starts AND e.occurred_at < w.ends`;
  for (const { type } of types)
    await ctx.em.query(
      `WITH made AS MATERIALIZED (
         SELECT e.series_id, e.event_name, coalesce(e.external_customer_id, '') AS customer, ${hour} AS hour,
                ${summaryOfEvents(type)}
           FROM (SELECT q.id AS series_id, q.event_name, e.external_customer_id, e.occurred_at, e.id
                        ${measuresEvents(type) ? `, ${QUANTITY} AS quantity` : ''}
                   FROM (SELECT * FROM usage_events e
                          WHERE e.environment_id = $5 AND e.occurred_at >= $2 AND e.occurred_at < $3
                         OFFSET 0) e
                   JOIN usage_series q ON q.environment_id = $5 AND q.event_name = e.event_name AND q.type = $6
                   ${within}
                  WHERE q.filters = '[]'::jsonb OR billing.matches_filters(e.properties, q.filters)
                 OFFSET 0) e
          GROUP BY GROUPING SETS ((e.series_id, e.event_name, ${hour}, e.external_customer_id),
                                  (e.series_id, e.event_name, ${hour})))
       INSERT INTO usage_rollups AS r (tenant_id, environment_id, series_id, external_customer_id, hour,
                                       events, measured, total, moment, peak, latest)
       SELECT $4, $5, m.series_id, m.customer, m.hour, m.events, m.measured, m.total, m.moment, m.peak, m.latest
         FROM made m JOIN ${HOURS} ON w.event_name = m.event_name AND w.hour = m.hour
        ORDER BY m.series_id, m.customer, m.hour
       ON CONFLICT (environment_id, series_id, external_customer_id, hour) DO UPDATE SET ${ADDED_UP}`,
      [parameter, ...bounds, ctx.scope.tenantId, ctx.scope.environmentId, type],
    );
}
