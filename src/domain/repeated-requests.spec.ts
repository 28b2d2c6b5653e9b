import fc from 'fast-check';
import { canonicalJson, isLastWord, verdictOn, type KnownKey } from './repeated-requests.js';

const now = new Date('2026-03-01T00:00:00Z');
const instant = fc.integer({ min: -60_000, max: 60_000 }).map((ms) => new Date(now.getTime() + ms));
const known: fc.Arbitrary<KnownKey> = fc.record({
  fingerprint: fc.constantFrom('ours', 'other'),
  isAnswered: fc.boolean(),
  leaseUntil: fc.option(instant),
});

describe('a request that comes with a key', () => {
  it('is done when its key is new', () => {
    expect(verdictOn([], 'ours', now)).toBe('begin');
  });

  it('law: is done only when no key of it is anybody else’s, answered, or held', () => {
    fc.assert(
      fc.property(fc.array(known, { maxLength: 2 }), (keys) => {
        const mayBegin = keys.every(
          (key) =>
            key.fingerprint === 'ours' &&
            !key.isAnswered &&
            (key.leaseUntil === null || key.leaseUntil.getTime() <= now.getTime()),
        );
        expect(verdictOn(keys, 'ours', now) === 'begin').toBe(mayBegin);
      }),
    );
  });

  it('law: another request’s key refuses it, in whichever place it stands', () => {
    fc.assert(
      fc.property(fc.array(known, { maxLength: 2 }), (keys) => {
        const verdict = verdictOn(keys, 'ours', now);
        expect(verdictOn([...keys].reverse(), 'ours', now)).toBe(verdict);
        expect(verdict === 'refuse').toBe(keys.some(({ fingerprint }) => fingerprint === 'other'));
      }),
    );
  });

  it('law: what failed on our side, or may go well later, is never the last word', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.boolean(), (status, hasBegun) => {
        const isLast = isLastWord(status, hasBegun);
        if (!hasBegun || status >= 500 || [409, 429].includes(status)) expect(isLast).toBe(false);
        if (hasBegun && [400, 402, 404, 422].includes(status)) expect(isLast).toBe(true);
      }),
    );
  });
});

describe('the canonical text of a body', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, member]) => [name, shuffled(member)]),
    );
  };

  it('law: does not know in which order members were written', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const body: unknown = JSON.parse(text);
        expect(canonicalJson(shuffled(body))).toBe(canonicalJson(body));
      }),
    );
  });

  it('law: says everything: it reads back as what was written', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const body: unknown = JSON.parse(text);
        expect(JSON.parse(canonicalJson(body))).toEqual(body);
      }),
    );
  });

  it('tells apart what looks alike', () => {
    const texts = [
      '1',
      '"1"',
      'null',
      '"null"',
      '[]',
      '{}',
      '[[]]',
      '{"a":1}',
      '{"a":"1"}',
      '["a",1]',
      '0.1',
    ];
    expect(new Set(texts.map((text) => canonicalJson(JSON.parse(text)))).size).toBe(texts.length);
    expect(canonicalJson(undefined)).toBe('null');
  });
});
