import { hash } from 'node:crypto';
import type { Scope } from '../../platform/context.js';
import { arrayLiteral, arrayText } from '../../platform/database/array-literal.js';
import { writeJson } from '../../platform/exact-json.js';
import type { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { EventBatch, IncomingEvent } from '../usage.types.js';

const HOUR_MS = 60 * 60 * 1000;

const APPEND = 'SELECT billing.append_events($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)';

interface Row {
  /** The place of its request, from 1. */
  readonly n: number;
  readonly key: string;
  readonly event: IncomingEvent;
}

/** What makes an event's id unique: short, whatever the id is, so that its index stays small. The migration has it in SQL. */
export const eventKey = (environmentId: string, id: string): string =>
  hash('sha256', `${environmentId}\n${id}`).slice(0, 32);

/** Stores what is new, all in one transaction, and keeps record of copies that say something else. */
export async function insertEvents(uow: UnitOfWork, batches: readonly EventBatch[]): Promise<void> {
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
  rows.push(...copies);
  await uow.callFunction(APPEND, [
    arrayLiteral(batches, ({ scope }) => arrayText(scope.tenantId)),
    arrayLiteral(batches, ({ scope }) => arrayText(scope.environmentId)),
    arrayLiteral(batches, ({ receivedAt }) => receivedAt.toISOString()),
    arrayLiteral(rows, ({ n }) => String(n)),
    arrayLiteral(rows, ({ key }) => key),
    arrayLiteral(rows, ({ event }) => String(event.occurredAt.getTime())),
    arrayLiteral(rows, ({ event }) => arrayText(event.id)),
    arrayLiteral(rows, ({ event }) => arrayText(event.eventName)),
    arrayLiteral(rows, ({ event }) => arrayText(event.externalCustomerId)),
    arrayLiteral(rows, ({ event }) => arrayText(event.source)),
    arrayLiteral(rows, ({ event }) => arrayText(writeJson(event.properties))),
    arrayLiteral(rows, ({ event }) => (event.isTimed ? 't' : 'f')),
    arrayLiteral(rows, (_, index) => (index < firsts.size ? 't' : 'f')),
    `[${hoursOf(batches).join(',')}]`,
  ]);
}

/** The hours of each name, with the earliest event in them. */
function hoursOf(batches: readonly EventBatch[]): string[] {
  const hours = new Map<string, { scope: Scope; name: string; hour: number; earliest: number }>();
  for (const { scope, events } of batches)
    for (const { eventName, occurredAt } of events) {
      const at = occurredAt.getTime();
      const hour = Math.floor(at / HOUR_MS);
      const key = `${hour} ${scope.environmentId} ${eventName}`;
      const known = hours.get(key);
      if (known === undefined) hours.set(key, { scope, name: eventName, hour, earliest: at });
      else if (at < known.earliest) known.earliest = at;
    }
  return Array.from(hours.values(), ({ scope, name, hour, earliest }) =>
    JSON.stringify({
      tenant: scope.tenantId,
      environment: scope.environmentId,
      name,
      hour: new Date(hour * HOUR_MS),
      earliest: new Date(earliest),
    }),
  );
}
