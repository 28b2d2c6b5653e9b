/** Exact decimals as integers of 10^-12: enough for unit prices, quantities and amounts in major units. */

const PLACES = 12;
const ONE = 10n ** BigInt(PLACES);

/** Undefined for anything that is not a plain decimal with at most twelve places. */
export function parseDecimal(value: string | number): bigint | undefined {
  const written = typeof value === 'number' ? plain(value) : value;
  const match = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(written);
  if (match === null) return undefined;
  const [, sign, whole = '0', fraction = ''] = match;
  const scaled = BigInt(whole) * ONE + BigInt(fraction.padEnd(PLACES, '0'));
  return sign === '-' ? -scaled : scaled;
}

/** Exponent notation has no place on the wire; anything that needs it is not an amount. */
function plain(value: number): string {
  const written = String(value);
  return /e/i.test(written) ? value.toFixed(PLACES) : written;
}

export function multiply(left: bigint, right: bigint): bigint {
  return divideHalfUp(left * right, ONE);
}

/** Product of two decimals as a whole number, half away from zero. */
export function multiplyToInteger(left: bigint, right: bigint): number {
  return Number(divideHalfUp(left * right, ONE * ONE));
}

export function formatDecimal(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(PLACES + 1, '0');
  const whole = digits.slice(0, -PLACES);
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function divideHalfUp(value: bigint, by: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  const rounded = (magnitude + by / 2n) / by;
  return value < 0n ? -rounded : rounded;
}
