import type Stripe from 'stripe';
import type { LocatedNews } from '../provider-event.js';
import { idOf, type StripeContext } from './context.js';
import { toldOrNull } from './errors.js';

type Reader = (stripe: Stripe, id: string) => Promise<LocatedNews | null>;

const of = (kind: LocatedNews['kind'], remoteId: string | undefined): LocatedNews | null =>
  remoteId === undefined ? null : { kind, remoteId };

/** What belongs to another object, by Stripe's name of it: how that is found. */
const READERS = {
  refund: async (stripe, id) =>
    of('payment.changed', idOf((await toldOrNull(stripe.refunds.retrieve(id)))?.payment_intent)),
  dispute: async (stripe, id) =>
    of('payment.changed', idOf((await toldOrNull(stripe.disputes.retrieve(id)))?.payment_intent)),
  charge: async (stripe, id) =>
    of('payment.changed', idOf((await toldOrNull(stripe.charges.retrieve(id)))?.payment_intent)),
  invoice_payment: async (stripe, id) =>
    of('invoice.changed', idOf((await toldOrNull(stripe.invoicePayments.retrieve(id)))?.invoice)),
  credit_note: async (stripe, id) =>
    of('invoice.changed', idOf((await toldOrNull(stripe.creditNotes.retrieve(id)))?.invoice)),
  price: async (stripe, id) =>
    of('plan.changed', idOf((await toldOrNull(stripe.prices.retrieve(id)))?.product)),
} satisfies Readonly<Record<string, Reader>>;

export const isLocated = (resource: string): resource is keyof typeof READERS =>
  Object.hasOwn(READERS, resource);

export const stripeLocate =
  (ctx: StripeContext) =>
  async (resource: string, remoteId: string): Promise<LocatedNews | null> =>
    isLocated(resource) ? READERS[resource](ctx.stripe, remoteId) : null;
