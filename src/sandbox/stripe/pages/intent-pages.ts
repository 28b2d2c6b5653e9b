import type { FastifyInstance } from 'fastify';
import { authenticationForm, readCardForm } from '../../core/card-form.js';
import { showAmount, showTime } from '../../core/display.js';
import { html, type Markup } from '../../core/html.js';
import { isObject, text } from '../../core/json.js';
import { finishAuthentication } from '../charging.js';
import type { PaymentIntent, SetupIntent } from '../objects.js';
import { finishSetupAuthentication } from '../setup-intents.js';
import { pageContext, show, type PageHost } from './page-context.js';

type Names = { Params: { id: string } };

/** Where an intent sends a customer to authenticate, and the receipt of a charge. */
export function addIntentPages(server: FastifyInstance, host: PageHost): void {
  server.get<Names>('/authenticate/:id', async (request, reply) => {
    const { id } = request.params;
    const form = authenticationForm(`/authenticate/${id}`);
    return waiting(host, id) === undefined
      ? show(reply, 404, 'Not found', html`<p>Nothing waits for authentication here.</p>`)
      : show(reply, 200, 'Authentication', html`<section class="card">${form}</section>`);
  });
  server.post<Names>('/authenticate/:id', async (request, reply) => {
    const { id } = request.params;
    const found = waiting(host, id);
    if (found === undefined) {
      return show(reply, 404, 'Not found', html`<p>Nothing waits for authentication here.</p>`);
    }
    const { ctx, intent } = found;
    const passed = readCardForm(request.body).authentication !== 'fail';
    const next = intent.next_action?.redirect_to_url;
    const { error } =
      intent.object === 'payment_intent'
        ? finishAuthentication(ctx, intent, passed)
        : finishSetupAuthentication(ctx, intent, passed);
    if (isObject(next) && typeof next.return_url === 'string') {
      const target = new URL(next.return_url);
      target.searchParams.set(intent.object, intent.id);
      target.searchParams.set('redirect_status', error === undefined ? 'succeeded' : 'failed');
      return reply.redirect(target.href, 303);
    }
    return show(
      reply,
      error === undefined ? 200 : 402,
      'Authentication',
      html`<section class="card"><h1>${error === undefined ? 'Done' : error.message}</h1></section>`,
    );
  });
  server.get<Names>('/receipts/:id', async (request, reply) => {
    for (const account of host.accounts()) {
      const charge = account.charges.get(request.params.id);
      if (charge === undefined) continue;
      const receipt: Markup = html`<section class="card">
        <p class="soft">Receipt ${charge.id} · ${showTime(charge.created ?? null)}</p>
        <p class="amount">${showAmount(charge.amount, charge.currency)}</p>
        <p class="soft">${text(charge.description)}</p>
      </section>`;
      return show(reply, 200, 'Receipt', receipt);
    }
    return show(reply, 404, 'Not found', html`<p>There is no such receipt.</p>`);
  });
}

function waiting(
  host: PageHost,
  id: string,
): { ctx: ReturnType<typeof pageContext>; intent: PaymentIntent | SetupIntent } | undefined {
  for (const account of host.accounts()) {
    const intent = account.paymentIntents.get(id) ?? account.setupIntents.get(id);
    if (intent?.status === 'requires_action') return { intent, ctx: pageContext(host.world, account) };
  }
  return undefined;
}
