/**
 * ISO 4217 active currencies and their minor-unit exponents.
 * Source: ISO 4217:2015 list one (the SIX maintenance agency) as of 2026. Left out: precious metals, supranational
 * units of account, and funds codes, except the indexed units in which contracts are really priced (clf, uyi, uyw).
 * Withdrawn codes are out: bgn (eur since 2026-01-01), ang (xcg), zwl (zwg), hrk (eur), sll (sle), cuc (cup).
 */
const EXPONENT_0 = 'bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf';
const EXPONENT_3 = 'bhd iqd jod kwd lyd omr tnd';
const EXPONENT_4 = 'clf uyw';
const EXPONENT_2 =
  'aed afn all amd aoa ars aud awg azn bam bbd bdt bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf cny ' +
  'cop crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl htg huf idr ils ' +
  'inr irr jmd kes kgs khr kpw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn ' +
  'nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd shp sle sos srd ssp ' +
  'stn svc syp szl thb tjs tmt top try ttd twd tzs uah usd uyu uzs ved ves wst xcd xcg yer zar zmw zwg';

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  (
    [
      [EXPONENT_0, 0],
      [EXPONENT_2, 2],
      [EXPONENT_3, 3],
      [EXPONENT_4, 4],
    ] as const
  ).flatMap(([codes, exponent]) => codes.split(' ').map((code): [string, number] => [code, exponent])),
);

/** A lower-case ISO 4217 code that {@link parseCurrency} has accepted. */
export type Currency = string;

/** Any case in, lower case out; undefined when ISO 4217 knows no such active currency. */
export function parseCurrency(value: unknown): Currency | undefined {
  if (typeof value !== 'string') return undefined;
  const code = value.trim().toLowerCase();
  return EXPONENTS.has(code) ? code : undefined;
}

/** Decimal places of the currency's minor unit: 2 for usd, 0 for jpy, 3 for kwd. RangeError for an unknown code. */
export function currencyExponent(currency: Currency): number {
  const exponent = EXPONENTS.get(currency);
  if (exponent === undefined) throw new RangeError(`unknown currency ${currency}`);
  return exponent;
}

/** Exponents by code, for the one consumer that cannot ask one by one: SQL that compares minor with major units. */
export const CURRENCY_EXPONENTS: Readonly<Record<string, number>> = Object.fromEntries(EXPONENTS);
