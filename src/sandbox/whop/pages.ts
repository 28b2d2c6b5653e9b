import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  authenticationForm,
  cardForm,
  chosenMethod,
  readCardForm,
  type CardFormInput,
} from '../core/card-form.js';
import type { Controls } from '../core/controls.js';
import { html, page, table, type Markup } from '../core/html.js';
import { maskKey } from '../core/ids.js';
import type { TestMethod } from '../core/test-cards.js';
import type { Account } from './account.js';
import type { Ctx, World } from './context.js';
import { isPayable } from './invoices.js';
import { formattedPrice } from './money.js';
import type { Invoice, Payment, Plan } from './objects.js';
import { memberFor, payInvoice, saveMethod } from './payments.js';
import { purchaseUrlOf } from './plans.js';

interface Found {
  readonly ctx: Ctx;
  readonly plan: Plan;
  readonly invoice: Invoice;
}

type Names = { Params: { plan: string } };

/** `GET /checkout/{plan}` is what `purchase_url` shows, `POST /checkout/{plan}/submit` its button. */
export function addCheckoutPage(server: FastifyInstance, world: World): void {
  server.get<Names>('/checkout/:plan', async (request, reply) => {
    const found = find(world, request.params.plan);
    return found === undefined ? missing(reply) : answer(reply, 200, found, undefined);
  });
  server.post<Names>('/checkout/:plan/submit', async (request, reply) => {
    const found = find(world, request.params.plan);
    if (found === undefined) return missing(reply);
    if (!isPayable(found.invoice) || waits(found)) return answer(reply, 409, found, undefined);
    return submit(request, reply, found);
  });
}

function find(world: World, id: string): Found | undefined {
  world.clocks.catchUp();
  for (const account of world.accounts.all()) {
    const plan = account.plans.get(id);
    const invoice = account.invoices.get(plan?.invoiceId ?? '');
    if (plan !== undefined && invoice !== undefined && invoice.status !== 'draft') {
      return { plan, invoice, ctx: { world, account, newest: true } };
    }
  }
  return undefined;
}

function waits({ ctx, invoice }: Found): boolean {
  return paymentsOf(ctx.account, invoice).some(({ status }) => status === 'pending');
}

function paymentsOf(account: Account, invoice: Invoice): Payment[] {
  return [...account.payments.values()].filter(({ invoiceId }) => invoiceId === invoice.id);
}

async function submit(request: FastifyRequest, reply: FastifyReply, found: Found): Promise<FastifyReply> {
  const { ctx, invoice, plan } = found;
  const input = readCardForm(request.body);
  const json = request.headers.accept?.includes('application/json') === true;
  const declined = async (message: string, payment?: Payment): Promise<FastifyReply> =>
    json
      ? reply.code(402).send({ outcome: 'declined', message, payment: payment?.id, invoice: invoice.id })
      : answer(reply, 402, found, message);
  const chosen = chosenMethod(input, new Date(ctx.account.clock.now()));
  if ('problem' in chosen) return declined(chosen.problem);
  if (asksForAuthentication(chosen.method, input)) {
    const form = authenticationForm(`/checkout/${plan.id}/submit`, input.fields);
    return json
      ? reply.send({ outcome: 'requires_action', invoice: invoice.id })
      : show(reply, 200, 'Authentication', html`<section class="card">${form}</section>`);
  }
  const member = memberFor(ctx, input.email ?? invoice.email, input.name ?? invoice.customerName);
  const payment = payInvoice(ctx, invoice, member, saveMethod(member, chosen.method), {
    authenticated: input.authentication === 'complete',
  });
  if (payment.substatus === 'failed')
    return declined(payment.failureMessage ?? 'Your card was declined.', payment);
  return json
    ? reply.send({ outcome: 'complete', payment: payment.id, invoice: invoice.id })
    : reply.redirect(purchaseUrlOf(ctx, plan), 303);
}

function asksForAuthentication(method: TestMethod, input: CardFormInput): boolean {
  return method.kind === 'card' && method.authentication !== undefined && input.authentication === undefined;
}

async function show(reply: FastifyReply, status: number, title: string, body: Markup): Promise<FastifyReply> {
  return await reply.code(status).type('text/html; charset=utf-8').send(page(title, body));
}

