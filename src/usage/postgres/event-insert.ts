import { hash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { EventBatch, IncomingEvent } from '../usage.types.js';

const HOUR_MS = 60 * 60 * 1000;

/** The requests of a commit, and its events with the place of their request: columns, because Postgres reads those fastest. */
const BATCHES = `unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY AS b(tenant, environment, received, n)`;

/** Who takes the key may store the event. Sorted by the caller, so that two writers never wait for each other. */
const TAKE_IDS = `INSERT INTO usage_event_ids (tenant_id, environment_id, key, occurred_at)
  SELECT b.tenant, b.environment, e.key, to_timestamp(e.at / 1000)
    FROM unnest($4::int[], $5::uuid[], $6::float8[]) AS e(n, key, at) JOIN ${BATCHES} USING (n)
  ON CONFLICT (key) DO NOTHING`;

const EVENTS = `unnest($4::int[], $5::uuid[], $6::float8[], $7::text[], $8::text[], $9::text[], $10::text[], $11::jsonb[],
    $12::boolean[]) AS e(n, key, at, id, name, customer, source, properties, timed) JOIN ${BATCHES} USING (n)`;

const STORE = (condition = ''): string => `INSERT INTO usage_events
    (tenant_id, environment_id, id, event_name, external_customer_id, source, occurred_at, received_at, properties)
  SELECT b.tenant, b.environment, e.id, e.name, e.customer, e.source, to_timestamp(e.at / 1000), b.received, e.properties
    FROM ${EVENTS} ${condition}`;

/** All of them are new. */
const STORE_ALL = STORE();

/** Only those whose key this transaction has taken. */
const STORE_TAKEN = STORE(`WHERE EXISTS (SELECT FROM usage_event_ids k WHERE k.key = e.key
    AND k.xmin = pg_current_xact_id()::xid)`);

/** What differs from the event that has its id. Times differ only where the sender has given one. */
const RECORD_CONFLICTS = `INSERT INTO usage_event_conflicts (tenant_id, environment_id, event_id, content_hash, event_name,
                                     external_customer_id, source, occurred_at, is_timed, received_at, properties)
  SELECT i.tenant, i.environment, i.id,
         md5(ROW(i.name, i.customer, i.source, CASE WHEN i.timed THEN i.at END, i.properties)::text),
         i.name, i.customer, i.source, i.at, i.timed, i.received, i.properties
    FROM (SELECT b.tenant, b.environment, b.received, e.id, e.key, e.name, e.customer, e.source, e.properties, e.timed,
                 to_timestamp(e.at / 1000) AS at FROM ${EVENTS}) i
    JOIN usage_event_ids k ON k.key = i.key
    JOIN usage_events e ON e.environment_id = i.environment AND e.occurred_at = k.occurred_at AND e.id = i.id
   WHERE (i.name, i.customer, i.source, i.properties)
           IS DISTINCT FROM (e.event_name, e.external_customer_id, e.source, e.properties)
      OR (i.timed AND i.at <> e.occurred_at)
   ORDER BY i.environment, i.id
  ON CONFLICT DO NOTHING`;

/**
 * Marks the hours of new events: their roll-ups are wrong from now on. Comes after the events are stored, because a
 * roll-up waits for the transactions that were under way when it began, and those are told by what they have written.
 * In the order of keys, so that two writers never wait for each other.
 */
const MARK_HOURS = `INSERT INTO usage_hours AS h (tenant_id, environment_id, event_name, hour)
  SELECT k.tenant, k.environment, k.name, k.hour
    FROM json_to_recordset($1::json) AS k(tenant text, environment text, name text, hour timestamptz)
   WHERE NOT EXISTS (SELECT FROM usage_hours d WHERE d.environment_id = k.environment AND d.event_name = k.name
                        AND d.hour = k.hour AND NOT d.is_clean AND d.roll_id IS NULL)
   ORDER BY k.environment, k.name, k.hour
  ON CONFLICT (environment_id, event_name, hour)
  DO UPDATE SET is_clean = false, roll_id = NULL, changed_at = now()`;

interface Row {
  /** The place of its request, from 1. */
  readonly n: number;
  readonly key: string;
  readonly event: IncomingEvent;
}

/** What makes an event's id unique: short, whatever the id is, so that its index stays small. The migration has it in SQL. */
export const eventKey = (environmentId: string, id: string): string =>
  hash('sha256', `${environmentId}\n${id}`).slice(0, 32);

/** Stores what is new, in the transaction of `em`, and keeps record of copies that say something else. */
export async function insertEvents(em: EntityManager, batches: readonly EventBatch[]): Promise<void> {
  const firsts = new Map<string, Row>();
  const copies: Row[] = [];
  batches.forEach(({ scope, events }, index) => {
    for (const event of events) {
      const row = { n: index + 1, key: eventKey(scope.environmentId, event.id), event };
      if (firsts.has(row.key)) copies.push(row);
      else firsts.set(row.key, row);
    }
  });
  if (firsts.size === 0) return;
  const rows = [...firsts.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const requests = [
    literal(batches, ({ scope }) => quoted(scope.tenantId)),
    literal(batches, ({ scope }) => quoted(scope.environmentId)),
    literal(batches, ({ receivedAt }) => receivedAt.toISOString()),
  ];
  const ids = keysOf(rows);
  const taken = await rowsChanged(em, TAKE_IDS, [...requests, ...ids]);
  const columns = [...requests, ...ids, ...contents(rows)];
  if (taken > 0) {
    await em.query(taken === rows.length ? STORE_ALL : STORE_TAKEN, columns);
    await em.query(MARK_HOURS, [`[${hoursOf(batches).join(',')}]`]);
  }
  if (taken < rows.length) copies.push(...rows);
  if (copies.length > 0)
    await em.query(RECORD_CONFLICTS, [...requests, ...keysOf(copies), ...contents(copies)]);
}

/** TypeORM answers rows; how many were written is known to the driver alone. */
async function rowsChanged(em: EntityManager, sql: string, parameters: readonly string[]): Promise<number> {
  const result = (await em.queryRunner?.query(sql, [...parameters], true)) as
    { affected?: number } | undefined;
  if (result?.affected === undefined) throw new Error('the number of rows is not known');
  return result.affected;
}

const keysOf = (rows: readonly Row[]): string[] => [
  literal(rows, ({ n }) => String(n)),
  literal(rows, ({ key }) => key),
  literal(rows, ({ event }) => String(event.occurredAt.getTime())),
];

const contents = (rows: readonly Row[]): string[] => [
  literal(rows, ({ event }) => quoted(event.id)),
  literal(rows, ({ event }) => quoted(event.eventName)),
  literal(rows, ({ event }) => quoted(event.externalCustomerId)),
  literal(rows, ({ event }) => (event.source === null ? 'NULL' : quoted(event.source))),
  literal(rows, ({ event }) => quoted(JSON.stringify(event.properties))),
  literal(rows, ({ event }) => (event.isTimed ? 't' : 'f')),
];

const literal = <T>(rows: readonly T[], element: (row: T) => string): string =>
  `{${rows.map(element).join(',')}}`;

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

function hoursOf(batches: readonly EventBatch[]): string[] {
  const hours = new Map<string, string>();
  for (const { scope, events } of batches)
    for (const { eventName, occurredAt } of events) {
      const hour = Math.floor(occurredAt.getTime() / HOUR_MS);
      const key = `${hour} ${scope.environmentId} ${eventName}`;
      if (!hours.has(key))
        hours.set(
          key,
          JSON.stringify({
            tenant: scope.tenantId,
            environment: scope.environmentId,
            name: eventName,
            hour: new Date(hour * HOUR_MS),
          }),
        );
    }
  return [...hours.values()];
}
