import type Stripe from 'stripe';

/** What the operations of one session share. */
export interface StripeContext {
  readonly stripe: Stripe;
  readonly connectionId: string;
  readonly environmentId: string;
  now(): Date;
}

/** An embedded object or its id, as Stripe gives either. */
export const idOf = (reference: string | { readonly id: string } | null | undefined): string | undefined =>
  typeof reference === 'string' ? reference : (reference?.id ?? undefined);

export const objectOf = <T extends object>(reference: string | T | null | undefined): T | undefined =>
  typeof reference === 'object' && reference !== null ? reference : undefined;

export const dateOf = (seconds: number | null | undefined): Date | undefined =>
  seconds === null || seconds === undefined ? undefined : new Date(seconds * 1000);

export const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);
