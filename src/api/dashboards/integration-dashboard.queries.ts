import { Injectable } from '@nestjs/common';
import type { Ctx } from '../../platform/context.js';
import type { IntegrationDashboardResponse, OutcomesResponse } from './integration-dashboard.responses.js';
import { successRate } from './success-rate.js';

/** Of the newest so many of each kind; what is stuck or parked is found whatever its age. */
const MOST_ROWS = 50_000;
const MOST_STUCK = 10_000;
const SHOWN = 10;

interface Counts {
  readonly succeeded: number;
  readonly failed: number;
  readonly in_progress: number;
  readonly skipped: number;
}

interface Found {
  readonly at: Date;
  readonly sync: readonly (Counts & { connection_id: string })[];
  readonly stuck: {
    readonly count: number;
    readonly items: readonly StuckRow[] | null;
  };
  readonly inbound: Counts & { readonly parked: number };
  readonly outbound: Counts;
  readonly endpoints: readonly EndpointRow[];
  readonly connections: readonly ConnectionRow[];
  readonly jobs: readonly { kind: string; count: number; oldest_at: string }[];
}

interface StuckRow {
  readonly id: string;
  readonly connection_id: string;
  readonly provider: string;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly action: string;
  readonly state: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly created_at: string;
}

interface EndpointRow {
  readonly id: string;
  readonly url: string;
  readonly state: string;
  readonly failing_since: string | null;
  readonly consecutive_failures: number;
  readonly disabled_reason: string | null;
}

interface ConnectionRow {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly reason: string | null;
  readonly last_error: string | null;
  readonly last_success_at: string | null;
}

const counts = (succeeded: string, failed: string, inProgress: string, skipped: string): string =>
  `count(*) FILTER (WHERE ${succeeded})::int AS succeeded, count(*) FILTER (WHERE ${failed})::int AS failed,
   count(*) FILTER (WHERE ${inProgress})::int AS in_progress, count(*) FILTER (WHERE ${skipped})::int AS skipped`;

const newest = (table: string, columns: string): string =>
  `(SELECT ${columns} FROM ${table} WHERE created_at >= now() - $1 * interval '1 day'
     ORDER BY created_at DESC LIMIT ${MOST_ROWS}) n`;

/** In real time, whatever the clock of the environment says: so are operations and webhooks dated. */
const FIGURES = `WITH
  stuck AS (
    SELECT id, connection_id, provider, entity_type, entity_id, action, state, attempts,
           coalesce(error ->> 'message', reason) AS reason, created_at
      FROM sync_operations
     WHERE state = 'failed'
        OR state IN ('pending', 'running', 'retrying') AND created_at < now() - interval '1 hour'
     LIMIT ${MOST_STUCK})
SELECT now() AS at,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT connection_id, ${counts("state = 'succeeded'", "state = 'failed'", "state IN ('pending', 'running', 'retrying')", "state = 'skipped'")}
       FROM ${newest('sync_operations', 'connection_id, state, created_at')} GROUP BY 1 ORDER BY 1) r) AS sync,
  (SELECT jsonb_build_object('count', count(*), 'items', (SELECT jsonb_agg(r) FROM (
     SELECT * FROM stuck ORDER BY created_at, id LIMIT ${SHOWN}) r)) FROM stuck) AS stuck,
  (SELECT to_jsonb(r) || jsonb_build_object('parked', (SELECT count(*) FROM webhook_events WHERE state = 'parked')) FROM (
     SELECT ${counts("state = 'handled'", "state = 'parked'", "state IN ('received', 'retrying')", "state = 'skipped'")}
       FROM ${newest('webhook_events', 'state')}) r) AS inbound,
  (SELECT to_jsonb(r) FROM (
     SELECT ${counts("delivery_state = 'succeeded'", "delivery_state = 'failed'", "delivery_state = 'pending'", 'false')}
       FROM ${newest('webhook_deliveries', 'delivery_state')}) r) AS outbound,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT id, url, endpoint_state AS state, failing_since, consecutive_failures, disabled_reason FROM webhook_endpoints
      WHERE status = 'published' AND (failing_since IS NOT NULL OR disabled_reason IS NOT NULL)
      ORDER BY failing_since NULLS LAST, id LIMIT ${SHOWN}) r) AS endpoints,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT id, name, provider, paused_reason AS reason, last_error, last_success_at FROM connections
      WHERE status = 'published' AND connection_state = 'paused' ORDER BY id LIMIT ${SHOWN}) r) AS connections,
  (SELECT coalesce(jsonb_agg(r), '[]') FROM (
     SELECT kind, count(*)::int AS count, min(created_at) AS oldest_at FROM jobs WHERE state = 'parked'
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${SHOWN}) r) AS jobs`;

/** How an environment gets on with its providers and endpoints, as docs/reference/dashboards.md defines it. One statement. */
@Injectable()
export class IntegrationDashboardQueries {
  async show(ctx: Ctx, days: number): Promise<IntegrationDashboardResponse> {
    const [found] = await ctx.em.query<[Found]>(FIGURES, [days]);
    const { sync, stuck, inbound, outbound } = found;
    return {
      as_of: found.at,
      sync: {
        ...outcomes(sync),
        by_connection: sync.map((one) => ({ connection_id: one.connection_id, ...outcomes([one]) })),
      },
      stuck_operations: {
        count: stuck.count,
        items: (stuck.items ?? []).map((one) => ({ ...one, created_at: new Date(one.created_at) })),
      },
      webhooks_in: { ...outcomes([inbound]), parked: inbound.parked },
      webhooks_out: outcomes([outbound]),
      failing_endpoints: found.endpoints.map((one) => ({ ...one, failing_since: dateOf(one.failing_since) })),
      paused_connections: found.connections.map((one) => ({
        ...one,
        last_success_at: dateOf(one.last_success_at),
      })),
      parked_jobs: found.jobs.map((one) => ({ ...one, oldest_at: new Date(one.oldest_at) })),
      is_complete: [sync, [inbound], [outbound]].every((of) => totalOf(of) < MOST_ROWS),
    };
  }
}

const dateOf = (text: string | null): Date | null => (text === null ? null : new Date(text));

const sum = (of: readonly Counts[], what: keyof Counts): number =>
  of.reduce((total, one) => total + one[what], 0);

const totalOf = (of: readonly Counts[]): number =>
  sum(of, 'succeeded') + sum(of, 'failed') + sum(of, 'in_progress') + sum(of, 'skipped');

function outcomes(of: readonly Counts[]): OutcomesResponse {
  const [succeeded, failed] = [sum(of, 'succeeded'), sum(of, 'failed')];
  return {
    succeeded,
    failed,
    in_progress: sum(of, 'in_progress'),
    skipped: sum(of, 'skipped'),
    success_rate: successRate(succeeded, failed),
  };
}
