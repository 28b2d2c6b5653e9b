import type Stripe from 'stripe';
import { formatMoney } from '../../domain/money.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, InvoicePush, RemoteInvoice } from '../provider-objects.js';
import { fromStripeAmount, toStripeAmount } from './amounts.js';
import { secondsOf, type StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { collect, conclude } from './invoice-collection.js';
import { wantedLines, type WantedLine } from './invoice-lines.js';
import { INVOICE_EXPAND } from './invoice-reader.js';
import { MARK, metadataWith, readMark } from './marks.js';
import { madeSince, mayHaveRun, once, shortOf } from './once.js';
import type { PushJob } from './push-job.js';

/**
 * An invoice becomes one finalized Stripe invoice, whatever goes wrong on the way.
 *
 * The first try is three calls: a draft that does not advance by itself, all lines at once, then the call that
 * collects, which finalizes too. Every later try looks for the draft of an earlier one and goes on from what it
 * finds: lines that are missing are added, by our id in their metadata; a complete draft is collected; what is past
 * being a draft is answered as it is. `once.ts` says how keys take part in this. A draft that was begun for another amount
 * (the invoice was partly paid here between two tries) is deleted and made anew, under other keys: lines that a request
 * which was believed lost may still add to it can harm nobody then.
 *
 * A total that is not ours to the minor unit is never finalized. Such a draft is deleted: what made it wrong (a tax
 * that Stripe adds by itself) stays in the draft when its cause is repaired, so the next try has to start afresh,
 * and a draft that lies about can still be sent by hand. Both figures are in the error.
 */
export async function pushInvoice(
  ctx: StripeContext,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<RemoteInvoice> {
  const customerId = invoice.customer.remoteId;
  if (customerId === undefined)
    throw new ProviderError('invalid', `${invoice.customer.customerId} has no customer at Stripe`, {
      code: 'customer_not_mapped',
    });
  const total = toStripeAmount(invoice.amountDue);
  if (total <= 0) throw new ProviderError('invalid', 'there is nothing to collect', { code: 'nothing_due' });
  const job: PushJob = {
    ctx,
    invoice,
    attempt: attemptOf(invoice, attempt),
    customerId,
    total,
    lines: wantedLines(invoice),
  };
  const earlier = mayHaveRun(attempt) ? await findEarlier(job) : undefined;
  return earlier === undefined ? makeDraft(job) : resume(job, earlier);
}

const versionOf = ({ version = 0 }: InvoicePush): string | undefined =>
  version === 0 ? undefined : String(version);

function attemptOf(invoice: InvoicePush, attempt: Attempt): Attempt {
  const version = versionOf(invoice);
  return version === undefined ? attempt : { ...attempt, key: `${attempt.key}:v${version}` };
}

async function makeDraft(job: PushJob): Promise<RemoteInvoice> {
  const { stripe } = job.ctx;
  const { value, fresh } = await once(job.ctx, job.attempt, 'create', {
    call: (idempotencyKey) => stripe.invoices.create(draftParams(job), { idempotencyKey }),
    look: (recorded) => (recorded === undefined ? findEarlier(job) : retrieve(job, recorded.id)),
    discard: (made) => deleteDraft(job.ctx, made.id),
  });
  return fresh ? fill(job, value, job.lines) : resume(job, value);
}

function draftParams({ ctx, invoice, customerId }: PushJob): Stripe.InvoiceCreateParams {
  return {
    customer: customerId,
    currency: invoice.amountDue.currency,
    collection_method: invoice.collectionMethod,
    ...(invoice.collectionMethod === 'send_invoice' ? { due_date: secondsOf(invoice.dueAt) } : {}),
    auto_advance: false, // or Stripe finalizes it by itself within the hour, half filled as it may be
    pending_invoice_items_behavior: 'exclude',
    // An account can have tax put on by default; ours is among the lines already. What is sent here wins.
    automatic_tax: { enabled: false },
    // Our number is not given to Stripe as its own: it must be unique in the whole account, which several
    // environments may share, and a number that is taken would refuse the invoice for good.
    description: invoice.description ?? `Invoice ${invoice.number}`,
    metadata: metadataWith({
      [MARK.invoice]: invoice.invoiceId,
      [MARK.customer]: invoice.customer.customerId,
      [MARK.invoiceNumber]: invoice.number,
      [MARK.environment]: ctx.environmentId,
      [MARK.version]: versionOf(invoice),
      [MARK.source]: 'flexprice',
    }),
  };
}

/** Goes on from what an earlier try, or another worker, has left. */
async function resume(job: PushJob, found: Stripe.Invoice): Promise<RemoteInvoice> {
  if (found.status !== 'draft') return conclude(job, found);
  const isOfThisVersion = found.metadata?.[MARK.version] === versionOf(job.invoice);
  const missing = isOfThisVersion ? missingLines(job, await linesOf(job, found)) : undefined;
  if (missing === undefined) {
    const stands = await deleteDraft(job.ctx, found.id);
    return stands === undefined ? makeDraft(job) : conclude(job, stands);
  }
  return fill(job, found, missing);
}

/** The rest of the way from a draft that lacks these lines. */
async function fill(
  job: PushJob,
  draft: Stripe.Invoice,
  missing: readonly WantedLine[],
): Promise<RemoteInvoice> {
  const filled = missing.length === 0 ? draft : await addLines(job, draft, missing);
  if (filled.status !== 'draft') return conclude(job, filled);
  if (filled.total !== job.total) throw await refuseTotal(job, filled);
  return collect(job, filled);
}

async function addLines(
  job: PushJob,
  { id: draftId }: Stripe.Invoice,
  missing: readonly WantedLine[],
): Promise<Stripe.Invoice> {
  const { stripe } = job.ctx;
  const lines = missing.map(({ params }) => params);
  // Named after what is there already: whoever has seen the same draft uses the same key, and lines that have been
  // added since, so that what is missing is less, are another piece of work.
  const state = shortOf([draftId, job.lines.length - missing.length].join(' '));
  const { value } = await once(job.ctx, job.attempt, `lines:${state}`, {
    // With the lines goes what they are to come to: a draft that is filled up later may be over another amount.
    call: (idempotencyKey) =>
      stripe.invoices.addLines(
        draftId,
        { lines, invoice_metadata: { [MARK.asked]: String(job.total) } },
        { idempotencyKey },
      ),
    look: async () => {
      const now = await retrieve(job, draftId);
      if (now === undefined) throw draftVanished(draftId);
      if (now.status !== 'draft') return now;
      const still = missingLines(job, await linesOf(job, now));
      return still?.length === 0 ? now : undefined;
    },
  });
  return value;
}

/** Of the wanted lines those that are not there; undefined when lines of ours are there that are not wanted. */
function missingLines(job: PushJob, present: readonly Stripe.InvoiceLineItem[]): WantedLine[] | undefined {
  const missing = new Map(job.lines.map((line) => [line.id, line]));
  for (const { metadata, amount } of present) {
    const id = metadata[MARK.line];
    if (id === undefined) continue; // somebody else's: the total will tell
    if (missing.get(id)?.amount !== amount) return undefined;
    missing.delete(id);
  }
  return [...missing.values()];
}

/** All of them: an invoice carries only its first few lines with it. */
async function linesOf({ ctx }: PushJob, draft: Stripe.Invoice): Promise<Stripe.InvoiceLineItem[]> {
  if (!draft.lines.has_more) return draft.lines.data;
  return told(
    ctx.stripe.invoices.listLineItems(draft.id, { limit: 100 }).autoPagingToArray({ limit: 10_000 }),
  );
}

const RANKS = ['paid', 'open', 'draft', 'uncollectible', 'void'];

/** The invoice of an earlier try; of several the one that is furthest on, else the oldest. */
async function findEarlier(job: PushJob): Promise<Stripe.Invoice | undefined> {
  const found = await findAll(job.ctx, job.customerId, job.invoice, job.attempt);
  const rank = ({ status }: Stripe.Invoice): number => RANKS.indexOf(status ?? '');
  return found.sort((a, b) => rank(a) - rank(b))[0];
}

/** All that tries of this push have made and that was not withdrawn, the oldest first: everybody who came later has seen it. */
export async function findAll(
  ctx: StripeContext,
  customerId: string,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<Stripe.Invoice[]> {
  const found: Stripe.Invoice[] = [];
  await told(
    ctx.stripe.invoices
      .list({ customer: customerId, created: madeSince(attempt), limit: 100 })
      .autoPagingEach((candidate: Stripe.Invoice) => {
        const { id } = readMark(candidate.metadata, MARK.invoice, ctx.environmentId);
        if (id === invoice.invoiceId && !invoice.withdrawn?.includes(candidate.id)) found.push(candidate);
      }),
  );
  return found.reverse();
}

async function retrieve({ ctx }: PushJob, id: string): Promise<Stripe.Invoice | undefined> {
  return (await toldOrNull(ctx.stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }))) ?? undefined;
}

const draftVanished = (id: string): ProviderError =>
  new ProviderError('unavailable', `the Stripe draft ${id} was deleted while it was filled`, {
    code: 'draft_vanished',
  });

/** Undefined when it is gone. A request that was believed lost may have finalized it meanwhile: then it is answered as it is. */
export async function deleteDraft(
  { stripe }: StripeContext,
  id: string,
): Promise<Stripe.Invoice | undefined> {
  try {
    await toldOrNull(stripe.invoices.del(id));
    return undefined;
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.kind !== 'invalid' && error.kind !== 'conflict'))
      throw error;
    const now = await toldOrNull(stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }));
    if (now === null) return undefined;
    if (now.status === 'draft') throw error;
    return now;
  }
}

async function refuseTotal(job: PushJob, draft: Stripe.Invoice): Promise<ProviderError> {
  const { amountDue } = job.invoice;
  const expected = formatMoney(amountDue);
  const actual = formatMoney(fromStripeAmount(draft.total, draft.currency));
  const deleted = await deleteDraft(job.ctx, draft.id).then(
    (stands) => stands === undefined,
    () => false,
  );
  return new ProviderError('invalid', `Stripe makes it ${actual} where ${expected} is owed`, {
    code: 'total_mismatch',
    details: { expected, actual, currency: amountDue.currency, remote_id: draft.id, draft_deleted: deleted },
  });
}
