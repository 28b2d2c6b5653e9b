import type { FastifyReply, FastifyRequest } from 'fastify';
import { chosenMethod, type CardFormInput } from '../../core/card-form.js';
import { page, type Markup } from '../../core/html.js';
import type { Account } from '../account.js';
import type { Ctx, World } from '../context.js';
import { StripeError } from '../errors.js';
import type { PaymentMethod } from '../objects.js';
import { newMethod } from '../payment-methods.js';

/** What the hosted pages need: they are reached without a key, by ids that nobody can guess. */
export interface PageHost {
  readonly world: World;
  accounts(): Iterable<Account>;
}

export function pageContext(world: World, account: Account): Ctx {
  return { world, account, request: null };
}

/** Tools may ask for JSON instead of a page. */
export function wantsJson(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('application/json') === true;
}

export async function show(
  reply: FastifyReply,
  status: number,
  title: string,
  body: Markup,
): Promise<FastifyReply> {
  return await reply.code(status).type('text/html; charset=utf-8').send(page(title, body));
}

/** Makes the payment method that a form describes, with the details that were typed. */
export function methodOfForm(ctx: Ctx, input: CardFormInput): PaymentMethod {
  const chosen = chosenMethod(input, new Date(ctx.account.clock.now()));
  if ('problem' in chosen) {
    throw new StripeError('card_error', chosen.problem, { status: 402, code: 'incorrect_number' });
  }
  const method = newMethod(ctx, chosen.method, { expiry: input.expiry });
  method.billing_details.email = input.email;
  method.billing_details.name = input.name;
  return method;
}
