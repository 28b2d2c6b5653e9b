import fc from 'fast-check';
import { ExactNumber } from '../../src/domain/exact-number.js';
import { makePeriod, type Period } from '../../src/domain/period.js';
import { formatRate, rate } from '../../src/domain/rate.js';
import { aggregate } from '../../src/domain/usage/aggregate.js';
import {
  AGGREGATION_TYPES,
  MEASURES_FIELD,
  TAKES_MULTIPLIER,
  type AggregationSpec,
  type AggregationType,
} from '../../src/domain/usage/aggregation.js';
import { matchesFilters, type PropertyFilter } from '../../src/domain/usage/filters.js';
import type { Ctx, Scope } from '../../src/platform/context.js';
import type { IncomingEvent, UsageGroupKey, UsageQuery } from '../../src/usage/usage.types.js';
import type { UsageStore } from '../../src/usage/usage-store.js';

/** A store under test. */
export interface StoreUnderTest {
  readonly store: UsageStore;
  readonly scope: Scope;
  /** An environment that has nothing to do with the first. */
  readonly otherScope: Scope;
  run<T>(scope: Scope, work: (ctx: Ctx) => Promise<T>): Promise<T>;
  /** What the store does with events by itself in the course of time; undefined where it does nothing. */
  readonly upkeep: readonly ((eventNames: readonly string[]) => Promise<void>)[];
}

const HOUR = 60 * 60 * 1000;
/** Late in a month, so that events lie in two partitions. */
const T0 = Date.UTC(2026, 0, 30, 12);

/** All that a property may hold: what counts, what almost does, and what does not. */
const value = fc.oneof(
  fc.integer(),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('5', '0.1', ' 7 ', '-3.25', '1e3', '+2', '.5', '1.', '١', '0x10', '', ' ', 'NaN', '1e400'),
  fc.constantFrom('1234567890123456789012', '0.1234567890123456789', '\u00a09\u00a0', '9'.repeat(61)),
  fc
    .constantFrom('9007199254740993', '-9007199254740993', '0.1234567890123456789', '123456789012345678901.5')
    .map((text) => new ExactNumber(text)),
  fc.constantFrom(null, true, false),
  fc.constant([1]),
  fc.constantFrom({ a: 1, b: [2] }, { b: [2], a: 1 }),
);
const event = fc.record({
  id: fc.integer({ min: 0, max: 30 }).map((n) => `e${n}`),
  ms: fc.oneof(
    fc.integer({ min: 0, max: 48 }).map((n) => n * HOUR),
    fc.integer({ min: 0, max: 48 * HOUR }),
  ),
  n: fc.option(value, { nil: undefined }),
  kind: fc.constantFrom('a', 'b', 5, true, undefined),
  source: fc.constantFrom('api', 'batch', null),
});
const window = fc
  .tuple(fc.integer({ min: -1, max: 49 * HOUR }), fc.integer({ min: 1, max: 49 * HOUR }))
  .map(([from, length]) => ({ start: new Date(T0 + from), end: new Date(T0 + from + length) }));
const hours = fc
  .tuple(fc.integer({ min: -1, max: 40 }), fc.integer({ min: 1, max: 48 }))
  .map(([from, length]) => ({
    start: new Date(T0 + from * HOUR),
    end: new Date(T0 + (from + length) * HOUR),
  }));
const FILTERS: readonly (readonly PropertyFilter[])[] = [
  [],
  [{ key: 'kind', values: ['a', '5'] }],
  [{ key: 'kind', values: ['true'] }],
];

const specOf = (type: AggregationType): AggregationSpec => ({
  type,
  ...(MEASURES_FIELD[type] ? { field: 'n' } : {}),
  ...(TAKES_MULTIPLIER[type] ? { multiplier: rate('1.5') } : {}),
});

