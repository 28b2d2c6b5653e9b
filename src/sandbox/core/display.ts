/** Minor units per major unit, as a power of ten; two for every currency that is not listed. */
const EXPONENTS: Readonly<Record<string, number>> = {
  bif: 0,
  clp: 0,
  djf: 0,
  gnf: 0,
  jpy: 0,
  kmf: 0,
  krw: 0,
  mga: 0,
  pyg: 0,
  rwf: 0,
  vnd: 0,
  vuv: 0,
  xaf: 0,
  xof: 0,
  xpf: 0,
  bhd: 3,
  jod: 3,
  kwd: 3,
  omr: 3,
  tnd: 3,
};

export function exponentOf(currency: string): number {
  return EXPONENTS[currency.toLowerCase()] ?? 2;
}

/** `1234` and `usd` as `12.34 USD`. */
export function showAmount(minor: number, currency: string): string {
  return `${majorUnits(minor, currency)} ${currency.toUpperCase()}`;
}

export function majorUnits(minor: number, currency: string): string {
  const places = exponentOf(currency);
  const digits = String(Math.abs(minor)).padStart(places + 1, '0');
  const whole = places === 0 ? digits : digits.slice(0, -places);
  const sign = minor < 0 ? '-' : '';
  return places === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-places)}`;
}

export function showTime(seconds: number | null): string {
  return seconds === null ? '' : new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 16);
}
