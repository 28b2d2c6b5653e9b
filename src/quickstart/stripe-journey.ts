import { randomBytes } from 'node:crypto';
import { paid, payOnPage, until, type Api, type SandboxControl } from './http.js';
import type { Screen } from './screen.js';

const EVENTS = 10_000;
const BULK = 1_000;
const HOUR_MS = 60 * 60 * 1000;
const FEATURE = 'quickstart-tokens';
const PLAN = 'quickstart-pro';

export interface World {
  readonly api: Api;
  readonly screen: Screen;
  readonly stripe: SandboxControl;
  readonly whop: SandboxControl;
  readonly environmentId: string;
  /** What was made, for `quickstart.json`. */
  readonly ids: Record<string, string>;
}

export interface Journey {
  readonly customer: any;
  readonly subscription: any;
  readonly meterId: string;
  readonly invoice: any;
  readonly calls: Readonly<Record<string, number>>;
}

/** The seven phases of the guide: from connecting Stripe to a paid invoice. */
export async function walkStripe(world: World): Promise<Journey> {
  const { api, screen, stripe, ids } = world;
  screen.title('From an empty account to a paid invoice, through Stripe');
  await tidyUp(world);

  await screen.phase('1 connect Stripe', async () => {
    const key = `sk_test_${randomBytes(12).toString('hex')}`;
    const connection = await api.post('/connections', {
      provider: 'stripe',
      name: 'Stripe (sandbox)',
      metadata: { publishable_key: `pk_test_${randomBytes(12).toString('hex')}`, secret_key: key },
      sync_config: { customer_outbound_enabled: true, invoice_outbound_enabled: true },
    });
    ids.stripe_connection_id = connection.id;
    return { line: `${connection.id}, key …${connection.credentials.secret_key.last4}, webhook registered` };
  });

  const catalogue = await screen.phase('2 feature and plan', async () => {
    const feature = await findOrCreate(api, '/features', FEATURE, {
      name: 'Tokens',
      feature_type: 'metered',
      meter: {
        name: 'Tokens',
        event_name: 'tokens.used',
        aggregation: { type: 'SUM', field: 'tokens' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    const plan = await findOrCreate(api, '/plans', PLAN, {
      name: 'Pro',
      plan_type: 'recurring',
      billing_period: 'monthly',
      currency: 'USD',
      prices: [
        { pricing_model: 'flat', unit_price: '49.00', display_name: 'Platform fee' },
        {
          feature_id: feature.id,
          pricing_model: 'tiered',
          display_name: 'Tokens',
          tiers: [
            { up_to: 1_000_000, unit_price: '0.00002' },
            { up_to: 5_000_000, unit_price: '0.000015' },
            { unit_price: '0.00001' },
          ],
        },
      ],
    });
    Object.assign(ids, { feature_id: feature.id, meter_id: feature.meter_id, plan_id: plan.id });
    return { line: `${feature.id}, ${plan.id}: $49.00 fixed + three graduated tiers`, feature, plan };
  });

  const { customer } = await screen.phase('3 customer', async () => {
    const run = randomBytes(3).toString('hex');
    const made = await api.post('/customers', {
      customer_id: `acme-${run}`,
      name: 'Acme Inc.',
      email: `billing-${run}@acme.example`,
      address_line1: '1 Market St',
      address_city: 'San Francisco',
      address_country: 'US',
    });
    const remote = await until('the customer in Stripe', async () => {
      const { integrations } = await api.get(`/customers/${made.id}/integrations`);
      return integrations.find((one: any) => one.sync_status === 'succeeded')?.external_id as
        string | undefined;
    });
    Object.assign(ids, { customer_id: made.id, stripe_customer_id: remote });
    return { line: `${made.id} is ${remote} in Stripe`, customer: made };
  });

  await screen.phase('4 card', async () => {
    const setup = await api.post(`/payments/customers/${customer.id}/setup/intent`, {
      provider: 'stripe',
      success_url: 'https://example.com/saved',
      cancel_url: 'https://example.com/cancelled',
      set_default: true,
    });
    await payOnPage(setup.checkout_url as string);
    const [method] = await until('the saved card', async () => {
      const { items } = await api.get(`/payments/customers/${customer.id}/methods`);
      return items.length > 0 ? items : undefined;
    });
    ids.payment_method_id = method.id;
    return { line: `${method.brand} •••• ${method.last4}, saved on the hosted page, default` };
  });

  const { subscription } = await screen.phase('5 subscription', async () => {
    const made = await api.post('/subscriptions', {
      customer_id: customer.id,
      plan_id: catalogue.plan.id,
      billing_anchor: 'subscription_start',
      collection_method: 'charge_automatically',
    });
    const first = await paid(api, made.latest_invoice.id as string);
    ids.subscription_id = made.id;
    return { line: `${made.id}; first fee $${first.total} paid`, subscription: made };
  });

  await screen.phase('6 usage', async (count) => {
    const total = await sendEvents(world, subscription, customer, EVENTS, count);
    const usage = await api.post('/events/usage/meter', {
      meter_id: catalogue.feature.meter_id,
      customer_id: customer.external_id,
      start_time: subscription.current_period_start,
      end_time: subscription.current_period_end,
    });
    if (usage.value !== total) throw new Error(`usage says ${usage.value}, ${total} were sent`);
    return {
      line: `${EVENTS.toLocaleString('en')} events, ${Number(usage.value).toLocaleString('en')} tokens`,
    };
  });

  const { invoice, calls } = await screen.phase('7 invoice and payment', async (count) => {
    await stripe.forgetCalls();
    count('moving the clocks to the end of the period');
    await advance(world, new Date(new Date(subscription.current_period_end as string).getTime() + HOUR_MS));
    const { items } = await api.post('/invoices/search', {
      subscription_id: subscription.id,
      billing_reason: 'SUBSCRIPTION_CYCLE',
    });
    const done = await paid(api, items[0].id as string);
    const writes = Object.entries(await stripe.calls()).filter(([call]) => call.startsWith('POST '));
    Object.assign(ids, { invoice_id: done.id, stripe_invoice_id: done.metadata.stripe_invoice_id });
    return {
      line: `${done.invoice_number}: $${done.total}, pushed in ${writes.length} calls, charged, webhook, ${done.payment_status}`,
      invoice: done,
      calls: Object.fromEntries(writes),
    };
  });
  return { customer, subscription, meterId: catalogue.feature.meter_id, invoice, calls };
}

/** The sandbox's clocks go along. */
export async function advance({ api, environmentId }: World, to: Date): Promise<void> {
  const { settled } = await api.post(`/environments/${environmentId}/clock/advance`, {
    to: to.toISOString(),
  });
  if (settled !== true) throw new Error('the clock has moved, and its consequences have not come to an end');
}

/** Spread over the period that is running. Answers the sum of what was sent. */
export async function sendEvents(
  { api }: World,
  subscription: any,
  customer: any,
  events: number,
  count: (text: string) => void,
): Promise<number> {
  const start = new Date(subscription.current_period_start as string).getTime();
  const step = (new Date(subscription.current_period_end as string).getTime() - start) / events;
  const run = randomBytes(4).toString('hex');
  let total = 0;
  for (let sent = 0; sent < events; sent += BULK) {
    const batch = Array.from({ length: Math.min(BULK, events - sent) }, (_, i) => {
      const n = sent + i;
      const tokens = 200 + (n % 800);
      total += tokens;
      return {
        event_name: 'tokens.used',
        customer_id: customer.external_id,
        idempotency_key: `quickstart-${run}-${n}`,
        timestamp: new Date(start + Math.floor(n * step)).toISOString(),
        properties: { tokens, model: n % 3 === 0 ? 'large' : 'small' },
      };
    });
    await api.post('/events/bulk', { events: batch });
    count(`${(sent + batch.length).toLocaleString('en')} of ${events.toLocaleString('en')} events`);
  }
  return total;
}

async function findOrCreate(api: Api, path: string, key: string, body: object): Promise<any> {
  const { items } = await api.post(`${path}/search`, { lookup_key: key });
  return items[0] ?? api.post(path, { key, ...body });
}

/** An earlier run has left its subscriptions and connections; the sandbox that they were connected to is gone. */
async function tidyUp({ api }: World): Promise<void> {
  const { items: plans } = await api.post('/plans/search', { lookup_key: PLAN });
  const { items: subscriptions } = await api.post('/subscriptions/search', {
    plan_id: plans[0]?.id ?? 'none',
    subscription_status: ['active'],
    limit: 1000,
  });
  for (const { id } of subscriptions)
    await api.post(`/subscriptions/${id}/cancel`, { cancellation_type: 'immediate' });
  const { items: connections } = await api.get('/connections?limit=1000');
  for (const { id, name } of connections)
    if (/\(sandbox\)$/.test(name as string)) await api.send('DELETE', `/connections/${id}`);
}
