import { createHmac } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { TRANSPORTS } from '../support/test-app.js';

describe.each(TRANSPORTS)('invoices through Whop, jobs by %s', (transport) => {
  let road: Road;
  let connected: Awaited<ReturnType<Road['connectWhop']>>;
  beforeAll(async () => {
    road = await Road.start({ transport });
    connected = await road.connectWhop();
  });
  afterAll(async () => {
    await road.stop();
  });

  const remoteInvoice = (id: string): any =>
    (road.sandbox.whop.objects('invoices') as any[]).find((one) => one.id === id);
  const withUrl = (id: string) =>
    road.invoiceWhen(id, 'has its page', (one) => typeof one.metadata.whop_checkout_url === 'string');

  it('pushed in one call with a product made once, paid there, paid here', async () => {
    expect(connected.connection.webhook_url).toContain('/v1/webhooks/whop/');
    const customer = await road.customer('whop-buyer');
    const first = await withUrl(
      (await road.invoice(customer.id as string, [{ amount: '19.99' }])).id as string,
    );
    expect(first.metadata.whop_checkout_url).toMatch(/^http/);
    road.sandbox.whop.clearRequests();
    const second = await withUrl(
      (await road.invoice(customer.id as string, [{ amount: '5' }, { amount: '7.5' }])).id as string,
    );
    expect(road.sandbox.whop.requestCounts()).toEqual({ 'POST /api/v1/invoices': 1 });
    const products = road.sandbox.whop.objects('products') as any[];
    expect(products.map((one) => one.title)).toEqual(['Flexprice Billing Product']);
    const connection = await road.api.get(`/connections/${connected.connection.id}`);
    expect(connection.settings.product_id).toBe(products[0].id);

    expect(await road.submit(second.metadata.whop_checkout_url as string)).toBe(303);
    expect(await road.paid(second.id as string)).toMatchObject({ amount_paid: '12.5', overpaid_amount: '0' });
    const { items } = await road.api.get(`/payments?destination_id=${second.id}`);
    expect(items).toMatchObject([{ payment_gateway: 'whop', payment_status: 'SUCCEEDED', amount: '12.5' }]);
  });

  it('paid here first: Whop is told, and its own word of it is no second payment', async () => {
    const customer = await road.customer('paid-here');
    const invoice = await withUrl(
      (await road.invoice(customer.id as string, [{ amount: '42' }])).id as string,
    );
    await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '42',
      currency: 'usd',
    });
    const told = await eventually('told', async () => {
      const all = await road.operationsOf(invoice.id as string);
      return all.find((one) => one.action === 'mark_paid' && one.state === 'succeeded');
    });
    expect(remoteInvoice(told.provider_entity_id as string).status).toBe('paid');
    await eventually('Whop’s own webhook handled', async () => {
      const { items } = await road.api.get('/integrations/webhook-events?type=invoice.paid&limit=1000');
      return (
        items.length > 0 && items.every((one: any) => one.state === 'handled' || one.state === 'skipped')
      );
    });
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      amount_paid: '42',
      overpaid_amount: '0',
    });
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
  });

  it('a customer without an e-mail is a permanent, readable failure, and a retry works once it has one', async () => {
    const customer = await road.api.create('/customers', {
      external_id: `nomail-${transport}`,
      name: 'No Mail',
    });
    const invoice = await road.invoice(customer.id as string);
    const [failed] = await road.settled(invoice.id as string);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'customer_email_missing' } });
    expect(failed.error.message).toMatch(/e-?mail/i);
    await road.api.put(`/customers/${customer.id}`, { email: 'now@mail.test' });
    await road.api.expect(202, 'POST', `/integrations/operations/${failed.id}/retry`);
    await withUrl(invoice.id as string);
  });

  it('a page that could not be fetched is asked for again, without anyone asking', async () => {
    road.sandbox.whop.configure({ tellsPage: false });
    const customer = await road.customer('late-page');
    road.sandbox.whop.fault({
      method: 'GET',
      path: '/api/v1/plans/{id}',
      mode: 'error',
      status: 503,
      times: 2,
    });
    const invoice = await withUrl((await road.invoice(customer.id as string)).id as string);
    const operations = await road.settled(invoice.id as string);
    expect(operations.map((one) => [one.action, one.state])).toEqual([
      ['push', 'succeeded'],
      ['refresh', 'succeeded'],
    ]);
    road.sandbox.whop.configure({ tellsPage: true });
  });

  it('an answer that was lost makes no second invoice', async () => {
    const customer = await road.customer('lost');
    road.sandbox.whop.fault({ method: 'POST', path: '/api/v1/invoices', mode: 'drop_after', times: 1 });
    const invoice = await withUrl((await road.invoice(customer.id as string)).id as string);
    const [operation] = await road.settled(invoice.id as string);
    expect(operation).toMatchObject({ state: 'succeeded', attempts: 2 });
    const plans = (road.sandbox.whop.objects('plans') as any[]).filter(
      (one) => one.internal_notes === invoice.id,
    );
    expect(plans).toHaveLength(1);
  });

  it('a webhook that was lost is found by looking', async () => {
    const customer = await road.customer('lost-webhook');
    const invoice = await withUrl(
      (await road.invoice(customer.id as string, [{ amount: '8' }])).id as string,
    );
    road.sandbox.whop.pauseWebhooks();
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
    expect((await road.api.get(`/invoices/${invoice.id}`)).payment_status).toBe('PENDING');
    const { changed } = await road.api.post(`/integrations/connections/${connected.connection.id}/reconcile`);
    expect(changed).toBe(1);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '8' });
    road.sandbox.whop.resumeWebhooks();
    await road.sandbox.whop.settle();
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      amount_paid: '8',
      overpaid_amount: '0',
    });
  });

  it('void here: void there', async () => {
    const customer = await road.customer('void');
    const invoice = await withUrl((await road.invoice(customer.id as string)).id as string);
    await road.api.post(`/invoices/${invoice.id}/void`);
    const operation = await eventually('told', async () =>
      (await road.operationsOf(invoice.id as string)).find(
        (one) => one.action === 'void' && one.state === 'succeeded',
      ),
    );
    expect(remoteInvoice(operation.provider_entity_id as string).status).toBe('void');
  });
});

