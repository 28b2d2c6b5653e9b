import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { BillingError } from '../../domain/errors.js';
import type { EventBatch } from '../usage.types.js';
import {
  adopted,
  INSTALL_WITHIN_MS,
  isSameRow,
  mayInstall,
  prospectOf,
  type Claim,
  type Row,
} from './claims.js';
import type { ClickHouseDatabase } from './clickhouse-database.js';
import { conflictRow, entryOf, eventRow, keyOf, type Entry } from './event-row.js';

/** Two that want one id take turns within a few of these; who does not get it in all of them is told to come again. */
const TRIES = 8;
const LONGEST_PAUSE_MS = 400;
/** Claims that can still have somebody behind them are younger; looking at no others leaves out the large old parts. */
const RECENT = `claimed_at >= now64(3) - INTERVAL 1 HOUR`;

const KEYS = `SELECT k.1, k.2, k.3 FROM (
    SELECT arrayJoin(JSONExtract({keys:String}, 'Array(Tuple(String, String, String))')) AS k)`;

const keysOf = (entries: readonly Entry[]): string =>
  JSON.stringify(entries.map(({ scope, event }) => [scope.tenantId, scope.environmentId, event.id]));

/** 64-bit numbers come as text from some servers. */
interface ClaimRow {
  readonly environment: string;
  readonly event: string;
  readonly write: string;
  readonly content: string;
  readonly occurred: number | string;
  readonly received: number | string;
  readonly age: number | string;
  readonly withdrawn: number | boolean;
}

type Claims = ReadonlyMap<string, readonly Claim[]>;

/** Stores what is new, and keeps record of copies that say something else. {@link Claim} says how ids are kept apart. */
export async function appendEvents(
  database: ClickHouseDatabase,
  batches: readonly EventBatch[],
): Promise<void> {
  const firsts = new Map<string, Entry>();
  const copies: Entry[] = [];
  for (const { scope, receivedAt, events } of batches)
    for (const event of events) {
      const entry = entryOf(scope, event, receivedAt);
      const key = keyOf(entry);
      if (firsts.has(key)) copies.push(entry);
      else firsts.set(key, entry);
    }
  const winners = await settle(database, firsts);
  const conflicts = [...firsts.values(), ...copies].filter((entry) =>
    isAnother(entry, winners.get(keyOf(entry)) as Row),
  );
  await database.insert('usage_event_conflicts', conflicts.map(conflictRow));
}

/** What is stored under each of the ids, in the end. */
async function settle(
  database: ClickHouseDatabase,
  firsts: ReadonlyMap<string, Entry>,
): Promise<Map<string, Row>> {
  const winners = new Map<string, Row>();
  let open = [...firsts.values()];
  for (let attempt = 1; open.length > 0; attempt++) {
    const claims = await look(database, open);
    const dismissed = await settleByClaims(database, open, claims, winners);
    const contenders = open
      .filter((entry) => !winners.has(keyOf(entry)))
      .map((entry) => ({ ...entry, ...asAdopted(entry, claims) }));
    if (contenders.length === 0) break;
    open = await store(database, contenders, dismissed, winners);
    if (open.length === 0) break;
    if (attempt === TRIES)
      throw new BillingError(
        'service_unavailable',
        'events with the same id are being stored by others: try again in a moment',
        {
          code: 'event_id_contended',
          details: { event_ids: open.slice(0, 10).map(({ event }) => event.id) },
        },
      );
    await delay(Math.random() * Math.min(LONGEST_PAUSE_MS, 10 * 2 ** attempt));
  }
  return winners;
}

/** Ids that were taken before. Answers the writes that were abandoned before they had stored anything of an id. */
async function settleByClaims(
  database: ClickHouseDatabase,
  entries: readonly Entry[],
  claims: Claims,
  winners: Map<string, Row>,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const abandoned: { key: string; entry: Entry; claims: readonly Claim[] }[] = [];
  for (const entry of entries) {
    const key = keyOf(entry);
    const prospect = prospectOf(claims.get(key) ?? []);
    if (prospect.settled !== undefined) winners.set(key, prospect.settled);
    else if (prospect.abandoned.length > 0) abandoned.push({ key, entry, claims: prospect.abandoned });
  }
  const dismissed = new Map<string, ReadonlySet<string>>();
  if (abandoned.length === 0) return dismissed;
  const stored = await timesStored(database, abandoned);
  for (const { key, claims: ofKey } of abandoned) {
    const winner = ofKey.find((claim) => stored.has(`${key} ${claim.occurredAt}`));
    if (winner === undefined) dismissed.set(key, new Set(ofKey.map(({ writeId }) => writeId)));
    else winners.set(key, winner);
  }
  return dismissed;
}

/** `key time` of the events that are there. */
async function timesStored(
  database: ClickHouseDatabase,
  wanted: readonly { readonly entry: Entry; readonly claims: readonly Claim[] }[],
): Promise<ReadonlySet<string>> {
  const times = wanted.flatMap(({ claims }) => claims.map(({ occurredAt }) => occurredAt));
  const rows = await database.rows<{ environment: string; event: string; occurred: number | string }>(
    `SELECT environment_id AS environment, id AS event, toUnixTimestamp64Milli(occurred_at) AS occurred
       FROM usage_events
      WHERE (tenant_id, environment_id, id) IN (${KEYS})
        AND occurred_at >= fromUnixTimestamp64Milli({from:Int64}) AND occurred_at <= fromUnixTimestamp64Milli({until:Int64})`,
    {
      keys: keysOf(wanted.map(({ entry }) => entry)),
      from: Math.min(...times),
      until: Math.max(...times),
    },
  );
  return new Set(rows.map((row) => `${row.environment} ${row.event} ${Number(row.occurred)}`));
}

