import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../domain/errors.js';
import { USAGE_STORE, type UsageStore } from './usage-store.js';
import type { EventBatch } from './usage.types.js';

/** Commits at once. A second one prepares while the first one waits for the disk. */
const WRITERS = 3;
const MOST_EVENTS_A_COMMIT = 5_000;
const MOST_EVENTS_WAITING = 50_000;
const MOST_BYTES_WAITING = 96 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 1;

interface Waiting {
  readonly batch: EventBatch;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Many small requests, one commit: whoever comes while a commit is under way goes with the next one. Nobody waits
 * for company, so a single event on an idle server is stored at once. What waits is bounded; beyond that a request is
 * refused before anything of it was taken.
 */
@Injectable()
export class EventWriter {
  private readonly waiting: Waiting[] = [];
  private events = 0;
  private bytes = 0;
  private writing = 0;
  private isScheduled = false;

  constructor(@Inject(USAGE_STORE) private readonly store: UsageStore) {}

  /** Settles when the batch is durable, with all of its events or none. `bytes` is about what it holds in memory. */
  append(batch: EventBatch, bytes: number): Promise<void> {
    const isAlone = this.events === 0;
    if (
      !isAlone &&
      (this.events + batch.events.length > MOST_EVENTS_WAITING || this.bytes + bytes > MOST_BYTES_WAITING)
    )
      throw new BillingError(
        'too_many_requests',
        'more events come than can be stored: try again in a moment',
        {
          code: 'ingest_queue_full',
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        },
      );
    this.events += batch.events.length;
    this.bytes += bytes;
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, bytes, resolve, reject });
      this.schedule();
    });
  }

  /** After the requests of this turn of the event loop, so that they go together. */
  private schedule(): void {
    if (this.isScheduled || this.writing >= WRITERS) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      while (this.writing < WRITERS && this.waiting.length > 0) void this.write(this.take());
    });
  }

  private take(): Waiting[] {
    let events = 0;
    let count = 0;
    for (const { batch } of this.waiting) {
      if (count > 0 && events + batch.events.length > MOST_EVENTS_A_COMMIT) break;
      events += batch.events.length;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    this.writing += 1;
    try {
      await this.store.append(group.map(({ batch }) => batch));
      for (const one of group) one.resolve();
    } catch (error) {
      await this.writeEach(group, error);
    } finally {
      this.writing -= 1;
      for (const { batch, bytes } of group) {
        this.events -= batch.events.length;
        this.bytes -= bytes;
      }
      this.schedule();
    }
  }

  /** One request that cannot be stored must not take the others with it. */
  private async writeEach(group: readonly Waiting[], error: unknown): Promise<void> {
    if (group.length === 1) {
      group[0]?.reject(error);
      return;
    }
    for (const one of group)
      await this.store.append([one.batch]).then(
        () => {
          one.resolve();
        },
        (reason: unknown) => {
          one.reject(reason);
        },
      );
  }
}
