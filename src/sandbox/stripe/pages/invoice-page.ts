import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticationForm, cardForm, readCardForm } from '../../core/card-form.js';
import { showAmount, showTime } from '../../core/display.js';
import { html, table, type Markup } from '../../core/html.js';
import { textPdf } from '../../core/pdf.js';
import { confirmOnPage } from '../charging.js';
import type { Ctx } from '../context.js';
import { StripeError } from '../errors.js';
import { defaultIntentOf } from '../invoice-payments.js';
import { linesOf } from '../invoices.js';
import type { Invoice } from '../objects.js';
import { methodOfForm, pageContext, show, wantsJson, type PageHost } from './page-context.js';

interface Found {
  readonly ctx: Ctx;
  readonly invoice: Invoice;
  readonly path: string;
}

type Names = { Params: { account: string; token: string } };

/** `GET /i/{account}/{token}`, its button `POST …/submit` and its PDF `GET …/pdf`. */
export function addInvoicePage(server: FastifyInstance, host: PageHost): void {
  server.get<Names>('/i/:account/:token', async (request, reply) => {
    const found = find(host, request.params.account, request.params.token);
    return found === undefined ? missing(reply) : answer(reply, 200, found, undefined);
  });
  server.get<Names>('/i/:account/:token/pdf', async (request, reply) => {
    const found = find(host, request.params.account, request.params.token);
    if (found === undefined) return missing(reply);
    return reply
      .type('application/pdf')
      .header('content-disposition', `inline; filename="${found.invoice.number ?? 'invoice'}.pdf"`)
      .send(textPdf(printed(found)));
  });
  server.post<Names>('/i/:account/:token/submit', async (request, reply) => {
    const found = find(host, request.params.account, request.params.token);
    if (found === undefined) return missing(reply);
    const { status } = found.invoice;
    return status === 'open' || status === 'uncollectible'
      ? submit(request, reply, found)
      : answer(reply, 409, found, undefined);
  });
}

async function missing(reply: FastifyReply): Promise<FastifyReply> {
  return show(reply, 404, 'Not found', html`<p>There is no such invoice.</p>`);
}

function find(host: PageHost, accountId: string, token: string): Found | undefined {
  host.world.clocks.catchUp();
  for (const account of host.accounts()) {
    if (account.id !== accountId) continue;
    for (const [id, notes] of account.invoiceNotes) {
      const invoice = notes.token === token ? account.invoices.get(id) : undefined;
      if (invoice === undefined || invoice.status === 'draft') continue;
      return { invoice, ctx: pageContext(host.world, account), path: `/i/${accountId}/${token}` };
    }
  }
  return undefined;
}

async function submit(request: FastifyRequest, reply: FastifyReply, found: Found): Promise<FastifyReply> {
  const { ctx, invoice, path } = found;
  const input = readCardForm(request.body);
  const intent = defaultIntentOf(ctx, invoice);
  const json = wantsJson(request);
  if (intent === undefined || intent.status === 'processing') {
    return answer(reply, 409, found, 'A payment of this invoice is in processing already.');
  }
  let problem: StripeError | undefined;
  try {
    const { outcome, error } = confirmOnPage(
      ctx,
      intent,
      () => methodOfForm(ctx, input),
      input.authentication,
    );
    if (outcome === 'requires_action') {
      const form = authenticationForm(`${path}/submit`, input.fields);
      return json
        ? await reply.send({ outcome, invoice: invoice.id })
        : await show(reply, 200, 'Authentication', html`<section class="card">${form}</section>`);
    }
    problem = error;
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    problem = error;
  }
  if (problem !== undefined) {
    const { message, code } = problem;
    return json
      ? reply.code(402).send({ outcome: 'declined', code, message, invoice: invoice.id })
      : answer(reply, 402, found, message);
  }
  return json ? reply.send({ outcome: 'complete', invoice: invoice.id }) : reply.redirect(path, 303);
}

async function answer(
  reply: FastifyReply,
  status: number,
  found: Found,
  problem: string | undefined,
): Promise<FastifyReply> {
  return show(reply, status, `Invoice ${found.invoice.number ?? ''}`, shown(found, problem));
}

function shown({ ctx, invoice, path }: Found, problem: string | undefined): Markup {
  const { currency } = invoice;
  const processing = defaultIntentOf(ctx, invoice)?.status === 'processing';
  const payable = (invoice.status === 'open' || invoice.status === 'uncollectible') && !processing;
  return html`<section class="card">
      <p class="soft">Invoice ${invoice.number} · ${invoice.customer_name ?? invoice.customer_email}</p>
      <p class="amount">${showAmount(payable ? invoice.amount_remaining : invoice.total, currency)}</p>
      <p class="${invoice.status === 'paid' ? 'good' : 'soft'}">${state(invoice, processing)}</p>
      ${table(
        [{ title: 'Description' }, { title: 'Amount', number: true }],
        linesOf(ctx, invoice).map((line) => [line.description ?? '', showAmount(line.amount, currency)]),
      )}
      <p><a href="${path}/pdf">Download the PDF</a></p>
    </section>
    ${
      payable &&
      html`<section class="card">
        ${cardForm({
          action: `${path}/submit`,
          now: ctx.account.clock.now(),
          button: `Pay ${showAmount(invoice.amount_remaining, currency)}`,
          problem,
        })}
      </section>`
    }`;
}

function state(invoice: Invoice, processing: boolean): string {
  if (processing) return 'The payment is in processing.';
  if (invoice.status === 'paid') return `Paid on ${showTime(invoice.status_transitions.paid_at)}`;
  if (invoice.status === 'void') return 'This invoice is void.';
  return invoice.due_date === null ? 'Open' : `Due on ${showTime(invoice.due_date)}`;
}

function printed({ ctx, invoice }: Found): string[] {
  const { currency } = invoice;
  return [
    `Invoice ${invoice.number ?? ''}`,
    `${invoice.customer_name ?? ''} ${invoice.customer_email ?? ''}`.trim(),
    state(invoice, false),
    '',
    ...linesOf(ctx, invoice).map(
      (line) => `${line.description ?? ''}    ${showAmount(line.amount, currency)}`,
    ),
    '',
    `Total    ${showAmount(invoice.total, currency)}`,
    `Amount remaining    ${showAmount(invoice.amount_remaining, currency)}`,
    '',
    'Made by a sandbox. Not a demand for payment.',
  ];
}
