import { randomUUID } from 'node:crypto';
import { ExactNumber, withNumbersAs } from '../domain/exact-number.js';
import { validationError } from '../domain/errors.js';
import { exactNumber, LONG_DIGITS, LONG_WHOLE } from '../domain/number-literal.js';

/** JSON whose numbers are what was written: JSON.parse makes doubles of them, which keep fifteen digits. */

/** What stands for a number in a text that JSON.parse reads. Nobody outside of this process has seen it. */
const MARK = `exact:${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');
const LITERAL = /-?\d[\d.eE+-]*/g;
/** What a number that is kept exactly has at least. */
const LONG = /[\d.]{16}/;
/** A number of the length that is looked for covers one byte in so many. */
const STRIDE = 16;
/** Deeper than any body that a request class can read. */
const MOST_DEPTH = 100;

const [ZERO, NINE, POINT, MINUS] = Buffer.from('09.-') as unknown as [number, number, number, number];
/** What a number may stand behind. */
const BEFORE = new Set(Buffer.from(':,[ \t\r\n'));

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;
const isPart = (byte: number | undefined): boolean => byte === POINT || isDigit(byte);

/**
 * Whether a JSON text may hold a number that a double does not keep. It looks at every sixteenth byte, and so costs
 * next to nothing beside JSON.parse; what it finds in a string does no harm.
 */
export function mayHoldLongNumber(json: Uint8Array): boolean {
  for (let at = STRIDE - 1; at < json.length; at += STRIDE) {
    if (!isPart(json[at])) continue;
    let start = at;
    while (isPart(json[start - 1])) start--;
    let end = at + 1;
    while (isPart(json[end])) end++;
    if (end - start >= STRIDE && isLong(json, start, end)) return true;
    at = Math.max(at, end - 1);
  }
  return false;
}

function isLong(json: Uint8Array, start: number, end: number): boolean {
  const before = json[start - 1] === MINUS ? json[start - 2] : json[start - 1];
  if (before === undefined || !BEFORE.has(before)) return false;
  let point = start;
  while (point < end && json[point] !== POINT) point++;
  if (point - start >= LONG_WHOLE) return true;
  let first = start;
  while (json[first] === ZERO || json[first] === POINT) first++;
  return end - first - (first < point ? 1 : 0) >= LONG_DIGITS;
}

/** Reads a JSON text; an {@link ExactNumber} stands where a double would change the number. */
export function readJson(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return LONG.test(text) ? (exactlyRead(text) ?? plain) : plain;
}

/** The same for a text that JSON.parse has read; undefined where it has changed no number. */
export function exactlyRead(text: string): unknown {
  const marked = markNumbers(text);
  return marked === undefined ? undefined : withNumbers(JSON.parse(marked), MOST_DEPTH);
}

/** The text with a marked string for every such number; undefined where there is none. */
function markNumbers(text: string): string | undefined {
  let marked = '';
  let done = 0;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    if (end - at >= STRIDE)
      for (const { 0: literal, index } of text.slice(at, end).matchAll(LITERAL)) {
        const number = literal.length < STRIDE ? undefined : exactNumber(literal);
        if (number === undefined) continue;
        marked += `${text.slice(done, at + index)}"${MARK}${number.text}"`;
        done = at + index + literal.length;
      }
    at = quote < 0 ? end : endOfString(text, quote);
  }
  return done === 0 ? undefined : marked + text.slice(done);
}

/** Behind the quote that ends the string: the first with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text[first - 1] === '\\') first--;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
}

function withNumbers(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return value.startsWith(MARK) ? new ExactNumber(value.slice(MARK.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) throw validationError(`the body must not be nested deeper than ${MOST_DEPTH}`);
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const inner = holder[key];
    const exact = withNumbers(inner, depth - 1);
    // Assignment would not define a property named __proto__.
    if (exact !== inner)
      Object.defineProperty(holder, key, {
        value: exact,
        ...{ enumerable: true, writable: true, configurable: true },
      });
  }
  return value;
}

let marks = 0;
const mark = (text: string): string => {
  marks++;
  return MARK + text;
};

/** Writes JSON with exact numbers as numbers: for databases, which keep every digit. */
export function writeJson(value: unknown): string {
  marks = 0;
  const json = withNumbersAs(mark, value);
  return marks === 0 ? json : json.replace(MARKED, '$1');
}
