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

export async function insertEvents(url, tenant, events, say) {
  const client = await connect(url);
  const step = 250_000;
  for (let done = 0; done < events; done += step) {
    // As the API stores them: the id first, then the event. Ids are in no order of time, as those of clients are not.
    await client.query(
      `WITH made AS (
         SELECT $1::text AS tenant, $2::text AS environment, gen_random_uuid()::text AS id,
                'metric_' || (n % ${METERS}) AS name,
                CASE WHEN (n / ${METERS}) % ${ONE_IN} = 0 THEN '${LARGE}' ELSE 'customer-' || (hashint4(n) & 2147483647) % ${CUSTOMERS} END AS customer,
                timestamptz '${MONTH.start}' + (random() * 31 * 86400) * interval '1 second' AS at,
                jsonb_build_object('units', (n % 1000) / 10.0, 'model', 'm' || n % 4, 'region', 'r' || n % 3) AS properties
           FROM generate_series($3::int, $4::int) AS n), ids AS (
         INSERT INTO billing.usage_event_ids SELECT tenant, environment, billing.usage_event_key(environment, id), at FROM made)
       INSERT INTO billing.usage_events SELECT tenant, environment, id, name, customer, 'bench', at, at, properties FROM made`,
      [tenant.tenantId, tenant.environmentId, done, Math.min(done + step, events) - 1],
    );
    say(`${Math.min(done + step, events).toLocaleString('en')} events`);
  }
  await client.query(
    `INSERT INTO billing.usage_hours (tenant_id, environment_id, event_name, hour, changed_at)
     SELECT $1, $2, name, hour, now() - interval '1 hour'
       FROM (SELECT DISTINCT event_name AS name, date_trunc('hour', occurred_at, 'UTC') AS hour
               FROM billing.usage_events WHERE environment_id = $2) h
     ON CONFLICT (environment_id, event_name, hour) DO UPDATE SET is_clean = false, roll_id = NULL`,
    [tenant.tenantId, tenant.environmentId],
  );
  await client.query('VACUUM (ANALYZE)');
  await client.end();
}

/** Until the worker has summed up every hour. */
export async function rolledUp(url, say) {
  const client = await connect(url);
  for (;;) {
    const { rows } = await client.query(
      'SELECT count(*)::int AS left FROM billing.usage_hours WHERE NOT is_clean',
    );
    if (rows[0].left === 0) break;
    say(`${rows[0].left} hours to sum up`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await client.query('VACUUM (ANALYZE) billing.usage_rollups, billing.usage_hours');
  await client.end();
}