/** What every store has to do, whatever it is made of. */
export function describeUsageStore(start: () => Promise<StoreUnderTest>, runs: number): void {
  let at: StoreUnderTest;
  let names = 0;
  beforeAll(async () => {
    at = await start();
  });
  const append = (events: readonly IncomingEvent[], scope = at.scope) =>
    at.store.append([{ scope, receivedAt: new Date(), events }]);
  const query = (eventName: string, period: Period, spec: AggregationSpec): UsageQuery => ({
    eventName,
    externalCustomerId: 'c',
    window: period,
    aggregation: spec,
    filters: [],
  });

  it('adds up as the domain does the first of each id: in any order, with any repetition, whatever it did in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.array(event, { minLength: 1, maxLength: 25 }), fc.nat(9)), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.array(fc.oneof(window, hours), { minLength: 1, maxLength: 3 }),
        async (deeds, windows) => {
          const name = `used-${names++}`;
          const sent: IncomingEvent[] = [];
          for (const deed of deeds) {
            if (typeof deed === 'number') {
              await at.upkeep[deed % Math.max(1, at.upkeep.length)]?.([name]);
              continue;
            }
            const batch = deed.map((one): IncomingEvent => ({
              id: `${name}-${one.id}`,
              eventName: name,
              externalCustomerId: one.id.length % 2 === 0 ? 'c' : 'd',
              source: one.source,
              occurredAt: new Date(T0 + one.ms),
              isTimed: true,
              properties: JSON.parse(JSON.stringify({ n: one.n, kind: one.kind })) as Record<string, unknown>,
            }));
            sent.push(...batch);
            await append(batch);
          }
          const queries = windows.flatMap((period) =>
            AGGREGATION_TYPES.flatMap((type) =>
              FILTERS.flatMap((filters) =>
                ['c', undefined].map((externalCustomerId) => ({
                  ...query(name, period, specOf(type)),
                  externalCustomerId,
                  filters,
                })),
              ),
            ),
          );
          const found = await at.run(at.scope, (ctx) => at.store.aggregate(ctx, queries));
          const firsts = [...new Map([...sent].reverse().map((one) => [one.id, one])).values()];
          const expected = queries.map((one) =>
            aggregate(
              one.aggregation,
              firsts.filter(
                (given) =>
                  (one.externalCustomerId ?? given.externalCustomerId) === given.externalCustomerId &&
                  matchesFilters(one.filters, given.properties),
              ),
              one.window,
            ),
          );
          expect(found.map(formatRate)).toEqual(expected.map(formatRate));
        },
      ),
      { numRuns: runs },
    );
  });

  it('splits usage by time and groups into parts that the domain makes the same of', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 40 }),
        window,
        fc.constantFrom(undefined, '15MIN' as const, 'HOUR' as const, '6HOUR' as const, 'DAY' as const),
        fc.constantFrom<UsageGroupKey[]>([], ['source'], ['properties.kind', 'source']),
        fc.boolean(),
        async (events, period, size, groupBy, isKept) => {
          const name = `split-${names++}`;
          const firsts = [...new Map([...events].reverse().map((one) => [one.id, one])).values()].map(
            (one): IncomingEvent => ({
              id: `${name}-${one.id}`,
              eventName: name,
              externalCustomerId: 'c',
              source: one.source,
              occurredAt: new Date(T0 + one.ms),
              isTimed: true,
              properties: JSON.parse(JSON.stringify({ n: one.n, kind: one.kind })) as Record<string, unknown>,
            }),
          );
          await append(firsts);
          if (isKept) for (const upkeep of at.upkeep) await upkeep([name]);
          const queries = AGGREGATION_TYPES.map((type) => query(name, period, specOf(type)));
          const found = await at.run(at.scope, (ctx) =>
            at.store.breakdown(ctx, queries, {
              size,
              timeZone: 'UTC',
              groupBy,
            }),
          );
          const ms = { '15MIN': HOUR / 4, HOUR, '6HOUR': 6 * HOUR, DAY: 24 * HOUR };
          const parts = new Map<string, IncomingEvent[]>();
          for (const one of firsts) {
            const time = one.occurredAt.getTime();
            if (time < period.start.getTime() || time >= period.end.getTime()) continue;
            const length = size === undefined ? undefined : ms[size];
            const begin = length === undefined ? period.start.getTime() : Math.floor(time / length) * length;
            const { kind } = one.properties as { kind?: unknown };
            const group = groupBy.map((key) =>
              key === 'source' ? one.source : kind === undefined ? null : textOf(kind),
            );
            const key = JSON.stringify([begin, group]);
            parts.set(key, [...(parts.get(key) ?? []), one]);
          }
          const expected = queries.map(({ aggregation }) =>
            [...parts].map(([key, members]) => {
              const [begin] = JSON.parse(key) as [number];
              const length = size === undefined ? undefined : ms[size];
              const part = makePeriod(
                new Date(Math.max(begin, period.start.getTime())),
                new Date(Math.min(length === undefined ? Infinity : begin + length, period.end.getTime())),
              );
              return [key, members.length, formatRate(aggregate(aggregation, members, part))];
            }),
          );
          const shown = found.map((cells) =>
            cells.map((cell) => [
              JSON.stringify([cell.start.getTime(), cell.group]),
              cell.events,
              formatRate(cell.value),
            ]),
          );
          const sorted = (lists: unknown[][][]) => lists.map((list) => [...list].sort());
          expect(sorted(shown)).toEqual(sorted(expected));
          const starts = found.map((cells) => cells.map((cell) => cell.start.getTime()));
          expect(starts).toEqual(starts.map((list) => [...list].sort((a, b) => a - b)));
        },
      ),
      { numRuns: runs },
    );
  });

  const plain = (id: string, time: string, more: Partial<IncomingEvent> = {}): IncomingEvent => ({
    id,
    eventName: 'plain',
    externalCustomerId: 'c',
    source: null,
    occurredAt: new Date(time),
    isTimed: true,
    properties: {},
    ...more,
  });

  it('begins weeks on Monday and days at midnight of the zone, also where the clocks change', async () => {
    // Sunday 29 March 2026: Berlin has 23 hours. 00:30 there is still Saturday in UTC.
    await append([
      plain('w1', '2026-03-28T23:30:00Z'),
      plain('w2', '2026-03-29T21:59:59Z'),
      plain('w3', '2026-03-29T22:00:00Z'),
    ]);
    const march = { start: new Date('2026-03-01T00:00:00Z'), end: new Date('2026-04-30T00:00:00Z') };
    const windows = async (size: 'DAY' | 'WEEK' | 'MONTH' | '6HOUR', timeZone: string) => {
      const [cells] = await at.run(at.scope, (ctx) =>
        at.store.breakdown(ctx, [query('plain', march, { type: 'COUNT' })], { size, timeZone, groupBy: [] }),
      );
      return cells?.map((one) => [one.start.toISOString(), formatRate(one.value)]);
    };
    for (const upkeep of [undefined, ...at.upkeep]) {
      await upkeep?.(['plain']);
      expect(await windows('DAY', 'Europe/Berlin')).toEqual([
        ['2026-03-28T23:00:00.000Z', '2'],
        ['2026-03-29T22:00:00.000Z', '1'],
      ]);
      expect(await windows('DAY', 'UTC')).toEqual([
        ['2026-03-28T00:00:00.000Z', '1'],
        ['2026-03-29T00:00:00.000Z', '2'],
      ]);
      // Where a day begins at half past an hour of UTC.
      expect(await windows('DAY', 'Asia/Kolkata')).toEqual([
        ['2026-03-28T18:30:00.000Z', '1'],
        ['2026-03-29T18:30:00.000Z', '2'],
      ]);
      expect(await windows('WEEK', 'Europe/Berlin')).toEqual([
        ['2026-03-22T23:00:00.000Z', '2'],
        ['2026-03-29T22:00:00.000Z', '1'],
      ]);
      expect(await windows('MONTH', 'UTC')).toEqual([['2026-03-01T00:00:00.000Z', '3']]);
    }
  });

  it('takes the first of an id for good, in whatever month its copies lie, and keeps record of those that differ', async () => {
    const first = plain('twice', '2026-01-05T10:00:00Z', { eventName: 'dup', properties: { n: 1 } });
    const timeless = plain('timeless', '2026-01-05T10:00:00Z', { eventName: 'dup', isTimed: false });
    await append([first, { ...first, properties: { n: 2 } }, timeless]);
    await append([
      { ...first, occurredAt: new Date('2026-02-05T10:00:00Z') },
      { ...timeless, occurredAt: new Date('2026-01-05T10:00:01Z') },
    ]);
    await append([first, { ...first, properties: { n: 2 } }]);
    await append([first], at.otherScope);
    const year = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2027-01-01T00:00:00Z') };
    const [[sum, count], stored, conflicts] = await at.run(at.scope, async (ctx) => [
      await at.store.aggregate(ctx, [
        query('dup', year, { type: 'SUM', field: 'n' }),
        query('dup', year, { type: 'COUNT' }),
      ]),
      await at.store.find(ctx, 'twice'),
      await at.store.conflicts(ctx, { limit: 1000, offset: 0 }),
    ]);
    expect([formatRate(sum!), formatRate(count!)]).toEqual(['1', '2']);
    expect(stored).toMatchObject({ properties: { n: 1 }, occurredAt: first.occurredAt });
    const mine = conflicts.conflicts.filter((one) => one.eventId === 'twice' || one.eventId === 'timeless');
    expect(
      mine.map(({ refused }) => [refused.id, refused.occurredAt.toISOString(), refused.properties]).sort(),
    ).toEqual([
      ['twice', '2026-01-05T10:00:00.000Z', { n: 2 }],
      ['twice', '2026-02-05T10:00:00.000Z', { n: 1 }],
    ]);
    expect(conflicts.total).toBe(conflicts.conflicts.length);
  });

  it('shows an environment nothing of another', async () => {
    const year = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2027-01-01T00:00:00Z') };
    await at.store.append([
      {
        scope: at.scope,
        receivedAt: new Date(),
        events: [plain('s1', '2026-05-05T10:00:00Z', { eventName: 'own' })],
      },
      {
        scope: at.otherScope,
        receivedAt: new Date(),
        events: [
          plain('s1', '2026-05-05T10:00:00Z', { eventName: 'own' }),
          plain('s2', '2026-05-05T10:00:00Z', { eventName: 'own' }),
        ],
      },
    ]);
    for (const [scope, expected] of [
      [at.scope, '1'],
      [at.otherScope, '2'],
    ] as const) {
      const own = query('own', year, { type: 'COUNT' });
      const all = { ...own, externalCustomerId: undefined };
      const values = await at.run(scope, (ctx) => at.store.aggregate(ctx, [own, all]));
      expect(values.map(formatRate)).toEqual([expected, expected]);
      const page = await at.run(scope, (ctx) =>
        at.store.search(ctx, { ...SEARCH, window: year, eventName: 'own' }),
      );
      expect(page.total).toBe(Number(expected));
    }
    expect(await at.run(at.scope, (ctx) => at.store.find(ctx, 's2'))).toBeNull();
  });

  it('lists events by key in both orders, without gap or overlap, narrowed by everything one can ask for', async () => {
    const day = { start: new Date('2026-06-01T00:00:00Z'), end: new Date('2026-06-02T00:00:00Z') };
    const events = Array.from({ length: 25 }, (_, i) =>
      plain(
        `l${String(i).padStart(2, '0')}`,
        new Date(day.start.getTime() + Math.floor(i / 3) * 1000).toISOString(),
        {
          eventName: 'listed',
          source: i % 2 === 0 ? 'even' : null,
          properties: { i, text: `ä "${i}"`, deep: { list: [i, null] } },
        },
      ),
    );
    await append(events);
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = [];
      let after: { occurredAt: Date; id: string } | undefined;
      for (;;) {
        const page = await at.run(at.scope, (ctx) =>
          at.store.search(ctx, { ...SEARCH, window: day, eventName: 'listed', order, pageSize: 10, after }),
        );
        expect(page.total).toBe(25);
        seen.push(...page.events.map((one) => one.id));
        after = page.events.at(-1);
        if (!page.hasMore) break;
      }
      const ids = events.map((one) => one.id);
      expect(seen).toEqual(order === 'asc' ? ids : ids.reverse());
    }
    const even = await at.run(at.scope, (ctx) =>
      at.store.search(ctx, {
        ...SEARCH,
        window: day,
        source: 'even',
        propertyFilters: [{ key: 'i', values: ['4', '5'] }],
      }),
    );
    expect(even.events).toEqual([
      expect.objectContaining({ id: 'l04', source: 'even', properties: events[4]!.properties }),
    ]);
    const one = await at.run(at.scope, (ctx) =>
      at.store.search(ctx, { ...SEARCH, window: day, eventId: 'l07' }),
    );
    expect(one.events.map(({ id, occurredAt }) => [id, occurredAt])).toEqual([
      ['l07', events[7]!.occurredAt],
    ]);
  });

  const YEAR = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2027-01-01T00:00:00Z') };
  const inYear = (eventName: string, spec: AggregationSpec, filters: readonly PropertyFilter[] = []) => ({
    ...query(eventName, YEAR, spec),
    filters,
  });
  const ask = async (...queries: UsageQuery[]) =>
    (await at.run(at.scope, (ctx) => at.store.aggregate(ctx, queries))).map(formatRate);

  it('keeps every digit of the largest and the smallest quantities', async () => {
    const nines = `${'9'.repeat(20)}.${'9'.repeat(18)}`;
    const values = [nines, nines, nines, `-${nines}`, '0.000000000000000001', '0.0000000000000000005'];
    await append(
      values.map((n, i) =>
        plain(`digit${i}`, `2026-05-0${i + 1}T00:00:00Z`, { eventName: 'digits', properties: { n } }),
      ),
    );
    for (const upkeep of [undefined, ...at.upkeep]) {
      await upkeep?.(['digits']);
      expect(
        await ask(
          inYear('digits', { type: 'SUM', field: 'n' }),
          inYear('digits', { type: 'MAX', field: 'n' }),
          inYear('digits', { type: 'SUM_WITH_MULTIPLIER', field: 'n', multiplier: rate('0.5') }),
        ),
      ).toEqual(['200000000000000000000', nines, '100000000000000000000']);
    }
  });

  /** What a property may be besides a short text, with the text that it is compared and shown as. */
  const TEXTS: readonly [unknown, string][] = [
    ['', ''],
    [' a ', ' a '],
    ['it\'s a \\ "quoted"\ttab\nline', 'it\'s a \\ "quoted"\ttab\nline'],
    ['\\N', '\\N'],
    ['{n:String}', '{n:String}'],
    ['ü😀\u2028', 'ü😀\u2028'],
    [-0, '0'],
    [1.5, '1.5'],
    [1e21, '1000000000000000000000'],
    [1e-7, '0.0000001'],
    [false, 'false'],
    [[1, 'a', null], '[1, "a", null]'],
    [{ bb: 1, a: { c: [] } }, '{"a": {"c": []}, "bb": 1}'],
    [{}, '{}'],
  ];

  it('compares and shows properties as one and the same text, whatever they are', async () => {
    await append(
      TEXTS.map(([value], i) =>
        plain(`text${i}`, '2026-05-05T00:00:00Z', { eventName: 'texts', properties: { value } }),
      ),
    );
    const [cells] = await at.run(at.scope, (ctx) =>
      at.store.breakdown(ctx, [inYear('texts', { type: 'COUNT' })], {
        size: undefined,
        timeZone: 'UTC',
        groupBy: ['properties.value'],
      }),
    );
    expect(cells?.map(({ group }) => group[0]).sort()).toEqual(TEXTS.map(([, text]) => text).sort());
    expect(
      await ask(
        ...TEXTS.map(([, text]) => inYear('texts', { type: 'COUNT' }, [{ key: 'value', values: [text] }])),
        inYear('texts', { type: 'COUNT_UNIQUE', field: 'value' }),
      ),
    ).toEqual([...TEXTS.map(() => '1'), String(TEXTS.length)]);
    const found = await at.run(at.scope, (ctx) =>
      Promise.all(TEXTS.map((_, i) => at.store.find(ctx, `text${i}`))),
    );
    expect(found.map((one) => one?.properties)).toEqual(
      TEXTS.map(([value]) => JSON.parse(JSON.stringify({ value })) as unknown),
    );
  });

  it.each([
    '',
    ' ',
    "o'clock",
    'a.b',
    'back\\slash',
    'tab\t',
    '__proto__',
    'constructor',
    'source',
    '日本',
    '{x}',
    '?',
    '$1',
  ])('takes the name %j for an event, a customer, an id, a source and a property', async (name) => {
    const properties = Object.fromEntries([[name, 5]]);
    const named = `odd ${name}`;
    await append([
      plain(named, '2026-05-05T00:00:00Z', {
        eventName: named,
        externalCustomerId: named,
        source: named,
        properties,
      }),
    ]);
    const sum = {
      ...inYear(named, { type: 'SUM', field: name }, [{ key: name, values: ['5'] }]),
      externalCustomerId: named,
    };
    const [values, cells, page, found] = await at.run(at.scope, async (ctx) => [
      await at.store.aggregate(ctx, [sum, { ...sum, externalCustomerId: undefined }]),
      await at.store.breakdown(ctx, [sum], {
        size: 'MONTH',
        timeZone: 'UTC',
        groupBy: ['source', `properties.${name}`, 'properties.missing'],
      }),
      await at.store.search(ctx, {
        ...SEARCH,
        window: YEAR,
        eventId: named,
        eventName: named,
        externalCustomerId: named,
        source: named,
        propertyFilters: [{ key: name, values: ['5'] }],
      }),
      await at.store.find(ctx, named),
    ]);
    expect(values.map(formatRate)).toEqual(['5', '5']);
    expect(cells[0]?.map(({ group }) => group)).toEqual([[named, '5', null]]);
    expect(page.events.map((one) => one.id)).toEqual([named]);
    expect(found).toMatchObject({ id: named, eventName: named, externalCustomerId: named, source: named });
    expect(Object.entries(found!.properties)).toEqual([[name, 5]]);
  });

  it('has the same windows in the night in which the clocks go back', async () => {
    // Berlin, 25 October 2026: from 01:00 UTC on it is 02:00 for the second time.
    await append(
      ['2026-10-24T23:30:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00Z'].map(
        (time, i) => plain(`back${i}`, time, { eventName: 'back' }),
      ),
    );
    for (const [size, expected] of [
      ['DAY', [['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', 4]]],
      ['12HOUR', [['2026-10-24T22:00:00.000Z', '2026-10-25T11:00:00.000Z', 4]]],
      [
        'HOUR',
        [
          ['2026-10-24T23:00:00.000Z', '2026-10-25T01:00:00.000Z', 1],
          ['2026-10-25T01:00:00.000Z', '2026-10-25T02:00:00.000Z', 2],
          ['2026-10-25T02:00:00.000Z', '2026-10-25T03:00:00.000Z', 1],
        ],
      ],
    ] as const) {
      const [cells] = await at.run(at.scope, (ctx) =>
        at.store.breakdown(ctx, [inYear('back', { type: 'COUNT' })], {
          size,
          timeZone: 'Europe/Berlin',
          groupBy: [],
        }),
      );
      expect(
        cells?.map(({ window: { start, end }, events }) => [start.toISOString(), end.toISOString(), events]),
      ).toEqual(expected);
    }
  });

  it('takes a call with events of all times', async () => {
    const months = Array.from(
      { length: 240 },
      (_, month) => new Date(Date.UTC(2010, month, 15, 0, 0, 0, month)),
    );
    await append(
      months.map((time, i) =>
        plain(`all${i}`, time.toISOString(), { eventName: 'all-times', properties: { n: i } }),
      ),
    );
    const window = { start: new Date(Date.UTC(2000, 0, 1)), end: new Date(Date.UTC(2040, 0, 1)) };
    const { start, end } = { start: months[7]!, end: months[100]! };
    expect(
      await ask(
        { ...inYear('all-times', { type: 'COUNT' }), window },
        // A window has its beginning in it, and not its end.
        { ...inYear('all-times', { type: 'SUM', field: 'n' }), window: { start, end } },
      ),
    ).toEqual(['240', String(Array.from({ length: 93 }, (_, i) => i + 7).reduce((a, b) => a + b))]);
    const page = await at.run(at.scope, (ctx) =>
      at.store.search(ctx, {
        ...SEARCH,
        window,
        eventName: 'all-times',
        order: 'desc',
        pageSize: 2,
        offset: 238,
      }),
    );
    expect([page.events.map((one) => one.occurredAt), page.hasMore]).toEqual([[months[1], months[0]], false]);
  });

  it('answers thousands of queries at once, each with its own', async () => {
    const events = Array.from({ length: 300 }, (_, i) =>
      plain(`thousand${i}`, new Date(YEAR.start.getTime() + i * HOUR).toISOString(), {
        eventName: 'thousands',
        externalCustomerId: `customer ${i % 50}`,
        properties: { n: i },
      }),
    );
    await append(events);
    const queries = Array.from({ length: 2_500 }, (_, i) => ({
      ...inYear('thousands', { type: 'SUM', field: 'n' }),
      externalCustomerId: `customer ${i % 60}`,
      window: { start: YEAR.start, end: new Date(YEAR.start.getTime() + (i % 300) * HOUR) },
    })).filter(({ window: { start, end } }) => start < end);
    const expected = queries.map(({ aggregation, externalCustomerId, window: period }) =>
      aggregate(
        aggregation,
        events.filter((one) => one.externalCustomerId === externalCustomerId),
        period,
      ),
    );
    expect(await ask(...queries)).toEqual(expected.map(formatRate));
    expect(await ask()).toEqual([]);
  });

  it('counts the events of some sources only', async () => {
    const events = ['a', 'b', null, 'a', ''].map((source, i) =>
      plain(`source${i}`, '2026-05-05T00:00:00Z', {
        eventName: 'sourced',
        source,
        properties: { n: 2 ** i },
      }),
    );
    await append(events);
    const sum = inYear('sourced', { type: 'SUM', field: 'n' });
    for (const upkeep of [undefined, ...at.upkeep]) {
      await upkeep?.(['sourced']);
      expect(
        await ask(
          sum,
          { ...sum, sources: ['a'] },
          { ...sum, sources: ['a', 'b'] },
          { ...sum, sources: [] },
          { ...sum, sources: ['c'], externalCustomerId: undefined },
        ),
      ).toEqual(['31', '9', '11', '0', '0']);
    }
  });

  it('finds in which span late events of a customer have happened', async () => {
    const boundary = new Date('2026-05-05T00:00:00Z');
    const send = (customer: string, ...times: [occurredAt: number, receivedAt: number][]) =>
      Promise.all(
        times.map(([occurred, received], i) =>
          at.store.append([
            {
              scope: at.scope,
              receivedAt: new Date(boundary.getTime() + received),
              events: [
                plain(`${customer}-${i}`, new Date(boundary.getTime() + occurred).toISOString(), {
                  eventName: `late ${i % 2}`,
                  externalCustomerId: customer,
                }),
              ],
            },
          ]),
        ),
      );
    const MS_1 = 1;
    await send(
      'in time',
      [-2 * HOUR, -2 * HOUR],
      [-3 * HOUR, -HOUR - MS_1],
      [0, 5 * HOUR],
      [-99 * HOUR, -50 * HOUR],
    );
    await send(
      'late',
      [-70 * HOUR, 5 * HOUR],
      [-40 * HOUR, -HOUR],
      [-90 * HOUR, -2 * HOUR],
      [HOUR, 2 * HOUR],
    );
    await send('just late', [-MS_1, -MS_1], [-30 * 60_000, -20 * 60_000]);
    const asked = ['late', 'in time', 'just late', 'nobody', 'late'].map((externalCustomerId, i) => ({
      externalCustomerId,
      boundary: i === 4 ? new Date(boundary.getTime() + 2 * HOUR) : boundary,
    }));
    const after = (from: number, to: number) => ({
      start: new Date(boundary.getTime() + from),
      end: new Date(boundary.getTime() + to + 1),
    });
    expect(await at.run(at.scope, (ctx) => at.store.lateSpans(ctx, asked))).toEqual([
      after(-70 * HOUR, -40 * HOUR),
      null,
      after(-30 * 60_000, -MS_1),
      null,
      after(-70 * HOUR, HOUR),
    ]);
    expect(await at.run(at.otherScope, (ctx) => at.store.lateSpans(ctx, asked))).toEqual(
      asked.map(() => null),
    );
    expect(await at.run(at.scope, (ctx) => at.store.lateSpans(ctx, []))).toEqual([]);
  });

  it('keeps an event as it came, and lists what was not taken, the newest first', async () => {
    const first = plain('kept', '2026-05-05T10:00:00.123Z', {
      eventName: 'kept',
      source: 's',
      properties: { z: 1, a: { deep: [true, null, 1.25] } },
    });
    const receivedAt = (minute: number) => new Date(Date.UTC(2031, 0, 1, 0, minute, 0, 7));
    const send = (minute: number, ...events: IncomingEvent[]) =>
      at.store.append([{ scope: at.scope, receivedAt: receivedAt(minute), events }]);
    await send(0, first);
    await send(1, { ...first, source: null });
    await send(2, { ...first, externalCustomerId: 'd' }, { ...first, eventName: 'other' });
    await send(3, { ...first, source: null }, first);
    // The order of names makes no other content.
    await send(4, { ...first, properties: { a: { deep: [true, null, 1.25] }, z: 1 } });
    await send(5, { ...first, properties: { ...first.properties, z: 1.5 } });
    const stored = await at.run(at.scope, (ctx) => at.store.find(ctx, 'kept'));
    expect({ ...first, ...stored }).toMatchObject({ ...first, receivedAt: receivedAt(0) });
    expect(stored?.properties).toEqual(first.properties);
    const pages = await at.run(at.scope, (ctx) =>
      Promise.all([0, 1, 2].map((offset) => at.store.conflicts(ctx, { limit: 2, offset: offset * 2 }))),
    );
    const listed = pages.flatMap(({ conflicts }) => conflicts).slice(0, 4);
    expect(listed.map((one) => one.receivedAt)).toEqual([
      receivedAt(5),
      receivedAt(2),
      receivedAt(2),
      receivedAt(1),
    ]);
    expect(listed.at(-1)).toMatchObject({
      eventId: 'kept',
      receivedAt: receivedAt(1),
      refused: { ...first, source: null },
    });
    expect(pages.map(({ total }) => total)).toEqual(pages.map(() => pages[0]!.total));
    const others = await at.run(at.otherScope, (ctx) => at.store.conflicts(ctx, { limit: 10, offset: 0 }));
    expect(others.conflicts.filter((one) => one.eventId === 'kept')).toEqual([]);
  });

  it('lets one of many win that come at the same time, and all see the same one', async () => {
    for (let round = 0; round < 5; round++) {
      const name = `race-${names++}`;
      const copies = Array.from({ length: 12 }, (_, i) =>
        plain(`${name}-id`, `2026-0${1 + (i % 6)}-05T10:00:00Z`, {
          eventName: name,
          externalCustomerId: 'c',
          properties: { n: 10 ** (i % 9) },
        }),
      );
      await Promise.all(
        copies.map((copy, i) =>
          append([copy, plain(`${name}-${i}`, '2026-03-03T00:00:00Z', { eventName: `${name}-own` })]),
        ),
      );
      const [[sum, own], found, refused] = await at.run(at.scope, async (ctx) => [
        await at.store.aggregate(ctx, [
          inYear(name, { type: 'SUM', field: 'n' }),
          inYear(`${name}-own`, { type: 'COUNT' }),
        ]),
        await at.store.find(ctx, `${name}-id`),
        await at.store.conflicts(ctx, { limit: 1000, offset: 0 }),
      ]);
      expect(formatRate(sum!)).toBe(String(found!.properties.n));
      expect(formatRate(own!)).toBe('12');
      const mine = refused.conflicts.filter((one) => one.eventId === `${name}-id`);
      expect(mine).toHaveLength(new Set(copies.map((one) => JSON.stringify(one))).size - 1);
    }
  });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const SEARCH = {
  eventId: undefined,
  eventName: undefined,
  externalCustomerId: undefined,
  source: undefined,
  propertyFilters: [],
  order: 'asc',
  pageSize: 50,
  offset: 0,
  after: undefined,
} as const;
