import type { Ctx } from '../../platform/context.js';
import { queryPlannedOnce } from '../../platform/database/prepared.js';
import type { CustomerVolumes, VolumeSearch } from '../usage.types.js';

/** More events than this are not counted one by one. */
const MOST_COUNTED = 100_000;
/** About so many of them are looked at instead, in so many places of the window. */
const SAMPLED = 30_000;
const PLACES = 300;

const EVENTS = `usage_events e WHERE e.environment_id = (SELECT billing.current_environment())
      AND e.event_name = ANY ($3::text[]) AND e.occurred_at >= $1::timestamptz AND e.occurred_at < $2::timestamptz`;

const COUNTED = `SELECT external_customer_id AS customer, count(*)::float8 AS events
   FROM ${EVENTS} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $4`;

/**
 * The window in equal places; of each a part that begins somewhere in it, the same each time: what comes regularly, by the day or
 * the hour, is neither always met nor always missed. No place brings more than a few times its share.
 */
const ESTIMATED = `WITH places AS (
   SELECT $1::timestamptz + ($2::timestamptz - $1::timestamptz) / ${PLACES}
            * (n + (hashint4(n) & 65535) / 65536::float8 * (1 - $5::float8)) AS starts,
          ($2::timestamptz - $1::timestamptz) / ${PLACES} * $5::float8 AS length
     FROM generate_series(0, ${PLACES - 1}) n),
   seen AS MATERIALIZED (
     SELECT e.external_customer_id AS customer FROM places p CROSS JOIN LATERAL (
       SELECT e.external_customer_id FROM ${EVENTS} AND e.occurred_at >= p.starts AND e.occurred_at < p.starts + p.length
        LIMIT ${(4 * SAMPLED) / PLACES}) e)
   SELECT customer, count(*)::float8 / (SELECT count(*) FROM seen) AS events
     FROM seen GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $4`;

/** The customers with the most events of those names: counted, or where that is too many estimated from a part of them. */
export async function customerVolumes(
  ctx: Ctx,
  { window, eventNames, most, total }: VolumeSearch,
): Promise<CustomerVolumes> {
  const isEstimate = total > MOST_COUNTED;
  const rows = await queryPlannedOnce<{ customer: string; events: number }>(
    ctx.em,
    isEstimate ? ESTIMATED : COUNTED,
    [window.start, window.end, eventNames, most, ...(isEstimate ? [SAMPLED / total] : [])],
  );
  return {
    isEstimate,
    customers: rows.map(({ customer, events }) => ({
      externalCustomerId: customer,
      events: isEstimate ? Math.round(events * total) : events,
    })),
  };
}
