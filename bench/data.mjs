// The events that the rows on queries ask about: one environment, one month, 10,000 customers and one that is large.
import { api, connect } from './servers.mjs';

export const MONTH = { start: '2026-10-01T00:00:00.000Z', end: '2026-11-01T00:00:00.000Z' };
export const EVENTS = Number(process.env.BENCH_EVENTS ?? 10_000_000);
export const LARGE = 'large';
export const USUAL = 'customer-77';
const METERS = 5;
/** The share of events that the large customer has: one in so many. */
const ONE_IN = 100;
const CUSTOMERS = 10_000;

export const meterName = (n) => `metric_${n}`;

/** Customers, meters, and so many events, as the API would have stored them. */
export async function fill(url, server, tenant, events, say) {
  const features = [];
  for (let n = 0; n < METERS; n++)
    features.push(
      await api(server, tenant.apiKey, 'POST', '/features', {
        name: meterName(n),
        lookup_key: meterName(n),
        type: 'metered',
        meter: {
          name: meterName(n),
          event_name: meterName(n),
          aggregation: n === 0 ? { type: 'COUNT' } : { type: 'SUM', field: 'units' },
        },
      }),
    );
  for (const external_id of [LARGE, USUAL])
    await api(server, tenant.apiKey, 'POST', '/customers', { external_id, name: external_id });
  await insertEvents(url, tenant, events, say);
  return features;
}

/**
 * The month's events in the tables as the API leaves them, in minutes for ten million: indexes are made at the end, and
 * two connections insert. In the order of time, as events come; their ids are in none, as those of clients are not.
 */
export async function insertEvents(url, tenant, events, say) {
  const client = await connect(url);
  const month = `billing.usage_events_${MONTH.start.slice(0, 7).replace('-', '_')}`;
  await client.query('SELECT billing.ensure_usage_partitions($1, $1)', [MONTH.start]);
  const { rows } = await client.query(`SELECT count(*)::int AS there FROM ${month}`);
  if (rows[0].there > 0) throw new Error(`${month} has events already`);
  await client.query(`ALTER SYSTEM SET max_wal_size = '8GB'`);
  await client.query('SELECT pg_reload_conf()');
  await client.query(`SET maintenance_work_mem = '1GB'`);
  await client.query(`DROP TABLE ${month}`);
  await client.query(`CREATE TABLE ${month} (LIKE billing.usage_events)`);
  await client.query('ALTER TABLE billing.usage_event_ids DROP CONSTRAINT usage_event_ids_pkey');
  const step = 100_000;
  let next = 0;
  const insert = async (one) => {
    await one.query('SET synchronous_commit = off');
    while (next < events) {
      const first = next;
      next = Math.min(next + step, events);
      say(`${first.toLocaleString('en')} events`);
      await one.query(
        `WITH made AS (
           SELECT $1::text AS tenant, $2::text AS environment, gen_random_uuid()::text AS id,
                  'metric_' || (n % ${METERS}) AS name,
                  CASE WHEN (n / ${METERS}) % ${ONE_IN} = 0 THEN '${LARGE}' ELSE 'customer-' || (hashint4(n) & 2147483647) % ${CUSTOMERS} END AS customer,
                  timestamptz '${MONTH.start}' + ((n + random()) * (31 * 86400.0 / $5::int)) * interval '1 second' AS at,
                  jsonb_build_object('units', (n % 1000) / 10.0, 'model', 'm' || n % 4, 'region', 'r' || n % 3) AS properties
             FROM generate_series($3::int, $4::int) AS n), ids AS (
           INSERT INTO billing.usage_event_ids SELECT tenant, environment, billing.usage_event_key(environment, id), at FROM made)
         INSERT INTO ${month} SELECT tenant, environment, id, name, customer, 'bench', at, at, properties FROM made`,
        [tenant.tenantId, tenant.environmentId, first, next - 1, events],
      );
    }
  };
  const other = await connect(url);
  await Promise.all([insert(client), insert(other)]);
  await other.end();
  say('indexes');
  // As full as an index is that random keys have grown.
  await client.query('ALTER TABLE billing.usage_event_ids ADD PRIMARY KEY (key) WITH (fillfactor = 70)');
  await client.query('ALTER INDEX billing.usage_event_ids_pkey RESET (fillfactor)');
  await client.query(
    `ALTER TABLE billing.usage_events ATTACH PARTITION ${month} FOR VALUES FROM ('${MONTH.start}') TO ('${MONTH.end}')`,
  );
  say('hours');
  await client.query(
    `INSERT INTO billing.usage_hours (tenant_id, environment_id, event_name, hour, changed_at)
     SELECT $1, $2, name, hour, now() - interval '1 hour'
       FROM (SELECT DISTINCT event_name AS name, date_trunc('hour', occurred_at, 'UTC') AS hour
               FROM billing.usage_events WHERE environment_id = $2) h
     ON CONFLICT (environment_id, event_name, hour) DO UPDATE SET is_clean = false, summed_until = NULL, roll_id = NULL`,
    [tenant.tenantId, tenant.environmentId],
  );
  say('vacuum');
  await client.query('VACUUM (ANALYZE)');
  await client.query('ALTER SYSTEM RESET max_wal_size');
  await client.query('SELECT pg_reload_conf()');
  // What comes next is not to pay for this.
  await client.query('CHECKPOINT');
  await client.end();
}

/** Until the worker has summed up every hour. */
export async function rolledUp(url, say) {
  const client = await connect(url);
  await noneLeft(client, 'SELECT count(*)::int AS left FROM billing.usage_hours WHERE NOT is_clean', say);
  await client.query('VACUUM (ANALYZE) billing.usage_rollups, billing.usage_hours');
  await client.end();
}

/** Until a worker has summed up all that there is, also of the hour under way. */
export async function summedUp(url, say) {
  const client = await connect(url);
  await noneLeft(
    client,
    `SELECT count(*)::int AS left FROM billing.usage_hours h
      WHERE EXISTS (SELECT FROM billing.usage_events e
                     WHERE e.occurred_at >= coalesce(h.summed_until, h.hour) AND e.occurred_at < h.hour + interval '1 hour')`,
    say,
  );
  await client.end();
}

async function noneLeft(client, sql, say) {
  for (;;) {
    const { rows } = await client.query(sql);
    if (rows[0].left === 0) return;
    say(`${rows[0].left} hours to sum up`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
