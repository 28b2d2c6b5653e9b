import fc from 'fast-check';
import type { TestApp } from '../support/test-app.js';
import { startFrozenApp } from './support/frozen-app.js';
import { holds, timeoutOf } from './support/hold.js';
import {
  at,
  commitments,
  instants,
  meteredLines,
  type Commitment,
  type MeteredLine,
} from './support/metered.js';
import { eventOf, World } from './support/world.js';

interface Sending {
  /** Where the event stands among the others. */
  readonly place: number;
  /** How many months after the bill for it, 0 being in time. */
  readonly late: 0 | 1 | 2;
  /** Sent once more, with everything or at the very end. */
  readonly again: 'no' | 'at once' | 'at the end';
}

interface SentHistory {
  readonly lines: readonly MeteredLine[];
  readonly commitment: Commitment | null;
  /** Something that cuts the periods of both customers. */
  readonly cuts: readonly { readonly at: string; readonly kind: 'pause' | 'line' | 'plan' }[];
  readonly sending: readonly Sending[];
  /** What is late comes by the next bill, or is asked for. */
  readonly settled: boolean;
}

const LAST_DAY = 58;
const sendings: fc.Arbitrary<Sending> = fc.record({
  place: fc.nat(1_000),
  late: fc.constantFrom(0 as const, 0 as const, 1 as const, 2 as const),
  again: fc.constantFrom('no' as const, 'no' as const, 'at once' as const, 'at the end' as const),
});

const sentHistories: fc.Arbitrary<SentHistory> = fc.record({
  lines: fc.array(meteredLines({ days: [0, LAST_DAY], corrections: true }), { minLength: 1, maxLength: 4 }),
  commitment: commitments,
  cuts: fc
    .array(
      fc.record({
        at: instants(1, LAST_DAY),
        kind: fc.constantFrom('pause' as const, 'line' as const, 'plan' as const),
      }),
      { maxLength: 2 },
    )
    .map((cuts) => cuts.sort((a, b) => (a.at < b.at ? -1 : 1))),
  sending: fc.array(sendings, { minLength: 24, maxLength: 24 }),
  settled: fc.boolean(),
});

/** One event with when it is to be sent: after so many months' bills. */
interface Sent {
  readonly event: object;
  readonly place: number;
  readonly month: number;
}

const monthOf = (instant: string): number => new Date(instant).getUTCMonth();

function plan(history: SentHistory, externalId: string): Sent[] {
  let n = 0;
  return history.lines.flatMap(({ usage }, line) =>
    usage.flatMap((one, index): Sent[] => {
      const sending = history.sending[n++ % Math.max(history.sending.length, 1)];
      const event = eventOf(externalId, line, index, one);
      if (sending === undefined) return [{ event, place: 0, month: 0 }];
      const month = sending.late === 0 ? 0 : monthOf(one.at) + sending.late;
      const own = { event, place: sending.place, month };
      switch (sending.again) {
        case 'no':
          return [own];
        case 'at once':
          return [own, { ...own, place: 1_000 - own.place }];
        case 'at the end':
          return [own, { ...own, month: 4 }];
      }
    }),
  );
}

describe('events', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startFrozenApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const check = async (history: SentHistory): Promise<void> => {
    const { lines } = history;
    const world = await World.begin(server);
    const features = await world.features(lines);
    const plans = [await world.plan('Plan', features, lines), await world.plan('Plan', features, lines)];
    const [orderly, otherwise] = [await world.customer('orderly'), await world.customer('otherwise')];
    await world.use([orderly], lines);
    const sent = plan(history, 'otherwise').sort((a, b) => a.place - b.place);
    const send = async (month: number): Promise<void> =>
      world.send(sent.filter((one) => one.month === month).map(({ event }) => event));
    await send(0);
    const more = {
      ...history.commitment,
      billing_cycle: 'calendar',
      proration_behavior: 'create_prorations',
    };
    let subscriptions = [
      await world.subscribe(orderly, plans[0]!, lines, more),
      await world.subscribe(otherwise, plans[0]!, lines, more),
    ];
    let turns = 0;
    const cut = async (kind: 'pause' | 'line' | 'plan'): Promise<void> => {
      // A plan is changed while it is billed, not while it is paused.
      const { subscription_status: status } = await world.api.get(`/subscriptions/${subscriptions[0].id}`);
      if (status === 'paused') return;
      turns += Number(kind === 'plan');
      const next: any[] = [];
      for (const subscription of subscriptions)
        switch (kind) {
          case 'pause':
            await world.api.post(`/subscriptions/${subscription.id}/pause`, {
              pause_mode: 'immediate',
              pause_days: 3,
            });
            next.push(subscription);
            break;
          case 'line': {
            const line = await world.lineOf(subscription, 'line 0');
            const { amount, tiers } = lines[0]!.price;
            await world.api.put(`/subscriptions/lineitems/${line.id}`, { amount, tiers });
            next.push(subscription);
            break;
          }
          case 'plan':
            next.push(
              (await world.changePlan(subscription, plans[turns % 2]!, { billing_cycle: 'calendar' }))
                .new_subscription,
            );
        }
      subscriptions = next;
    };
    const steps: [string, () => Promise<void>][] = [
      ...history.cuts.map(({ at: when, kind }): [string, () => Promise<void>] => [when, () => cut(kind)]),
      ...[31, 59, 90, 120].map((day, index): [string, () => Promise<void>] => [
        at(day, 3_600_000),
        async () => {
          await send(index + 1);
          if (history.settled) await world.settleLateUsage(otherwise);
        },
      ]),
    ];
    for (const [when, step] of steps.sort(([a], [b]) => (a < b ? -1 : 1))) {
      await world.clock(when);
      await step();
    }
    await world.clock(at(153));
    await world.settleLateUsage(otherwise);
    await world.settleLateUsage(orderly);
    expect(await world.cost(otherwise)).toBe(await world.cost(orderly));
  };

  it(
    'in any order, repeated and late end in the same total',
    async () => {
      expect(await holds('events in any order', sentHistories, check)).toBeGreaterThan(0);
    },
    timeoutOf(),
  );
});
