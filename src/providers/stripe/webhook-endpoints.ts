import type Stripe from 'stripe';
import type { WebhookEndpointOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt } from '../provider-objects.js';
import { STRIPE_API_VERSION } from './client.js';
import type { StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { mayHaveRun, once } from './once.js';
import { STRIPE_EVENTS } from './webhooks.js';

const CONNECTION = 'flexprice_connection_id';

export const stripeWebhookEndpoints = (ctx: StripeContext): WebhookEndpointOperations => ({
  register: (url, attempt) => register(ctx, url, attempt),
});

/**
 * The secret is told once, in the first answer. So an endpoint of an earlier try, whose answer was lost, is worth
 * nothing: it is deleted and made again, rather than left to sign events that nobody can verify.
 */
async function register(
  ctx: StripeContext,
  url: string,
  attempt: Attempt,
): Promise<{ remoteId: string; secret: string }> {
  if (mayHaveRun(attempt)) await deleteEarlier(ctx, url);
  const { value } = await once<Stripe.WebhookEndpoint>(ctx, attempt, 'endpoint', {
    call: (idempotencyKey) =>
      ctx.stripe.webhookEndpoints.create(
        {
          url,
          enabled_events: [...STRIPE_EVENTS] as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
          // Fixed for the life of the endpoint; the account's own default may be years old.
          api_version: STRIPE_API_VERSION,
          metadata: { [CONNECTION]: ctx.connectionId },
        },
        { idempotencyKey },
      ),
    look: async (recorded) => {
      if (recorded === undefined) {
        await deleteEarlier(ctx, url);
        return undefined;
      }
      const alive = await toldOrNull(ctx.stripe.webhookEndpoints.retrieve(recorded.id));
      return alive === null ? undefined : recorded;
    },
  });
  if (value.secret === undefined)
    throw new ProviderError('unavailable', 'Stripe did not tell the secret of the new endpoint', {
      code: 'secret_missing',
    });
  return { remoteId: value.id, secret: value.secret };
}

async function deleteEarlier(ctx: StripeContext, url: string): Promise<void> {
  const endpoints = await told(
    ctx.stripe.webhookEndpoints.list({ limit: 100 }).autoPagingToArray({ limit: 1000 }),
  );
  for (const endpoint of endpoints)
    if (endpoint.url === url && endpoint.metadata[CONNECTION] === ctx.connectionId)
      await toldOrNull(ctx.stripe.webhookEndpoints.del(endpoint.id));
}
