/** Cents of a decimal string of dollars. */
export function minorOf(text: string): bigint {
  const [whole = '0', part = ''] = text.split('.');
  const sign = whole.startsWith('-') ? -1n : 1n;
  return BigInt(whole) * 100n + sign * BigInt(part.padEnd(2, '0').slice(0, 2));
}

export const formatExact = (cents: bigint): string =>
  `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
