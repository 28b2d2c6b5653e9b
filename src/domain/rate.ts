import { Decimal } from 'decimal.js';
import { ExactNumber } from './exact-number.js';

/**
 * Exact decimals for rates and quantities. A private clone of decimal.js, so that a host application's
 * configuration of the shared class cannot change what an invoice adds up to. 100 significant digits hold
 * the product of any two 38-digit numbers (the largest that Postgres's numeric columns take here) exactly.
 */
export const Rate = Decimal.clone({
  defaults: true,
  precision: 100,
  rounding: Decimal.ROUND_HALF_UP,
  toExpNeg: -9e15,
  toExpPos: 9e15,
  maxE: 9e15,
  minE: -9e15,
});
export type Rate = Decimal;

export const ZERO: Rate = new Rate(0);

const PLAIN_DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const EXPONENT_DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$/;
const MAX_INTEGER_DIGITS = 20;
const MAX_FRACTION_DIGITS = 18;
const MAX_TEXT = 60;
/** In plain notation. No decimal that anything here is counted in has more digits. */
export const MAX_NUMBER = 400;

const LIMIT: Rate = new Rate(10).pow(MAX_INTEGER_DIGITS);

function readDecimal(value: unknown): Rate | undefined {
  let text: string;
  let longest = MAX_TEXT;
  if (typeof value === 'string') text = value.trim();
  else if (typeof value === 'number') text = String(value);
  else if (value instanceof ExactNumber) [text, longest] = [value.text, MAX_NUMBER];
  else return undefined;
  if (text.length > longest || !(PLAIN_DECIMAL.test(text) || EXPONENT_DECIMAL.test(text))) return undefined;
  const parsed = new Rate(text);
  if (parsed.abs().greaterThanOrEqualTo(LIMIT)) return undefined;
  return parsed.isZero() ? ZERO : parsed; // decimal.js keeps the sign of -0, and isNegative() would see it
}

/**
 * Reads a decimal from the wire: a string, a JSON number (which JavaScript may print with an exponent), or an {@link ExactNumber}.
 * Returns undefined for anything that is not a finite decimal of at most 20 integer and 18 fraction digits.
 */
export function parseRate(value: unknown): Rate | undefined {
  const parsed = readDecimal(value);
  return parsed === undefined || parsed.decimalPlaces() > MAX_FRACTION_DIGITS ? undefined : parsed;
}

/**
 * Reads a measured quantity (an event property) like {@link parseRate}, but a fraction finer than 18 digits is rounded
 * half away from zero instead of refused. A JSON number below 0.01 often prints with 19 digits or more
 * (`0.0012345678901234567`), and refusing it would drop usage that really happened.
 */
export function parseQuantity(value: unknown): Rate | undefined {
  const rounded = readDecimal(value)?.toDecimalPlaces(MAX_FRACTION_DIGITS, Rate.ROUND_HALF_UP);
  if (rounded === undefined || rounded.abs().greaterThanOrEqualTo(LIMIT)) return undefined;
  return rounded.isZero() ? ZERO : rounded;
}

/** What a quotient or product is kept to: the places that a measured quantity has, rounded half away from zero. */
export const storableQuantity = (value: Rate): Rate => {
  const rounded = value.toDecimalPlaces(MAX_FRACTION_DIGITS, Rate.ROUND_HALF_UP);
  return rounded.isZero() ? ZERO : rounded;
};

/** Reads a decimal that we stored or computed ourselves; anything that is not a finite number there is a defect (RangeError). */
export function rate(value: string | number | bigint | Rate): Rate {
  const parsed = new Rate(typeof value === 'bigint' ? value.toString() : value);
  if (!parsed.isFinite()) throw new RangeError(`not a finite decimal: ${parsed.toString()}`);
  return parsed;
}

/** Wire form: plain notation, trailing zeros trimmed, `-0` as `0`. */
export const formatRate = (value: Rate): string => (value.isZero() ? '0' : value.toFixed());
