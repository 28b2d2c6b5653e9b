import assert from 'node:assert/strict';
import { EVENTS, fill, LARGE, meterName, MONTH, rolledUp, USUAL } from '../data.mjs';
import { median, times } from '../load.mjs';
import { connect, createDatabase, createTenant, poster, startServer } from '../servers.mjs';

const ROUNDS = 40;
const WARM_MS = 5_000;

/** The rows that need a large table, and the table itself for those that come after. */
export async function usageRows(context, then) {
  const { postgres, wanted, add, say } = context;
  if (!wanted('usage query', 'analytics', 'growth', 'billing run', 'dashboard', 'explanation')) return;
  const url = await createDatabase(postgres, 'bench_usage');
  const setUp = await startServer(url);
  const tenant = await createTenant(url);
  const features = await fill(url, setUp, tenant, EVENTS, say);
  await setUp.stop();
  const worker = await startServer(url, { role: 'worker' });
  await rolledUp(url, say);
  await worker.stop();
  const server = await startServer(url);
  const sql = await connect(url);
  try {
    const post = poster(server, tenant.apiKey);
    if (wanted('usage query'))
      for (const [customer, name] of [
        [LARGE, 'large'],
        [USUAL, 'usual'],
      ]) {
        say(`usage query of the ${name} customer`);
        const ask = () =>
          post('/events/usage/meter', {
            meter_id: features[1].meter_id,
            external_customer_id: customer,
            start_time: MONTH.start,
            end_time: MONTH.end,
          });
        const byHand = () =>
          sql.query(
            `SELECT sum((properties ->> 'units')::numeric) AS value, count(*)::int AS events FROM billing.usage_events
              WHERE environment_id = $1 AND external_customer_id = $2 AND event_name = $3
                AND occurred_at >= $4 AND occurred_at < $5`,
            [tenant.environmentId, customer, meterName(1), MONTH.start, MONTH.end],
          );
        const [answer, { rows }] = [await ask(), await byHand()];
        assert.equal(answer.value, Number(rows[0].value));
        const [ours, theirs] = await measure(ask, byHand);
        add({
          row: `usage query, ${name} customer`,
          numerator: `${ours.toFixed(2)} ms over HTTP`,
          denominator: `${theirs.toFixed(2)} ms by SQL on ${rows[0].events.toLocaleString('en')} events`,
          ratio: ours / theirs,
          goal: { most: 2 },
        });
      }
    if (wanted('analytics')) {
      say('analytics');
      const ask = () =>
        post('/events/analytics', {
          external_customer_id: LARGE,
          start_time: MONTH.start,
          end_time: MONTH.end,
          window_size: 'DAY',
        });
      const byHand = () =>
        sql.query(
          `SELECT event_name, date_trunc('day', occurred_at, 'UTC') AS day, count(*)::int AS events,
                  sum((properties ->> 'units')::numeric) AS value
             FROM billing.usage_events
            WHERE environment_id = $1 AND external_customer_id = $2 AND occurred_at >= $3 AND occurred_at < $4
            GROUP BY 1, 2 ORDER BY 1, 2`,
          [tenant.environmentId, LARGE, MONTH.start, MONTH.end],
        );
      const [{ items }, { rows }] = [await ask(), await byHand()];
      for (const item of items) {
        const days = rows.filter((row) => row.event_name === item.event_name);
        assert.deepEqual(
          item.points.map((point) => [point.timestamp, Number(point.usage), point.event_count]),
          days.map((day) => [
            day.day.toISOString(),
            item.aggregation_type === 'COUNT' ? day.events : Number(day.value),
            day.events,
          ]),
        );
      }
      assert.equal(items.length, 5);
      const [ours, theirs] = await measure(ask, byHand);
      add({
        row: 'analytics',
        numerator: `${ours.toFixed(2)} ms over HTTP, 5 features by day`,
        denominator: `${theirs.toFixed(1)} ms by SQL on ${(EVENTS / 100).toLocaleString('en')} of ${EVENTS.toLocaleString('en')} events`,
        ratio: ours / theirs,
        goal: { most: 0.2 },
      });
    }
    await then({ server, tenant, url, features, events: EVENTS });
  } finally {
    await sql.end();
    await server.stop();
  }
}

/** p50 of each, one call of this and one of that in turns, warm: Node compiles what it has run some thousand times. */
async function measure(one, other) {
  for (const side of [one, other]) {
    const until = performance.now() + WARM_MS;
    while (performance.now() < until) await side();
  }
  const sides = [[], []];
  for (let n = 0; n < ROUNDS; n++) {
    sides[0].push(...(await times(1, one)));
    sides[1].push(...(await times(1, other)));
  }
  return sides.map(median);
}
