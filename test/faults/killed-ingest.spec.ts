import { formatRate, rate } from '../../src/domain/rate.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server-process.js';

/** A server of its own, on a machine that is busy with other tests. */
const STARTS_MS = 120_000;

/** The process dies while events pour in: what was acknowledged is there, whole, and once. */
describe('kill -9 during ingest', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start({ transport: 'in-process', baseUrls: {} });
  }, STARTS_MS);
  afterAll(async () => {
    await server.stop();
  });

  it('loses nothing that was acknowledged, and takes no bulk call by half', async () => {
    const acknowledged: string[] = [];
    const sent = new Map<string, string[]>();
    let calls = 0;
    let isOver = false;
    let isUp = Promise.resolve();
    const pour = async (size: number): Promise<void> => {
      while (!isOver) {
        const name = `call${calls++}`;
        const events = Array.from({ length: size }, (_, i) => ({
          event_id: `${name}-${i}`,
          event_name: 'poured',
          external_customer_id: 'c',
          properties: { n: 1 },
        }));
        sent.set(
          name,
          events.map((event) => event.event_id),
        );
        try {
          const answer =
            size === 1
              ? await server.api.send('POST', '/events', events[0])
              : await server.api.send('POST', '/events/bulk', { events });
          if (answer.status === 202) acknowledged.push(name);
        } catch {
          // The connection went with the server: nothing is known of this call.
          await isUp;
        }
      }
    };
    const pouring = [pour(1), pour(1), pour(1), pour(50), pour(200), pour(200)];
    for (let round = 1; round <= 2; round++) {
      const before = acknowledged.length;
      await eventually('events are acknowledged', () => Promise.resolve(acknowledged.length >= before + 40));
      let back = (): void => undefined;
      isUp = new Promise((resolve) => (back = resolve));
      await server.kill();
      await server.restart();
      back();
    }
    isOver = true;
    await Promise.all(pouring);
    const stored = new Set(
      (await server.database.query('SELECT id FROM billing.usage_events')).map((row) => row.id as string),
    );
    for (const name of acknowledged) expect(sent.get(name)?.filter((id) => !stored.has(id))).toEqual([]);
    for (const ids of sent.values()) {
      const found = ids.filter((id) => stored.has(id)).length;
      expect([0, ids.length]).toContain(found);
    }
    const usage = await server.api.post('/events/usage', {
      event_name: 'poured',
      aggregation_type: 'SUM',
      property_name: 'n',
      external_customer_id: 'c',
    });
    expect(formatRate(rate(usage.value as number))).toBe(String(stored.size));
    // What was not acknowledged is sent again, by a client that cannot know: it counts once.
    for (const ids of [...sent.values()].slice(0, 50))
      await server.api.expect(202, 'POST', '/events/bulk', {
        events: ids.map((event_id) => ({
          event_id,
          event_name: 'poured',
          external_customer_id: 'c',
          properties: { n: 1 },
        })),
      });
    const [{ count }] = (await server.database.query(
      'SELECT count(*)::int, count(DISTINCT id)::int AS ids FROM billing.usage_events',
    )) as [{ count: number; ids: number }];
    expect(count).toBe(new Set([...stored, ...[...sent.values()].slice(0, 50).flat()]).size);
  }, 120_000);
});
