import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../domain/errors.js';
import { GroupWriter, type GroupLimits } from '../platform/database/group-writer.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { USAGE_STORE, type UsageStore } from './usage-store.js';
import type { EventBatch } from './usage.types.js';

const LIMITS: GroupLimits = {
  entriesForAnotherWriter: [1, 32, 1_000],
  mostEntriesACommit: 5_000,
  mostEntriesWaiting: 50_000,
  mostBytesWaiting: 96 * 1024 * 1024,
};
const RETRY_AFTER_SECONDS = 1;

/** Events of many requests in one commit. */
@Injectable()
export class EventWriter {
  private readonly group: GroupWriter<EventBatch>;

  constructor(@Inject(USAGE_STORE) store: UsageStore, metrics: Metrics) {
    const events = metrics.counter({
      name: 'events_total',
      help: 'Events that were acknowledged, copies too',
    });
    const commits = metrics.counter({ name: 'event_commits_total', help: 'Commits that they went with' });
    this.group = new GroupWriter(
      LIMITS,
      async (batches) => {
        await store.append(batches);
        commits.inc();
        events.inc(batches.reduce((sum, batch) => sum + batch.events.length, 0));
      },
      () =>
        new BillingError('too_many_requests', 'more events come than can be stored: try again in a moment', {
          code: 'ingest_queue_full',
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        }),
    );
  }

  /** Settles when the batch is durable, with all of its events or none. `bytes` is about what it holds in memory. */
  append(batch: EventBatch, bytes: number): Promise<void> {
    return this.group.add(batch, { entries: batch.events.length, bytes });
  }
}
