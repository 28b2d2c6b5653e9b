import fc from 'fast-check';
import { ExactNumber } from '../domain/exact-number.js';
import { exactNumber } from '../domain/number-literal.js';
import { exactlyRead, mayHoldLongNumber, readJson, writeJson } from './exact-json.js';

const long = fc.constantFrom(
  '9007199254740993',
  '-1234567890123456789',
  '0.1234567890123456789',
  '12345678901234567.891',
  '999999999999999.37',
  '1.2345678901234567890E-3',
);
/** A JSON text as people write it, with numbers of any length between anything. */
const json = fc
  .letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      long,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
      fc.integer().map(String),
      fc.constantFrom(
        'true',
        'null',
        '"12345678901234567890"',
        '"\\\\"',
        '"\\""',
        '": 12345678901234567890, "',
      ),
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
      fc.array(tie('value'), { maxLength: 4 }).map((all) => `[${all.join(' , ')}]`),
      fc
        .array(fc.tuple(fc.constantFrom('a', 'b', '__proto__', 'a"\\', '1'), tie('value')), { maxLength: 4 })
        .map((all) => `{${all.map(([key, value]) => `${JSON.stringify(key)}:\n${value}`).join(',')}}`),
    ),
  }))
  .value.filter((text) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  });

/** The numbers of a JSON text one by one, found by the reader that there is for that: a slow one. */
function literals(text: string): string[] {
  return [...text.replace(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(/-?\d[\d.eE+-]*/g)].map((match) => match[0]);
}
const numbersIn = (value: unknown): (number | ExactNumber)[] => {
  if (typeof value === 'number' || value instanceof ExactNumber) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
};

describe('JSON with exact numbers', () => {
  it('reads what JSON.parse reads, but for the numbers that it changes', () => {
    fc.assert(
      fc.property(json, (text) => {
        const doubles = JSON.stringify(JSON.parse(text));
        const read = readJson(text);
        const rounded = JSON.stringify(read, (_, value: unknown) => value);
        const changed = numbersIn(read).filter((value) => value instanceof ExactNumber);
        for (const { text: number } of changed) expect(exactNumber(number)?.text).toBe(number);
        expect(changed.length === 0).toBe(rounded === doubles);
      }),
      { numRuns: 2_000 },
    );
  });

  it('loses no digit between reading and writing', () => {
    fc.assert(
      fc.property(json, (text) => {
        const again = writeJson(readJson(text));
        expect(writeJson(readJson(again))).toBe(again);
        expect(numbersIn(readJson(again))).toEqual(numbersIn(readJson(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a look at the bytes misses no number that has to be read exactly', () => {
    fc.assert(
      fc.property(json, (text) => {
        const isChanged = literals(text).some((literal) => exactNumber(literal) !== undefined);
        if (isChanged) expect(mayHoldLongNumber(Buffer.from(`{"a":${text}}`))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('a look at the bytes passes over ids, times and the doubles that programs print', () => {
    const body = JSON.stringify({
      id: '01890a5d-ac96-774b-bcce-b302099a8057',
      digits: '12345678901234567890',
      at: '2026-11-29T10:28:44.000123Z',
      ms: 83.49629278298542,
      part: 0.12345678901234568,
      tiny: 0.0000012345678901234567,
      since: 1732876124000.125,
    });
    expect(mayHoldLongNumber(Buffer.from(body))).toBe(false);
  });

  it('shows an exact number as a string wherever JSON is written for readers', () => {
    expect(JSON.stringify(readJson('{"n":9007199254740993}'))).toBe('{"n":"9007199254740993"}');
    expect(writeJson(readJson('{"n":9007199254740993}'))).toBe('{"n":9007199254740993}');
  });

  it('leaves strings alone, whatever is in them', () => {
    const text = String.raw`{"a":"x, 12345678901234567890","b\\":"\\\"9007199254740993\\","c":9007199254740993}`;
    expect(readJson(text)).toEqual({
      a: 'x, 12345678901234567890',
      'b\\': '\\"9007199254740993\\',
      c: new ExactNumber('9007199254740993'),
    });
  });

  it('reads no body that is nested too deep, instead of running out of stack', () => {
    const deep = `${'['.repeat(50_000)}9007199254740993${']'.repeat(50_000)}`;
    expect(() => exactlyRead(deep)).toThrow('nested deeper');
  });

  it('a property named __proto__ stays one', () => {
    const read = readJson('{"__proto__":9007199254740993}') as object;
    expect(Object.keys(read)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});
