import { randomBytes } from 'node:crypto';
import { paid, payOnPage, until, type Api } from './http.js';
import { advance, sendEvents, type Journey, type World } from './stripe-journey.js';

const EVENTS = 2_000;
const HOUR_MS = 60 * 60 * 1000;

export interface WhopJourney {
  readonly invoice: any;
  readonly calls: Readonly<Record<string, number>>;
}

/** The next period of the same subscription through Whop: paid there; and one more the other way round. */
export async function walkWhop(world: World, before: Journey): Promise<WhopJourney> {
  const { api, screen, whop, ids } = world;
  screen.title('The next invoice through Whop, and once the other way round');

  await screen.phase('connect Whop', async () => {
    // One provider collects at a time: Stripe keeps its invoices and gets no new ones.
    await api.put(`/connections/${ids.stripe_connection_id}`, {
      sync_config: { invoice_outbound_enabled: false },
    });
    const connection = await api.post('/connections', {
      provider: 'whop',
      name: 'Whop (sandbox)',
      metadata: {
        api_key: `apik_${randomBytes(12).toString('hex')}`,
        company_id: `biz_${randomBytes(7).toString('hex')}`,
      },
      sync_config: { invoice_outbound_enabled: true },
    });
    ids.whop_connection_id = connection.id;
    return { line: `${connection.id}, webhook registered` };
  });

  const { invoice, calls } = await screen.phase('invoice, paid there', async (count) => {
    const subscription = await api.get(`/subscriptions/${before.subscription.id}`);
    await sendEvents(world, subscription, before.customer, EVENTS, count);
    await whop.forgetCalls();
    count('moving the clocks to the end of the period');
    await advance(world, new Date(new Date(subscription.current_period_end as string).getTime() + HOUR_MS));
    const { items } = await api.post('/invoices/search', { subscription_id: subscription.id });
    const pushed = await withPage(api, items[0].id as string);
    const used = await whop.calls();
    await payOnPage(pushed.metadata.whop_checkout_url as string);
    const done = await paid(api, pushed.id as string);
    Object.assign(ids, { whop_invoice: done.id, whop_invoice_id: done.metadata.whop_invoice_id });
    return {
      line: `${done.invoice_number}: $${done.total}, whop_checkout_url, paid there, ${done.payment_status} here`,
      invoice: done,
      calls: used,
    };
  });

  await screen.phase('invoice, paid here first', async () => {
    const made = await api.post('/invoices', {
      customer_id: before.customer.id,
      currency: 'usd',
      amount_due: '120.00',
      line_items: [{ display_name: 'Onboarding', amount: '120.00', quantity: '1' }],
      invoice_status: 'FINALIZED',
    });
    await withPage(api, made.id as string);
    await api.post('/payments', {
      destination_type: 'INVOICE',
      destination_id: made.id,
      payment_method_type: 'OFFLINE',
      amount: 120,
      currency: 'USD',
    });
    await until('Whop being told', async () => {
      const { items } = await api.get(`/integrations/operations?entity_id=${made.id}`);
      return items.find((one: any) => one.action === 'mark_paid' && one.state === 'succeeded');
    });
    const done = await paid(api, made.id as string);
    ids.offline_invoice_id = done.id;
    return { line: `${done.invoice_number}: $${done.total} recorded as paid here, marked paid at Whop` };
  });
  return { invoice, calls };
}

const withPage = (api: Api, invoiceId: string): Promise<any> =>
  until('the page to pay on', async () => {
    const invoice = await api.get(`/invoices/${invoiceId}`);
    return invoice.metadata.whop_checkout_url === undefined ? undefined : invoice;
  });
