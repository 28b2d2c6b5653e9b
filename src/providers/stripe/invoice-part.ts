import type Stripe from 'stripe';
import type { Money } from '../../domain/money.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, RemoteInvoice } from '../provider-objects.js';
import { toStripeAmount } from './amounts.js';
import { idOf, secondsOf, type StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { INVOICE_EXPAND, readInvoice } from './invoice-reader.js';
import { MARK, metadataWith } from './marks.js';
import { once, shortOf } from './once.js';

/**
 * Brings what an open invoice still asks for down to what is owed: the rest has been settled away from Stripe. "Paid out
 * of band" knows no parts, so the part is reported as a payment record and attached to the invoice. The state is read
 * first and the difference is what is reported: whatever was done before, twice is once.
 */
export async function settlePart(
  ctx: StripeContext,
  id: string,
  remaining: Money | undefined,
  attempt: Attempt,
): Promise<RemoteInvoice> {
  const found = await retrieve(ctx, id);
  const newest = idOf(found.latest_revision);
  const now = newest === undefined || newest === id ? found : await retrieve(ctx, newest);
  const before = await readInvoice(ctx, now);
  const asked = before.amountRemaining;
  const isPayable = now.status === 'open' || (now.status === 'uncollectible' && remaining?.amount === 0n);
  if (!isPayable || asked === undefined || remaining === undefined) return before;
  if (now.currency !== remaining.currency)
    throw new ProviderError('invalid', `the Stripe invoice ${id} is in ${now.currency}`, {
      code: 'currency_mismatch',
    });
  // Debts from before, which Stripe asks for with it, stay as they are.
  const part = toStripeAmount(asked) - toStripeAmount(remaining);
  if (part <= 0) return before;
  const wanted = now.amount_remaining - part;
  const record = await report(ctx, now, part, attempt);
  await attach(ctx, now.id, record.id, wanted);
  return readInvoice(ctx, await retrieve(ctx, now.id));
}

async function report(
  ctx: StripeContext,
  invoice: Stripe.Invoice,
  part: number,
  attempt: Attempt,
): Promise<{ readonly id: string }> {
  const at = secondsOf(attempt.firstTriedAt);
  const customer = idOf(invoice.customer);
  // Named after what was asked for: whoever has seen the same state reports the same part, and a later part is another.
  const state = shortOf([invoice.id, invoice.amount_remaining].join(' '));
  const { value } = await once<Stripe.PaymentRecord>(ctx, attempt, `part:${part}:${state}`, {
    call: (idempotencyKey) =>
      ctx.stripe.paymentRecords.reportPayment(
        {
          amount_requested: { currency: invoice.currency, value: part },
          initiated_at: at,
          outcome: 'guaranteed',
          guaranteed: { guaranteed_at: at },
          payment_method_details: { type: 'custom', custom: { display_name: 'Settled outside of Stripe' } },
          ...(customer === undefined ? {} : { customer_details: { customer } }),
          metadata: metadataWith({
            [MARK.invoice]: invoice.metadata?.[MARK.invoice],
            [MARK.environment]: ctx.environmentId,
            [MARK.source]: 'flexprice',
          }),
        },
        { idempotencyKey },
      ),
    look: (recorded) => Promise.resolve(recorded), // an unattached record does no harm, and there is no list of them
  });
  return value;
}

/** No key: whether it has happened is read off the invoice, and a recorded 500 would stand in the way for a day. */
async function attach(ctx: StripeContext, id: string, record: string, wanted: number): Promise<void> {
  try {
    await told(ctx.stripe.invoices.attachPayment(id, { payment_record: record }));
  } catch (error) {
    if (!(error instanceof ProviderError) || error.retryable) throw error;
    const now = await retrieve(ctx, id);
    if (now.status === 'open' && now.amount_remaining > wanted) throw error;
  }
}

async function retrieve(ctx: StripeContext, id: string): Promise<Stripe.Invoice> {
  const found = await toldOrNull(ctx.stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }));
  if (found !== null) return found;
  throw new ProviderError('not_found', `there is no invoice ${id} at Stripe any more`, {
    code: 'resource_missing',
  });
}
