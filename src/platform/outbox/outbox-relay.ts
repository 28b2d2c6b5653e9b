import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { WallClock } from '../time/clock.js';
import { queryPrepared } from '../database/prepared.js';
import { UnitOfWork } from '../database/unit-of-work.js';
import type { JobSpec } from '../jobs/job.js';
import { JobQueue } from '../jobs/job-queue.js';
import type { OutboxEvent } from './outbox-event.js';
import { OutboxSubscribers, type RegisteredSubscriber } from './outbox-subscribers.js';

const BATCH = 200;

interface UnrelayedRow {
  sequence: string;
  tenant_id: string;
  environment_id: string;
  type: string;
  entity_type: string;
  entity_id: string;
  payload: Record<string, unknown>;
  occurred_at: Date;
}

/** Turns events into the jobs of their subscribers, each exactly once: both are written in one transaction. */
@Injectable()
export class OutboxRelay {
  private readonly logger = new Logger(OutboxRelay.name);
  private draining: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly queue: JobQueue,
    private readonly subscribers: OutboxSubscribers,
  ) {}

  /** Relays everything that is committed by now. Calls during a drain join it, with one more round at its end. */
  drain(): Promise<void> {
    if (this.draining) {
      this.again = true;
      return this.draining;
    }
    this.draining = this.rounds();
    return this.draining;
  }

  /** {@link drain} for callers with nobody to tell: failures are logged, and the next wake-up tries again. */
  wake(): void {
    this.drain().catch((error: unknown) => {
      this.logger.error({ event: 'outbox.relay_failed', err: error });
    });
  }

  private async rounds(): Promise<void> {
    try {
      do {
        this.again = false;
        while ((await this.relayBatch()) === BATCH);
      } while (this.again as boolean);
    } finally {
      // In the same turn as the check of `again`, or a wake-up in between would join a drain that is over.
      this.draining = undefined;
    }
  }

  private relayBatch(): Promise<number> {
    return this.uow.runSystemAsync(async (em, afterCommit) => {
      const rows = await queryPrepared<UnrelayedRow>(
        em,
        `SELECT sequence, tenant_id, environment_id, type, entity_type, entity_id, payload, occurred_at
           FROM outbox_events WHERE relayed_at IS NULL
          ORDER BY sequence LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
        [],
      );
      if (rows.length === 0) return 0;
      const relayed = [rows.map((row) => row.sequence), this.clock.now()];
      await Promise.all([
        ...[...this.jobsByScope(rows, await this.audience(em, rows))].map(([scope, specs]) =>
          this.queue.insert(em, scope, specs, afterCommit),
        ),
        queryPrepared(
          em,
          `UPDATE outbox_events SET relayed_at = $2 WHERE sequence = ANY($1::bigint[])`,
          relayed,
        ),
      ]);
      return rows.length;
    });
  }

  /** Where each of the subscribers that say so hears of events. */
  private async audience(
    em: EntityManager,
    rows: readonly UnrelayedRow[],
  ): Promise<ReadonlyMap<RegisteredSubscriber, ReadonlySet<string>>> {
    const asked = new Map<RegisteredSubscriber, Set<string>>();
    for (const row of rows)
      for (const subscriber of this.subscribers.of(row.type))
        if (subscriber.activeEnvironments !== undefined)
          asked.set(subscriber, (asked.get(subscriber) ?? new Set()).add(row.environment_id));
    // Asked at once: one trip, however many they are.
    return new Map(
      await Promise.all(
        [...asked].map(async ([subscriber, environments]) => {
          const active = await subscriber.activeEnvironments?.(em, [...environments]);
          return [subscriber, active ?? environments] as const;
        }),
      ),
    );
  }

  private jobsByScope(
    rows: readonly UnrelayedRow[],
    audience: ReadonlyMap<RegisteredSubscriber, ReadonlySet<string>>,
  ): Iterable<[{ tenantId: string; environmentId: string }, JobSpec[]]> {
    const scopes = new Map<string, [{ tenantId: string; environmentId: string }, JobSpec[]]>();
    for (const row of rows) {
      const key = `${row.tenant_id}/${row.environment_id}`;
      const entry = scopes.get(key) ?? [{ tenantId: row.tenant_id, environmentId: row.environment_id }, []];
      scopes.set(key, entry);
      const event = eventOf(row);
      for (const subscriber of this.subscribers.of(row.type)) {
        if (audience.get(subscriber)?.has(row.environment_id) === false) continue;
        if (subscriber.concerns?.(event) === false) continue;
        entry[1].push(jobOf(subscriber, event));
      }
    }
    return scopes.values();
  }
}

/** `append` has written the row, from a type of the event map. */
const eventOf = (row: UnrelayedRow): OutboxEvent =>
  ({
    sequence: row.sequence,
    type: row.type,
    entityType: row.entity_type,
    entityId: row.entity_id,
    payload: row.payload,
    occurredAt: row.occurred_at.toISOString(),
  }) as OutboxEvent;

/** `register` has checked that the kind of job takes the event. */
const jobOf = ({ jobKind }: RegisteredSubscriber, event: OutboxEvent): JobSpec =>
  ({ kind: jobKind, key: event.sequence, payload: event }) as JobSpec;
