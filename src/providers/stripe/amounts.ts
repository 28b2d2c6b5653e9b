import { parseCurrency, currencyExponent } from '../../domain/currency.js';
import { money, type Money } from '../../domain/money.js';
import { ProviderError } from '../provider-error.js';

/**
 * Stripe counts in minor units of its own, which are not ISO 4217's for every currency. Amounts are only ever
 * shifted by whole powers of ten: what does not fit exactly is refused here, before anything is sent, because
 * a rounded amount would be a different debt.
 */
const ZERO_DECIMAL = new Set(
  'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '), // mga: two decimals by ISO, none here
);
/** Spoken of in whole units, sent with two decimals that must be 00. */
const WHOLE_UNITS_IN_HUNDREDTHS = new Set(['isk', 'ugx']);
/** Three decimals, the last of which must be 0: card networks settle in hundredths. */
const THREE_DECIMAL = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);

interface Unit {
  readonly exponent: number;
  /** What an amount must be a multiple of. */
  readonly step: bigint;
}

function unitOf(currency: string): Unit {
  if (ZERO_DECIMAL.has(currency)) return { exponent: 0, step: 1n };
  if (WHOLE_UNITS_IN_HUNDREDTHS.has(currency)) return { exponent: 2, step: 100n };
  if (THREE_DECIMAL.has(currency)) return { exponent: 3, step: 10n };
  // Anything else with other than two decimals is not in Stripe's lists, so how it would be counted is unknown.
  if (parseCurrency(currency) === undefined || currencyExponent(currency) !== 2)
    throw new ProviderError('invalid', `Stripe does not take ${currency.toUpperCase()}`, {
      code: 'currency_unsupported',
      param: 'currency',
    });
  return { exponent: 2, step: 1n };
}

function shift(amount: bigint, decimals: number): bigint | undefined {
  if (decimals >= 0) return amount * 10n ** BigInt(decimals);
  const divisor = 10n ** BigInt(-decimals);
  return amount % divisor === 0n ? amount / divisor : undefined;
}

/** Whether the amount exists in Stripe's counting. */
export function fitsStripe(value: Money): boolean {
  const { exponent, step } = unitOf(value.currency);
  const shifted = shift(value.amount, exponent - currencyExponent(value.currency));
  return shifted !== undefined && shifted % step === 0n;
}

/** ProviderError `amount_not_representable` when there is no such amount at Stripe. */
export function toStripeAmount(value: Money): number {
  const { exponent } = unitOf(value.currency);
  const shifted = shift(value.amount, exponent - currencyExponent(value.currency));
  const result = Number(shifted);
  if (shifted === undefined || !fitsStripe(value) || !Number.isSafeInteger(result))
    throw new ProviderError(
      'invalid',
      `Stripe cannot collect exactly ${value.amount.toString()} minor units of ${value.currency.toUpperCase()}`,
      { code: 'amount_not_representable', param: 'amount' },
    );
  return result;
}

export function fromStripeAmount(amount: number, currency: string): Money {
  const { exponent } = unitOf(currency);
  const shifted = shift(BigInt(amount), currencyExponent(currency) - exponent);
  if (shifted === undefined)
    throw new ProviderError(
      'invalid',
      `Stripe tells ${amount.toString()} ${currency.toUpperCase()}, which is not a whole number of minor units`,
      { code: 'amount_not_representable' },
    );
  return money(shifted, currency);
}

/** How many decimals Stripe counts a currency's minor unit in, for rates that may be fractions of it. */
export const stripeExponent = (currency: string): number => unitOf(currency).exponent;
