/** Exact fractions of big integers: the only numbers of the oracle, and no code shared with the engine it checks. */
export interface Rational {
  readonly n: bigint;
  /** Always positive. */
  readonly d: bigint;
}

export const ratio = (n: bigint, d = 1n): Rational => {
  if (d === 0n) throw new RangeError('division by zero');
  const sign = d < 0n ? -1n : 1n;
  const common = gcd(n < 0n ? -n : n, d * sign);
  return { n: (n * sign) / common, d: (d * sign) / common };
};

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

export const NONE = ratio(0n);

/** Reads plain decimals: `-12.50`. */
export function decimal(text: string): Rational {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) throw new RangeError(`not a plain decimal: ${text}`);
  const [, sign = '', whole = '', fraction = ''] = parts;
  return ratio(BigInt(sign + whole + fraction), 10n ** BigInt(fraction.length));
}

export const plus = (a: Rational, b: Rational): Rational => ratio(a.n * b.d + b.n * a.d, a.d * b.d);
export const minus = (a: Rational, b: Rational): Rational => ratio(a.n * b.d - b.n * a.d, a.d * b.d);
export const times = (a: Rational, b: Rational): Rational => ratio(a.n * b.n, a.d * b.d);
export const over = (a: Rational, b: Rational): Rational => ratio(a.n * b.d, a.d * b.n);
export const sumOf = (values: readonly Rational[]): Rational => values.reduce(plus, NONE);

export const compare = (a: Rational, b: Rational): number => {
  const left = a.n * b.d;
  const right = b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
};
export const smaller = (a: Rational, b: Rational): Rational => (compare(a, b) <= 0 ? a : b);
export const atLeastNone = (a: Rational): Rational => (a.n < 0n ? NONE : a);

export const floor = (a: Rational): bigint => {
  const cut = a.n / a.d;
  return a.n % a.d < 0n ? cut - 1n : cut;
};
export const ceiling = (a: Rational): bigint => -floor(ratio(-a.n, a.d));
/** To the nearest whole number, halves away from zero. */
export const nearest = (a: Rational): bigint => {
  const magnitude = (2n * (a.n < 0n ? -a.n : a.n) + a.d) / (2n * a.d);
  return a.n < 0n ? -magnitude : magnitude;
};

/** A plain decimal with trailing zeros trimmed; RangeError when the fraction has no finite one. */
export function decimalText(value: Rational): string {
  let places = 0;
  let scaled = value;
  while (scaled.d !== 1n) {
    if (places > 60) throw new RangeError(`no finite decimal: ${value.n.toString()}/${value.d.toString()}`);
    scaled = times(scaled, ratio(10n));
    places += 1;
  }
  const digits = (scaled.n < 0n ? -scaled.n : scaled.n).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places);
  return `${scaled.n < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
