type Decimal = Intl.StringNumericLiteral;

const SHORTEN = /^(-?\d+)(?:\.(\d*?)0*)?$/;

/** Decimals that say something: of `25.10000000` one, of `0.00002` five. */
const decimalsOf = (amount: string): number => SHORTEN.exec(amount)?.[2]?.length ?? 0;

const formats = new Map<string, Intl.NumberFormat>();

function format(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let known = formats.get(key);
  if (known === undefined) {
    known = new Intl.NumberFormat(undefined, options);
    formats.set(key, known);
  }
  return known;
}

const plain = (currency: string): Intl.NumberFormat => {
  try {
    return format(currency, { style: 'currency', currency });
  } catch {
    // A currency of three letters that this browser has no sign for still has a code.
    return format('decimal', { minimumFractionDigits: 2 });
  }
};

/**
 * An amount of the API, a decimal string, as the reader writes it. It goes to Intl as the string that it is: a float would
 * lose digits. Decimals beyond those of the currency are shown where there are any.
 */
export function formatMoney(amount: string, currency: string): string {
  const code = currency.toUpperCase();
  const usual = plain(code).resolvedOptions();
  const decimals = decimalsOf(amount);
  const least = usual.maximumFractionDigits ?? 2;
  if (decimals <= least) return plain(code).format(amount as Decimal);
  const { style } = usual;
  return format(`${code}/${decimals}`, {
    ...(style === 'currency' ? { style, currency: code } : {}),
    minimumFractionDigits: least,
    maximumFractionDigits: decimals,
  }).format(amount as Decimal);
}

export function formatQuantity(quantity: string | number): string {
  const text = String(quantity);
  const decimals = Math.min(decimalsOf(text), 20);
  return format(`quantity/${decimals}`, { maximumFractionDigits: decimals }).format(text as Decimal);
}

/** Whether nothing is left: `0`, `0.00`, `-0`. */
export const isZero = (amount: string | null | undefined): boolean =>
  amount === null || amount === undefined || /^-?0*(\.0*)?$/.test(amount);

/** `25.10000000` as one would type it: `25.10`. */
export function typed(amount: string): string {
  const [, whole = amount, decimals = ''] = SHORTEN.exec(amount) ?? [];
  return decimals === '' ? whole : `${whole}.${decimals.padEnd(2, '0')}`;
}
