import type { Period } from '../../domain/period.js';
import type { Ctx } from '../../platform/context.js';
import type { LateEventsQuery } from '../usage.types.js';

/**
 * One statement. The first part reads the small index of events that are an hour late, the second the last two hours
 * before the boundary: together they are all, as whatever happened earlier and comes now is an hour late.
 */
export async function lateSpans(ctx: Ctx, queries: readonly LateEventsQuery[]): Promise<(Period | null)[]> {
  if (queries.length === 0) return [];
  const rows = await ctx.em.query<{ n: number; first: Date; last: Date }[]>(
    `SELECT q.n, min(e.occurred_at) AS first, max(e.occurred_at) AS last
         FROM jsonb_to_recordset($1::jsonb) AS q(n int, customer text, boundary timestamptz)
         JOIN LATERAL (
           SELECT l.occurred_at FROM usage_events l
            WHERE l.tenant_id = $2 AND l.environment_id = $3 AND l.external_customer_id = q.customer
              AND l.received_at - l.occurred_at > interval '1 hour'
              AND l.received_at >= q.boundary - interval '1 hour' AND l.occurred_at < q.boundary
           UNION ALL
           SELECT r.occurred_at FROM usage_events r
            WHERE r.tenant_id = $2 AND r.environment_id = $3 AND r.external_customer_id = q.customer
              AND r.occurred_at >= q.boundary - interval '2 hours' AND r.occurred_at < q.boundary
              AND r.received_at >= q.boundary - interval '1 hour'
         ) e ON true
        GROUP BY q.n`,
    [
      JSON.stringify(
        queries.map(({ externalCustomerId, boundary }, n) => ({
          n,
          customer: externalCustomerId,
          boundary,
        })),
      ),
      ctx.scope.tenantId,
      ctx.scope.environmentId,
    ],
  );
  const spans: (Period | null)[] = queries.map(() => null);
  // A Date drops the microseconds of the last one: the end is exclusive, so it takes the next millisecond.
  for (const { n, first, last } of rows) spans[n] = { start: first, end: new Date(last.getTime() + 1) };
  return spans;
}
