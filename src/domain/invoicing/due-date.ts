import { validationError } from '../errors.js';

export const PAYMENT_TERMS = ['15 NET', '30 NET', '45 NET', '60 NET', '75 NET', '90 NET'] as const;

const DAY_MS = 86_400_000;

/** Days that a customer has to pay. BillingError validation_error for other terms. */
export function paymentTermDays(terms: string): number {
  if (!(PAYMENT_TERMS as readonly string[]).includes(terms))
    throw validationError(`payment_terms must be one of ${PAYMENT_TERMS.join(', ')}`, {
      payment_terms: terms,
    });
  return Number(terms.split(' ')[0]);
}

/**
 * When an invoice falls due: the end of its period, or its issue where it has none, plus the terms in days of 24 hours, or
 * plus the default days where no terms were agreed. RangeError when the default is not a whole number from 0 up.
 * Source: wire contract, invoice life.
 */
export function dueDate(input: {
  readonly periodEnd?: Date | null;
  readonly issuedAt: Date;
  readonly paymentTerms?: string | null;
  readonly defaultDays: number;
}): Date {
  const { periodEnd, issuedAt, paymentTerms, defaultDays } = input;
  if (!Number.isSafeInteger(defaultDays) || defaultDays < 0)
    throw new RangeError(`due days must be a whole number from 0 up: ${defaultDays}`);
  const days =
    paymentTerms === undefined || paymentTerms === null ? defaultDays : paymentTermDays(paymentTerms);
  return new Date((periodEnd ?? issuedAt).getTime() + days * DAY_MS);
}
