import type { EntityManager } from 'typeorm';
import type { EventBatch, IncomingEvent } from '../usage.types.js';

const HOUR_MS = 60 * 60 * 1000;

/** One JSON parameter, whatever the number of events: cheaper to make and to read than arrays of columns. */
const INCOMING = `incoming AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS r(
    tenant text, environment text, id text, name text, customer text, source text,
    at timestamptz, timed boolean, received timestamptz, properties jsonb))`;

/** Who takes the id may store the event. In the order of ids, so that two writers never wait for each other. */
const INSERT = `WITH ${INCOMING}, taken AS (
    INSERT INTO usage_event_ids (tenant_id, environment_id, id, occurred_at)
    SELECT tenant, environment, id, at FROM incoming ORDER BY environment, id
    ON CONFLICT (environment_id, id) DO NOTHING
    RETURNING environment_id, id
  ), stored AS (
    INSERT INTO usage_events (tenant_id, environment_id, id, event_name, external_customer_id, source, occurred_at,
                              received_at, properties)
    SELECT tenant, environment, incoming.id, name, customer, source, at, received, properties
      FROM incoming JOIN taken ON taken.environment_id = incoming.environment AND taken.id = incoming.id
  )
  SELECT count(*)::int AS taken FROM taken`;

/** What differs from the event that has its id. Times differ only where the sender has given one. */
const RECORD_CONFLICTS = `WITH ${INCOMING}
  INSERT INTO usage_event_conflicts (tenant_id, environment_id, event_id, content_hash, event_name,
                                     external_customer_id, source, occurred_at, is_timed, received_at, properties)
  SELECT i.tenant, i.environment, i.id,
         md5(ROW(i.name, i.customer, i.source, CASE WHEN i.timed THEN i.at END, i.properties)::text),
         i.name, i.customer, i.source, i.at, i.timed, i.received, i.properties
    FROM incoming i
    JOIN usage_event_ids k ON k.environment_id = i.environment AND k.id = i.id
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

/** Stores what is new, in the transaction of `em`, and keeps record of copies that say something else. */
export async function insertEvents(em: EntityManager, batches: readonly EventBatch[]): Promise<void> {
  const firsts = new Map<string, string>();
  const copies: string[] = [];
  for (const batch of batches)
    for (const event of batch.events) {
      const key = `${batch.scope.environmentId} ${event.id}`;
      if (firsts.has(key)) copies.push(rowOf(batch, event));
      else firsts.set(key, rowOf(batch, event));
    }
  const rows = [...firsts.values()];
  if (rows.length === 0) return;
  const [{ taken } = { taken: 0 }] = await em.query<{ taken: number }[]>(INSERT, [list(rows)]);
  if (taken > 0) await em.query(MARK_HOURS, [list(hoursOf(batches))]);
  if (taken < rows.length) copies.push(...rows);
  if (copies.length > 0) await em.query(RECORD_CONFLICTS, [list(copies)]);
}

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

const list = (rows: readonly string[]): string => `[${rows.join(',')}]`;

const rowOf = ({ scope, receivedAt }: EventBatch, event: IncomingEvent): string =>
  JSON.stringify({
    tenant: scope.tenantId,
    environment: scope.environmentId,
    id: event.id,
    name: event.eventName,
    customer: event.externalCustomerId,
    source: event.source,
    at: event.occurredAt,
    timed: event.isTimed,
    received: receivedAt,
    properties: event.properties,
  });
