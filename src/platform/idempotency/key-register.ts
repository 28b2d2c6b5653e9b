import { Injectable } from '@nestjs/common';
import { BillingError, keyReused } from '../../domain/errors.js';
import { WallClock } from '../time/clock.js';
import { GroupWriter, type GroupLimits } from '../database/group-writer.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import type { KeyedRequest } from './keyed-request.js';

const LIMITS: GroupLimits = {
  entriesForAnotherWriter: [1, 32],
  mostEntriesACommit: 1_000,
  mostEntriesWaiting: 50_000,
  mostBytesWaiting: 96 * 1024 * 1024,
};
/** Key, route, ids and fingerprint of a request, about. */
const BYTES = 1_024;

/**
 * Stores the keys that are new and answers whose they are otherwise. What another transaction is just storing, and has
 * stored when this one has waited for it, is neither: the snapshot is older.
 */
const REGISTER = /* sql */ `
  WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
               AS g(id, key, tenant_id, environment_id, route, fingerprint)
  ), stored AS (
    INSERT INTO idempotency_keys (id, key, tenant_id, environment_id, route, fingerprint, created_at, updated_at)
    SELECT id, key, tenant_id, environment_id, route, fingerprint, $7, $7 FROM given ORDER BY id
    ON CONFLICT (id) DO NOTHING
    RETURNING id, fingerprint, true AS is_new
  )
  SELECT id, fingerprint, is_new FROM stored
  UNION ALL
  SELECT g.id, k.fingerprint, false
    FROM given g CROSS JOIN LATERAL (SELECT fingerprint FROM idempotency_keys WHERE id = g.id LIMIT 1) k`;

interface Entry {
  readonly request: KeyedRequest;
  readonly id: string;
  /** Of the request that has the key, and whether that is this one. */
  found?: { readonly fingerprint: string; readonly isNew: boolean };
}

interface Row {
  readonly id: string;
  readonly fingerprint: string;
  readonly is_new: boolean;
}

/**
 * Keys of requests that may be done any number of times, because what they make has ids of its own. All that is left for a
 * key to see to is that it belongs to one request. Those of many requests go with one commit, which does not wait for the
 * disk: should it be lost, the same request registers its key once more.
 */
@Injectable()
export class KeyRegister {
  private readonly group = new GroupWriter<Entry>(
    LIMITS,
    (entries) => this.store(entries),
    () =>
      new BillingError('too_many_requests', 'more requests come than can be noted: try again in a moment', {
        code: 'ingest_queue_full',
        details: { retryAfterSeconds: 1 },
      }),
  );

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
  ) {}

  /** Whether the request has come before. Another one with its key is refused. */
  async isKnown(request: KeyedRequest): Promise<boolean> {
    const entries = request.keys.map(({ id }): Entry => ({ request, id }));
    while (entries.some(({ found }) => found === undefined))
      await Promise.all(entries.map((entry) => this.group.add(entry, { entries: 1, bytes: BYTES })));
    if (entries.some(({ found }) => found?.fingerprint !== request.fingerprint)) throw keyReused();
    return entries.some(({ found }) => found?.isNew === false);
  }

  private async store(entries: readonly Entry[]): Promise<void> {
    const firsts = new Map<string, Entry>();
    for (const entry of entries) if (!firsts.has(entry.id)) firsts.set(entry.id, entry);
    const given = [...firsts.values()];
    const rows = await this.uow.executeSystem<Row>(REGISTER, [
      given.map(({ id }) => id),
      given.map(({ id, request }) => request.keys.find((one) => one.id === id)?.key),
      given.map(({ request }) => request.caller.scope.tenantId),
      given.map(({ request }) => request.caller.scope.environmentId),
      given.map(({ request }) => request.route),
      given.map(({ request }) => request.fingerprint),
      this.clock.now(),
    ]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const entry of entries) {
      const row = byId.get(entry.id);
      if (row === undefined) continue;
      const { fingerprint, is_new: isStored } = row;
      entry.found = { fingerprint, isNew: isStored && firsts.get(entry.id) === entry };
    }
  }
}
