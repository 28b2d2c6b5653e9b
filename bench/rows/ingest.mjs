import fs from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { insertEvents } from '../data.mjs';
import { inTurns, load, SECONDS } from '../load.mjs';
import { connect, createDatabase, createTenant, peakMemory, startBare, startServer } from '../servers.mjs';

const EVENTS_A_CALL = 1000;
const COPIED = 300_000;

const event = (n) =>
  `{"event_id":"${randomUUID()}","event_name":"metric_${n % 5}","external_customer_id":"customer-${n % 10_000}",` +
  `"timestamp":"${new Date(Date.now() - (n % 3_600_000)).toISOString()}","source":"bench",` +
  `"properties":{"units":${(n % 1000) / 10},"model":"m${n % 4}","region":"r${n % 3}"}}`;

/** Bodies made beforehand would be duplicates the second time; so each is made when it is sent, by gluing strings. */
const bulkBody = () => {
  const parts = [];
  const base = Math.floor(Math.random() * 1e9);
  for (let i = 0; i < EVENTS_A_CALL; i++) parts.push(event(base + i));
  return `{"events":[${parts.join(',')}]}`;
};

const bulk = (server, tenant, seconds = SECONDS) =>
  load({
    url: `${server.url}/v1/events/bulk`,
    headers: { 'x-api-key': tenant.apiKey },
    body: bulkBody,
    connections: 8,
    seconds,
  });

/** Rows per second of COPY into a table with the columns and indexes of usage_events. */
async function copy(url, dir, tenant) {
  const file = path.join(dir, 'copy.tsv');
  const out = fs.createWriteStream(file);
  for (let n = 0; n < COPIED; n++) {
    const at = new Date(Date.now() - (n % 3_600_000)).toISOString();
    const properties = `{"units": ${(n % 1000) / 10}, "model": "m${n % 4}", "region": "r${n % 3}"}`;
    const row = [
      tenant.tenantId,
      tenant.environmentId,
      randomUUID(),
      `metric_${n % 5}`,
      `customer-${n % 10_000}`,
    ];
    if (!out.write(`${[...row, 'bench', at, at, properties].join('\t')}\n`))
      await new Promise((resolve) => out.once('drain', resolve));
  }
  await new Promise((resolve) => out.end(resolve));
  fs.chmodSync(file, 0o644);
  const client = await connect(url);
  await client.query(
    'DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE billing.usage_events INCLUDING ALL)',
  );
  const began = performance.now();
  await client.query(`COPY copied FROM '${file}'`);
  const perSecond = COPIED / ((performance.now() - began) / 1000);
  await client.query('DROP TABLE copied');
  await client.end();
  fs.rmSync(file);
  return perSecond;
}

export async function ingestRows({ postgres, dir, wanted, add, say }) {
  if (!wanted('bulk ingest', 'single ingest', 'memory', 'growth')) return;
  const url = await createDatabase(postgres, 'bench_ingest');
  const server = await startServer(url);
  const tenant = await createTenant(url);
  const bare = await startBare();
  try {
    await bulk(server, tenant, 2);
    if (wanted('bulk ingest')) {
      say('bulk ingest');
      const [ours, theirs] = await inTurns(
        3,
        async () => (await bulk(server, tenant)).perSecond * EVENTS_A_CALL,
        () => copy(url, dir, tenant),
      );
      add({
        row: 'bulk ingest',
        numerator: `${Math.round(ours).toLocaleString('en')} events/s`,
        denominator: `${Math.round(theirs).toLocaleString('en')} rows/s by COPY`,
        ratio: ours / theirs,
        goal: { least: 0.45 },
      });
    }
    if (wanted('single ingest')) {
      say('single ingest');
      let n = 0;
      const [ours, theirs] = await inTurns(
        3,
        () =>
          load({
            url: `${server.url}/v1/events`,
            headers: { 'x-api-key': tenant.apiKey },
            body: () => event(n++),
          }),
        () => load({ url: `${bare.url}/bare`, body: () => event(n++) }),
      );
      add({
        row: 'single ingest',
        numerator: `${Math.round(ours.perSecond).toLocaleString('en')} requests/s, p99 ${ours.p99} ms`,
        denominator: `${Math.round(theirs.perSecond).toLocaleString('en')} requests/s, p99 ${theirs.p99} ms`,
        ratio: ours.perSecond / theirs.perSecond,
        goal: { least: 0.6 },
      });
    }
    if (wanted('memory')) {
      say('memory: 1,000,000 events');
      let sent = 0;
      const before = peakMemory(server.pid);
      while (sent < 1_000_000) sent += (await bulk(server, tenant)).count * EVENTS_A_CALL;
      const peak = peakMemory(server.pid);
      add({
        row: 'memory',
        numerator: `${Math.round(peak)} MB at most, ingesting ${sent.toLocaleString('en')} events (${Math.round(before)} before)`,
        denominator: 'MB',
        ratio: peak,
        goal: { most: 350 },
      });
    }
  } finally {
    await server.stop();
    await bare.stop();
  }
}

/** The cost of an event in a large table against that in a small one, in turns on two databases. */
export async function growthRow({ postgres, large, wanted, add, say }) {
  if (!wanted('growth')) return;
  say('growth');
  const url = await createDatabase(postgres, 'bench_small');
  const server = await startServer(url);
  const tenant = await createTenant(url);
  await insertEvents(url, tenant, 100_000, () => undefined);
  const [few, many] = await inTurns(
    3,
    async () => 1e6 / ((await bulk(server, tenant)).perSecond * EVENTS_A_CALL),
    async () => 1e6 / ((await bulk(large.server, large.tenant)).perSecond * EVENTS_A_CALL),
  );
  await server.stop();
  add({
    row: 'growth',
    numerator: `${many.toFixed(1)} µs an event with ${large.events.toLocaleString('en')} stored`,
    denominator: `${few.toFixed(1)} µs with 100,000`,
    ratio: many / few,
    goal: { most: 1.3 },
  });
}
