import type { Period } from '../../domain/period.js';
import type { Scope } from '../../platform/context.js';
import type { LateEventsQuery } from '../usage.types.js';
import type { ClickHouseDatabase } from './clickhouse-database.js';
import { ofScope, rowsOfScope } from './scope.js';
import { QUERIES_A_STATEMENT } from './usage-sql.js';

const HOUR_MS = 60 * 60 * 1000;

const QUERIES = `SELECT t.1 AS n, t.2 AS customer, t.3 AS boundary
  FROM (SELECT arrayJoin(JSONExtract({queries:String}, 'Array(Tuple(UInt32, String, Int64))')) AS t)`;

const sql = (): string => {
  const events = ofScope(
    'usage_events',
    `external_customer_id IN (SELECT customer FROM (${QUERIES}))
     AND received_at >= fromUnixTimestamp64Milli({since:Int64})`,
  );
  return `SELECT q.n AS n, min(e.occurred) AS first, max(e.occurred) AS last
    FROM (SELECT external_customer_id, toUnixTimestamp64Milli(occurred_at) AS occurred,
                 toUnixTimestamp64Milli(received_at) AS received FROM ${events}) AS e
   INNER JOIN (${QUERIES}) AS q ON e.external_customer_id = q.customer
   WHERE e.occurred < q.boundary AND e.received >= q.boundary - ${HOUR_MS}
   GROUP BY n`;
};

export async function lateSpans(
  database: ClickHouseDatabase,
  scope: Scope,
  queries: readonly LateEventsQuery[],
): Promise<(Period | null)[]> {
  const spans = queries.map((): Period | null => null);
  for (let from = 0; from < queries.length; from += QUERIES_A_STATEMENT) {
    const some = queries.slice(from, from + QUERIES_A_STATEMENT);
    const rows = await rowsOfScope<{ n: number; first: number | string; last: number | string }>(
      database,
      scope,
      sql(),
      {
        // What came an hour before the first boundary is late for nobody: months that ended long ago are left out.
        since: Math.min(...some.map(({ boundary }) => boundary.getTime())) - HOUR_MS,
        queries: JSON.stringify(
          some.map(({ externalCustomerId, boundary }, n) => [
            from + n,
            externalCustomerId,
            boundary.getTime(),
          ]),
        ),
      },
    );
    for (const { n, first, last } of rows)
      spans[n] = { start: new Date(Number(first)), end: new Date(Number(last) + 1) };
  }
  return spans;
}