async function missing(reply: FastifyReply): Promise<FastifyReply> {
  return show(reply, 404, 'Not found', html`<p>There is no such page.</p>`);
}

async function answer(
  reply: FastifyReply,
  status: number,
  found: Found,
  problem: string | undefined,
): Promise<FastifyReply> {
  const { ctx, invoice, plan } = found;
  const payable = isPayable(invoice) && !waits(found);
  const body = html`<section class="card">
    <p class="soft">${ctx.account.products.get(plan.productId)?.title} · Invoice ${invoice.number}</p>
    <p class="amount">${formattedPrice(plan)}</p>
    ${invoice.lineItems.map(({ label, quantity }) => html`<p class="soft">${quantity} × ${label}</p>`)}
    ${
      payable
        ? cardForm({
            action: `/checkout/${plan.id}/submit`,
            now: ctx.account.clock.now(),
            button: `Pay ${formattedPrice(plan)}`,
            problem,
            askEmail: true,
            email: invoice.email,
          })
        : html`<h1 class="${invoice.status === 'paid' ? 'good' : 'soft'}">${stateOf(found)}</h1>`
    }
  </section>`;
  return show(reply, status, `Invoice ${invoice.number}`, body);
}

function stateOf(found: Found): string {
  if (found.invoice.status === 'paid') return 'Thank you, this invoice is paid.';
  return waits(found) ? 'The payment is in processing.' : `This invoice is ${found.invoice.status}.`;
}

/** `/`: what is in the sandbox, for people. */
export function addIndexPage(server: FastifyInstance, world: World, controls: Controls): void {
  server.get('/', async (_request, reply) => {
    const accounts = world.accounts.all();
    return show(
      reply,
      200,
      'Whop sandbox',
      html`<h1>Whop sandbox</h1>
        <p class="soft">
          Sandbox time ${controls.time().now} · <a href="/_sandbox">control</a> ·
          <a href="/_sandbox/schema_violations">${controls.schemaViolations().length} schema violations</a>
        </p>
        ${
          accounts.length === 0 &&
          html`<section class="card">
            Nobody has called yet. Any key like <code>apik_anything</code> opens an account of its own.
          </section>`
        }
        ${accounts.map((account) => accountSection({ world, account, newest: true }, controls))}`,
    );
  });
}

function accountSection(ctx: Ctx, controls: Controls): Markup {
  const { account } = ctx;
  const recent = <T>(items: Iterable<T>): T[] => [...items].reverse().slice(0, 20);
  return html`<section class="card">
    <h1>${[...account.companies].join(', ') || 'No company yet'}</h1>
    <p class="soft">${[...account.keys].map(maskKey).join(', ')}</p>
    <h2>Invoices</h2>
    ${table(
      [
        { title: 'Id' },
        { title: 'For' },
        { title: 'Status' },
        { title: 'Price', number: true },
        { title: '' },
      ],
      recent(account.invoices.values()).map((invoice) => {
        const plan = account.plans.get(invoice.planId);
        return [
          invoice.id,
          invoice.email,
          invoice.status,
          plan === undefined ? '' : formattedPrice(plan),
          plan !== undefined && html`<a href="${purchaseUrlOf(ctx, plan)}">page</a>`,
        ];
      }),
    )}
    <h2>Payments</h2>
    ${table(
      [{ title: 'Id' }, { title: 'Status' }, { title: 'Total', number: true }, { title: 'Failure' }],
      recent(account.payments.values()).map((payment) => [
        payment.id,
        payment.substatus,
        `${payment.total} ${payment.currency.toUpperCase()}`,
        payment.failureMessage,
      ]),
    )}
    <h2>Webhooks</h2>
    ${table(
      [{ title: 'Type' }, { title: 'Status' }, { title: 'Attempts', number: true }, { title: 'To' }],
      recent(controls.deliveries({ account: account.id })).map((delivery) => [
        delivery.type,
        delivery.status,
        delivery.attempts.length,
        delivery.url,
      ]),
    )}
    <h2>Requests</h2>
    ${table(
      [{ title: 'At' }, { title: 'Request' }, { title: 'Status' }],
      recent(controls.requests({ account: account.id })).map((request) => [
        request.at.slice(11, 19),
        `${request.method} ${request.path}`,
        request.status ?? 'cut',
      ]),
    )}
  </section>`;
}
