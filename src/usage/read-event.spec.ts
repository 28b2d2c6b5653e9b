import { ExactNumber } from '../domain/exact-number.js';
import { isIncomingEvent, readEvent } from './read-event.js';
import type { IncomingEvent } from './usage.types.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const read = (body: unknown): IncomingEvent | Record<string, string> =>
  readEvent(body, { now: NOW, newId: () => 'event_new' });
const given = (more: object): object => ({ event_name: 'used', external_customer_id: 'c', ...more });
const taken = (more: object): IncomingEvent => {
  const event = read(given(more));
  if (!isIncomingEvent(event)) throw new Error(JSON.stringify(event));
  return event;
};
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

describe('reading an event', () => {
  it('fills in what may be left out', () => {
    expect(taken({})).toEqual({
      id: 'event_new',
      eventName: 'used',
      externalCustomerId: 'c',
      source: null,
      occurredAt: NOW,
      isTimed: false,
      properties: {},
    });
    expect(taken({ timestamp: null, event_id: null, source: '', properties: null })).toMatchObject({
      id: 'event_new',
      source: null,
      isTimed: false,
    });
  });

  it('reads the guides’ names', () => {
    expect(
      read({
        event_name: 'used',
        customer_id: 'c',
        idempotency_key: 'k',
        timestamp: '2026-05-01T00:00:00+02:00',
      }),
    ).toMatchObject({
      id: 'k',
      externalCustomerId: 'c',
      occurredAt: new Date('2026-04-30T22:00:00Z'),
      isTimed: true,
    });
  });

  it('refuses empty texts where a time or an id should be', () => {
    expect(
      Object.keys(read(given({ timestamp: '', event_id: '', external_customer_id: '' }))).sort(),
    ).toEqual(['event_id', 'external_customer_id', 'timestamp']);
  });

  it.each([
    ['yesterday'],
    ['2026-02-30T00:00:00Z'],
    ['2026-01-01T00:00:00'],
    ['2026-01-01'],
    [1767225600],
    [{}],
    ['1999-12-31T23:59:59Z'],
    ['0001-01-01T00:00:00Z'],
    ['2036-12-01T00:00:00Z'],
    ['+275760-09-13T00:00:00Z'],
  ])('refuses the timestamp %j', (timestamp) => {
    expect(read(given({ timestamp }))).toEqual({ timestamp: expect.stringMatching(/^timestamp must/) });
  });

  it('takes times from the year 2000 to ten years ahead', () => {
    for (const timestamp of ['2000-01-01T00:00:00Z', '2036-05-31T00:00:00Z'])
      expect(taken({ timestamp }).occurredAt.toISOString()).toBe(new Date(timestamp).toISOString());
  });

  it.each([
    ['an array', [1], '', 'must be a JSON object'],
    ['a text', 'n', '', 'must be a JSON object'],
    ['infinity, as JSON reads 1e999', JSON.parse('{"n": 1e999}'), '.n', 'is a number that is too large'],
    ['NaN, from a caller in this process', { n: Number.NaN }, '.n', 'is a number that is too large'],
    [
      'a number of 401 digits',
      { n: new ExactNumber('9'.repeat(401)) },
      '.n',
      'is a number that is too large',
    ],
    ['a depth of 17', nested(17), '.a'.repeat(16), 'must not be nested deeper than 16'],
    ['more than 64 KiB', { blob: 'x'.repeat(70_000) }, '', 'must not be longer than'],
    ['a NUL', { a: 'b\0' }, '.a', 'holds a character that cannot be stored'],
    ['a NUL deep inside', { a: [{ b: '\0' }] }, '.a[0].b', 'holds a character that cannot be stored'],
    ['half of a character', { a: '\ud800' }, '.a', 'holds a character that cannot be stored'],
    ['half of a character in a name', { ['\udc00']: 1 }, '', 'holds a name that cannot be stored'],
  ])('refuses properties that are %s, and says where', (_what, properties, path, sentence) => {
    const field = `properties${path}`;
    expect(read(given({ properties }))).toEqual({
      [field]: expect.stringContaining(`${field} ${sentence}`) as string,
    });
  });

  it('takes properties as they are: nested, null, and named as JavaScript names its insides', () => {
    const properties = JSON.parse(
      '{"__proto__": {"n": 1}, "constructor": "x", "deep": {"list": [null, {"a": 1.5}]}, "none": null, "😀": "😀"}',
    ) as object;
    const event = taken({ properties });
    expect(JSON.stringify(event.properties)).toBe(JSON.stringify(properties));
    expect(Object.getPrototypeOf(event.properties)).toBe(Object.prototype);
    expect(({} as { n?: number }).n).toBeUndefined();
    expect(taken({ properties: nested(16) }).properties).toEqual(nested(16));
  });

  it.each([[null], [[]], ['event'], [7]])('refuses %j for an event', (body) => {
    expect(read(body)).toEqual({ '': 'an event must be a JSON object' });
  });

  it('bug: the other name of a field that is given too is as bounded as the first', () => {
    const long = 'x'.repeat(256);
    expect(
      Object.keys(read(given({ event_id: 'e', idempotency_key: long, customer_id: '\0' }))).sort(),
    ).toEqual(['customer_id', 'idempotency_key']);
    expect(taken({ event_id: 'e', customer_id: '', idempotency_key: '' }).externalCustomerId).toBe('c');
  });

  it('names every wrong field', () => {
    expect(
      Object.keys(
        read({
          event_id: 7,
          external_customer_id: 'x'.repeat(256),
          source: '\0',
          timestamp: 'no',
          properties: 1,
        }),
      ).sort(),
    ).toEqual(['event_id', 'event_name', 'external_customer_id', 'properties', 'source', 'timestamp']);
  });
});
