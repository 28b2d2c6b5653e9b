import { formatRate, rate } from '../../domain/rate.js';
import type { Price } from '../../plans/plans.types.js';
import type { PriceInput } from '../../plans/prices.service.js';
import type { PriceFacts, PriceTerms, RemotePrice } from '../../providers/provider-catalogue.js';

/** Our price in the words that both sides know. */
export const factsOf = (price: Price): PriceFacts => ({
  currency: price.currency,
  billingPeriod: price.billingPeriod,
  billingPeriodCount: price.billingPeriodCount,
  terms: termsOf(price),
});

function termsOf(price: Price): PriceTerms {
  const amount = price.amount === null ? '0' : formatRate(price.amount);
  switch (price.billingModel) {
    case 'FLAT_FEE':
      return { model: 'FLAT_FEE', amount };
    case 'PACKAGE':
      return {
        model: 'PACKAGE',
        amount,
        divideBy: price.transformQuantity?.divide_by ?? 1,
        round: price.transformQuantity?.round ?? 'up',
      };
    case 'TIERED':
      return {
        model: 'TIERED',
        mode: price.tierMode ?? 'VOLUME',
        tiers: (price.tiers ?? []).map((tier) => ({
          upTo: tier.up_to,
          unitAmount: tier.unit_amount,
          flatAmount: tier.flat_amount,
        })),
      };
  }
}

/** What the terms are called in a price of ours. */
export function termsInput(
  terms: PriceTerms,
): Pick<PriceInput, 'billingModel' | 'amount' | 'tierMode' | 'tiers' | 'transformQuantity'> {
  switch (terms.model) {
    case 'FLAT_FEE':
      return { billingModel: 'FLAT_FEE', amount: terms.amount };
    case 'PACKAGE':
      return {
        billingModel: 'PACKAGE',
        amount: terms.amount,
        transformQuantity: { divide_by: terms.divideBy, round: terms.round },
      };
    case 'TIERED':
      return {
        billingModel: 'TIERED',
        tierMode: terms.mode,
        tiers: terms.tiers.map((tier) => ({
          up_to: tier.upTo,
          unit_amount: tier.unitAmount,
          flat_amount: tier.flatAmount,
        })),
      };
  }
}

export const sameTerms = (a: PriceTerms, b: PriceTerms): boolean =>
  JSON.stringify(plain(a)) === JSON.stringify(plain(b));

const decimal = (text: string): string => formatRate(rate(text));

/** `0.10` and `0.1` are one amount. */
function plain(terms: PriceTerms): unknown[] {
  switch (terms.model) {
    case 'FLAT_FEE':
      return [terms.model, decimal(terms.amount)];
    case 'PACKAGE':
      return [terms.model, decimal(terms.amount), terms.divideBy, terms.round];
    case 'TIERED':
      return [
        terms.model,
        terms.mode,
        ...terms.tiers.map((tier) => [
          tier.upTo === null ? null : decimal(tier.upTo),
          decimal(tier.unitAmount),
          decimal(tier.flatAmount),
        ]),
      ];
  }
}

/** A remote price as a new one of ours; the meter and the key are the caller's to find. */
export const inputOf = (
  remote: RemotePrice,
  more: Pick<PriceInput, 'meterId' | 'lookupKey' | 'startDate' | 'endDate'>,
): PriceInput => ({
  type: remote.type,
  ...termsInput(remote.terms),
  billingPeriod: remote.billingPeriod,
  billingPeriodCount: remote.billingPeriodCount,
  // What is bought is paid before it is used, as at the provider; what is metered cannot be.
  invoiceCadence: remote.type === 'USAGE' ? 'ARREAR' : 'ADVANCE',
  currency: remote.currency,
  trialPeriodDays:
    remote.type === 'FIXED' && remote.billingPeriod !== 'ONETIME' ? remote.trialPeriodDays : undefined,
  displayName: remote.name,
  metadata: remote.metadata,
  ...more,
});
