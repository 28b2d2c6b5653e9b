import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { AggregationType } from '../../domain/usage/aggregation.js';
import { FeaturesService } from '../../features/features.service.js';
import { WallClock } from '../../platform/clock/clock.js';
import type { Caller, Ctx, Scope } from '../../platform/context.js';
import { lockName } from '../../platform/database/named-lock.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PeriodicTasks } from '../../platform/jobs/periodic-tasks.js';
import { USAGE_OPTIONS, type UsageOptions } from '../usage.types.js';
import { canRollUp, seriesId } from './usage-plan.js';
import { measuresEvents, QUANTITY, summaryOfEvents } from './usage-summaries.js';

const EVERY_MS = 30_000;
const ALIGN_EVERY_MS = 10 * 60_000;
/** An hour that has just got an event will get more. */
const QUIET_MS = 60_000;
const HOUR_MS = 60 * 60 * 1000;
const HOURS_A_TURN = 24;
const POLL_MS = 20;
const LONGEST_WAIT_MS = 30_000;

interface DirtyHour {
  readonly event_name: string;
  readonly hour: Date;
}

/**
 * Sums up hours that nothing has come to for a while. Always anew from the events, never by adding to what is there:
 * late, repeated and reordered events cannot make a difference. In three steps, each of which may be the last:
 * (1) the hours are claimed; (2) transactions that were under way then end; those that come later take the claim away
 * when they store something; (3) the hours are summed up, and are clean if the claim still holds.
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

  /** All hours that are due, in all environments. Answers how many. */
  async rollUp(quietMs = QUIET_MS): Promise<number> {
    let hours = 0;
    const due = await this.uow.system((em) =>
      em.query<Scope[]>(
        `SELECT DISTINCT tenant_id AS "tenantId", environment_id AS "environmentId" FROM usage_hours
          WHERE NOT is_clean`,
      ),
    );
    for (const scope of due) {
      const caller = callerOf(scope);
      await this.uow.run(caller, (ctx) => this.alignSeries(ctx));
      for (;;) {
        const rolled = await this.turn(caller, quietMs);
        hours += rolled;
        if (rolled === 0) break;
      }
    }
    return hours;
  }

  /** Begins the series of new meters also where no event comes any more. */
  async followMeters(): Promise<void> {
    const all = await this.uow.system((em) =>
      em.query<Scope[]>('SELECT tenant_id AS "tenantId", id AS "environmentId" FROM environments'),
    );
    for (const scope of all) await this.uow.run(callerOf(scope), (ctx) => this.alignSeries(ctx));
  }

  /** How many hours turned clean. */
  private async turn(caller: Caller, quietMs: number): Promise<number> {
    const rollId = randomUUID();
    const now = this.clock.now();
    const quietSince = new Date(now.getTime() - quietMs);
    const claimed = await this.uow.run(caller, (ctx) => claim(ctx, rollId, now, quietSince));
    if (claimed.length === 0) return 0;
    if (!(await this.othersHaveEnded())) return 0;
    return this.uow.run(caller, async (ctx) => {
      await lockName(ctx.em, `usage-rollups ${caller.scope.environmentId}`);
      await sumUp(ctx, claimed);
      const clean = await ctx.em.query<[unknown[], number]>(
        `UPDATE usage_hours SET is_clean = true, roll_id = NULL
          WHERE environment_id = (SELECT billing.current_environment()) AND roll_id = $1 AND NOT is_clean`,
        [rollId],
      );
      return clean[1];
    });
  }

  /** Waits until every transaction that writes and was under way has ended. False: one takes too long. */
  private async othersHaveEnded(): Promise<boolean> {
    const [{ next } = { next: '0' }] = await this.uow.system((em) =>
      em.query<{ next: string }[]>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next'),
    );
    for (let waited = 0; waited < LONGEST_WAIT_MS; waited += POLL_MS) {
      const [{ ended } = { ended: false }] = await this.uow.system((em) =>
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
       UPDATE usage_hours SET is_clean = false, roll_id = NULL
        WHERE environment_id = $3 AND (is_clean OR roll_id IS NOT NULL)
          AND event_name IN (SELECT event_name FROM added)`,
      [JSON.stringify(wanted), ctx.scope.tenantId, ctx.scope.environmentId],
    );
  }
}

const callerOf = (scope: Scope): Caller => ({ scope, actor: 'usage-rollups', requestId: randomUUID() });

/** The oldest hours that are over and quiet, whatever became of an earlier claim, and those soon after. */
async function claim(ctx: Ctx, rollId: string, now: Date, quietSince: Date): Promise<DirtyHour[]> {
  const due = `environment_id = (SELECT billing.current_environment()) AND NOT is_clean AND changed_at <= $2
               AND NOT (hour <= $3 AND hour > $4)`;
  const [claimed] = await ctx.em.query<[DirtyHour[], number]>(
    `UPDATE usage_hours SET roll_id = $1
      WHERE ${due} AND hour < (SELECT min(hour) FROM usage_hours WHERE ${due}) + interval '${HOURS_A_TURN} hours'
     RETURNING event_name, hour`,
    [rollId, quietSince, now, new Date(now.getTime() - HOUR_MS)],
  );
  return claimed;
}

async function sumUp(ctx: Ctx, hours: readonly DirtyHour[]): Promise<void> {
  const parameter = JSON.stringify(hours);
  const HOURS = `jsonb_to_recordset($1::jsonb) AS w(event_name text, hour timestamptz)`;
  await ctx.em.query(
    `DELETE FROM usage_rollups r USING ${HOURS}, usage_series s
      WHERE s.environment_id = (SELECT billing.current_environment()) AND s.event_name = w.event_name
        AND r.environment_id = s.environment_id AND r.series_id = s.id AND r.hour = w.hour`,
    [parameter],
  );
  const types = await ctx.em.query<{ type: AggregationType }[]>(
    `SELECT DISTINCT s.type FROM usage_series s JOIN ${HOURS} ON s.event_name = w.event_name
      WHERE s.environment_id = (SELECT billing.current_environment())`,
    [parameter],
  );
  const times = hours.map(({ hour }) => hour.getTime());
  const bounds = [new Date(Math.min(...times)), new Date(Math.max(...times) + HOUR_MS)];
  // By the time of the events first: the planner would rather look for the names, from customer to customer. Grouped before
  // it is joined with the hours: it knows how many events there are, and not how many hours. And in the order of the key,
  // so that the hours of a customer are written side by side.
  const hour = `date_trunc('hour', e.occurred_at, 'UTC')`;
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
                  WHERE q.filters = '[]'::jsonb OR billing.matches_filters(e.properties, q.filters)
                 OFFSET 0) e
          GROUP BY GROUPING SETS ((e.series_id, e.event_name, ${hour}, e.external_customer_id),
                                  (e.series_id, e.event_name, ${hour})))
       INSERT INTO usage_rollups (tenant_id, environment_id, series_id, external_customer_id, hour,
                                  events, measured, total, moment, peak, latest)
       SELECT $4, $5, m.series_id, m.customer, m.hour, m.events, m.measured, m.total, m.moment, m.peak, m.latest
         FROM made m JOIN ${HOURS} ON w.event_name = m.event_name AND w.hour = m.hour
        ORDER BY m.series_id, m.customer, m.hour`,
      [parameter, ...bounds, ctx.scope.tenantId, ctx.scope.environmentId, type],
    );
}
