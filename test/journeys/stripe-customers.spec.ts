import { ConnectionsService } from '../../src/connections/connections.service.js';
import { CustomersService } from '../../src/customers/customers.service.js';
import { InboundCustomers, seen } from '../../src/integrations/sync/inbound-customers.js';
import { MappingsService } from '../../src/integrations/mappings/mappings.service.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import type { RemoteCustomer } from '../../src/providers/provider-objects.js';
import { arrange, stripeApi, stripeInvoicesOf, webhooksHandled } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';

describe('customers here and at Stripe', () => {
  let road: Road;
  let secretKey: string;
  let connection: any;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey, connection } = await road.connectStripe({ customer_inbound_enabled: true }));
  });
  afterAll(async () => {
    await road.stop();
  });

  const switches = (sync: Record<string, boolean>): Promise<unknown> =>
    road.api.put(`/connections/${connection.id}`, { sync_config: sync });
  const there = (customerId: string): any[] =>
    (road.sandbox.stripe.objects('customers') as any[]).filter(
      (one) => one.metadata.flexprice_customer_id === customerId,
    );
  const remoteIdOf = async (customerId: string): Promise<string | null> => {
    const { integrations } = await road.api.get(`/customers/${customerId}/integrations`);
    return integrations[0]?.external_id ?? null;
  };
  const synced = async (externalId: string, more: Record<string, unknown> = {}): Promise<any> => {
    const customer = await road.customer(externalId, more);
    await road.settled(customer.id as string);
    await webhooksHandled(road);
    return customer;
  };
  const customerWhen = (id: string, is: (customer: any) => boolean): Promise<any> =>
    eventually('customer', async () => {
      const customer = await road.api.get(`/customers/${id}`);
      return is(customer) && customer;
    });
  /** Writes that Stripe has seen from us while `work` was done. */
  const writesDuring = async (work: () => Promise<unknown>): Promise<Record<string, number>> => {
    road.sandbox.stripe.clearRequests();
    await work();
    await webhooksHandled(road);
    return Object.fromEntries(
      Object.entries(road.sandbox.stripe.requestCounts()).filter(([call]) => !call.startsWith('GET ')),
    );
  };

  it('a change here reaches Stripe in one write, and its echo changes nothing', async () => {
    const customer = await synced('change', { address_city: 'Berlin' });
    const writes = await writesDuring(async () => {
      await road.api.put(`/customers/${customer.id}`, { name: 'New name', address_city: 'Paris' });
      await eventually('told', () => Promise.resolve(there(customer.id)[0].name === 'New name'));
      await road.settled(customer.id as string);
    });
    expect(writes).toEqual({ 'POST /v1/customers/{id}': 1 });
    expect(there(customer.id)).toMatchObject([{ address: { city: 'Paris' } }]);
    const { items } = await road.api.get('/integrations/webhook-events?type=customer.updated&limit=1000');
    expect(items).toMatchObject([{ state: 'skipped', reason: 'nothing of the customer has changed there' }]);
  });

  it('a change there reaches us, field by field, and is not sent back', async () => {
    const customer = await synced('inbound', { contact: '+491', address_city: 'Berlin' });
    const [remote] = there(customer.id);
    const writes = await writesDuring(async () => {
      await stripeApi(road, secretKey, 'POST', `/v1/customers/${remote.id}`, {
        email: 'new@inbound.test',
        phone: '',
      });
      await customerWhen(customer.id, (one) => one.email === 'new@inbound.test');
    });
    expect(writes).toEqual({ 'POST /v1/customers/{id}': 1 }); // the test's own
    const after = await road.api.get(`/customers/${customer.id}`);
    expect(after).toMatchObject({
      name: 'Customer inbound',
      email: 'new@inbound.test',
      address_city: 'Berlin',
    });
    expect(after.contact ?? '').toBe('');
  });

  it('a change here is not undone by a webhook about the state before it', async () => {
    const customer = await synced('race');
    const [remote] = there(customer.id);
    await stripeApi(road, secretKey, 'POST', `/v1/customers/${remote.id}`, {
      description: 'nothing of ours',
    });
    road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/customers/{id}',
      mode: 'error',
      status: 503,
      times: 2,
    });
    await road.api.put(`/customers/${customer.id}`, { name: 'Ours, later' });
    await webhooksHandled(road);
    await road.settled(customer.id as string);
    expect(await road.api.get(`/customers/${customer.id}`)).toMatchObject({ name: 'Ours, later' });
    expect(there(customer.id)[0].name).toBe('Ours, later');
  });

  describe('a change that is made while nobody knows what became of an earlier push', () => {
    const endsAs = async (id: string, name: string): Promise<void> => {
      const operations = await road.settled(id);
      expect(operations.map(({ state }: any) => state)).toEqual(operations.map(() => 'succeeded'));
      await webhooksHandled(road);
      expect(there(id)).toMatchObject([{ name }]);
      expect(await road.api.get(`/customers/${id}`)).toMatchObject({ name });
    };

    it('makes no second customer', async () => {
      const path = '/v1/customers';
      const struck = arrange(road.sandbox.stripe, { method: 'POST', path, mode: 'drop_after' });
      const customer = await road.customer('overtaken');
      await struck();
      await road.api.put(`/customers/${customer.id}`, { name: 'Later' });
      await endsAs(customer.id as string, 'Later');
    });

    it('is not undone by the news of it', async () => {
      const customer = await synced('taken-back');
      const path = `/v1/customers/${there(customer.id)[0].id}`;
      const struck = arrange(road.sandbox.stripe, { method: 'POST', path, mode: 'drop_after' });
      await road.api.put(`/customers/${customer.id}`, { name: 'First' });
      await struck();
      await road.api.put(`/customers/${customer.id}`, { name: customer.name });
      await endsAs(customer.id as string, customer.name as string);
    });

    it('leaves no customer there that was deleted here', async () => {
      const path = '/v1/customers';
      const struck = arrange(road.sandbox.stripe, { method: 'POST', path, mode: 'drop_after' });
      const customer = await road.customer('deleted-early');
      await struck();
      await road.api.send('DELETE', `/customers/${customer.id}`);
      await road.settled(customer.id as string);
      await webhooksHandled(road);
      expect(there(customer.id as string).filter((one) => one.deleted !== true)).toEqual([]);
    });

    it('is not undone when that is tried again', async () => {
      const customer = await synced('outdated');
      const path = `/v1/customers/${there(customer.id)[0].id}`;
      const struck = arrange(road.sandbox.stripe, { method: 'POST', path, mode: 'error', status: 503 });
      await road.api.put(`/customers/${customer.id}`, { name: 'First' });
      await struck();
      await road.api.put(`/customers/${customer.id}`, { name: 'Second' });
      await endsAs(customer.id as string, 'Second');
    });
  });

  it('a change here is not undone by the echo of a push that is written down while its webhook is handled', async () => {
    const { name, email, id } = await synced('written-down');
    const remote: RemoteCustomer = {
      remoteId: there(id as string)[0].id as string,
      name: name as string,
      email: email as string,
      phone: undefined,
      address: undefined,
      customerId: id as string,
      externalId: undefined,
      deleted: false,
      foreign: false,
      metadata: {},
    };
    const { app, tenant } = road.server;
    const mappings = app.get(MappingsService, { strict: false });
    const caller = { scope: tenant, actor: 'test', requestId: 'test' };
    const read = jest.spyOn(mappings, 'findByRemoteId');
    try {
      const dispatched = await app.get(UnitOfWork, { strict: false }).run(caller, async (ctx) => {
        await app.get(CustomersService, { strict: false }).update(ctx, id as string, { name: 'Since' });
        const own = await app.get(ConnectionsService, { strict: false }).get(ctx, connection.id as string);
        // As it was read before the push of the present name was written down.
        const mapping = (await mappings.find(ctx, own.id, 'customer', id as string))!;
        const earlier = seen({ ...remote, name: 'Before' });
        read.mockResolvedValueOnce({ ...mapping, metadata: { ...mapping.metadata, ...earlier } });
        return app.get(InboundCustomers, { strict: false }).changed(ctx, own, remote);
      });
      expect(dispatched).toMatchObject({ outcome: 'skipped' });
    } finally {
      read.mockRestore();
    }
    await road.settled(id as string);
    await webhooksHandled(road);
    expect(there(id as string)).toMatchObject([{ name: 'Since' }]);
  });

  it('a matching customer is used, not doubled; a second one there with our id is left alone', async () => {
    const made = await stripeApi(road, secretKey, 'POST', '/v1/customers', {
      name: 'From the shop',
      email: 'shop@example.test',
    });
    await webhooksHandled(road);
    const { items } = await road.api.post('/customers/search', { email: 'shop@example.test' });
    expect(items).toHaveLength(1);
    expect(await remoteIdOf(items[0].id as string)).toBe(made.id);
    const customer = await synced('doubled');
    const first = await remoteIdOf(customer.id as string);
    await stripeApi(road, secretKey, 'POST', '/v1/customers', {
      name: 'A copy',
      'metadata[external_id]': 'doubled',
    });
    await webhooksHandled(road);
    expect(await remoteIdOf(customer.id as string)).toBe(first);
  });

  it('deleted there: noticed, made again, its cards forgotten, and an invoice goes to the new one', async () => {
    const customer = await synced('deleted-there');
    await road.saveCard(customer.id as string);
    const before = await remoteIdOf(customer.id as string);
    await stripeApi(road, secretKey, 'DELETE', `/v1/customers/${before}`);
    const after = await eventually('made again', async () => {
      const now = await remoteIdOf(customer.id as string);
      return now !== null && now !== before && now;
    });
    expect((await road.api.get(`/payments/customers/${customer.id}/methods`)).items).toEqual([]);
    const invoice = await road.invoice(customer.id as string);
    await road.settled(invoice.id as string);
    expect(stripeInvoicesOf(road, invoice.id as string)).toMatchObject([{ customer: after, status: 'open' }]);
  });

  it('deleted there before we hear of the card that it saved: there is no card, and the news is not asked for again', async () => {
    const customer = await synced('saved-and-gone');
    const before = await remoteIdOf(customer.id as string);
    const setup = await road.api.create(`/payments/customers/${customer.id}/setup/intent`, {
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
      set_default: true,
    });
    road.sandbox.stripe.pauseWebhooks();
    expect(await road.submit(setup.checkout_url as string)).toBe(303);
    await stripeApi(road, secretKey, 'DELETE', `/v1/customers/${before}`);
    road.sandbox.stripe.resumeWebhooks();
    await webhooksHandled(road);
    await eventually('made again', async () => {
      const now = await remoteIdOf(customer.id as string);
      return now !== null && now !== before;
    });
    expect((await road.api.get(`/payments/customers/${customer.id}/methods`)).items).toEqual([]);
  });

  it('deleted there and the webhook lost: the invoice, the page and the card charge find out by themselves', async () => {
    const customers = await Promise.all(['a', 'b'].map((one) => synced(`lost-${one}`)));
    const [forInvoice, forPage] = customers;
    road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type: 'customer.deleted', times: 2 });
    for (const one of customers)
      await stripeApi(road, secretKey, 'DELETE', `/v1/customers/${await remoteIdOf(one.id as string)}`);
    const invoice = await road.invoice(forInvoice.id as string, [{ amount: '7' }]);
    const operations = await road.settled(invoice.id as string);
    expect(operations).toMatchObject([{ action: 'push', state: 'succeeded' }]);
    expect(stripeInvoicesOf(road, invoice.id as string)).toMatchObject([
      { customer: await remoteIdOf(forInvoice.id as string), status: 'open' },
    ]);
    const setup = await road.api.create(`/payments/customers/${forPage.id}/setup/intent`, {
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
    });
    expect(setup.checkout_url).toMatch(/^http/);
    expect(there(forPage.id)).toHaveLength(1);
    await webhooksHandled(road);
  });

  it('deleted here: deleted there; one that was there before us only loses our marks', async () => {
    const own = await synced('own');
    await stripeApi(road, secretKey, 'POST', '/v1/customers', { email: 'adopted@example.test' });
    await webhooksHandled(road);
    await switches({ customer_inbound_enabled: false });
    const old = await stripeApi(road, secretKey, 'POST', '/v1/customers', { email: 'old@example.test' });
    await webhooksHandled(road);
    await switches({ customer_inbound_enabled: true });
    const adopted = await road.customer('adopted', { email: 'old@example.test' });
    await road.settled(adopted.id as string);
    expect(await remoteIdOf(adopted.id as string)).toBe(old.id);
    for (const one of [own, adopted]) await road.api.expect(204, 'DELETE', `/customers/${one.id}`);
    for (const one of [own, adopted])
      await eventually('told', async () => {
        const all = await road.operationsOf(one.id as string);
        return all.some(({ action, state }) => action === 'delete' && state === 'succeeded');
      });
    await webhooksHandled(road);
    expect(there(own.id)).toEqual([]);
    const remote = (road.sandbox.stripe.objects('customers') as any[]).find(({ id }) => id === old.id);
    expect(remote.metadata).toEqual({});
    const { items } = await road.api.post('/customers/search', { email: 'old@example.test' });
    expect(items).toEqual([]); // and our own change there did not bring it back
    const again = await road.customer('adopted-again', { email: 'old@example.test' });
    await road.settled(again.id as string);
    expect(await remoteIdOf(again.id as string)).toBe(old.id);
  });

  it('deleted there with only the inbound switch: deleted here, unless something depends on it', async () => {
    await switches({ customer_outbound_enabled: false });
    const [free, used] = await Promise.all(
      ['free', 'used'].map(async (one) => {
        const remote = await stripeApi(road, secretKey, 'POST', '/v1/customers', {
          email: `${one}@inbound.test`,
          'metadata[external_id]': `in-${one}`,
        });
        await webhooksHandled(road);
        return { remote, customer: await road.api.get(`/customers/external/in-${one}`) };
      }),
    );
    await road.api.post('/wallets', { customer_id: used!.customer.id, currency: 'usd', name: 'Credits' });
    for (const { remote } of [free!, used!])
      await stripeApi(road, secretKey, 'DELETE', `/v1/customers/${remote.id}`);
    await webhooksHandled(road);
    expect((await road.api.send('GET', '/customers/external/in-free')).status).toBe(404);
    expect(await remoteIdOf(used!.customer.id as string)).toBeNull();
    const { items } = await road.api.get('/integrations/webhook-events?type=customer.deleted&limit=1000');
    expect(items.map((one: any) => one.reason)).toContain(
      'deleted at the provider, and kept here: a subscription or wallet depends on the customer',
    );
    await switches({ customer_outbound_enabled: true });
  });

  it('switched off: recorded as skipped, with the reason, and nothing is sent', async () => {
    await switches({ customer_inbound_enabled: false, customer_outbound_enabled: false });
    const writes = await writesDuring(async () => {
      await road.customer('unsynced');
      await stripeApi(road, secretKey, 'POST', '/v1/customers', { email: 'unsynced@stripe.test' });
    });
    expect(writes).toEqual({ 'POST /v1/customers': 1 }); // the test's own
    const { items } = await road.api.get(
      '/integrations/webhook-events?type=customer.created&state=skipped&limit=1',
    );
    expect(items).toMatchObject([{ reason: 'customer.inbound is switched off' }]);
    expect((await road.api.post('/customers/search', { email: 'unsynced@stripe.test' })).items).toEqual([]);
    await switches({ customer_inbound_enabled: true, customer_outbound_enabled: true });
  });

  it('one that was made there is marked as ours, and left as it is called there', async () => {
    const made = await stripeApi(road, secretKey, 'POST', '/v1/customers', {
      name: 'Made there',
      email: 'made-there@example.test',
      'metadata[shop]': 'north',
    });
    await webhooksHandled(road);
    const [customer] = (await road.api.post('/customers/search', { email: 'made-there@example.test' })).items;
    await road.settled(customer.id as string);
    expect(there(customer.id as string)).toMatchObject([
      {
        id: made.id,
        name: 'Made there',
        metadata: {
          shop: 'north',
          flexprice_environment: road.server.tenant.environmentId,
          flexprice_adopted: 'true',
        },
      },
    ]);
  });

  it('the metadata names the id there, stays with a change of it, and is not sent there', async () => {
    const customer = await synced('shown', { metadata: { tier: 'gold' } });
    const remoteId = await remoteIdOf(customer.id as string);
    const shown = { stripe_customer_id: remoteId };
    expect((await road.api.get(`/customers/${customer.id}`)).metadata).toEqual({ tier: 'gold', ...shown });
    const found = await road.api.post('/customers/search', { metadata: shown });
    expect(found.items).toMatchObject([
      {
        id: customer.id,
        integrations: [{ provider_type: 'stripe', provider_entity_id: remoteId, entity_type: 'customer' }],
      },
    ]);
    await road.api.put(`/customers/${customer.id}`, { metadata: { tier: 'silver' } });
    await eventually('told', () => Promise.resolve(there(customer.id)[0].metadata.tier === 'silver'));
    await road.settled(customer.id as string);
    expect(there(customer.id)[0].metadata).not.toHaveProperty('stripe_customer_id');
    await customerWhen(customer.id, (one) => one.metadata.stripe_customer_id === remoteId);
    await stripeApi(road, secretKey, 'DELETE', `/v1/customers/${remoteId}`);
    const again = await customerWhen(
      customer.id,
      (one) => ![remoteId, undefined].includes(one.metadata.stripe_customer_id),
    );
    expect(again.metadata).toEqual({
      tier: 'silver',
      stripe_customer_id: await remoteIdOf(customer.id as string),
    });
  });

  it('two environments on one Stripe account leave each other alone', async () => {
    const other = await road.server.anotherTenant();
    const url = `${road.server.url}/v1/webhooks/stripe/${other.tenant.tenantId}/${other.tenant.environmentId}`;
    const secret = await road.stripeEndpoint(secretKey, url);
    await other.api.create('/connections', {
      provider: 'stripe',
      name: 'The same account',
      metadata: { secret_key: secretKey, webhook_secret: secret },
      sync_config: {
        customer_inbound_enabled: true,
        customer_outbound_enabled: true,
        invoice_outbound_enabled: true,
      },
    });
    const mine = await synced('shared', { email: 'same@example.test' });
    const invoice = await road.invoice(mine.id as string, [{ amount: '61' }]);
    await road.settled(invoice.id as string);
    const theirs = await other.api.create('/customers', {
      external_id: 'shared',
      name: 'Theirs',
      email: 'same@example.test',
    });
    await eventually('theirs pushed', () => Promise.resolve(there(theirs.id).length === 1));
    const [remote] = stripeInvoicesOf(road, invoice.id as string);
    expect(await road.submit(remote.hosted_invoice_url as string)).toBeLessThan(400);
    await road.paid(invoice.id as string);
    await webhooksHandled(road);
    await eventually('their webhooks handled', async () => {
      const { items } = await other.api.get(
        '/integrations/webhook-events?state=received,retrying&limit=1000',
      );
      return items.length === 0;
    });
    expect((await other.api.get('/integrations/webhook-events?state=parked')).items).toEqual([]);
    expect(there(mine.id)).toHaveLength(1);
    expect((await other.api.get('/payments')).items).toEqual([]);
    expect((await other.api.post('/customers/search', {})).items).toHaveLength(1);
    expect((await road.api.post('/customers/search', { external_id: 'shared' })).items).toHaveLength(1);
  });
});
