import { ExactNumber } from './exact-number.js';
import { formatRate, MAX_NUMBER, Rate } from './rate.js';

/** What a double can be told from any other by. Programs print a double with as many digits, or fewer. */
const DIGITS_OF_A_DOUBLE = 17;
/** With more digits before the point, two decimals of money do not fit into a double any more. */
const WHOLE_DIGITS = 13;
const WHOLE = /^-?\d+$/;

/** What a literal has to have at least to be looked at: so many digits before the point, or so many that count. */
export const LONG_WHOLE = WHOLE_DIGITS + 1;
export const LONG_DIGITS = DIGITS_OF_A_DOUBLE + 1;

/**
 * A number literal of JSON that its double does not say; undefined where the double does. A fraction of up to 17 digits
 * is the double: it is how programs print one (`0.10000000000000001` is 0.1, printed by one that does not look for the
 * shortest). Whole numbers, long amounts and fractions with more digits are what was sent, to the last digit.
 */
export function exactNumber(literal: string): ExactNumber | undefined {
  const double = Number(literal);
  // Infinity is refused by whoever reads it; what is read as zero is less than any decimal place that is kept.
  if (String(double) === literal || !Number.isFinite(double) || double === 0) return undefined;
  if (literal.length > MAX_NUMBER) return new ExactNumber(literal);
  if (WHOLE.test(literal)) return BigInt(literal) === BigInt(double) ? undefined : new ExactNumber(literal);
  const [, whole = '', fraction = ''] = /^-?(\d+)(?:\.(\d+))?/.exec(literal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '').length;
  if (digits <= DIGITS_OF_A_DOUBLE && whole.length <= WHOLE_DIGITS) return undefined;
  const exact = new Rate(literal);
  return exact.equals(new Rate(String(double))) ? undefined : new ExactNumber(formatRate(exact));
}

/** Longer than anything that can be counted with. */
export const isTooLong = (number: ExactNumber): boolean => number.text.length > MAX_NUMBER;
