import Stripe from 'stripe';
import { eventually } from './eventually.js';
import type { AnyRoad } from './road.js';

/** The other side: somebody at the Stripe dashboard, not through us. */
export function stripeAt(road: AnyRoad, secretKey: string): Stripe {
  const { hostname, port } = new URL(road.sandbox.stripe.url);
  return new Stripe(secretKey, { host: hostname, port, protocol: 'http', telemetry: false });
}

/** Every webhook that was to come has come, and is handled or skipped for good. */
export async function quiet(road: AnyRoad): Promise<any[]> {
  await road.sandbox.stripe.settle();
  return eventually('webhooks handled', async () => {
    const open = await road.api.get('/integrations/webhook-events?state=received,retrying&limit=1000');
    if (open.items.length > 0) return undefined;
    const { items } = await road.api.get('/integrations/webhook-events?limit=1000&order=asc');
    return items;
  });
}

/** The subscription that stands for the remote one now. */
export async function subscriptionOf(road: AnyRoad, remoteId: string): Promise<any> {
  const { items } = await road.api.post('/subscriptions/search', { limit: 1000, expand: 'plan,prices' });
  const own = items.filter((one: any) => one.metadata.stripe_subscription_id === remoteId);
  const live = own.filter((one: any) => one.subscription_status !== 'cancelled');
  return live[0] ?? own[0]; // newest first
}