/** Claims, looks, and stores what nobody else has claimed. Answers what somebody else has. */
async function store(
  database: ClickHouseDatabase,
  contenders: readonly Entry[],
  dismissed: ReadonlyMap<string, ReadonlySet<string>>,
  winners: Map<string, Row>,
): Promise<Entry[]> {
  const writeId = randomUUID();
  const began = performance.now();
  const claimRow = (entry: Entry, is_withdrawn: boolean): Record<string, unknown> => ({
    tenant_id: entry.scope.tenantId,
    environment_id: entry.scope.environmentId,
    event_id: entry.event.id,
    write_id: writeId,
    is_withdrawn,
    content_hash: entry.contentHash,
    occurred_at: entry.event.occurredAt.getTime(),
    received_at: entry.receivedAt.getTime(),
  });
  await database.insert(
    'usage_event_claims',
    contenders.map((entry) => claimRow(entry, false)),
  );
  const seen = await look(database, contenders, RECENT, writeId);
  const installed: Entry[] = [];
  const withdrawn: Entry[] = [];
  for (const entry of contenders) {
    const key = keyOf(entry);
    const mine = { ...rowOf(entry), writeId };
    const isFree = mayInstall(mine, seen.get(key) ?? [], dismissed.get(key) ?? new Set());
    (isFree ? installed : withdrawn).push(entry);
  }
  await database.insert(
    'usage_event_claims',
    withdrawn.map((entry) => claimRow(entry, true)),
  );
  // Whoever comes later than this may find the claims abandoned, and store something else under their ids.
  if (performance.now() - began > INSTALL_WITHIN_MS)
    throw new BillingError('service_unavailable', 'the usage store is too slow: try again', {
      code: 'usage_store_unavailable',
    });
  if (installed.length > 0) {
    await database.insert('usage_events', installed.map(eventRow));
    await database.insert('usage_writes', [{ write_id: writeId }]);
  }
  for (const entry of installed) winners.set(keyOf(entry), rowOf(entry));
  return withdrawn;
}

/** The claims of ids, each write's once. Whether they are finished is asked after they were seen, never before. */
async function look(
  database: ClickHouseDatabase,
  entries: readonly Entry[],
  which = 'true',
  mine = '',
): Promise<Claims> {
  const rows = await database.rows<ClaimRow>(
    `SELECT environment_id AS environment, event_id AS event, toString(write_id) AS write,
            max(is_withdrawn) AS withdrawn, toString(any(content_hash)) AS content,
            toUnixTimestamp64Milli(any(occurred_at)) AS occurred, toUnixTimestamp64Milli(any(received_at)) AS received,
            toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(min(claimed_at)) AS age
       FROM usage_event_claims
      WHERE (tenant_id, environment_id, event_id) IN (${KEYS}) AND ${which}
      GROUP BY tenant_id, environment_id, event_id, write_id`,
    { keys: keysOf(entries) },
  );
  const writes = new Set(rows.map(({ write }) => write));
  writes.delete(mine);
  const finished = await finishedOf(database, writes);
  const found = new Map<string, Claim[]>();
  for (const row of rows) {
    const key = `${row.environment} ${row.event}`;
    const ofKey = found.get(key) ?? [];
    found.set(key, ofKey);
    ofKey.push({
      writeId: row.write,
      contentHash: row.content,
      occurredAt: Number(row.occurred),
      receivedAt: Number(row.received),
      ageMs: Number(row.age),
      isWithdrawn: Boolean(row.withdrawn),
      isFinished: finished.has(row.write),
    });
  }
  return found;
}

async function finishedOf(
  database: ClickHouseDatabase,
  writes: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  if (writes.size === 0) return writes;
  const rows = await database.rows<{ write: string }>(
    `SELECT DISTINCT toString(write_id) AS write FROM usage_writes
      WHERE write_id IN (SELECT toUUID(arrayJoin(JSONExtract({writes:String}, 'Array(String)'))))`,
    { writes: JSON.stringify([...writes]) },
  );
  return new Set(rows.map(({ write }) => write));
}

function asAdopted(entry: Entry, claims: Claims): Partial<Entry> {
  const claim = adopted({ ...rowOf(entry), isTimed: entry.event.isTimed }, claims.get(keyOf(entry)) ?? []);
  if (claim === undefined) return {};
  return {
    event: { ...entry.event, occurredAt: new Date(claim.occurredAt) },
    receivedAt: new Date(claim.receivedAt),
  };
}

const rowOf = ({ contentHash, event }: Entry): Row => ({
  contentHash,
  occurredAt: event.occurredAt.getTime(),
});

/** Times differ only where the sender has given one. */
const isAnother = (entry: Entry, winner: Row): boolean =>
  entry.event.isTimed ? !isSameRow(rowOf(entry), winner) : entry.contentHash !== winner.contentHash;
