import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticationForm, cardForm, readCardForm } from '../../core/card-form.js';
import { showAmount } from '../../core/display.js';
import { html, type Markup } from '../../core/html.js';
import { submitSession, successUrlOf, type Submitted } from '../checkout-completion.js';
import { planOf, type LineItem } from '../checkout-sessions.js';
import type { Ctx } from '../context.js';
import { StripeError } from '../errors.js';
import type { Session } from '../objects.js';
import { methodOfForm, pageContext, show, wantsJson, type PageHost } from './page-context.js';

interface Found {
  readonly ctx: Ctx;
  readonly session: Session;
}

/** `GET /c/pay/{session}` shows the page, `POST /c/pay/{session}/submit` is its button. */
export function addCheckoutPage(server: FastifyInstance, host: PageHost): void {
  server.get<{ Params: { id: string } }>('/c/pay/:id', async (request, reply) => {
    const found = find(host, request.params.id);
    if (found === undefined) return show(reply, 404, 'Not found', html`<p>There is no such page.</p>`);
    return answer(reply, 200, found, undefined);
  });
  server.post<{ Params: { id: string } }>('/c/pay/:id/submit', async (request, reply) => {
    const found = find(host, request.params.id);
    if (found === undefined) return show(reply, 404, 'Not found', html`<p>There is no such page.</p>`);
    if (found.session.status !== 'open') return answer(reply, 409, found, undefined);
    return submit(request, reply, found);
  });
}

function find(host: PageHost, id: string): Found | undefined {
  host.world.clocks.catchUp();
  for (const account of host.accounts()) {
    const session = account.sessions.get(id);
    if (session !== undefined) return { session, ctx: pageContext(host.world, account) };
  }
  return undefined;
}

async function submit(request: FastifyRequest, reply: FastifyReply, found: Found): Promise<FastifyReply> {
  const { ctx, session } = found;
  const input = readCardForm(request.body);
  let submitted: Submitted;
  try {
    submitted = submitSession(ctx, session, { ...input, method: () => methodOfForm(ctx, input) });
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    submitted = { outcome: 'declined', error };
  }
  const json = wantsJson(request);
  if (submitted.outcome === 'complete') {
    const target = successUrlOf(session);
    return json
      ? reply.send({ outcome: 'complete', redirect_to: target, session: session.id })
      : reply.redirect(target, 303);
  }
  if (submitted.outcome === 'requires_action') {
    const form = authenticationForm(`/c/pay/${session.id}/submit`, input.fields);
    return json
      ? reply.send({ outcome: 'requires_action', session: session.id })
      : show(reply, 200, 'Authentication', html`<section class="card">${form}</section>`);
  }
  const { message, code } = submitted.error;
  return json
    ? reply.code(402).send({ outcome: 'declined', code, message, session: session.id })
    : answer(reply, 402, found, message);
}

async function answer(
  reply: FastifyReply,
  status: number,
  { ctx, session }: Found,
  problem: string | undefined,
): Promise<FastifyReply> {
  const title = session.mode === 'setup' ? 'Save a payment method' : 'Pay';
  return show(reply, status, title, session.status === 'open' ? open(ctx, session, problem) : over(session));
}

function open(ctx: Ctx, session: Session, problem: string | undefined): Markup {
  const plan = planOf(ctx, session);
  const items = plan.items as readonly LineItem[];
  const { amount_total: total, currency } = session;
  const customer = ctx.account.customers.get(session.customer ?? '');
  const amount = total === null || currency === null ? undefined : showAmount(total, currency);
  return html`<section class="card">
    <p class="soft">${session.mode === 'setup' ? 'Save a payment method' : 'Pay Sandbox'}</p>
    ${amount !== undefined && html`<p class="amount">${amount}</p>`}
    ${items.map(
      (item) =>
        html`<p class="soft">
          ${item.quantity} × ${item.description} · ${showAmount(item.amount_total, item.currency)}
        </p>`,
    )}
    ${cardForm({
      action: `/c/pay/${session.id}/submit`,
      now: ctx.account.clock.now(),
      button: amount === undefined ? 'Save' : `Pay ${amount}`,
      problem,
      askEmail: customer === undefined,
      email: session.customer_email,
      offerToSave: session.mode === 'payment' && plan.offerToSave,
    })}
    ${session.cancel_url !== null && html`<p><a href="${session.cancel_url}">Go back without paying</a></p>`}
  </section>`;
}

function over(session: Session): Markup {
  return session.status === 'complete'
    ? html`<section class="card">
        <h1 class="good">${session.mode === 'setup' ? 'Saved' : 'Thank you'}</h1>
        <p>This page has done its work. <a href="${successUrlOf(session)}">Continue</a></p>
      </section>`
    : html`<section class="card">
        <h1>This page has expired</h1>
        <p class="soft">Ask for a new link.</p>
      </section>`;
}
