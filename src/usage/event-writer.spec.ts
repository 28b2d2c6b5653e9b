import { Metrics } from '../platform/metrics/metrics.js';
import { EventWriter } from './event-writer.js';
import type { EventBatch } from './usage.types.js';
import type { UsageStore } from './usage-store.js';

/** A store whose commits end when the test says so. */
class HeldStore {
  readonly commits: { batches: readonly EventBatch[]; end(error?: Error): void }[] = [];

  append(batches: readonly EventBatch[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.commits.push({
        batches,
        end: (error) => {
          if (error === undefined) resolve();
          else reject(error);
        },
      });
    });
  }

  sizes(): number[] {
    return this.commits.map(({ batches }) => batches.reduce((sum, { events }) => sum + events.length, 0));
  }
}

const batchOf = (count: number, name = 'n'): EventBatch => ({
  scope: { tenantId: 't', environmentId: 'e' },
  receivedAt: new Date(0),
  events: Array.from({ length: count }, (_, i) => ({
    id: `${name}${i}`,
    eventName: 'used',
    externalCustomerId: 'c',
    source: null,
    occurredAt: new Date(0),
    isTimed: true,
    properties: {},
  })),
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('writing events in groups', () => {
  let store: HeldStore;
  let writer: EventWriter;
  beforeEach(() => {
    store = new HeldStore();
    writer = new EventWriter(store as unknown as UsageStore, new Metrics());
  });

  it('commits requests of one moment together, and says so to each only after the commit', async () => {
    const settled: number[] = [];
    const asked = [1, 2, 3].map((n) => writer.append(batchOf(1, `r${n}`), 10).then(() => settled.push(n)));
    await turn();
    expect(store.sizes()).toEqual([3]);
    await turn();
    expect(settled).toEqual([]);
    store.commits[0]!.end();
    await Promise.all(asked);
    expect(settled).toEqual([1, 2, 3]);
  });

  it('lets those who come during a commit go with the next, at most three under way, none too large, none for too little', async () => {
    const asked = Array.from({ length: 12 }, (_, n) => writer.append(batchOf(1000, `b${n}-`), 10));
    await turn();
    expect(store.sizes()).toEqual([5000, 5000, 2000]);
    const late = writer.append(batchOf(1, 'late'), 10);
    await turn();
    expect(store.commits).toHaveLength(3);
    store.commits[1]!.end();
    await turn();
    await turn();
    // Alone it is not worth a commit beside two others.
    expect(store.commits).toHaveLength(3);
    for (const commit of store.commits) commit.end();
    await turn();
    await turn();
    expect(store.sizes()).toEqual([5000, 5000, 2000, 1]);
    store.commits[3]!.end();
    await Promise.all([...asked, late]);
  });

  it('keeps the requests of a failed commit apart: the good ones are stored, the bad one hears why', async () => {
    const good = writer.append(batchOf(1, 'good'), 10);
    const bad = writer.append(batchOf(1, 'bad'), 10);
    bad.catch(() => undefined);
    await turn();
    store.commits[0]!.end(new Error('both'));
    await turn();
    await turn();
    store.commits[1]!.end();
    await good;
    await turn();
    store.commits[2]!.end(new Error('bad event'));
    await expect(bad).rejects.toThrow('bad event');
    const next = writer.append(batchOf(1, 'next'), 10);
    await turn();
    await turn();
    store.commits[3]!.end();
    await next;
  });

  it.each([
    ['events', 50, 10],
    ['bytes', 2, 45 * 1024 * 1024],
  ])(
    'refuses what does not fit any more by %s, with 429 and when to come back',
    async (_by, requests, bytes) => {
      const asked = Array.from({ length: requests }, (_, n) => writer.append(batchOf(1000, `q${n}-`), bytes));
      const refusal = (): unknown => {
        try {
          void writer.append(batchOf(1, 'more'), bytes);
          return undefined;
        } catch (error) {
          return error;
        }
      };
      expect(refusal()).toMatchObject({
        kind: 'too_many_requests',
        code: 'ingest_queue_full',
        details: { retryAfterSeconds: 1 },
      });
      for (let n = 0; n < requests; n++) {
        await turn();
        store.commits[n]?.end();
        await turn();
      }
      await Promise.all(asked);
      const after = writer.append(batchOf(1, 'after'), bytes);
      await turn();
      store.commits.at(-1)!.end();
      await after;
    },
  );

  it('takes one request alone whatever its size', async () => {
    const asked = writer.append(batchOf(60_000, 'huge'), 200 * 1024 * 1024);
    await turn();
    store.commits[0]!.end();
    await asked;
  });
});