describe('Whop webhooks', () => {
  let road: Road;
  beforeAll(async () => {
    road = await Road.start();
  });
  afterAll(async () => {
    await road.stop();
  });

  const send = (url: string, body: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  const paidEvent = (invoiceId: string) =>
    JSON.stringify({
      id: 'msg_forged',
      api_version: 'v1',
      type: 'invoice.paid',
      timestamp: new Date().toISOString(),
      data: { id: invoiceId, status: 'paid' },
    });

  it('with a secret set, a forged, stale or tampered call is refused and leaves nothing', async () => {
    const { connection } = await road.connectWhop();
    const customer = await road.customer('forged');
    const invoice = await road.invoice(customer.id as string);
    const [operation] = await road.settled(invoice.id as string);
    const url = road.webhookUrl('whop');
    const body = paidEvent(operation.provider_entity_id as string);
    const sign = (secret: string, at: number) => ({
      'webhook-id': 'msg_forged',
      'webhook-timestamp': String(at),
      'webhook-signature': `v1,${createHmac('sha256', secret).update(`msg_forged.${at}.${body}`).digest('base64')}`,
    });
    const now = Math.floor(Date.now() / 1000);
    for (const headers of [
      {},
      sign('ws_wrong', now),
      { ...sign('ws_wrong', now), 'webhook-signature': 'v1,' },
    ]) {
      const answer = await send(url, body, headers);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({
        code: 'permission_denied',
        error: { code: 'invalid_signature' },
      });
    }
    expect((await road.api.get('/integrations/webhook-events')).items).toEqual([]);
    expect((await road.api.get(`/invoices/${invoice.id}`)).payment_status).toBe('PENDING');
    await road.api.expect(200, 'DELETE', `/connections/${connection.id}`);
  });

  it('without a secret, an unsigned call is a hint to look and proves nothing', async () => {
    const { connection } = await road.connectWhop({ signed: false });
    const customer = await road.customer('hint');
    const invoice = await road.invoiceWhen(
      (await road.invoice(customer.id as string, [{ amount: '3' }])).id as string,
      'has its page',
      (one) => one.metadata.whop_checkout_url !== undefined,
    );
    const [operation] = await road.settled(invoice.id as string);
    const body = paidEvent(operation.provider_entity_id as string);
    expect((await send(road.webhookUrl('whop'), body)).status).toBe(200);
    const [lie] = await eventually('looked', async () => {
      const { items } = await road.api.get(
        `/integrations/webhook-events?connection_id=${connection.id}&state=handled`,
      );
      return items.length > 0 && items;
    });
    expect(lie.verified).toBe(false);
    expect((await road.api.get(`/invoices/${invoice.id}`)).payment_status).toBe('PENDING');
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
    await road.paid(invoice.id as string);
    const flood = await Promise.all(
      Array.from({ length: 70 }, (_, i) =>
        send(road.webhookUrl('whop'), body.replace('msg_forged', `msg_${i}`)),
      ),
    );
    expect(flood.some((one) => one.status === 429)).toBe(true);
  });

  it('a webhook for a provider or environment that nobody has is refused', async () => {
    expect((await send(`${road.server.url}/v1/webhooks/paypal/t/e`, '{}')).status).toBe(404);
    expect((await send(`${road.server.url}/v1/webhooks/whop/tenant_x/env_x`, '{}')).status).toBe(404);
    expect((await send(`${road.server.url}/v1/webhooks/whop/conn_x`, '{}')).status).toBe(404);
  });
});
