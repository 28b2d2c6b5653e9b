import { currencyExponent, parseCurrency } from '../../domain/currency.js';
import { exactMoney, formatMoney, money, moneyToRate, roundToMoney, type Money } from '../../domain/money.js';
import { parseRate } from '../../domain/rate.js';
import { ProviderError } from '../provider-error.js';

/** What Whop takes, without its crypto and metal units. A currency that is not in here is refused before any call. */
const CURRENCIES = new Set(
  (
    'usd sgd inr aud brl cad dkk eur nok gbp sek chf hkd huf jpy mxn myr pln czk nzd aed cop ron thb idr dop php ' +
    'try krw twd vnd pkr clp uyu ars zar dzd tnd mad kes kwd jod all xcd amd bsd bhd bob bam khr crc xof egp etb ' +
    'gmd ghs gtq gyd ils jmd mop mga mur mdl mnt nad ngn mkd omr pyg pen qar rwf sar rsd lkr tzs ttd uzs rub cny ' +
    'kzt awg'
  ).split(' '),
);

/** Prices have two decimals at most, whatever the currency has; so the third of a dinar has to be 0. */
const MOST_DECIMALS = 2;

/**
 * Whop's prices are JSON numbers in major units. The decimal text is exact; it becomes a number only at the end, and
 * only when the number prints as the same text, so that what goes over the wire is what is owed.
 */
export function toWhopPrice(value: Money): number {
  if (!CURRENCIES.has(value.currency))
    throw new ProviderError('invalid', `Whop does not take ${value.currency.toUpperCase()}`, {
      code: 'currency_unsupported',
      param: 'currency',
    });
  const text = formatMoney(value);
  const price = Number(text);
  if (moneyToRate(value).decimalPlaces() > MOST_DECIMALS || String(price) !== text)
    throw new ProviderError(
      'invalid',
      `Whop cannot collect exactly ${text} ${value.currency.toUpperCase()}`,
      {
        code: 'amount_not_representable',
        param: 'amount',
      },
    );
  return price;
}

/** Undefined for a price that is no whole number of minor units, or in a unit that is no currency. */
export function fromWhopPrice(price: unknown, currency: unknown): Money | undefined {
  const code = parseCurrency(currency);
  const major = typeof price === 'number' ? parseRate(price) : undefined;
  if (code === undefined || major === undefined) return undefined;
  const rounded = roundToMoney(major, code);
  // A price that was added up in floats may be off by a hair in its last digits; more than that is another price.
  const off = major.minus(moneyToRate(rounded)).abs();
  return off.lessThan(HAIR) ? money(rounded.amount, code) : undefined;
}

const HAIR = '0.0000001';

/** Newer objects carry `{amount: "10.00", currency}`: a decimal text in major units. */
export interface WhopMoney {
  readonly amount?: unknown;
  readonly currency?: unknown;
}

export function fromWhopMoney(value: WhopMoney | null | undefined): Money | undefined {
  const code = parseCurrency(value?.currency);
  const major = typeof value?.amount === 'string' ? parseRate(value.amount) : undefined;
  if (code === undefined || major === undefined) return undefined;
  return exactMoney(major, code);
}

/**
 * Whether a price that is written for people is this amount: `$1,043.50`. Said only where it can be read in one way; of
 * anything else nothing is said.
 */
export function isWritten(text: string, amount: Money): boolean {
  const exponent = currencyExponent(amount.currency);
  const [number = ''] = /\d[\d.,'\u00a0\u202f ]*/.exec(text) ?? [];
  const written = number.replace(/[^\d]+$/, '');
  const fraction = /[.,](\d+)$/.exec(written)?.[1];
  const hasFraction = exponent > 0 && fraction?.length === exponent;
  if (exponent === 3 && fraction?.length === 3) return false; // thousands, perhaps
  const digits = BigInt(written.replace(/\D/g, '') || '-1');
  return (hasFraction ? digits : digits * 10n ** BigInt(exponent)) === amount.amount;
}
